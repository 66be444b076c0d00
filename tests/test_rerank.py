"""What is compared by all factors is what the query's emphasis asks for."""

import pytest

from index import search
from index.moments import Query


@pytest.mark.parametrize("wanted", ["rhythm", "dynamics"])
def test_the_best_by_the_one_factor_that_counts_is_not_lost_before_the_rerank(small, monkeypatch, wanted):
    emphasis = {name: float(name == wanted) for name in ("timbre", "harmony", "rhythm", "dynamics")}
    query = Query(small.passage("Swell"), k=3, emphasis=emphasis)
    of_all = small.searcher.find(query).hits
    monkeypatch.setattr(search, "RERANKED", 6)
    of_few = small.searcher.find(query).hits
    assert of_few[0].track == of_all[0].track
    assert of_few[0].score == pytest.approx(of_all[0].score)
