"""One thing changed: ten seconds of a score, played again with another sound, key, tempo, course of loudness,
or notes.

Everything else stays: the same soundfont, instruments, key, tempo, dynamics and notes as they are written.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.variants import other_programs, other_soundfont
from demo.render import FADE_S, render
from demo.scores import Note, Score, ScoreError, load_score
from index.audio.reading import Sound
from index.core.moments import Passage
from index.core.tracks import Clip
from index.store.frame_store import FrameStore

CHANGES = ("sound", "key", "tempo", "dynamics", "notes")
QUERY_S = 10.0
AROUND_S = 1.0
"""Sound before and behind the ten seconds."""
SHORTEST_S = 24.0
FEWEST_NOTES = 12
PIECE_S = 2.0
"""Where notes are changed, so long a stretch moves by one interval."""
COURSES: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda x: 0.35 + 0.9 * x,
    lambda x: 1.25 - 0.9 * x,
    lambda x: 0.35 + 0.9 * np.sin(np.pi * x),
)
"""Velocity against what is written over the ten seconds, 0 to 1: a swell, a fade, and both."""


def make(path: str, home: Path) -> str:
    """Play and analyse a work with each thing changed,
    unless that was done; the name of its frames, or nothing.
    """
    name = re.sub(r"[^\w.-]+", "_", path)
    done = home / f"{name}.json"
    if done.exists():
        return name
    try:
        score = load_score(path)
    except ScoreError:
        return ""
    rng = np.random.default_rng(zlib.crc32(path.encode()))
    start_s = _start_s(score, rng)
    if start_s is None:
        return ""
    store, about = FrameStore(home), {"path": path, "start_s": start_s, "ratio": 1.0}
    for change, played, how in _played(score, start_s, rng):
        frames = _analyser().analyse(_sound(played, start_s - AROUND_S, how))
        store.write(f"{name}~{change}", frames)
        about |= {change: {key: value for key, value in how.items() if key != "soundfont"}}
    done.write_text(json.dumps(about), "utf-8")
    return name


def passages(name: str, home: Path) -> Iterator[tuple[str, Passage, Passage]]:
    """Of each change: its name, the ten seconds as written, and the same ten seconds changed."""
    store, about = FrameStore(home), json.loads((home / f"{name}.json").read_text("utf-8"))
    for change in CHANGES:
        ratio = about["tempo"]["tempo_ratio"] if change == "tempo" else 1.0
        yield change, _passage(store, f"{name}~as written", 1.0), _passage(store, f"{name}~{change}", ratio)


def _passage(store: FrameStore, name: str, ratio: float) -> Passage:
    frames = store.read(name)
    start_s = AROUND_S / ratio
    end_s = min(start_s + QUERY_S / ratio, frames.duration_s)
    return Passage(Clip(name, "", name, frames.duration_s), frames, start_s, end_s)


def _played(
    score: Score, start_s: float, rng: np.random.Generator
) -> Iterator[tuple[str, Score, dict[str, Any]]]:
    """The score as written, and with each thing changed; what else `render` is to be called with."""
    yield "as written", score, {}
    yield "sound", score, {"programs": other_programs(score, rng), "soundfont": other_soundfont()}
    yield "key", score, {"transpose": int(rng.choice([-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5]))}
    yield "tempo", score, {"tempo_ratio": float(rng.choice([0.8, 0.84, 0.88, 0.92, 1.09, 1.14, 1.19, 1.25]))}
    course = COURSES[int(rng.integers(len(COURSES)))]
    yield "dynamics", _each(score, lambda note: _louder(note, start_s, course)), {}
    steps = rng.integers(1, 12, size=2 + int(score.duration_s / PIECE_S)).cumsum() % 12 - 6
    yield "notes", _each(score, lambda note: _moved(note, start_s, steps)), {}


def _louder(note: Note, start_s: float, course: Callable[[np.ndarray], np.ndarray]) -> Note:
    place = np.clip((note.start_s - start_s) / QUERY_S, 0, 1)
    return note._replace(velocity=int(np.clip(note.velocity * float(course(place)), 8, 127)))


def _moved(note: Note, start_s: float, steps: np.ndarray) -> Note:
    place = int(np.clip((note.start_s - start_s) / PIECE_S + 1, 0, len(steps) - 1))
    return note._replace(midi=note.midi + int(steps[place]))


def _each(score: Score, change: Callable[[Note], Note]) -> Score:
    parts = [replace(part, notes=tuple(change(note) for note in part.notes)) for part in score.parts]
    return replace(score, parts=tuple(parts))


def _sound(score: Score, start_s: float, how: dict[str, Any]) -> Sound:
    """Twelve seconds of a score, longer or shorter where the tempo is another."""
    length_s = (QUERY_S + 2 * AROUND_S) / how.get("tempo_ratio", 1.0)
    sound = render(score, start_s=start_s, max_s=length_s + FADE_S, **how)
    return Sound(sound.samples[: round(length_s * sound.rate_hz)], sound.rate_hz)


def _start_s(score: Score, rng: np.random.Generator) -> float | None:
    """Where ten seconds with enough notes begin; None where there are none."""
    if score.duration_s < SHORTEST_S:
        return None
    onsets = np.array([note.start_s for part in score.parts for note in part.notes])
    for _ in range(8):
        start_s = float(rng.uniform(AROUND_S, min(score.duration_s, 90.0) - QUERY_S - 2 * AROUND_S))
        if np.count_nonzero((onsets >= start_s) & (onsets < start_s + QUERY_S)) >= FEWEST_NOTES:
            return round(start_s, 2)
    return None


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from index.analysis.analyser import Analyser

    return Analyser(threads=1)
