"""Tunes played by a band, verse after verse: the thick sound in which most tunes that people hum are heard.

    python -m bench.bands OUT [--tunes 80] [--split tune] [--seed 0]

The tunes are those of songs and dances of the corpus (`bench.works`). A lead that sounds like a voice or takes its
part sings a tune two to four times, in the last verses with a second one in thirds below; a guitar strums chords that
are chosen bar by bar, a bass plays their roots and fifths, strings hold them, drums (which are synthesised here) beat.
An introduction and an interlude have the chords and another melody. Each band is another one: instruments, how loud
the lead is beside it, tempo and key are drawn. The layout is that of `bench.collection`, without queries; `verses_s`
of a piece says when each verse begins, `tempo_ratio` how many times as fast as the score it is played:
`bench.graded_hums` hums it.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.drums import drums
from bench.humming import top_voice, tune_part
from bench.works import SPLITS, all_works, reserved_paths, side
from demo.render import render, write_tagged
from demo.scores import Note, Part, Score, ScoreError, load_score
from index.audio.reading import Sound

LONGEST_S, SHORTEST_S = 120.0, 12.0
"""Of a piece, and of a tune."""
LONGEST_TUNE_S = 60.0
LEADS = (52, 53, 54, 65, 66, 73, 71, 22, 40, 80)
GUITARS, BASSES, STRINGS = (24, 25, 26, 27, 4, 0), (32, 33, 34, 38), (48, 50, 88, 89, 16)
FILLS = (0, 4, 11, 12, 46)
TRIADS = {"major": (0, 2, 4, 5, 7, 9), "minor": (0, 3, 5, 7, 8, 10)}
"""Roots above the tonic, of the chords in a mode."""
_MINOR = {"major": (2, 4, 9), "minor": (0, 5)}
_SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_HOME = 64.0


@dataclass(frozen=True)
class Chord:
    """A triad for some time."""

    start_s: float
    end_s: float
    root: int
    third: int


def key_of(line: Sequence[Note]) -> tuple[int, str]:
    """Tonic and mode whose scale has most of what sounds, the last note's if two have as much."""
    sounding = np.zeros(12)
    for note in line:
        sounding[note.midi % 12] += note.end_s - note.start_s
    last = line[-1].midi % 12
    return max(
        ((tonic, mode) for tonic in range(12) for mode in _SCALE),
        key=lambda key: (
            sum(sounding[(key[0] + step) % 12] for step in _SCALE[key[1]])
            + 0.3 * sounding[key[0]]
            + 0.2 * sounding.sum() * (key[0] == last)
        ),
    )


def chords_of(
    line: Sequence[Note], bars: Sequence[tuple[float, float]], rng: np.random.Generator
) -> list[Chord]:
    """A chord for every bar, of those in the key, that has most of what the tune has there."""
    tonic, mode = key_of(line)
    found = []
    for start_s, end_s in bars:
        fits = []
        for step in TRIADS[mode]:
            third = 3 if step in _MINOR[mode] else 4
            classes = {(tonic + step + up) % 12 for up in (0, third, 7)}
            heard = sum(
                min(note.end_s, end_s) - max(note.start_s, start_s)
                for note in line
                if note.start_s < end_s and note.end_s > start_s and note.midi % 12 in classes
            )
            home = 0.15 * (step in (0, 5, 7)) + rng.uniform(0, 0.1)
            fits.append((heard + home * (end_s - start_s), (tonic + step) % 12, third))
        _, root, third = max(fits)
        found.append(Chord(start_s, end_s, root, third))
    return found


@dataclass(frozen=True)
class Arranged:
    """What a band plays; times are those of the tune's own tempo."""

    score: Score
    verses_s: list[float]
    """What is added to a second of the tune to have it in each verse."""
    beats_s: list[float]
    semitones: int
    """So much higher than the score is the lead."""


def tune_of(score: Score) -> list[Note]:
    """The notes of a score that a band plays as its tune."""
    line = top_voice(score, tune_part(score))
    return [note for note in line if note.end_s <= line[0].start_s + LONGEST_TUNE_S]


