"""What the notes of a score say of how a span feels: texture, density, register, mode, tempo; and the period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.score_truth import notes_key
from demo.scores import Note, Part, Score

_TOGETHER_S = 0.05
_TUNES = ("Traditional", "O'Carolan", "Berlin", "Foster", "Liliuokalani", "Johnson")

PERIODS = {
    "medieval": "Landini Gherardello Cascia Bologna Firenze Ciconia Vitry Luca",
    "renaissance": "Josquin Palestrina Lusitano",
    "baroque": "Monteverdi Corelli Handel Sebastian",
    "classical": "Philipp Haydn Mozart Beethoven",
    "romantic": "Maria Schubert Chopin Schumann Liszt Brahms Verdi Glinka Balakirev",
    "modern": "Joplin Debussy Ravel Rachmaninoff Scriabin Prokofiev Schoenberg Webern Beach",
}


def period(composer: str) -> str:
    """The period of a composer; empty for tunes."""
    if any(name in composer for name in _TUNES):
        return ""
    return next((p for p, names in PERIODS.items() if any(name in composer for name in names.split())), "")


def what_notes_say(notes: Sequence[Note], start_s: float, end_s: float, bpm: float) -> dict[str, float]:
    """Texture, density, register, mode and tempo of a span of notes, as numbers; nan where there is none."""
    inside = [note for note in notes if note.start_s < end_s and note.end_s > start_s]
    begun = np.sort([note.start_s for note in inside if note.start_s >= start_s])
    if len(begun) < 3:
        return {}
    groups = np.split(begun, np.flatnonzero(np.diff(begun) > _TOGETHER_S) + 1)
    seconds = np.array([min(note.end_s, end_s) - max(note.start_s, start_s) for note in inside])
    pitches = np.array([note.midi for note in inside])
    at = np.arange(start_s, end_s, 0.1)[:, None]
    begins, ends = np.array([(note.start_s, note.end_s) for note in inside]).T
    sounding = ((begins <= at) & (at < ends)).sum(axis=1)
    sizes = np.array([len(group) for group in groups])
    key = notes_key(_of_notes(inside), start_s, end_s)
    mean = float(pitches @ seconds / seconds.sum())
    classes = np.bincount(pitches % 12, weights=seconds, minlength=12)
    share = classes[classes > 0] / classes.sum()
    return {
        "polyphony": float(sounding[sounding > 0].mean()) if (sounding > 0).any() else 0.0,
        "together": float(sizes.mean()),
        "density": len(groups) / (end_s - start_s),
        "register": mean,
        "spread": float(np.sqrt(((pitches - mean) ** 2) @ seconds / seconds.sum())),
        "major": float("nan") if key is None else float(key[1] == "major"),
        "chromatic": float(-(share * np.log2(share)).sum()),
        "loud": float(np.mean([note.velocity for note in inside])),
        "bpm": bpm,
    }


def _of_notes(notes: Sequence[Note]) -> Score:
    return Score("", "", "", None, "", (Part("", 0, tuple(notes)),), (), 120.0, 0, "")


def cell(notes: dict[str, float]) -> tuple[Any, ...] | None:
    """Texture x tempo x mode x density x register; None where one of them is not known."""
    if not notes or np.isnan(notes["major"]) or np.isnan(notes["bpm"]):
        return None
    texture = "line" if notes["polyphony"] < 1.5 else "chords" if notes["together"] >= 2 else "parts"
    return (
        texture,
        notes["bpm"] >= 100,
        notes["major"] > 0.5,
        int(np.searchsorted([2.0, 4.5], notes["density"])),
        int(np.searchsorted([58.0, 67.0], notes["register"])),
    )
