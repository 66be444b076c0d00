"""What is forgiven a voice: a note beside the one that is meant, and a long note that would outvote the others."""

from __future__ import annotations

import numpy as np
import pytest

from index.analysis.f0 import PitchTrack, Tune
from index.humming.evidence import Line, followed
from index.humming.leniency import by_notes, softened

NOTES = (60.0, 64.0, 67.0, 65.0, 69.0, 62.0)


def rows_of(notes: tuple[float, ...]) -> np.ndarray:
    """Salience of notes of 0.8 s each, at 5 Hz, nothing else sounding."""
    rows = np.zeros((4 * len(notes) + 8, 12), np.uint8)
    for number, midi in enumerate(notes):
        rows[4 + 4 * number : 8 + 4 * number, round(midi) % 12] = 255
    return rows


def path_of(notes: tuple[float, ...]) -> float:
    """The evidence of the path when these are sung for NOTES."""
    midi = np.repeat(np.array(notes), 8)
    odds = np.log(0.7 * (np.arange(256) / 255) ** 2 * 12 + 0.3).astype(np.float32)
    line = Line.of(PitchTrack(0.1, midi, np.ones(len(midi), bool)), 1.0)
    return followed(line, rows_of(NOTES), odds, 0).evidence.path


def test_a_wrong_note_nearby_costs_less_than_one_far_away() -> None:
    right, near, far = path_of(NOTES), *(path_of((*NOTES[:4], NOTES[4] + off, NOTES[5])) for off in (2, 6))
    assert right > near > far + 0.05


def test_a_voice_that_goes_on_in_another_key_costs_no_more_than_its_change() -> None:
    slid = tuple(midi + (number > 2) for number, midi in enumerate(NOTES))
    changed = 3 * 2.0 / 24  # three steps of a third, in 24 frames
    assert path_of(slid) == pytest.approx(path_of(NOTES) - changed, abs=0.06)


def test_softened_salience_gives_its_share_to_both_sides() -> None:
    rows = np.zeros((2, 12), np.uint8)
    rows[0, 11] = 255
    chances = (softened(rows) / 255.0) ** 2
    assert chances.sum(axis=1) == pytest.approx([1.0, 0.0], abs=0.02)
    assert chances[0, 11] > 0.8
    assert chances[0, 0] == pytest.approx(chances[0, 10], abs=0.01)
    assert chances[0, 0] > chances[0, 1] > chances[0, 5]


def test_a_note_counts_by_the_root_of_its_length() -> None:
    tune = Tune(np.repeat([0, 4, 7], [16, 4, 1]), np.zeros(21, np.float32), np.ones(21, np.float32))
    weight = by_notes(tune).weight
    assert [weight[:16].sum(), weight[16:20].sum(), weight[20:].sum()] == pytest.approx([4, 2, 1])
