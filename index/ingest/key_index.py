"""Which sounds have keys in common with another one: looked up in sorted lists, never compared one by one.

What is there at first is gone through as it lies for a few questions, which is quicker than to sort it; then it is
sorted. What comes later is kept in sorted runs that are merged when they are as long as the one before, so that a
question costs a few lookups a key, however many sounds there are.
"""

from __future__ import annotations

import numpy as np

_UNSORTED_QUESTIONS = 8
_AT_ONCE = 1 << 18
_PREFIX_BITS = 16
_COMMON = 2000
"""A key that so many sounds have says nothing."""
_Run = tuple[np.ndarray, np.ndarray]
"""(n,) uint32 keys, sorted, and (n,) int32 the numbers of the sounds that they are of."""


class KeyIndex:
    """Keys of sounds, by the sounds' numbers."""

    def __init__(self, keys: np.ndarray, numbers: np.ndarray) -> None:
        """`keys`: (n,) uint32 of the sounds that are there already; `numbers`: (n,) which sound each is of."""
        self._unsorted: _Run | None = keys, numbers.astype(np.int32)
        self._questions = 0
        self._runs: list[_Run] = []

    def add(self, number: int, keys: np.ndarray) -> None:
        """One more sound, of other number than those before; its keys are sorted."""
        run: _Run = keys, np.full(len(keys), number, np.int32)
        while self._runs and len(self._runs[-1][0]) <= len(run[0]):
            run = _sorted(*(np.concatenate(both) for both in zip(self._runs.pop(), run, strict=True)))
        self._runs.append(run)

    def shared(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the sounds that have some of these keys (sorted, each once), and how many each of them has."""
        self._questions += 1
        if self._unsorted is not None and self._questions > _UNSORTED_QUESTIONS:
            self._runs.insert(0, _sorted(*self._unsorted))
            self._unsorted = None
        found = [_looked_up(run, keys) for run in self._runs]
        if self._unsorted is not None:
            found.append(_gone_through(self._unsorted, keys))
        every = np.concatenate(found) if found else np.empty(0, np.int32)
        return np.unique(every, return_counts=True)


def _sorted(keys: np.ndarray, numbers: np.ndarray) -> _Run:
    order = np.argsort(keys, kind="stable")
    return keys[order], numbers[order]


def _looked_up(run: _Run, keys: np.ndarray) -> np.ndarray:
    """The numbers beside each of the keys in a run."""
    low = np.searchsorted(run[0], keys, "left")
    high = np.searchsorted(run[0], keys, "right")
    counts = high - low
    rare = (counts > 0) & (counts <= _COMMON)
    low, counts = low[rare], counts[rare]
    if not len(counts):
        return np.empty(0, np.int32)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return run[1][np.repeat(low, counts) + within]


def _gone_through(run: _Run, keys: np.ndarray) -> np.ndarray:
    """The same of keys in any order: most are left out by their first bits."""
    wanted = np.zeros(1 << _PREFIX_BITS, bool)
    wanted[keys >> np.uint32(32 - _PREFIX_BITS)] = True
    left = [
        low + np.flatnonzero(wanted[run[0][low : low + _AT_ONCE] >> np.uint32(32 - _PREFIX_BITS)])
        for low in range(0, len(run[0]), _AT_ONCE)
    ]
    rows = np.concatenate(left) if left else np.empty(0, np.int64)
    return _looked_up(_sorted(run[0][rows], run[1][rows]), keys)