def arranged(score: Score, rng: np.random.Generator) -> Arranged | None:
    """A band's score of a tune; None where there is no tune."""
    line = tune_of(score)
    if len(line) < 15 or line[-1].end_s - line[0].start_s < SHORTEST_S:
        return None
    bars = [(bar.start_s, bar.end_s) for bar in score.measures if bar.end_s - bar.start_s > 0.3]
    first_s, last_s = line[0].start_s, line[-1].end_s
    bars = [bar for bar in bars if bar[1] > first_s + 0.01 and bar[0] < last_s - 0.01]
    if len(bars) < 4:
        return None
    up = round((_HOME - float(np.median([note.midi for note in line]))) / 12 + rng.uniform(-0.4, 0.4)) * 12
    up += int(rng.integers(-3, 4))
    line = [note._replace(midi=note.midi + up, velocity=int(rng.integers(85, 110))) for note in line]
    chords = chords_of(line, bars, rng)
    tonic, mode = key_of(line)
    begin_s, length_s = bars[0][0], bars[-1][1] - bars[0][0]
    between_s = sum(bar[1] - bar[0] for bar in bars[: int(rng.choice([2, 4]))])
    verses = int(np.clip((LONGEST_S - between_s) / length_s, 2, int(rng.integers(2, 5))))
    lead, second, fill = list[Note](), list[Note](), list[Note]()
    rhythm, bass, pad, beats = list[Note](), list[Note](), list[Note](), list[float]()
    starts, now_s = list[float](), 0.0
    for number in range(verses + 1 + (verses > 2)):
        plays_tune = number > 0 and not (verses > 2 and number == 2)
        span_s = length_s if plays_tune else between_s
        here = [
            replace(c, start_s=c.start_s - begin_s + now_s, end_s=c.end_s - begin_s + now_s) for c in chords
        ]
        here = [chord for chord in here if chord.end_s <= now_s + span_s + 0.01]
        if plays_tune:
            starts.append(now_s - begin_s)
            sung = [
                note._replace(start_s=note.start_s - begin_s + now_s, end_s=note.end_s - begin_s + now_s)
                for note in line
            ]
            lead += sung
            if len(starts) >= max(2, verses - 1):
                second += [note._replace(midi=_below(note.midi, tonic, mode), velocity=60) for note in sung]
        else:
            fill += _filled(here, tonic, mode, rng)
        for chord in here:
            _accompanied(chord, rhythm, bass, pad, beats, rng)
        now_s += span_s
    quiet = float(rng.uniform(0.55, 1.0))
    parts = [
        ("lead", LEADS, lead, 1.0), ("second", LEADS, second, 0.9), ("guitar", GUITARS, rhythm, quiet),
        ("bass", BASSES, bass, quiet), ("strings", STRINGS, pad, quiet), ("fill", FILLS, fill, 1.0),
    ]  # fmt: skip
    played = tuple(
        Part(
            name,
            int(rng.choice(programs)),
            tuple(n._replace(velocity=max(20, int(n.velocity * loud))) for n in notes),
        )
        for name, programs, notes, loud in parts
        if notes
    )
    return Arranged(replace(score, parts=played), starts, beats, up)


def _below(midi: int, tonic: int, mode: str) -> int:
    """A third below in the key."""
    for step in (3, 4, 5):
        if (midi - step - tonic) % 12 in _SCALE[mode]:
            return midi - step
    return midi - 3


def _filled(chords: Sequence[Chord], tonic: int, mode: str, rng: np.random.Generator) -> list[Note]:
    """A melody that wanders along the scale."""
    notes, at = [], int(rng.integers(14, 22))
    for chord in chords:
        step_s = (chord.end_s - chord.start_s) / int(rng.choice([2, 3, 4]))
        for start_s in np.arange(chord.start_s, chord.end_s - 0.05, step_s):
            at = int(np.clip(at + rng.integers(-2, 3), 10, 26))
            octave, degree = divmod(at, 7)
            midi = 36 + tonic + 12 * octave + _SCALE[mode][degree]
            notes.append(Note(float(start_s), float(start_s + step_s), midi, 85))
    return notes


