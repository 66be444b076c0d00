"""Parts of long arrays, worked on by two threads."""

import threading
from functools import partial

import numpy as np
import pytest

from index.system import halves


@pytest.mark.parametrize("rows", [0, 1, 99, 100, 101, 1000])
@pytest.mark.parametrize("long", [50, 10_000])
def test_every_row_is_worked_on_once(monkeypatch, rows, long):
    monkeypatch.setattr(halves, "_LONG", long)
    done = np.zeros(rows, int)

    def work(part: slice) -> None:
        assert part.stop - part.start <= 100
        done[part] += 1

    halves.in_parts(rows, 100, work)
    assert (done == 1).all()


def test_two_threads_work_side_by_side(monkeypatch):
    monkeypatch.setattr(halves, "_LONG", 2)
    both = threading.Barrier(2, timeout=20)

    def work(_: slice) -> None:
        both.wait()

    halves.in_parts(2, 1, work)


def test_what_the_second_thread_raises_is_told(monkeypatch):
    monkeypatch.setattr(halves, "_LONG", 2)

    def work(part: slice) -> None:
        if part.start:
            raise ValueError("second")

    with pytest.raises(ValueError, match="second"):
        halves.in_parts(4, 1, work)


def test_work_within_work_does_not_wait_for_itself(monkeypatch):
    """The second thread is kept: what it is handed may have halves again."""
    monkeypatch.setattr(halves, "_LONG", 2)
    found = np.zeros(16, int)

    def inner(first: int, part: slice) -> None:
        found[first + part.start : first + part.stop] += 1

    def work(part: slice) -> None:
        halves.in_parts(part.stop - part.start, 1, partial(inner, part.start))

    for _ in range(3):
        halves.in_parts(16, 4, work)
    assert found.tolist() == [3] * 16


def test_what_fails_in_either_half_is_raised_when_both_have_ended(monkeypatch):
    monkeypatch.setattr(halves, "_LONG", 2)
    for bad in (0, 3):
        seen: list[int] = []

        def work(part: slice, bad: int = bad, seen: list[int] = seen) -> None:
            seen.append(part.start)
            if part.start == bad:
                raise ValueError("here")

        with pytest.raises(ValueError, match="here"):
            halves.in_parts(4, 1, work)
        assert 2 in seen and 0 in seen
