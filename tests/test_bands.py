"""A tune that a band plays is the score's, where it is said to be; hums of every grade know where that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import graded_hums
from bench.bands import arranged, chords_of, key_of, tune_of
from bench.drums import drums
from bench.graded_hums import first_hits
from bench.metrics import overlap
from demo.scores import Bar, Note, Part, Score

TUNE = (60, 62, 64, 65, 67, 67, 69, 67, 65, 64, 62, 64, 60, 59, 62, 60) * 3


def score() -> Score:
    notes = tuple(Note(i * 0.5, i * 0.5 + 0.45, midi, 80) for i, midi in enumerate(TUNE))
    bars = tuple(Bar(i * 2.0, i * 2.0 + 2.0, i + 1) for i in range(len(TUNE) // 4))
    return Score("test/tune", "Tune", "", None, "", (Part("voice", 0, notes),), bars, 120.0, 0, "")


@pytest.mark.parametrize("seed", range(5))
def test_a_band_plays_the_tune_in_every_verse(seed: int) -> None:
    made = arranged(score(), np.random.default_rng(seed))
    assert made is not None
    lead = [(round(note.start_s, 3), note.midi) for note in made.score.parts[0].notes]
    assert len(made.verses_s) >= 2
    for verse_s in made.verses_s:
        for note in tune_of(score()):
            assert (round(note.start_s + verse_s, 3), note.midi + made.semitones) in lead
    assert {part.name for part in made.score.parts} >= {"lead", "second", "guitar", "bass", "strings", "fill"}
    assert made.beats_s == sorted(made.beats_s)


def test_chords_are_of_the_key_and_hold_the_tune() -> None:
    line = tune_of(score())
    assert key_of(line) == (0, "major")
    bars = [(bar.start_s, bar.end_s) for bar in score().measures]
    chords = chords_of(line, bars, np.random.default_rng(0))
    assert [(chord.start_s, chord.end_s) for chord in chords] == bars
    for chord in chords:
        assert (chord.root, chord.third) in {(0, 4), (2, 3), (4, 3), (5, 4), (7, 4), (9, 3)}
    classes = {(chords[1].root + up) % 12 for up in (0, chords[1].third, 7)}
    assert 7 in classes, "g lasts longest in the second bar"


def test_a_score_without_a_tune_has_no_band() -> None:
    few = tuple(Note(float(i), i + 0.9, 60, 80) for i in range(5))
    short = Score("x", "", "", None, "", (Part("voice", 0, few),), (Bar(0.0, 5.0, 1),), 60.0, 0, "")
    assert arranged(short, np.random.default_rng(0)) is None


def test_drums_sound_where_they_beat() -> None:
    sound = drums([0.0, 0.5], 22050, 22050, 1.0, np.random.default_rng(0))
    assert np.abs(sound[:1000]).max() > 0.3
    assert not sound[9000:11000].any()
    assert sound[11025:12000].any()


def test_a_hum_of_a_band_lies_in_every_verse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graded_hums, "load_score", lambda path: score())
    plain = {"piece": "p", "work": "w"}
    alone = graded_hums._hummed(tmp_path, plain, "grade 3", 0)
    assert alone is not None
    assert alone.pitch.confident_s > 4
    banded = {**plain, "tempo_ratio": 1.25, "verses_s": [10.0, 50.0]}
    of_band = graded_hums._hummed(tmp_path, banded, "grade 3", 0)
    assert of_band is not None
    start_s, end_s = alone.truth.spans[0]
    for verse_s in (10.0, 50.0):
        wanted = (start_s / 1.25 + verse_s, end_s / 1.25 + verse_s)
        assert max(overlap(wanted, span) for span in of_band.truth.spans) == pytest.approx(1.0)


def test_how_sure_a_hum_is_is_asked_with_its_piece_and_without() -> None:
    assert list(first_hits({"a": 0.9, "b": 0.7, "c": 0.1}, "a", 8.0)) == [
        (0.9, pytest.approx(0.2), 8.0, True),
        (0.7, pytest.approx(0.6), 8.0, False),
    ]