def _accompanied(  # noqa: PLR0917
    chord: Chord,
    rhythm: list[Note],
    bass: list[Note],
    pad: list[Note],
    beats: list[float],
    rng: np.random.Generator,
) -> None:
    """One bar of everything but the tune."""
    long_s = chord.end_s - chord.start_s
    strums = max(2, round(long_s / 0.3))
    classes = [chord.root, chord.root + chord.third, chord.root + 7]
    for number in range(strums):
        start_s = chord.start_s + number * long_s / strums
        if number % 2 and rng.random() < 0.35:
            continue
        low = 48 if number % 2 == 0 else 55
        for pitch in classes:
            rhythm.append(Note(start_s, start_s + 0.9 * long_s / strums, low + (pitch - low) % 12, 70))
        if number % 2 == 0:
            root = chord.root if number % 4 == 0 else chord.root + 7
            bass.append(Note(start_s, start_s + 1.6 * long_s / strums, 31 + (root - 31) % 12, 90))
        beats.append(start_s)
    pad += [Note(chord.start_s, chord.end_s, 60 + (pitch - 60) % 12, 55) for pitch in classes]


def band(out: Path, path: str, seed: int) -> dict[str, Any] | None:
    """Play one tune; what truth.json holds of it."""
    rng = np.random.default_rng([seed, zlib.crc32(path.encode())])
    try:
        score = load_score(path)
        made = arranged(score, rng)
    except (ScoreError, ValueError):
        return None
    if made is None:
        return None
    tempo = float(rng.uniform(0.85, 1.15))
    name = "band-" + re.sub(r"[^\w.-]+", "_", path)
    file = out / "library" / f"{name}.flac"
    if not file.exists():
        sound = render(made.score, max_s=LONGEST_S, tempo_ratio=tempo, reverb=float(rng.uniform(0, 0.3)))
        level = float(np.sqrt(np.mean(np.square(sound.samples))))
        beat = drums([at / tempo for at in made.beats_s], len(sound.samples), sound.rate_hz, 2.5 * level, rng)
        mixed = Sound(np.clip(sound.samples + beat, -1, 1), sound.rate_hz)
        write_tagged(file, mixed, {"title": score.title, "composer": score.composer})
    duration_s = float(soundfile.info(file).duration)
    verses_s = [round(start_s / tempo, 3) for start_s in made.verses_s if start_s / tempo < LONGEST_S]
    return {
        "piece": name, "work": path, "duration_s": round(duration_s, 3), "queries": [],
        "verses_s": verses_s, "tempo_ratio": tempo, "semitones": made.semitones,
    }  # fmt: skip


def songs(split: str, seed: int) -> list[str]:
    """Songs and dances of a side, shuffled."""
    reserved = reserved_paths()
    found = [
        work.path
        for work in all_works()
        if work.group in ("songs", "dances")
        and side(work.name) == split
        and work.path.split("#", 1)[0] not in reserved
    ]
    np.random.default_rng(seed).shuffle(found)
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--tunes", type=int, default=80)
    parser.add_argument("--split", choices=SPLITS, default="tune")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    for folder in ("library", "queries"):
        (chosen.out / folder).mkdir(parents=True, exist_ok=True)
    paths, truth = songs(chosen.split, chosen.seed), list[dict[str, Any]]()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        while paths and len(truth) < chosen.tunes:
            some = chosen.tunes - len(truth)
            now, paths = paths[:some], paths[some:]
            made = pool.map(partial(band, chosen.out, seed=chosen.seed), now)
            truth += [piece for piece in made if piece is not None]
    (chosen.out / "truth.json").write_text(json.dumps(truth, indent=1), "utf-8")
    print(f"{len(truth)} pieces")


if __name__ == "__main__":
    main()
