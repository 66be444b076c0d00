"""What a search for tunes is made of: salience, subsequence DTW, its evidence, and compiled code."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hummed_music import TUNE, music, track, with_tune

from index.analysis.f0 import (
    PitchTrack,
    Tune,
)
from index.analysis.melody_salience import Salience, note_features
from index.humming.coarse_dtw import NOWHERE, align_everywhere
from index.humming.dtw import best_path
from index.humming.evidence import WEIGHTS, Evidence, Line, followed
from index.humming.leniency import softened
from index.humming.warm_up import compile_once
from index.store.salience_store import SalienceStore, SalienceTable
from index.system import compiled as compiling


def test_changing_the_offset_costs_what_it_should() -> None:
    rows = np.zeros((4, 12), np.uint8)
    rows[[0, 1, 2, 3], [0, 0, 1, 1]] = 255
    odds = np.linspace(-1, 1, 256).astype(np.float32)
    tune = Tune(np.zeros(4, np.int64), np.zeros(4, np.float32), np.ones(4, np.float32))
    for slide, score in ((0.5, 4 - 1.5), (9.0, 0.0)):  # three steps of a third, or half the tune off
        classes, fraction = tune.beside(np.arange(4) / 3)
        assert best_path(rows, odds, classes, fraction, tune.weight, 5.0, slide, 0)[0] == pytest.approx(
            score, abs=0.02
        )


def test_a_path_says_where_each_frame_lies() -> None:
    rows = np.zeros((9, 12), np.uint8)
    rows[[2, 3, 4, 5, 6], [0, 2, 4, 4, 5]] = 255  # the third frame is held, the last two are one row's
    odds = np.linspace(-1, 1, 256).astype(np.float32)
    tune = Tune(np.array([0, 2, 4, 5, 7]), np.zeros(5, np.float32), np.ones(5, np.float32))
    rows[6, 7] = 255
    classes, fraction = tune.beside(np.zeros(1))
    score, path, offsets = best_path(rows, odds, classes, fraction, tune.weight, 0.1, 1.0, 0)
    assert path.tolist() == [2, 3, 5, 6, 6]
    assert offsets.tolist() == [0] * 5
    assert score == pytest.approx(5 - 2 * 0.1, abs=1e-5)
    assert best_path(rows[:1], odds, classes, fraction, tune.weight, 0.1, 1.0, 0)[1].tolist() == [-1] * 5


def plain_ends(rows: np.ndarray, tune: Tune, odds: np.ndarray, penalty: float) -> np.ndarray:
    """(rows,) the best score of a tune that ends at each row, by the book: frames missed at first are worth least."""
    count, least = len(tune.weight), odds.min()
    worth = odds[rows] - least
    best = np.zeros(len(rows))
    for key in range(12):
        low = (tune.low_class + key) % 12
        cell = worth[:, low] * (1 - tune.fraction) + worth[:, (low + 1) % 12] * tune.fraction
        cell = np.pad(cell * tune.weight, ((2, 0), (2, 0)))
        score = np.zeros((len(rows) + 2, count + 2))
        for t in range(2, len(rows) + 2):
            score[t, 2] = cell[t, 2]
            for i in range(3, count + 2):
                aside = penalty * tune.weight[i - 2]
                score[t, i] = max(
                    score[t - 1, i - 1] + cell[t, i],
                    score[t - 1, i - 2] + cell[t, i - 1] + cell[t, i] - aside,
                    score[t - 2, i - 1] + 0.5 * (cell[t - 1, i] + cell[t, i]) - aside,
                )
        best = np.maximum(best, score[2:, -1])
    return best / tune.weight.sum() + least


def test_the_sweep_is_the_plain_recursion_and_knows_key_and_tempo() -> None:
    rng = np.random.default_rng(0)
    table = SalienceTable.of([rng.integers(0, 256, (n, 12)).astype(np.uint8) for n in (70, 900, 30)])
    odds = np.log(0.85 * (np.arange(256) / 255) ** 2 * 12 + 0.15).astype(np.float32)
    tunes = [
        Tune(
            rng.integers(0, 12, n),
            (rng.integers(0, 8, n) / 8).astype(np.float32),
            rng.choice([0.0, 0.5, 1.0], n),
        )
        for n in (9, 14)
    ]
    table.rows[200:214] = 0
    table.rows[np.arange(200, 214), (tunes[1].low_class + 5) % 12] = 255
    ends = align_everywhere(table, np.array([0, 1]), tunes, odds, 2.4, threads=2)
    wanted = [
        np.maximum(*(plain_ends(table.rows[low:high], tune, odds, 2.4) for tune in tunes))
        for low, high in ((0, 70), (70, 970))
    ]
    np.testing.assert_allclose(ends.value[:970], np.concatenate(wanted), atol=0.02)
    assert (ends.value[970:] == NOWHERE).all(), "not asked for"
    assert (ends.key[213], ends.tune[213]) == (5, 1)


def test_evidence_has_its_parts() -> None:
    pitch = PitchTrack(0.1, np.repeat([60.0, 64.0, 67.0, 64.0], [8, 4, 8, 4]), np.ones(24, bool))
    line = Line.of(pitch, 1.0)
    assert np.flatnonzero(line.begins).tolist() == [0, 4, 6, 10]
    assert line.by_note[[0, 4]].tolist() == pytest.approx([0.5, 2**-0.5])
    rows = np.zeros((16, 12), np.uint8)
    rows[[*range(2, 6)], 1] = rows[[6, 7], 5] = rows[[*range(8, 12)], 8] = (
        255  # a semitone up, the last note missing
    )
    odds = np.log(0.85 * (np.arange(256) / 255) ** 2 * 12 + 0.15).astype(np.float32)
    path = followed(line, rows, odds, 1)
    assert path.rows.tolist() == list(range(2, 14))
    evidence = path.evidence
    assert evidence.unheard == pytest.approx(2 / 12)
    assert evidence.onsets == pytest.approx(3 / 4)
    heard, missing = np.log(0.85 * (softened(rows)[2, 1] / 255) ** 2 * 12 + 0.15), np.log(0.15)
    long, short = 2 * 4 / 4**0.5, 2 / 2**0.5  # of both long notes, of each short one
    by_notes = ((long + short) * heard + short * missing) / (long + 2 * short)
    assert evidence.path == pytest.approx(by_notes, abs=0.01)
    sharp, nothing = np.log(0.9 * 12 + 0.1), np.log(0.1)
    assert evidence.notes < (10 * sharp + 2 * nothing) / 12, "a short note missing weighs more"
    assert evidence.crowd == pytest.approx(nothing, abs=0.01), "one voice alone"
    assert (evidence.aside, evidence.tempo) == (0, pytest.approx(0))
    assert evidence.total == pytest.approx(sum(WEIGHTS[name] * getattr(evidence, name) for name in WEIGHTS))
    assert set(WEIGHTS) == set(Evidence.__annotations__)


def test_evidence_tells_another_tempo_and_other_voices() -> None:
    pitch = PitchTrack(0.1, np.repeat([60.0, 64.0, 67.0, 64.0], 8), np.ones(32, bool))
    odds = np.log(0.85 * (np.arange(256) / 255) ** 2 * 12 + 0.15).astype(np.float32)
    rows = np.zeros((22, 12), np.uint8)
    for first, lasts, key in ((2, 4, 0), (6, 6, 4), (12, 4, 7), (16, 4, 4)):
        rows[first : first + lasts, key] = 255
    held = followed(Line.of(pitch, 1.0), rows, odds, 0).evidence
    assert held.tempo == pytest.approx(np.log(18 / 16))
    assert held.aside == pytest.approx(2 / 15), "one note lasts two rows more"
    slower = followed(Line.of(pitch, 1.25), rows, odds, 0)
    assert slower.tempo == pytest.approx(np.log((slower.rows[-1] - slower.rows[0] + 1) * 1.25 / 20))
    rows[:, 9] = 180
    assert followed(Line.of(pitch, 1.0), rows, odds, 0).evidence.crowd > held.crowd + 1


def test_the_top_voice_has_the_salience() -> None:
    notes = with_tune(7, 20.0)
    classes = Salience().classes(notes)
    at_s, right, total = 20.0, 0, 0
    for midi, length_s in TUNE:
        heard = classes[round(at_s * 10) : round((at_s + length_s) * 10)].argmax(axis=1)
        right, total = right + int((heard == midi % 12).sum()), total + len(heard)
        at_s += length_s
    assert right / total > 0.9
    np.testing.assert_allclose(classes.sum(axis=1), 1, atol=1e-4)


def test_salience_does_not_depend_on_the_blocks() -> None:
    notes = np.concatenate([music(seed, 130.0) for seed in range(3)])
    cut = Salience().classes(notes)[2900:3100]
    alone = Salience().classes(notes[2700:3300])[200:400]
    np.testing.assert_allclose(cut, alone, atol=1e-4)
    assert note_features(notes[:3]).shape == (3, 88, 24)


def test_salience_is_measured_once(tmp_path: Path) -> None:
    reads: list[str] = []

    def read(track_id: str) -> SimpleNamespace:
        reads.append(track_id)
        return SimpleNamespace(notes=music(1))

    frames: Any = SimpleNamespace(read=read)
    store = SalienceStore(tmp_path, frames)
    first, second = store.table([track(1)]), store.table([track(1)])
    assert reads == [track(1).id]
    assert first.rows.tolist() == second.rows.tolist()
    assert first.bounds.tolist() == [0, 200]


def test_salience_measured_while_adding_is_what_is_read(tmp_path: Path) -> None:
    def never(track_id: str) -> SimpleNamespace:
        raise AssertionError("measured again")

    store = SalienceStore.of_home(tmp_path, SimpleNamespace(read=never))  # type: ignore[arg-type]
    store.write(track(1).id, Salience().kept(music(1)))
    assert store.table([track(1)]).bounds.tolist() == [0, 200]
    store.delete(track(1).id)
    store.delete(track(2).id)
    assert not list(tmp_path.rglob("*.npy"))


def test_the_search_is_compiled_once_at_set_up(tmp_path: Path) -> None:
    told: list[str] = []
    compile_once(tmp_path / "new", told.append)
    compile_once(tmp_path / "new", told.append)
    assert told == ["compiling the search for tunes"]
    assert best_path.stats.cache_hits or best_path.signatures


def test_without_a_place_to_keep_it_compiled_code_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **options: object) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiling, "njit", nowhere)
    assert compiling.compiled(abs)(-3) == 3
