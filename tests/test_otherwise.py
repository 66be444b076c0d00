"""What would change a result: every rank that is reported is the rank in a search that is run."""

from dataclasses import replace

import pytest

from index.core.query import Query
from index.explain.counterfactuals import Otherwise, most_telling, otherwise, rank_in, without
from index.explain.explain import explain
from index.factors import build
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.text.wording import ordinal


def hits_of(small, query):
    return small.searcher.find(query).hits


@pytest.mark.parametrize("diversity", ["closest", "balanced", "adventurous"])
@pytest.mark.parametrize("title", ["Cadence in D", "Song in C", "Clicks"])
def test_every_rank_is_that_of_the_very_search(small, title, diversity):
    query = Query(small.passage(title, 0, 10), k=3, diversity=diversity)
    ranks = []
    for hit in hits_of(small, query):
        for change in otherwise(small.searcher.find, query, hit):
            if not change.factor:
                continue
            ranks.append(change.rank)
            without_it = replace(query, emphasis={change.factor: 0})
            asked = rank_in(hits_of(small, without_it), hit)
            deep = rank_in(hits_of(small, replace(without_it, k=50, diversity="closest")), hit)
            makes_room = asked is None and deep is not None and deep <= query.k
            assert change.rank == (None if makes_room else asked or deep)
            assert change.asked == (query.k if makes_room else 50)
    assert len(ranks) >= 3
    assert any(ranks), "without one factor a hit is found all the same"


def test_an_emphasis_is_kept_beside_what_is_left_out(small):
    query = Query(small.passage("Song in C", 0, 10), k=3, emphasis={"timbre": 3.0, "rhythm": 0.0})
    hit = hits_of(small, query)[1]
    changes = [change.factor for change in otherwise(small.searcher.find, query, hit) if change.factor]
    assert "rhythm" not in changes, "it counted for nothing"
    asked = []

    def find(wanted):
        asked.append(dict(wanted.emphasis))
        return small.searcher.find(wanted)

    without(find, query, hit, "harmony")
    assert asked == [{"timbre": 3.0, "rhythm": 0.0, "harmony": 0.0}]


def test_one_factor_alone_has_nothing_to_be_left_out(small):
    only = {"timbre": 0.0, "melody": 0.0, "rhythm": 0.0, "dynamics": 0.0}
    query = Query(small.passage("Song in C", 0, 10), k=3, emphasis=only)
    assert otherwise(small.searcher.find, query, hits_of(small, query)[0]) == ()


def test_a_repeat_in_the_same_track_has_none(small):
    query = Query(small.passage("Form A-B-A", 0, 10), k=3, exclude_same_track=False)
    hits = hits_of(small, query)
    assert otherwise(small.searcher.find, query, hits[0]) == ()


def test_among_moments_in_the_same_key_those_above_in_another_do_not_count(small):
    query = Query(small.passage("Cadence in D", 2, 12), k=7)
    hits = hits_of(small, query)
    assert hits[0].alignment.shift_semitones, "the same cadence in F"
    here = [hit for hit in hits if hit.alignment.shift_semitones == 0]
    for place, hit in enumerate(here, 1):
        texts = [each.text for each in otherwise(small.searcher.find, query, hit) if not each.factor]
        wanted = f"of the moments in the same key it is the {ordinal(place)}"
        assert (wanted in texts) == (place < hit.rank)


def test_a_search_asked_again_finds_the_same_as_a_new_searcher(small):
    """What was laid on the candidates is kept between the two, and must not change anything."""
    query = Query(small.passage("Cadence in D", 2, 12), k=5)
    hits_of(small, query)
    again = replace(query, emphasis={"harmony": 0.0})
    fresh = Searcher(small.searcher._shelf, small.vectors, small.store, build(), FusionModel.load())
    assert hits_of(small, again) == fresh.find(again).hits
    other = Query(small.passage("Cadence in F", 2, 12), k=5)
    assert hits_of(small, other) == fresh.find(other).hits


def left_out(name, rank, asked=50):
    return Otherwise(f"without {name}", name, rank, asked)


@pytest.mark.parametrize(
    ("found", "rank", "text"),
    [
        ((left_out("harmony", 34), left_out("timbre", 2)), 2, "Without harmony it would be 34th."),
        ((left_out("harmony", 3), left_out("timbre", None)), 2,
         "Without timbre it would not be among the first 50."),
        ((left_out("harmony", 9), left_out("timbre", 1)), 2,
         "Without harmony it would be 9th; without timbre it would be first."),
        ((left_out("harmony", 1), left_out("timbre", 1)), 1, "Without any one factor it would still be first."),
        ((left_out("harmony", 2), Otherwise("in the same key", "", 1, 2)), 2,
         "Of the moments in the same key it is the first."),
        ((left_out("harmony", 2), Otherwise("in the same key", "", 2, 4)), 2, ""),
        ((), 1, ""),
    ],
)  # fmt: skip
def test_the_most_telling_is_said(found, rank, text):
    assert most_telling(found, rank) == text


def test_ordinals():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 112)] == [
        "first", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "112th",
    ]  # fmt: skip


def test_an_explanation_carries_it(small):
    query = Query(small.passage("Cadence in D", 2, 12), k=3)
    hit = hits_of(small, query)[0]
    found = small.passage(hit.track.title, hit.moment.start_s, hit.moment.end_s)
    changes = otherwise(small.searcher.find, query, hit)
    explanation = explain(query, hit, found, build(), changes)
    assert explanation.summary.endswith(most_telling(changes, hit.rank))
    assert [each["text"] for each in explanation.as_json()["otherwise"]] == [each.text for each in changes]
