"""How often people's singing finds its melody: MASTmelody, by the grade that experts gave.

    python -m bench.world.sung_tunes SOURCE WORK --others 480 --each 15 [--half fit|test|all] [--synthetic]

The pitch of the singers, their timing and their faults are real (SOURCE as for `bench.world.singers`); the
timbre by which they are sung again, and the struck strings that play each melody, are made. Of the other
pieces nothing is played: their melody salience is computed from the notes of scores that are not reserved,
with a decay and a little noise in place of a recording. Numbers are chosen on the melodies of half "fit" and
checked on "test". What was measured is kept in WORK, so that only the search is done again. With `--synthetic` the same
melodies are sung by the synthetic voice with the faults of each grade (`bench.world.singer_faults`).
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.graded_hums import first_hits
from bench.humming import CURVE_HZ
from bench.works import all_works
from bench.world.singers import curve, grades, melody_of, recording_of, struck, sung
from demo.scores import Score, ScoreError, load_score
from index.analysis.f0 import PitchTrack, track_sound
from index.analysis.melody_salience import SALIENCE_HZ, Salience
from index.core.frames import LOWEST_MIDI, NOTE_HZ, PITCHES, Frames
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.humming.places import Place
from index.humming.searcher import TuneSearcher
from index.store.salience_store import SalienceTable

GRADES = (4, 3, 2)
LONGEST_S, SHORTEST_S = 180.0, 20.0
DECAY_S = 4.0


@dataclass(frozen=True)
class Sung:
    """One singer's try at a melody."""

    melody: str
    grade: int
    file: Path


def tries(source: Path, half: str, each: int) -> list[Sung]:
    """At most `each` tries of every grade at the melodies of a half, drawn at random."""
    graded = grades(source / "annotations" / "annotations.csv")
    files = sorted((source / "f0data").glob("*_per*.f0s.txt"))
    known = sorted({melody_of(file) for file in files})
    own = {name for i, name in enumerate(known) if half == "all" or (half == "fit") == (i % 2 == 0)}
    found = [Sung(melody_of(file), graded.get(recording_of(file), 0), file) for file in files]
    drawn = []
    for grade in GRADES:
        of_grade = [one for one in found if one.grade == grade and one.melody in own]
        drawn += random.Random(1).sample(of_grade, min(each, len(of_grade)))
    return drawn


def score_salience(score: Score, salience: Salience, rng: np.random.Generator) -> np.ndarray:
    """(n, 12) uint8: melody salience of a score's notes, as if each had been struck and heard."""
    n = int(min(score.duration_s, LONGEST_S) * NOTE_HZ)
    notes = np.zeros((n, PITCHES), np.float32)
    for note in (note for part in score.parts for note in part.notes):
        first, pitch = round(note.start_s * NOTE_HZ), note.midi - LOWEST_MIDI
        if 0 <= pitch < PITCHES and first < n:
            sounding = notes[first : max(round(note.end_s * NOTE_HZ), first + 1), pitch]
            fading = rng.uniform(0.6, 0.95) * np.exp(-np.arange(len(sounding)) / (DECAY_S * NOTE_HZ))
            np.maximum(sounding, fading, out=sounding)
    heard = np.clip(notes + rng.gamma(0.3, 0.03, notes.shape), 0, 1)
    return salience.kept((np.sqrt(heard) * 255).astype(np.uint8))


def others(count: int) -> dict[str, np.ndarray]:
    """The salience of so many works of the corpus, drawn from all that are not reserved."""
    drawn, salience = list(all_works()), Salience()
    found: dict[str, np.ndarray] = {}
    random.Random(3).shuffle(drawn)
    for work in drawn:
        if len(found) == count:
            break
        try:
            score = load_score(work.path)
        except (ScoreError, ValueError):
            continue
        if score.duration_s >= SHORTEST_S:
            found[work.path] = score_salience(score, salience, np.random.default_rng(len(found)))
    return found


def melodies(source: Path) -> dict[str, np.ndarray]:
    """The salience of every melody, from the sound of its first curve on struck strings."""
    from index.analysis.analyser import Analyser

    analyser, salience, found = Analyser(threads=1), Salience(), {}
    with tempfile.TemporaryDirectory(prefix="reprise-sung-") as folder:
        for file in sorted((source / "f0data").glob("*_ref*.f0s.txt")):
            if melody_of(file) in found:
                continue
            played, sound = Path(folder) / "melody.wav", struck(*curve(file))
            soundfile.write(played, sound.samples, sound.rate_hz)
            found[melody_of(file)] = salience.kept(np.asarray(analyser.analyse_file(played).notes))
    return found


