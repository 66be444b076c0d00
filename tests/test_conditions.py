"""Conditions on what is heard: instruments by tag, by family and by title; mode and tempo."""

import numpy as np
import pytest
from sounds import frames_with_notes, passage_of, silent_frames

from index.core.filters import Filters
from index.core.hits import Alignment, Hit
from index.core.moments import Moment
from index.core.tracks import Track
from index.descriptors.instruments import FAMILIES, family_model
from index.factors import Span
from index.models.musicnn import TAGS
from index.search.moment_filter import MomentFilter, hears


def played_by(family):
    frames = silent_frames(10.0)
    frames.embedding[:] = family_model().mean + 4 * family_model().weights[FAMILIES.index(family)]
    return frames


def tagged(tag):
    frames = silent_frames(10.0)
    frames.embedding[:] = -5 * np.sign(family_model().weights.sum(axis=0))
    frames.tags[:, TAGS["MTT"].index(tag)] = 100
    return frames


@pytest.mark.parametrize(
    ("family", "asked"),
    [
        ("organ", "organ"),
        ("brass", "trumpet"),
        ("winds", "clarinet"),
        ("voices", "singing"),
        ("piano", "Piano"),
    ],
)
def test_families_are_heard_by_their_instruments(family, asked):
    assert hears(passage_of(played_by(family)), asked)


@pytest.mark.parametrize(
    ("asked", "meets"),
    [
        (["organ", "trumpet"], True),
        (["violin", "trumpet"], False),
        ("organ and trumpet", False),
        ("organ, pipe organ", True),
    ],
)
def test_one_of_several_instruments_is_enough_unless_they_sound_together(asked, meets):
    assert admits(played_by("organ"), instrument=asked) == meets
    assert admits(played_by("organ"), not_instrument=asked) != meets


def test_an_organ_is_no_trumpet():
    assert not hears(passage_of(played_by("organ")), "trumpet")


@pytest.mark.parametrize(
    ("tag", "asked"), [("violin", "fiddle"), ("violin", "violins"), ("drums", "percussion")]
)
def test_tags_are_heard(tag, asked):
    assert hears(passage_of(tagged(tag)), asked)


def test_a_title_counts():
    assert hears(passage_of(silent_frames(10.0), title="Suite for Theorbo"), "theorbo")


def admits(frames, **conditions):
    passage = passage_of(frames)
    assert isinstance(passage.source, Track)
    return MomentFilter(Filters(conditions)).admits(passage.source, Span(frames, 0, 10))


def test_mode_and_tempo_are_heard_and_may_be_left_out():
    beats = [(t, t + 0.4, midi) for t in np.arange(0, 9.8, 0.5) for midi in (57, 60, 64)]
    frames = frames_with_notes(beats, 10.0)
    assert admits(frames, key_mode="minor")
    assert not admits(frames, not_key_mode="minor")
    assert admits(frames, tempo_min=110, tempo_max=130)
    assert not admits(frames, tempo_min=140)


def test_no_condition_is_no_filter():
    assert not MomentFilter(Filters({"composer": "Bach"}))
    assert MomentFilter(Filters({"not_instrument": "piano"}))


@pytest.mark.parametrize(
    ("condition", "tempo_ratio", "confidence", "kept"),
    [
        ({"tempo_max": 100}, 1.0, 0.99, False),  # the same music at the same tempo
        ({"tempo_max": 100}, 1.0, 0.1, True),
        ({"tempo_max": 100}, 1.2, 0.99, True),  # it takes 1.2 times as long
        ({"tempo_max": 100}, 0.8, 0.1, False),
        ({"tempo_min": 140}, 0.8, 0.99, True),
        ({"tempo_min": 140}, 1.2, 0.1, False),
        ({"tempo_max": 130}, 1.0, 0.99, True),  # the query itself is as slow
    ],
)
def test_what_shall_be_slower_is_slower_where_it_is_laid_over_the_query(
    condition, tempo_ratio, confidence, kept
):
    beats = [(t, t + 0.4, midi) for t in np.arange(0, 9.8, 0.5) for midi in (57, 60, 64)]  # 120 bpm
    query = passage_of(frames_with_notes(beats, 10.0))
    assert isinstance(query.source, Track)
    found = Hit(1, query.source, Moment("x", 0, 10), 1, 1, confidence, {}, Alignment(0, tempo_ratio))

    assert MomentFilter(Filters(condition)).paced(query)(found) == kept
