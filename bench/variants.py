"""Other performances of a score: another sound, instruments, tempo, key; and where a score repeats itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from demo.ensembles import ENSEMBLES, spread
from demo.render import default_soundfont
from demo.scores import Score

Kind = Literal["sound", "instruments", "tempo", "key", "all"]
KINDS: tuple[Kind, ...] = ("sound", "instruments", "tempo", "key", "all")

ONSET_TOLERANCE_S = 0.03
SHORTEST_SHIFT_S = 0.5


@dataclass(frozen=True)
class Variant:
    """How to play a score otherwise. A second of the score lasts `1 / tempo_ratio` in the variant."""

    kind: Kind
    programs: tuple[int, ...]
    tempo_ratio: float = 1.0
    transpose: int = 0
    soundfont: Path = field(default_factory=default_soundfont)

    def arguments(self) -> dict[str, Any]:
        """What `demo.render.render` is to be called with."""
        return {
            "soundfont": self.soundfont,
            "programs": self.programs,
            "tempo_ratio": self.tempo_ratio,
            "transpose": self.transpose,
        }

    def heard_s(self, score_s: float) -> float:
        """When a second of the score sounds in the variant."""
        return score_s / self.tempo_ratio

    def score_s(self, heard_s: float) -> float:
        """The second of the score that sounds then."""
        return heard_s * self.tempo_ratio


def other_soundfont() -> Path:
    """FluidR3, from Debian's fluid-soundfont-gm, which is not the library's; else the library's own."""
    for folder in ("/usr/share/sounds/sf2", "/usr/share/soundfonts"):
        file = Path(folder) / "FluidR3_GM.sf2"
        if file.is_file():
            return file
    return default_soundfont()


def variant(score: Score, kind: Kind, rng: np.random.Generator, soundfont: Path | None = None) -> Variant:
    """Draw a variant of a kind. Tempo 0.8 to 1.25, key up to six semitones away, never unchanged."""
    own = tuple(part.program for part in score.parts)
    tempo, shift, programs = 1.0, 0, own
    if kind in ("instruments", "all"):
        programs = other_programs(score, rng)
    if kind in ("tempo", "all"):
        tempo = 1.0
        while abs(tempo - 1) < 0.06:
            tempo = round(float(np.exp(rng.uniform(np.log(0.8), np.log(1.25)))), 3)
    if kind in ("key", "all"):
        while shift == 0:
            shift = int(rng.integers(-6, 7))
    return Variant(kind, programs, tempo, shift, soundfont or other_soundfont())


def other_programs(score: Score, rng: np.random.Generator) -> tuple[int, ...]:
    """Programs of an ensemble that shares no instrument with the score's own, one a part."""
    own = {part.program for part in score.parts}
    choices = [name for name in sorted(ENSEMBLES) if not own & set(spread(name, len(score.parts)))]
    return spread(choices[int(rng.integers(len(choices)))], len(score.parts))


def exact_repeats(
    score: Score, start_s: float, end_s: float, until_s: float = 120.0, part: int | None = None
) -> list[tuple[float, float]]:
    """Other spans of a score with the same notes at the same distances; notes count that begin in the span.

    `part` looks at one part only. Spans that end after `until_s` are left out.
    """
    parts = score.parts if part is None else (score.parts[part],)
    events = np.array(sorted((n.start_s, n.midi) for p in parts for n in p.notes), dtype=np.float64).reshape(
        -1, 2
    )
    inside = events[(events[:, 0] >= start_s - 1e-6) & (events[:, 0] < end_s - ONSET_TOLERANCE_S)]
    if len(inside) < 3:
        return []
    found: list[tuple[float, float]] = []
    for at in np.unique(events[events[:, 1] == inside[0, 1], 0]):
        shift = at - inside[0, 0]
        if abs(shift) < SHORTEST_SHIFT_S or start_s + shift < -0.01 or end_s + shift > until_s:
            continue
        low, high = np.searchsorted(events[:, 0], [start_s + shift - ONSET_TOLERANCE_S, end_s + shift])
        if _same(inside + np.array([shift, 0.0]), events[low:high], end_s + shift):
            found.append((round(max(0.0, start_s + shift), 3), round(end_s + shift, 3)))
    return found


def _same(wanted: np.ndarray, there: np.ndarray, end_s: float) -> bool:
    """Whether the notes of `wanted` are all there, and no others; notes at the very edges may be missing."""
    edge = ONSET_TOLERANCE_S * 2
    first = wanted[0, 0]
    there = there[(there[:, 0] > first - edge) & (there[:, 0] < end_s - edge)]
    wanted = wanted[wanted[:, 0] < end_s - edge]
    if len(there) != len(wanted):
        return False
    there = there[np.lexsort((there[:, 0], there[:, 1]))]
    wanted = wanted[np.lexsort((wanted[:, 0], wanted[:, 1]))]
    return bool(
        np.array_equal(there[:, 1], wanted[:, 1])
        and np.abs(there[:, 0] - wanted[:, 0]).max() < ONSET_TOLERANCE_S
    )
