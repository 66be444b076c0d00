"""Statistics of notes, against what they say: counted frame by frame and pair by pair."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from sounds import silent_frames

from index.core.frames import NOTE_HZ, PITCHES, sounding
from index.core.moments import Span
from index.factors.note_statistics import AT_ONCE_AT, ATTACKS_AT, STATISTICS, notes_and_key, statistics

_INTERVALS_AT, _LINES_AT = 18, 46
LOUD = 200


def span_of(notes: np.ndarray, start_s: float = 0.0, end_s: float | None = None) -> Span:
    frames = replace(silent_frames(len(notes) / NOTE_HZ), notes=notes)
    return Span(frames, start_s, len(notes) / NOTE_HZ if end_s is None else end_s)


@pytest.fixture(scope="module")
def spans() -> list[Span]:
    """Notes by chance, few or many, in spans of several lengths; the last is silent."""
    rng = np.random.default_rng(4)
    made = []
    for share, frames in ((0.03, 100), (0.2, 75), (0.005, 133), (0.0, 40)):
        notes = np.where(rng.random((frames, PITCHES)) < share, rng.integers(100, 256, (frames, PITCHES)), 30)
        made.append(span_of(notes.astype(np.uint8), 0.4, frames / NOTE_HZ - 0.3))
    return made


def heard(span: Span) -> list[list[int]]:
    """The pitches that are heard in each frame."""
    rows = span.frames.notes[round(span.start_s * NOTE_HZ) : round(span.end_s * NOTE_HZ)]
    return [np.flatnonzero((row / 255.0) ** 2 > 0.3).tolist() for row in rows]


def test_of_several_spans_each_is_told_as_by_itself(spans):
    lie, key = notes_and_key(spans)
    assert lie.shape == (len(spans), STATISTICS)
    for number, span in enumerate(spans):
        alone = notes_and_key([span])
        assert np.allclose(lie[number], alone[0][0], atol=1e-5)
        assert np.allclose(key[number], alone[1][0], atol=1e-5)


def test_notes_at_once_and_registers_are_counted(spans):
    for span, row in zip(spans, statistics(spans), strict=True):
        counts = np.array([len(frame) for frame in heard(span)])
        assert row[AT_ONCE_AT] == pytest.approx(counts.sum() / max(1, (counts > 0).sum()), rel=1e-5)
        assert row[AT_ONCE_AT + 1] == pytest.approx(counts.std(), abs=1e-4)
        shares = [(counts == number).mean() for number in range(5)]
        shares += [(counts >= number).mean() for number in (5, 7)]
        assert np.allclose(row[AT_ONCE_AT + 2 : AT_ONCE_AT + 9], shares, atol=1e-6)
        first, last = round(span.start_s * NOTE_HZ), round(span.end_s * NOTE_HZ)
        sums = sounding(span.frames.notes[first:last]).sum(axis=0, dtype=float)
        mean = (sums @ np.arange(PITCHES)) / max(sums.sum(), 1e-6)
        assert row[0] == pytest.approx(mean / 12, abs=1e-4)


def test_every_pair_of_notes_that_sound_together_counts_by_its_interval(spans):
    for span, row in zip(spans, statistics(spans), strict=True):
        rows = span.frames.notes[round(span.start_s * NOTE_HZ) :] / 255.0
        together, energy = np.zeros(25), 0.0
        for frame, values in zip(heard(span), rows, strict=False):
            energy += float((values[frame] ** 2).sum())
            for low, high in combinations(frame, 2):
                if high - low <= 24:
                    together[high - low] += values[low] * values[high]
        told = np.log1p(20 * together[1:] / max(energy, 1e-6))
        assert np.allclose(row[_INTERVALS_AT : _INTERVALS_AT + 24], told, atol=1e-5)


def test_a_note_begins_where_it_was_not_heard_before(spans):
    for span, row in zip(spans, statistics(spans), strict=True):
        frames = [set(frame) for frame in heard(span)]
        begun = [now - before for before, now in pairwise(frames)]
        notes, groups = sum(map(len, begun)), sum(map(bool, begun))
        lasting = sum(map(len, frames)) / max(notes, 1) / NOTE_HZ
        seconds = len(frames) / NOTE_HZ
        told = [notes / seconds, groups / seconds, notes / max(groups, 1), np.log(lasting + 0.05)]
        assert np.allclose(row[ATTACKS_AT - 1 : ATTACKS_AT + 3], told, atol=1e-5)


def test_the_highest_and_the_lowest_line_are_followed():
    notes = np.zeros((80, PITCHES), np.uint8)
    notes[:40, 60] = notes[40:, 62] = LOUD
    notes[:20, 20] = notes[20:, 27] = LOUD
    notes[70:] = 0
    (row,) = statistics([span_of(notes)])
    high, low = row[_LINES_AT : _LINES_AT + 9], row[_LINES_AT + 9 :]
    assert high[0] == pytest.approx((40 * 60 + 30 * 62) / 70 / 12)
    assert low[0] == pytest.approx((20 * 20 + 50 * 27) / 70 / 12)
    assert high[2] == low[2] == pytest.approx(1 / 8)
    assert high[3:].tolist() == [0, 1, 0, 0, 0, 0]
    assert low[3:].tolist() == [0, 0, 0, 1, 0, 0]
