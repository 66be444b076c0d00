"""Pieces that share a hummed tune, on scores made here; and what they change in the numbers of hums."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench import shared_tunes
from bench.hum import outcome, summary
from bench.quality_sets import TrueQuery
from bench.shared_tunes import Line, TuneIndex, hummed_line, set_tunes
from demo.scores import Note, Part, Score

TUNE = (
    (67, 1.0), (67, 1.0), (69, 0.5), (71, 0.5), (72, 1.0), (71, 1.0), (69, 2.0), (67, 1.0), (64, 1.0), (65, 1.0),
    (62, 0.5), (64, 0.5), (60, 2.0), (64, 1.0), (67, 1.0), (72, 1.0), (71, 1.0), (69, 1.0), (67, 1.0), (67, 2.0),
)  # fmt: skip
OTHER = (
    (60, 1.0),
    (64, 0.5),
    (62, 0.5),
    (65, 1.0),
    (69, 1.5),
    (59, 0.5),
    (57, 1.0),
    (65, 1.0),
    (64, 0.5),
    (60, 0.5),
)


def notes(tune=TUNE, start_s=0.0, semitones=0, tempo=1.0) -> list[Note]:
    made = []
    for midi, length_s in tune:
        made.append(Note(start_s, start_s + length_s * tempo, midi + semitones, 80))
        start_s += length_s * tempo
    return made


def found(line: list[Note]) -> dict[str, tuple[tuple[float, float], ...]]:
    return TuneIndex([Line.of("other", line)]).find(Line.of("own", notes()))


@pytest.mark.parametrize(("semitones", "tempo"), [(0, 1.0), (-5, 1.0), (7, 0.5), (2, 1.7)])
def test_a_tune_is_found_in_any_key_and_tempo(semitones: int, tempo: float) -> None:
    line = [*notes(OTHER), *notes(start_s=8.0, semitones=semitones, tempo=tempo)]
    ((span,),) = found(line).values()
    assert span == pytest.approx((8.0, 8.0 + 21.0 * tempo), abs=0.002)


def test_every_place_of_the_tune_is_named_once() -> None:
    line = [*notes(), *notes(OTHER, 21.0), *notes(start_s=29.0, semitones=3)]
    assert found(line) == {"other": ((0.0, 21.0), (29.0, 50.0))}


def test_uneven_playing_and_one_held_note_are_still_the_tune() -> None:
    late = [n._replace(start_s=n.start_s + (2.0 if i >= 12 else 0.0)) for i, n in enumerate(notes())]
    assert list(found(late)) == ["other"]
    swung = [n._replace(start_s=n.start_s + (0.08 if i % 2 else 0.0)) for i, n in enumerate(notes())]
    assert list(found(swung)) == ["other"]


def test_two_notes_of_twenty_may_be_missing_and_three_not() -> None:
    def without(*places: int) -> list[Note]:
        return [note for i, note in enumerate(notes()) if i not in places]

    assert found(without(5, 14)) == {"other": ((0.0, 21.0),)}
    assert found(without(0, 19)) == {
        "other": ((0.0, 21.0),)
    }  # what is missing at the ends counts into the span
    assert found(without(5, 14, 19)) == {}


def test_passing_notes_are_allowed_as_long_as_they_are_few() -> None:
    line = notes()
    passing = [Note(line[i].start_s + 0.5, line[i].end_s, 50, 80) for i in (0, 8, 15)]
    assert list(found(sorted([*line, *passing]))) == ["other"]
    many = [Note(n.start_s + 0.25, n.end_s, 50, 80) for i, n in enumerate(line) if i % 2 and i > 5]
    assert found(sorted([*line, *many])) == {}


def test_another_rhythm_another_tune_and_the_tune_backwards_are_not_it() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.permutation([length for _, length in TUNE])
    assert found(notes(tuple((midi, float(x)) for (midi, _), x in zip(TUNE, lengths, strict=True)))) == {}
    assert found(notes(OTHER * 3)) == {}
    assert found(notes(TUNE[::-1])) == {}
    assert found([n._replace(midi=n.midi + (i >= 10)) for i, n in enumerate(notes())]) == {}  # two keys


def test_a_piece_does_not_share_its_tune_with_itself() -> None:
    assert TuneIndex([Line.of("own", notes())]).find(Line.of("own", notes())) == {}
    assert TuneIndex([Line.of("x", notes())]).find(Line.of("own", notes()[:4])) == {}  # too few to tell


def score(*parts: list[Note]) -> Score:
    made = tuple(Part(f"part {i}", 0, tuple(part)) for i, part in enumerate(parts))
    return Score("", "", "", None, "", made, (), 120.0, 0, "")


def a_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A hum of the whole tune; the second piece has it in its lower part, the third after its sound has ended."""
    high = notes(OTHER * 4, semitones=20)
    scores = {
        "a": score(notes(), notes(OTHER * 3, semitones=-24)),
        "b": score(high, notes(start_s=6.0, semitones=-12)),
        "c": score([*notes(OTHER * 2), *notes(start_s=16.0)]),
    }
    read: list[str] = []

    def load(path: str) -> Score:
        read.append(path)
        return scores[path]

    monkeypatch.setattr(shared_tunes, "load_score", load)
    hum = {"kind": "hum", "file": "queries/a-hum-0.flac", "a_start_s": 0.0, "a_end_s": 21.0, "also": []}
    truth = [
        {"piece": "A", "work": "a", "duration_s": 24.0, "queries": [hum, {**hum, "kind": "mp3", "file": "x.flac"}]},
        {"piece": "B", "work": "b", "duration_s": 32.0, "queries": []},
        {"piece": "C", "work": "c", "duration_s": 30.0, "queries": []},
        {"piece": "D", "duration_s": 30.0, "queries": [{**hum, "file": "queries/d.flac"}]},
    ]  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(truth), "utf-8")
    return read


