"""What singers do wrong is measured as it was made, and a voice with a grade's faults makes about as many."""

from __future__ import annotations

import numpy as np
import pytest

from bench.humming import BY_GRADE, Faults, sing
from bench.world.singer_faults import RATE_HZ, compared, notes_of, pitch_at_rate, sung_by, told
from demo.scores import Note

MELODY = (60, 62, 64, 67, 65, 62, 59, 60, 64, 69, 67, 64)


def melody(*pitches: float, note_s: float = 0.4) -> np.ndarray:
    """A curve of such notes, each with a short rest."""
    sounding, rest = round(note_s * RATE_HZ) - 3, np.full(3, np.nan)
    return np.concatenate([np.concatenate([np.full(sounding, pitch), rest]) for pitch in pitches])


def test_notes_of_a_curve_are_found() -> None:
    found = notes_of(melody(60, 62, 62.2))
    assert [pitch for *_, pitch in found] == [60.0, 62.0, 62.2]
    assert found[0][:2] == (0, 17)


def test_a_wrong_note_is_told_in_any_key() -> None:
    wrong = [pitch + 3.0 + (2.0 if at == 4 else 0.0) for at, pitch in enumerate(MELODY)]
    found = told([compared(melody(*MELODY), melody(*wrong))])
    assert found["wrong"] == pytest.approx(1 / 12, abs=0.01)
    assert found["missing"] == 0.0
    assert found["key, median"] < 0.1


def test_a_key_that_wanders_is_no_wrong_note() -> None:
    higher = [pitch + (1.0 if at >= 6 else 0.0) for at, pitch in enumerate(MELODY)]
    found = told([compared(melody(*MELODY), melody(*higher))])
    assert found["wrong"] == 0.0
    assert found["key, median"] == pytest.approx(1.0, abs=0.1)


def test_worse_grades_sing_worse() -> None:
    rng = np.random.default_rng(0)
    wrong = []
    for grade in (4, 2):
        own = [pitch_at_rate(sung_by(melody(*MELODY), grade, rng)) for _ in range(12)]
        wrong.append(told([compared(melody(*MELODY), voice) for voice in own])["wrong"])
    assert wrong[1] > wrong[0]
    assert BY_GRADE[2].missing > BY_GRADE[4].missing


def test_a_note_that_is_missing_is_sung_on() -> None:
    notes = [Note(0.5 * at, 0.5 * at + 0.4, pitch, 80) for at, pitch in enumerate(MELODY)]
    whole = sing(notes, 0.0, 1.0, 0.0, np.random.default_rng(1), Faults(0, 0, 0))
    first = sing(notes, 0.0, 1.0, 0.0, np.random.default_rng(1), Faults(0, 0, 0, missing=1.0))
    assert len(notes_of(pitch_at_rate(whole))) > 8
    assert np.ptp(first.midi[first.voiced]) < np.ptp(whole.midi[whole.voiced])
