"""What is compared by all factors is what the query asks for: its emphasis, its conditions, several tracks."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from index.core.filters import Filters
from index.core.query import Query
from index.search import rerank as scoring
from index.search.candidates import worth_comparing


@pytest.mark.parametrize("wanted", ["rhythm", "dynamics"])
def test_the_best_by_the_one_factor_that_counts_is_not_lost_before_the_rerank(small, monkeypatch, wanted):
    emphasis = {name: float(name == wanted) for name in ("timbre", "harmony", "rhythm", "dynamics")}
    query = Query(small.passage("Swell"), k=3, emphasis=emphasis)
    of_all = small.searcher.find(query).hits
    monkeypatch.setattr(scoring, "RERANKED", 6)
    of_few = small.searcher.find(query).hits
    assert of_few[0].track == of_all[0].track
    assert of_few[0].score == pytest.approx(of_all[0].score)


def test_conditions_are_asked_before_the_rerank(small, monkeypatch):
    monkeypatch.setattr(scoring, "RERANKED", 4)
    query = Query(small.passage("Cadence in D"), k=1, filters=Filters({"key_mode": "minor"}))
    assert [hit.track.title for hit in small.searcher.find(query).hits] == ["Song in A minor"]
    nothing = Query(small.passage("Cadence in D"), filters=Filters({"tempo_min": 900}))
    assert small.searcher.find(nothing).hits == ()


def test_as_many_tracks_are_found_as_are_asked_for(small, monkeypatch):
    monkeypatch.setattr(scoring, "RERANKED", 4)
    query = Query(small.passage("Cadence in D"), k=7, diversity="closest")
    assert len({hit.track.id for hit in small.searcher.find(query).hits}) == 7


def test_neighbours_of_one_track_leave_room_for_others():
    tracks: Any = [SimpleNamespace(id="a")] * 5 + [SimpleNamespace(id="b")] * 2
    spans: Any = range(7)

    def kept(most, moment_filter=None):
        chosen = worth_comparing(
            range(7), tracks, spans, most=most, most_a_track=2, moment_filter=moment_filter
        )
        return sorted(chosen.tolist())

    assert kept(4) == [0, 1, 5, 6]
    assert kept(6) == [0, 1, 2, 3, 5, 6]
    odd = SimpleNamespace(admits=lambda track, span: span % 2 == 1)
    assert kept(3, odd) == [1, 3, 5]
    assert kept(9, odd) == [1, 3, 5]


def test_more_hits_go_on_where_fewer_ended(small, monkeypatch):
    monkeypatch.setattr(scoring, "RERANKED", 4)
    monkeypatch.setattr(scoring, "RERANKED_A_HIT", 2)
    spoilt = {"harmony": 0.1, "timbre": 0.1, "rhythm": 1.0, "dynamics": 1.0, "melody": 1.0}
    query = Query(small.passage("Cadence in D"), diversity="closest", emphasis=spoilt, hits_per_track=3)
    for k in range(1, 6):
        few, many = (small.searcher.find(replace(query, k=each)).hits for each in (k, 9))
        assert [(hit.track.id, hit.moment) for hit in many[: len(few)]] == [
            (hit.track.id, hit.moment) for hit in few
        ]


def test_a_better_score_of_a_later_turn_does_not_come_first():
    scored: Any = SimpleNamespace(
        fused=SimpleNamespace(score=np.array([1.0, 5.0, 3.0])), turn=np.array([0, 1, 0])
    )
    assert scoring.Scored.order(scored) == [2, 0, 1]
