"""References are resolved by the tools: clips, results, titles, times; and what points at nothing says so."""

import pytest
from small_library import TRACKS, SmallLibrary, hit

from index.core.errors import (
    QueryError,
    TimeOutsideTrackError,
    UnknownClipError,
    UnknownHitError,
    UnknownTrackError,
)
from index.core.tracks import Clip
from tools.resolve import find_result, recall, recall_query, resolve
from tools.session import Search, Session

SHORT = Clip("c1", "/c1.wav", "first.wav", 12.0)
LONG = Clip("c2", "/c2.wav", "song.mp3", 200.0)


@pytest.fixture
def session(tmp_path):
    library = SmallLibrary(tmp_path)
    old = Search("call1", {}, (hit(1, TRACKS[0], 5.0), hit(2, TRACKS[1], 15.0)))
    new = Search("call2", {}, (hit(1, TRACKS[2], 25.0),))
    return Session(library, (SHORT, LONG), (old, new))


def span(session, text):
    passage = resolve(session, text).passage
    return passage.name, passage.start_s, passage.end_s


def test_clip_is_the_newest_and_numbers_count_from_the_first(session):
    assert span(session, "clip:1") == ("first.wav", 0.0, 12.0)
    assert resolve(session, "clip").passage.source is LONG
    assert resolve(session, "clip:2").passage.source is LONG


@pytest.mark.parametrize(
    "text", ["clip:1 @ 0:02-0:05", "clip:1@0:02-0:05", "clip:1 @0:02 - 0:05", "the clip 1 @ 0:02-0:05"]
)
def test_a_time_within_a_clip(session, text):
    assert span(session, text) == ("first.wav", 2.0, 5.0)


def test_without_an_end_it_is_ten_seconds(session):
    assert span(session, "clip:2 @ 1:00") == ("song.mp3", 60.0, 70.0)


def test_a_long_clip_is_represented_by_a_passage_and_others_are_offered(session):
    resolved = resolve(session, "clip")
    assert (resolved.passage.start_s, resolved.passage.end_s) == (40.0, 50.0)
    assert [offer.moment for offer in resolved.offers] == [
        "clip @ 0:40-0:50",
        "clip @ 0:20-0:30",
        "clip @ 1:10.5-1:20.5",
    ]
    assert span(session, resolved.offers[2].moment) == ("song.mp3", 70.5, 80.5)


def test_a_result_means_the_last_search_and_its_own_span(session):
    assert span(session, "#1") == ("Prelude in C major", 25.0, 35.0)


def test_a_button_keeps_meaning_the_result_it_stands_on(session):
    assert span(session, "#2:call1") == ("Pavane", 15.0, 25.0)


def test_a_time_after_a_result_is_a_time_of_its_track(session):
    assert span(session, "#1 @ 0:50-0:55") == ("Prelude in C major", 50.0, 55.0)


def test_a_title(session):
    assert span(session, "Pavane @ 1:05-1:15") == ("Pavane", 65.0, 75.0)
    assert span(session, "Short Piece") == ("Short Piece", 0.0, 40.0)
    assert span(session, "Pavane")[1:] == (40.0, 50.0)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("clip:3", UnknownClipError, "no clip 3; you have brought 2"),
        ("clip:0", UnknownClipError, "no clip 0"),
        ("#2", UnknownHitError, "no result #2; the last search found 1"),
        ("#1:nothing", UnknownHitError, "no result #1"),
        ("#x", QueryError, "named by its number"),
        ("Bolero @ 1:00", UnknownTrackError, "Did you mean “Gymnopédie No. 1”"),
        ("Pavane @ 1:30", TimeOutsideTrackError, "1:30 is past the end of “Pavane”, which lasts 1:30"),
        ("clip:1 @ 5:00", TimeOutsideTrackError, "5:00 is past the end of “first.wav”"),
        ("Pavane @ 1:99", QueryError, "is no time"),
    ],
)
def test_what_points_at_nothing_says_so(session, text, error, says):
    with pytest.raises(error) as caught:
        resolve(session, text)
    assert says in str(caught.value)


def test_without_clips_the_answer_is_to_bring_one(tmp_path):
    with pytest.raises(UnknownClipError, match="Bring a clip first"):
        resolve(Session(SmallLibrary(tmp_path)), "clip")


def test_without_a_search_the_answer_is_to_search(tmp_path):
    with pytest.raises(UnknownHitError, match="search first"):
        find_result(Session(SmallLibrary(tmp_path)), "#1")


@pytest.mark.parametrize("text", ["#1", "1", "result 1", "hit #1", "number 1", "# 1"])
def test_results_may_be_named_loosely(session, text):
    assert find_result(session, text)[1].track is TRACKS[2]


def test_what_was_resolved_can_be_recalled(session):
    for text in ("clip:1 @ 0:02-0:05", "#1", "Pavane @ 1:05-1:15", "clip"):
        resolved = resolve(session, text)
        again = recall(session, resolved.record)
        assert (again.source, again.start_s, again.end_s) == (
            resolved.passage.source,
            resolved.passage.start_s,
            resolved.passage.end_s,
        )


def test_a_search_by_words_has_no_query_to_recall(session):
    with pytest.raises(QueryError, match="not found by its sound"):
        recall_query(session, {"description": "rain"})
