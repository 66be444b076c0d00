"""Moments that every query is compared with: what surrounds them is laid out once, and says the same as anew."""

import numpy as np
import pytest

from index.core.query import Query
from index.placement import by_fingerprint, by_notes
from index.placement.drawn import Drawn
from index.placement.prepared import PreparedQuery


@pytest.fixture
def spans(small):
    return [
        small.passage(title, start_s, start_s + 10).span
        for title in ("Song in C", "Cadence in D")
        for start_s in (0, 5, 9)
    ]


def test_what_was_laid_out_says_the_same_of_every_query(small, spans, monkeypatch):
    made: list[str] = []

    def noted(name, before):
        def call(*given):
            made.append(name)
            return before(*given)

        return call

    for module, name in ((by_notes, "regions_of"), (by_fingerprint, "rows_of")):
        monkeypatch.setattr(module, name, noted(name, getattr(module, name)))
    drawn = Drawn(spans)
    for start_s, length_s in ((2, 10), (4, 10), (3, 6), (2, 10)):
        query = PreparedQuery(Query(small.passage("Cadence in F", start_s, start_s + length_s)))
        plain, again = by_notes.aligned(query, spans), by_notes.aligned(query, drawn)
        assert np.array_equal(plain[0].value, again[0].value) and np.array_equal(plain[1], again[1])
        plain_bits, bits = (by_fingerprint.coarsely(query, each, 2.5) for each in (spans, drawn))
        assert np.array_equal(plain_bits[0], bits[0]) and np.array_equal(plain_bits[1], bits[1])
    # each time for plain ones; for those that were drawn once for each of two lengths
    assert made.count("regions_of") == 4 + 2
    assert made.count("rows_of") == 4 + 2


def test_what_is_kept_is_bounded_and_cannot_be_written_into(spans):
    drawn = Drawn(spans)
    assert list(drawn) == spans
    first = drawn.once("a", lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    assert drawn.once("a", lambda: np.ones(3)) is first
    for number in range(20):
        drawn.once(number, lambda: np.zeros(1))
    assert len(drawn._kept) <= 8
    assert drawn.once("a", lambda: np.ones(3))[0] == 1, "made again"