def found(
    library: dict[str, np.ndarray], asked: Sequence[tuple[str, PitchTrack]]
) -> Iterator[tuple[list[str], list[Place]]]:
    """For each melody the places that are compared exactly, best first, and the piece that each is in."""
    tracks = [
        Track(name, name, name, "", "", "", "", None, len(rows) / SALIENCE_HZ)
        for name, rows in library.items()
    ]
    searcher = TuneSearcher(tracks, SalienceTable.of(list(library.values())))
    for _, pitch in asked:
        passage = Passage(Clip("sung", "", "sung", 5.0), Frames.__new__(Frames), 0.0, 5.0)
        places = searcher.places(Query(passage), pitch)
        yield [tracks[place.track].id for place in places], places


def rank(melody: str, pieces: Sequence[str]) -> int:
    """Of a melody among the pieces of places, best first; 0 where it is not found."""
    order = list(dict.fromkeys(pieces))
    return order.index(melody) + 1 if melody in order else 0


def share(right: np.ndarray) -> list[float]:
    """A share, and Wilson's interval of 95 %."""
    n, p, z = len(right), float(right.mean()), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return [round(p, 2), round(float(middle - reach), 2), round(float(middle + reach), 2)]


def _kept(file: Path, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    if not file.exists():
        arrays: dict[str, Any] = dict(make())
        np.savez_compressed(file, **arrays)
    with np.load(file) as kept:
        return {name: kept[name] for name in kept.files}


def kept_pieces(source: Path, work: Path, count: int) -> dict[str, np.ndarray]:
    """The salience of the melodies and of so many other pieces, kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    library = _kept(work / "melodies.npz", lambda: melodies(source))
    return library | _kept(work / f"others-{count}.npz", lambda: others(count))


def kept_pitch(file: Path, curve_file: Path) -> PitchTrack:
    """What is heard of a try, kept in `file`."""
    if not file.exists():
        file.write_bytes(pickle.dumps(track_sound(sung(*curve(curve_file)))))
    kept: PitchTrack = pickle.loads(file.read_bytes())
    return kept


def synthetic(source: Path, asked: Sequence[Sung]) -> list[PitchTrack]:
    """What is heard of the synthetic voice at the melodies of these tries, with the faults of their grades."""
    from bench.world.singer_faults import melody_pitch, sung_by

    melodies, rng = melody_pitch(source), np.random.default_rng(0)
    heard = []
    for one in asked:
        voice = sung_by(melodies[one.melody], one.grade, rng)
        hertz = np.where(voice.voiced, 440 * 2 ** ((voice.midi - 69) / 12), 0.0)
        heard.append(track_sound(sung(np.arange(len(hertz)) / CURVE_HZ, hertz)))
    return heard


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--others", type=int, default=480)
    parser.add_argument("--each", type=int, default=15, help="tries of each grade")
    parser.add_argument("--half", choices=("fit", "test", "all"), default="all")
    parser.add_argument("--keep", type=Path, help="a file for what `bench.fit_confidence` reads")
    parser.add_argument("--synthetic", action="store_true")
    chosen = parser.parse_args()
    library = kept_pieces(chosen.source, chosen.work, chosen.others)
    asked = tries(chosen.source, chosen.half, chosen.each)
    pitches = (
        synthetic(chosen.source, asked)
        if chosen.synthetic
        else [kept_pitch(chosen.work / f"{one.file.name}.pickle", one.file) for one in asked]
    )
    first_hits_of: list[tuple[float, float, float, bool]] = []
    for grade in GRADES:
        own = [(one.melody, pitch) for one, pitch in zip(asked, pitches, strict=True) if one.grade == grade]
        at = np.zeros(len(own), int)
        for number, ((melody, pitch), (pieces, places)) in enumerate(
            zip(own, found(library, own), strict=True)
        ):
            at[number] = rank(melody, pieces)
            odds: dict[str, float] = {}
            for piece, place in zip(pieces, places, strict=True):
                odds.setdefault(piece, place.odds)
            first_hits_of += first_hits(odds, melody, pitch.voiced_s)
        first, ten = share(at == 1), share((at > 0) & (at <= 10))
        row = {"grade": grade, "tries": len(own), "pieces": len(library), "first": first, "in ten": ten}
        print(json.dumps(row | {"proposed": round(float((at > 0).mean()), 2)}), flush=True)
    if chosen.keep:
        chosen.keep.write_text(json.dumps(first_hits_of), "utf-8")


if __name__ == "__main__":
    main()
