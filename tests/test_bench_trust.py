"""Whether the confidence of the benchmarks is told of each kind of query."""

import pytest

from bench import summary
from bench.contest import Outcome
from bench.metrics import Given


def test_trust_is_told_of_each_kind_by_itself():
    def asked(kind: str, sure: float, unsure: float) -> Outcome:
        found = (Given("a", 0, 10, sure, 5.0),)
        return Outcome(kind, "a", ((0.0, 10.0),), {"fusion": found}, (Given("b", 0, 10, unsure, 1.0),), 1.0)

    trust = summary.trust([asked("good", 1.0, 0.0), asked("bad", 0.2, 0.6)])
    assert trust["calibration_error_by_kind"] == {"bad": pytest.approx(0.7), "good": 0.0}
    assert trust["nothing_there_auroc_by_kind"] == {"bad": 0.0, "good": 1.0}