def test_a_set_is_compared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = a_set(tmp_path, monkeypatch)
    wanted = {"a-hum-0.flac": {"B": ((6.0, 27.0),)}}
    assert set_tunes(tmp_path) == wanted
    assert read == ["a", "b", "c"]
    assert set_tunes(tmp_path) == wanted
    assert read == ["a", "b", "c"]
    truth = (tmp_path / "truth.json").read_text("utf-8")
    (tmp_path / "truth.json").write_text(truth.replace('"duration_s": 32.0', '"duration_s": 20.0'), "utf-8")
    assert set_tunes(tmp_path) == {"a-hum-0.flac": {}}  # made again, since the set is another


def test_a_hum_is_of_the_notes_of_its_span() -> None:
    query = {"a_start_s": 2.0, "a_end_s": 7.0}
    assert hummed_line("A", score(notes()), query).midi.tolist() == [69, 71, 72, 71, 69]


def answers(*hits: tuple[str, float, float]) -> Any:
    made = [
        SimpleNamespace(
            track=SimpleNamespace(path=f"/set/library/{piece}.flac"),
            moment=SimpleNamespace(start_s=start_s, end_s=end_s),
            factors={"melody": SimpleNamespace(value=1.0 - 0.1 * i)},
            confidence=0.8,
        )
        for i, (piece, start_s, end_s) in enumerate(hits)
    ]
    return SimpleNamespace(hits=made, elapsed_ms=500.0)


def test_pieces_that_share_the_tune_count_apart() -> None:
    nothing_heard: Any = SimpleNamespace()
    query = TrueQuery("hum", "A", nothing_heard, ((10.0, 20.0),))
    others = {"B": ((30.0, 40.0),)}
    there = outcome(query, answers(("B", 31.0, 41.0), ("C", 0.0, 9.0), ("A", 10.0, 20.0)), 8.0, others)
    assert (there.own.rank, there.own.moment, there.shared.rank, there.shared.moment) == (3, False, 1, True)
    elsewhere = outcome(query, answers(("B", 10.0, 20.0), ("A", 10.0, 20.0)), 8.0, others)
    assert (elsewhere.shared.rank, elsewhere.shared.moment) == (1, False)
    alone = outcome(query, answers(("B", 31.0, 41.0), ("A", 10.0, 20.0)), 8.0)
    assert alone.own == alone.shared == replace(alone.own, rank=2, moment=False)
    assert [right for *_, right in there.features] == [False, False, True]
    nothing = outcome(query, answers(), 8.0, others)
    assert (nothing.own.rank, nothing.shared.rank, nothing.shared.moment) == (0, 0, False)
    said = summary([there, alone])
    assert (said["piece@1"], said["MRR"], said["moment@1"]) == (0.0, pytest.approx(0.417), 0.0)
    assert said["shared"] == {"hums": 1, "moment@1": 0.5, "piece@1": 0.5, "piece@10": 1.0, "MRR": 0.75}
