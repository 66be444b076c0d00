"""The bits of a fingerprint that are compared: of a query, and of what surrounds a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.frames import FINGERPRINT_HZ, NOTE_HZ, Frames, stretches
from index.core.moments import Passage

LONGEST_S = 20.0
SHORTEST_S = 1.5
_USUAL_S = 10.0
_SOUNDING_DB = -60.0


@dataclass(frozen=True)
class Bits:
    """What is compared of a query: at most its first 20 s."""

    rows: np.ndarray
    """(n,) uint32."""
    counted: np.ndarray
    """(n,) bool: rows in which something sounds."""

    @property
    def seconds(self) -> float:
        """How much sounds."""
        return float(np.count_nonzero(self.counted)) / FINGERPRINT_HZ

    @property
    def weight(self) -> float:
        """What an agreement over so many seconds is worth beside one over ten."""
        return float(np.sqrt(max(self.seconds, SHORTEST_S) / _USUAL_S))

    def beyond_chance(self, value: float) -> float:
        """The agreement behind a value, in [-1, 1]: 0 where half of the bits are the same, 1 where all are."""
        return value / self.weight


def bits_of(query: Passage) -> Bits:
    """The fingerprint of a passage; empty where its sound has none."""
    frames, first = query.frames, round(query.start_s * FINGERPRINT_HZ)
    end_s = min(query.end_s, query.start_s + LONGEST_S)
    stored = np.zeros(0, np.uint32) if frames.fingerprint is None else frames.fingerprint
    rows = np.asarray(stored[first : max(first + 1, int(end_s * FINGERPRINT_HZ))])
    times_s = query.start_s + np.arange(len(rows)) / FINGERPRINT_HZ
    at = np.minimum((times_s * NOTE_HZ).astype(int), len(frames.level_db) - 1)
    return Bits(rows, np.asarray(frames.level_db[at] > _SOUNDING_DB))


def rows_of(sounds: Sequence[Frames], firsts: Sequence[int], length: int) -> np.ndarray:
    """(n, length) uint32: `length` rows of bits of each sound from each first one; zeros outside."""
    return stretches((frames.fingerprint for frames in sounds), firsts, np.zeros(length, np.uint32))
