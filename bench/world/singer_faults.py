"""What people sing wrong, by the grade that experts gave, and whether the synthetic voice of that grade does the same.

    python -m bench.world.singer_faults SOURCE --half fit

SOURCE as for `bench.world.singers`. A try and the piano's curve of its melody are aligned by dynamic time warping; of
every note of the piano is told how far the middle of what was sung for it is from where the notes around it are. The
same is measured of `bench.humming` with the faults of that grade, sung from the same notes, since the alignment itself
makes and hides faults: the numbers of `bench.humming.BY_GRADE` are those with which both rows agree.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.humming import BY_GRADE, CURVE_HZ, Curve, sing
from bench.world.singers import curve, melody_of
from bench.world.sung_tunes import GRADES, tries
from demo.scores import Note

RATE_HZ = 50
NEW_NOTE = 0.6
"""Semitones from the running mean of a note, from which the next begins."""
SHORTEST = 4
"""Frames of a note."""
WRONG = 0.7
"""Semitones off from which a note is another one."""


@dataclass(frozen=True)
class Compared:
    """One try beside its melody; a number for each note, in semitones but for the lengths."""

    off: np.ndarray
    """From where the notes around it are; not finite where it is not sung."""
    key: np.ndarray
    """Where the notes around it are, beside the whole."""
    longer: np.ndarray
    """Logarithm of how many times as long as on the piano, of the notes that are sung, beside their median."""


def pitch_of(file: Path) -> np.ndarray:
    """Pitch of a curve at RATE_HZ as MIDI numbers; not finite where nothing is sung."""
    times_s, hertz = curve(file)
    at_s = np.arange(max(2, int(times_s[-1] * RATE_HZ))) / RATE_HZ
    near = hertz[np.clip(np.searchsorted(times_s, at_s), 0, len(times_s) - 1)]
    return np.where(near > 0, 69 + 12 * np.log2(np.maximum(near, 1) / 440), np.nan)


def melody_pitch(source: Path) -> dict[str, np.ndarray]:
    """The same of the piano's first curve of each melody."""
    found: dict[str, np.ndarray] = {}
    for file in sorted((source / "f0data").glob("*_ref*.f0s.txt")):
        found.setdefault(melody_of(file), pitch_of(file))
    return found


def notes_of(pitch: np.ndarray) -> list[tuple[int, int, float]]:
    """The notes of a curve: first frame, frame after the last, pitch."""
    found: list[list[int]] = []
    mean = np.nan
    for frame, here in enumerate(pitch):
        if not np.isfinite(here):
            mean = np.nan
        elif abs(here - mean) <= NEW_NOTE:
            found[-1][1] = frame + 1
            mean += 0.3 * (here - mean)
        else:
            found.append([frame, frame + 1])
            mean = here
    return [(a, b, float(np.median(pitch[a:b]))) for a, b in found if b - a >= SHORTEST]


def compared(melody: np.ndarray, tried: np.ndarray) -> Compared:
    """What was sung, aligned with the melody in the key in which they fit best."""
    from librosa.sequence import dtw

    apart = np.nanmedian(tried) - np.nanmedian(melody)
    fits = []
    for shift in apart + np.arange(-3, 3.1, 0.5):
        off = np.abs(np.nan_to_num(melody[:, None] + shift - tried[None], nan=3.0))
        cost, path = dtw(C=np.minimum(off, 3) + 0.02)
        fits.append((float(cost[-1, -1]), float(shift), path))
    _, shift, path = min(fits, key=lambda fit: fit[0])
    own, longer = [], []
    for first, end, pitch in notes_of(melody):
        frames = np.unique(path[(path[:, 0] >= first) & (path[:, 0] < end), 1])
        heard = tried[frames][np.isfinite(tried[frames])]
        own.append(float(np.median(heard)) - pitch - shift if len(heard) >= SHORTEST - 1 else np.nan)
        if np.isfinite(own[-1]):
            longer.append(np.log(len(frames) / (end - first)))
    away = np.array(own)
    key = np.array([np.nanmedian(away[max(0, at - 2) : at + 3]) for at in range(len(away))])
    return Compared(away - key, key, np.array(longer) - np.median(longer))


def sung_by(melody: np.ndarray, grade: int, rng: np.random.Generator) -> Curve:
    """The melody's notes as the synthetic voice of a grade sings them; `melody` as `pitch_of` gives it."""
    notes = [Note(a / RATE_HZ, b / RATE_HZ, round(pitch), 80) for a, b, pitch in notes_of(melody)]
    return sing(notes, notes[0].start_s, float(rng.uniform(0.8, 1.2)), 0.0, rng, BY_GRADE[grade])


def pitch_at_rate(sung: Curve) -> np.ndarray:
    """The pitch of a voice at RATE_HZ, not finite where it is silent."""
    return np.where(sung.voiced, sung.midi, np.nan)[:: CURVE_HZ // RATE_HZ]


def told(tried: Sequence[Compared]) -> dict[str, float]:
    """The numbers of several tries."""
    off = np.concatenate([each.off for each in tried])
    sung = off[np.isfinite(off)]
    ranges = [float(np.nanmax(each.key) - np.nanmin(each.key)) for each in tried]
    found = {
        "wrong": np.mean(np.abs(sung) > WRONG),
        "missing": np.mean(~np.isfinite(off)),
        "intonation": np.std(sung[np.abs(sung) <= WRONG]),
        "key, median": np.median(ranges),
        "key, upper tenth": np.quantile(ranges, 0.9),
        "uneven": np.std(np.concatenate([each.longer for each in tried])),
    }
    return {name: round(float(value), 2) for name, value in found.items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--each", type=int, default=60, help="tries of each grade")
    parser.add_argument("--half", choices=("fit", "test", "all"), default="fit")
    chosen = parser.parse_args()
    melodies = melody_pitch(chosen.source)
    asked, rng = tries(chosen.source, chosen.half, chosen.each), np.random.default_rng(0)
    for grade in GRADES:
        own = [one for one in asked if one.grade == grade]
        real = [compared(melodies[one.melody], pitch_of(one.file)) for one in own]
        sung = [(melodies[one.melody], sung_by(melodies[one.melody], grade, rng)) for one in own]
        made = [compared(melody, pitch_at_rate(voice)) for melody, voice in sung]
        for who, what in (("people", real), ("synthetic", made)):
            print(json.dumps({"grade": grade, "sung by": who, "tries": len(own), **told(what)}), flush=True)


if __name__ == "__main__":
    main()
