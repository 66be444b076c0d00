"""Melody: notes at their heights, in any key, whoever plays them."""

import numpy as np
import pytest
from sounds import frames_with_notes, passage_of

from index.core.moments import Span
from index.core.query import Query
from index.factors.melody import Melody
from index.placement.prepared import PreparedQuery

TUNE = (60, 67, 64, 72, 71, 67, 69, 65, 62, 67)


def played(heights, later_s=0.0):
    """Ten seconds in which every note lasts a second."""
    notes = [(number + later_s, number + later_s + 0.95, midi) for number, midi in enumerate(heights)]
    return frames_with_notes(notes, 10.0)


def alike(*others, tune=TUNE):
    query = PreparedQuery(Query(passage_of(played(tune))))
    return Melody().similarity(query, [Span(frames, 0.0, 10.0) for frames in others])


def test_the_same_notes_in_any_key_are_the_same():
    found = alike(*(played([midi + shift for midi in TUNE]) for shift in (0, 5, -7, 12, -12)))
    assert found == pytest.approx(1.0, abs=0.02)


def test_the_same_pitch_classes_at_other_heights_are_less_alike():
    octaves = np.resize([0, 12, -12], len(TUNE))
    same, elsewhere = alike(played(TUNE), played((np.array(TUNE) + octaves).tolist()))
    assert same > 0.98
    assert elsewhere < 0.6


def test_half_a_second_aside_is_found_and_another_tune_is_not():
    aside, other = alike(played(TUNE, later_s=0.5), played(sorted(TUNE)))
    assert aside > 0.9
    assert other < 0.6


def test_a_moment_without_notes_is_like_nothing():
    assert alike(frames_with_notes([], 10.0)) == pytest.approx(0.0)
    assert alike(played(TUNE), tune=()) == pytest.approx(0.0)
