"""Recommendations: the hour, the wish, what was liked, and who was not heard before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from word_library import WordLibrary, frames_of, row, searcher, track

from index.catalogue.history import Event
from index.core.errors import QueryError
from index.core.hits import Hit
from index.core.moments import Moment
from index.recommend.occasion import occasion_of
from index.recommend.recommend import Talk, recommend
from index.recommend.taste import profile, weight
from index.store.frame_store import FrameStore
from tools import all_tools
from tools.explain_match import explain_match
from tools.recommend_moments import recommend_moments
from tools.session import Search, Session

LATE = datetime(2026, 5, 5, 23)
MORNING = datetime(2026, 5, 6, 8)
FRIDAY = datetime(2026, 5, 8, 20)

CALM = [track(n, composer=f"Calm {n}") for n in range(8)]
LIVELY = [track(10 + n, composer=f"Lively {n}") for n in range(8)]
MUSIC = {each: row(tempo=50 + n, density=1, level=-32, minor=0.5) for n, each in enumerate(CALM)} | {
    each: row(tempo=170 + n, density=8, level=-15, minor=-0.9) for n, each in enumerate(LIVELY)
}


@pytest.fixture
def library(tmp_path):
    store = FrameStore(tmp_path / "frames")
    for number, each in enumerate(MUSIC):
        store.write(each.id, frames_of(timbre=number % 4))
    return WordLibrary(tmp_path, searcher(MUSIC, tmp_path))


def ask(library, wish="", k=5, now=LATE):
    return recommend(library.searches.words(), library.frames, library.catalogue.history, wish, k, now=now)


def moment(of):
    return Moment(of.id, 0.0, 10.0)


def test_the_hour_is_a_leaning_and_is_said():
    assert occasion_of(LATE).text == "because it is late: calmer"
    assert occasion_of(MORNING).text == "because it is Wednesday morning: brighter"
    assert occasion_of(FRIDAY).text == "because it is Friday evening: livelier"
    for hour in range(24):
        for day in range(4, 11):
            assert occasion_of(datetime(2026, 5, day, hour)).understood().meaning.asks


def test_late_without_a_wish_it_is_calm(library):
    found = ask(library)
    assert {hit.track for hit in found.hits} <= set(CALM)
    assert found.occasion is not None
    assert not found.from_taste


def test_a_wish_is_stronger_than_the_hour(library):
    found = ask(library, "running")
    assert {hit.track for hit in found.hits} <= set(LIVELY)
    assert found.occasion is None


def test_parts_add_up_and_artists_differ(library):
    found = ask(library, "happy", now=FRIDAY)
    assert found.occasion is not None
    assert [hit.rank for hit in found.hits] == [1, 2, 3, 4, 5]
    assert len({hit.track.author for hit in found.hits}) == 5
    for hit, reasons in zip(found.hits, found.reasons, strict=True):
        assert sum(word.contribution for word in reasons) == pytest.approx(hit.score, abs=2e-4)


def test_taste_follows_what_was_liked(library):
    history = library.catalogue.history
    assert history.events() == []
    assert profile(history, library.frames) is None
    history.record("liked", [moment(LIVELY[1])])
    taste = profile(history, library.frames)
    assert taste is not None
    assert taste.known == {LIVELY[1].id}
    vectors = np.eye(200, dtype=np.float32)[:4]
    assert taste.closeness(vectors).tolist() == [0.0, 1.0, 0.0, 0.0]
    found = ask(library, "happy")
    assert found.from_taste
    assert library.frames.read(found.hits[0].track.id).embedding[0, 1] == 1
    assert all(hit.moment != moment(LIVELY[1]) for hit in found.hits)


def test_what_was_skipped_speaks_against(library):
    history = library.catalogue.history
    history.record("saved", [moment(LIVELY[0])])
    history.record("skipped", [moment(LIVELY[2])])
    taste = profile(history, library.frames)
    assert taste is not None
    closeness = taste.closeness(np.eye(200, dtype=np.float32)[:4])
    assert closeness[0] == 1.0
    assert closeness[2] < closeness[3]
    with pytest.raises(ValueError, match="an event is"):
        history.record("danced", [moment(LIVELY[2])])


def test_half_are_new_where_that_costs_little(library):
    library.catalogue.history.record("finished", [moment(each) for each in LIVELY[:5]])
    found = ask(library, "happy", k=4)
    assert sum(found.new) >= 2


def test_a_track_that_was_taken_out_does_no_harm(library):
    library.catalogue.history.record("liked", [Moment("gone", 0.0, 10.0)])
    assert not ask(library, "happy").from_taste


def test_what_was_liked_at_this_hour_counts_more_and_old_likes_fade(library):
    liked = Event("liked", moment(LIVELY[0]), datetime(2026, 5, 4, 23).timestamp())
    same_hour, morning = weight(liked, LATE), weight(liked, datetime(2026, 5, 5, 11))
    assert same_hour > 1.3 * morning
    assert weight(liked, datetime(2026, 8, 3, 23)) < 0.6 * same_hour


def test_the_tool(library):
    assert recommend_moments in all_tools()
    session = Session(library)
    answer = recommend_moments(session, mood="happy", activity="assembling hovercraft", k=3)
    assert len(answer.data["hits"]) == 3
    assert answer.data["query"]["mood"] == "happy"
    assert answer.data["unknown"] == ["assembling", "hovercraft"]
    assert not answer.data["from_taste"]
    hits = tuple(Hit.from_record(record) for record in answer.data["hits"])
    why = explain_match(Session(library, searches=(Search("c", answer.data["query"], hits),)), "#2")
    parts = why.data["explanation"]["parts"]
    assert parts[0]["name"] == "“happy”"
    assert sum(part["contribution"] for part in parts) == pytest.approx(hits[1].score, abs=2e-4)
    with pytest.raises(QueryError):
        recommend_moments(session, k=0)
    assert len(recommend_moments(session, k=50).data["hits"]) == len(MUSIC)


def test_a_playlist_is_remembered(library):
    from tools.make_playlist import make_playlist

    answer = recommend_moments(Session(library), mood="calm", k=2)
    hits = tuple(Hit.from_record(record) for record in answer.data["hits"])
    make_playlist(Session(library, searches=(Search("c", answer.data["query"], hits),)), ["#1"], "Quiet")
    events = library.catalogue.history.events()
    assert [(event.kind, event.moment) for event in events] == [("saved", hits[0].moment)]


def test_a_heart_is_remembered_and_taken_back(library):
    from app.view.saved import Saved

    answer = recommend_moments(Session(library), mood="calm", k=1)
    hit = Hit.from_record(answer.data["hits"][0])
    saved = Saved(library.options.home, library.catalogue.history)
    saved.toggle(hit)
    assert [event.kind for event in library.catalogue.history.events()] == ["liked"]
    saved.toggle(hit)
    assert library.catalogue.history.events() == []


def switched_off(library, *names):
    for name in names:
        library.catalogue.history.switch(name, False)


def test_each_leaning_is_said_and_can_be_switched_off(library):
    library.catalogue.history.record("liked", [moment(LIVELY[1])])
    talk = Talk("calm", "tune.wav", np.eye(200, dtype=np.float32)[2])

    def leanings():
        found = recommend(
            library.searches.words(), library.frames, library.catalogue.history, "", 4, now=LATE, talk=talk
        )
        return [(prior.name, prior.text) for prior in found.priors]

    assert leanings() == [
        ("conversation", "because you asked for “calm” before"),
        ("hour", "because it is late: calmer"),
        ("conversation", "because of tune.wav: alike in sound"),
        ("taste", "because of what you liked"),
    ]
    switched_off(library, "conversation")
    assert [name for name, _ in leanings()] == ["hour", "taste"]
    switched_off(library, "hour")
    assert [name for name, _ in leanings()] == ["taste"]
    switched_off(library, "taste")
    assert leanings() == []


def test_a_clip_draws_recommendations_to_its_sound(library):
    switched_off(library, "hour")
    talk = Talk(clip="tune.wav", timbre=np.eye(200, dtype=np.float32)[3])
    found = recommend(
        library.searches.words(), library.frames, library.catalogue.history, "", 3, now=LATE, talk=talk
    )
    assert all(library.frames.read(hit.track.id).embedding[0, 3] == 1 for hit in found.hits)


def test_no_era_has_more_than_half_where_that_costs_little():
    from index.core.hits import Alignment
    from index.recommend.balance import LOSS, in_balance

    def hit(number, year, score):
        made = replace(track(number, composer=f"Composer {number}"), year=year)
        return Hit(number, made, moment(made), score, score, 0.0, {}, Alignment(0, 1.0))

    close = [hit(n, 1800, 1.0) for n in range(8)] + [hit(10 + n, 1600, 0.97) for n in range(4)]
    chosen = in_balance(close, set(), 6)
    assert sum(each.track.year == 1800 for each in chosen) == 3
    assert np.mean([each.score for each in chosen]) >= 1 - LOSS
    far = [hit(n, 1800, 1.0) for n in range(8)] + [hit(10 + n, 1600, 0.5) for n in range(4)]
    assert all(each.track.year == 1800 for each in in_balance(far, set(), 6))


def test_taste_that_is_switched_off_is_not_asked(library):
    library.catalogue.history.record("liked", [moment(LIVELY[1])])
    switched_off(library, "taste")
    assert not ask(library, "happy").from_taste


def test_the_tool_says_what_it_leans_on(library):
    answer = recommend_moments(Session(library), k=2)
    assert [prior["name"] for prior in answer.data["priors"]] == ["hour"]
    assert answer.data["compared"] == len(library.searches.words().table.values)
    again = Session(library, searches=(Search("c", {"description": "happy"}, ()),))
    assert recommend_moments(again, k=2).data["priors"][0]["text"] == "because you asked for “happy” before"
