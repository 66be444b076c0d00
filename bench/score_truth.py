"""What a score says of a span of its playing: key, chords, tempo, instruments; explanations are held against
it.

Times are seconds of the score as `demo.scores` plays it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from demo.scores import Note, Score

_HELD_OVER_S = 0.06
"""Written notes are played a little short; a gap of this length does not end a chord."""
_TRIADS: dict[tuple[int, ...], str] = {(0, 4, 7): "maj", (0, 3, 7): "min"}
_OTHERS: dict[tuple[int, ...], str] = {
    (0, 4, 7, 11): "maj7", (0, 4, 7, 10): "7", (0, 3, 7, 10): "min7",
    (0, 3, 6): "dim", (0, 4, 8): "aug", (0, 3, 6, 10): "hdim7", (0, 3, 6, 9): "dim7",
}  # fmt: skip
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")

FAMILIES: dict[str, tuple[int, ...]] = {
    "piano": (0, 1, 2, 3, 4, 5),
    "harpsichord": (6, 7),
    "organ": (16, 17, 18, 19, 20),
    "accordion": (21, 22, 23),
    "plucked strings": (24, 25, 26, 27, 28, 45, 46, 104, 105, 106, 107),
    "strings": (40, 41, 42, 43, 44, 48, 49, 110),
    "voices": (52, 53, 54),
    "brass": (56, 57, 58, 59, 60, 61),
    "winds": (*range(64, 76), 78, 79),
    "mallets": tuple(range(8, 16)),
}
"""Families of instruments by General MIDI program."""


@dataclass(frozen=True)
class LabelledSpan:
    """A chord in mir_eval's spelling, in seconds from the start of the span asked for."""

    start_s: float
    end_s: float
    label: str


def family(program: int) -> str:
    """The family of a General MIDI program; empty where it has none here."""
    return next((name for name, programs in FAMILIES.items() if program in programs), "")


def written_key(score: Score) -> tuple[int, str] | None:
    """Tonic and mode of a whole work: what it says, else
    its signature and last bass; None where they disagree.
    """
    major = 7 * score.fifths % 12
    if score.mode in ("major", "minor"):
        return (major if score.mode == "major" else (major + 9) % 12), score.mode
    last_s = max(note.start_s for note in score.notes)
    bass = min(note.midi for note in score.notes if note.end_s > last_s) % 12
    if bass == major:
        return major, "major"
    return ((major + 9) % 12, "minor") if bass == (major + 9) % 12 else None


def verticals(score: Score, start_s: float, end_s: float) -> list[LabelledSpan]:
    """Chords of a span, note by note: where exactly a triad
    or a seventh chord sounds its name, elsewhere "X".
    """
    notes = _inside(score, start_s, end_s)
    edges = sorted({start_s, end_s, *(n.start_s for n in notes if start_s < n.start_s < end_s)})
    found: list[LabelledSpan] = []
    for low, high in pairwise(edges):
        classes = {
            n.midi % 12
            for n in notes
            if n.start_s <= low + 1e-6 and n.end_s + _HELD_OVER_S > (low + high) / 2
        }
        label = chord_label(classes)
        if found and found[-1].label == label:
            found[-1] = LabelledSpan(found[-1].start_s, high - start_s, label)
        else:
            found.append(LabelledSpan(low - start_s, high - start_s, label))
    return found


def chord_label(classes: set[int]) -> str:
    """The chord that exactly these pitch classes make, in
    mir_eval's spelling; "N" for none, "X" for anything else.
    """
    if not classes:
        return "N"
    for root in sorted(classes):
        shape = tuple(sorted((c - root) % 12 for c in classes))
        quality = _TRIADS.get(shape) or _OTHERS.get(shape)
        if quality:
            return f"{_NAMES[root]}:{quality}"
    return "X"


def class_weights(score: Score, start_s: float, end_s: float) -> np.ndarray:
    """(12,) seconds that each pitch class sounds in a span."""
    weights = np.zeros(12)
    for note in _inside(score, start_s, end_s):
        weights[note.midi % 12] += min(note.end_s, end_s) - max(note.start_s, start_s)
    return weights


def families(score: Score, start_s: float, end_s: float, programs: Sequence[int] = ()) -> dict[str, float]:
    """Share of each family of instruments in the seconds that notes sound."""
    chosen = programs or [part.program for part in score.parts]
    heard: dict[str, float] = {}
    for part, program in zip(score.parts, chosen, strict=True):
        seconds = sum(max(0.0, min(note.end_s, end_s) - max(note.start_s, start_s)) for note in part.notes)
        heard[family(program)] = heard.get(family(program), 0.0) + seconds
    total = sum(heard.values()) or 1.0
    return {name: seconds / total for name, seconds in heard.items() if seconds}


def quarter_bpm(score: Score, start_s: float, end_s: float) -> float:
    """Quarter notes a minute around a span, from the length of its bars against those of the first tempo."""
    quarter_s = 60 / score.quarter_bpm
    bars = [bar for bar in score.measures if bar.end_s > start_s and bar.start_s < end_s]
    lengths = [bar.end_s - bar.start_s for bar in bars]
    if not lengths:
        return score.quarter_bpm
    typical = float(np.median([bar.end_s - bar.start_s for bar in score.measures]))
    return score.quarter_bpm * (round(typical / quarter_s * 2) / 2 * quarter_s) / float(np.median(lengths))


def _inside(score: Score, start_s: float, end_s: float) -> list[Note]:
    return [note for note in score.notes if note.start_s < end_s and note.end_s > start_s]


_KEY_PROFILES = {
    "Krumhansl-Kessler": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    "Aarden-Essen": (
        (17.77, 0.15, 14.93, 0.16, 19.80, 11.36, 0.29, 22.06, 0.15, 8.15, 0.23, 4.95),
        (18.26, 0.74, 14.05, 16.86, 0.70, 14.44, 0.70, 18.62, 4.57, 1.93, 7.38, 1.76),
    ),
    "Bellman-Budge": (
        (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57),
        (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21),
    ),
    "Kostka-Payne": (
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
    "simple": ((2, 0, 1, 0, 1, 1, 0, 2, 0, 1, 0, 1), (2, 0, 1, 1, 0, 1, 0, 2, 1, 0, 0.5, 0.5)),
}
"""As music21 has them; of these five only Kostka-Payne is among those that Reprise uses itself."""


def notes_key(score: Score, start_s: float, end_s: float) -> tuple[int, str] | None:
    """The key that most of five published analyses find in
    the exact notes of a span; None without a majority.
    """
    weights = class_weights(score, start_s, end_s)
    if not weights.any():
        return None
    votes = []
    for profiles in _KEY_PROFILES.values():
        fits = [
            np.corrcoef(np.roll(profile, tonic), weights)[0, 1] for profile in profiles for tonic in range(12)
        ]
        votes.append(int(np.argmax(fits)))
    most = max(set(votes), key=votes.count)
    return (most % 12, "major" if most < 12 else "minor") if votes.count(most) > len(votes) / 2 else None
