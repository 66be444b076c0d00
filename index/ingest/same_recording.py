"""Whether two sounds are the same recording as a whole: in another codec, bit rate or master, with another lead-in.

The bits of their fingerprints are compared from beginning to end. Another performance, the same notes by other
instruments, an excerpt, a medley and a remix are other recordings: they agree less, or not everywhere, or not to
their ends. Nothing is known here of files and libraries. Numbers: `bench.same_recordings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.core.frames import FINGERPRINT_HZ, Frames
from index.descriptors.fingerprint_bits import BITS, agreement
from index.store.fingerprint_store import sounding

LONGEST_APART_S = 12.0
"""So much longer one may be, and so much later it may begin; most of that is silence."""
SHORTEST_S = 5.0
_PROBE_S = 8.0
_PROMISING = 0.25
"""What a stretch of the same recording reaches in the middle, wherever it is; chance reaches 0.15."""
_PLACES = (0.5, 0.25, 0.75)
_TRIED = 4
_BLOCK = 84
"""Rows, five seconds: in each of them the two have to agree."""
_GROUPS = 8
"""Groups of four neighbouring bands, in each of which they have to agree, too: a voice less shows there."""
_DRIFT, _CLOCKS = 6, 0.0015
"""Rows that one clock may be ahead of the other at the end, 0.36 s; and no more than this share of the whole."""
_LEAST_MEAN, _LEAST_LOW = 0.8, 0.7
_MOST_UNCOVERED, _MOST_UNCOVERED_S = 0.15, 6.0


@dataclass(frozen=True)
class Outline:
    """What is compared of a sound."""

    rows: np.ndarray
    """(n,) uint32 at FINGERPRINT_HZ."""
    counted: np.ndarray
    """(n,) bool: rows in which something sounds."""

    @property
    def first(self) -> int:
        """The first row that sounds."""
        return int(self.counted.argmax())

    @property
    def last(self) -> int:
        """One after the last row that sounds."""
        return len(self.counted) - int(self.counted[::-1].argmax())


@dataclass(frozen=True)
class Likeness:
    """How far two sounds are the same recording."""

    offset_s: float
    """Where the known one begins in the new one's time; below 0 where the new one begins later."""
    mean: float
    """Agreement of all bits beyond chance: 1 where all are the same, 0 where half of them are."""
    low: float
    """What nine in ten parts reach at least, of five seconds and an eighth of the bands each."""
    uncovered_s: float
    """Seconds that sound in one of them where the other has none."""
    length_s: float
    """How much of the longer one sounds, from the first sound to the last."""

    @property
    def is_same(self) -> bool:
        """Whether they are the same recording."""
        return (
            self.mean >= _LEAST_MEAN
            and self.low >= _LEAST_LOW
            and self.uncovered_s <= min(_MOST_UNCOVERED_S, _MOST_UNCOVERED * self.length_s)
        )


def outline(frames: Frames) -> Outline | None:
    """What is compared of a sound; None where it is too short, or was analysed before there were fingerprints."""
    if frames.fingerprint is None:
        return None
    rows = np.asarray(frames.fingerprint)
    counted = sounding(frames, len(rows))
    if np.count_nonzero(counted) < SHORTEST_S * FINGERPRINT_HZ:
        return None
    return Outline(rows, counted)


def promising(new: Outline, known: Sequence[Outline]) -> list[int]:
    """Which of the known sounds agree with eight seconds from the new one's middle somewhere near there."""
    first, last = _probe(new, _PLACES[0])
    reach = round(LONGEST_APART_S * FINGERPRINT_HZ)
    length = last - first + 2 * reach
    regions = np.zeros((len(known), length), np.uint32)
    for region, each in zip(regions, known, strict=True):
        _fill(region, each.rows, first - reach)
    found = agreement(new.rows[first:last], regions, new.counted[first:last], step=2)
    return np.flatnonzero(found.max(axis=1, initial=-1.0) >= _PROMISING).tolist()


def compared(new: Outline, known: Outline) -> Likeness:
    """The likeness of two sounds where they agree best, in all of their length."""
    return max((_at(new, known, lag) for lag in _lags(new, known)), key=lambda each: each.mean)


def _probe(sound: Outline, place: float) -> tuple[int, int]:
    """Rows around a place between the first and the last that sound."""
    length = round(_PROBE_S * FINGERPRINT_HZ)
    middle = round(sound.first + place * (sound.last - sound.first))
    first = max(0, min(middle - length // 2, len(sound.rows) - length))
    return first, min(len(sound.rows), first + length)


def _fill(region: np.ndarray, rows: np.ndarray, first: int) -> None:
    """Rows from a first one on, where there are any."""
    low, high = max(0, first), min(len(rows), first + len(region))
    if high > low:
        region[low - first : high - first] = rows[low:high]


def _lags(new: Outline, known: Outline) -> Iterator[int]:
    """How many rows later than the known one the new one may lie, likeliest first."""
    reach = round(LONGEST_APART_S * FINGERPRINT_HZ)
    total = np.zeros(2 * reach + 1)
    for place in _PLACES:
        first, last = _probe(new, place)
        region = np.zeros((1, last - first + 2 * reach), np.uint32)
        _fill(region[0], known.rows, first - reach)
        total += agreement(new.rows[first:last], region, new.counted[first:last])[0]
    for _ in range(_TRIED):
        best = int(total.argmax())
        yield reach - best
        total[max(0, best - 4) : best + 5] = -np.inf


def _at(new: Outline, known: Outline, lag: int) -> Likeness:
    """The likeness where row i of the known sound is row i + lag of the new one, their clocks a little apart."""
    low, high = max(0, lag), min(len(new.rows), len(known.rows) + lag)
    shared = max(0, min(new.last, known.last + lag) - max(new.first, known.first + lag))
    extents = new.last - new.first, known.last - known.first
    uncovered_s = (sum(extents) - 2 * shared) / FINGERPRINT_HZ
    length_s = max(extents) / FINGERPRINT_HZ
    if not (new.counted[low:high] & known.counted[low - lag : high - lag]).any():
        return Likeness(lag / FINGERPRINT_HZ, 0.0, 0.0, uncovered_s, length_s)
    here = np.arange(low, high)
    starts = np.arange(0, len(here), _BLOCK)
    most = int(np.clip(round(_CLOCKS * len(here)), 1, _DRIFT))
    drifts = np.arange(-most, most + 1)
    each = [_unlike(new, known, here, here - lag - drift) for drift in drifts.tolist()]
    unlike = np.stack([np.add.reduceat(bits.sum(axis=0), starts) for bits, _ in each])
    counts = np.stack([np.add.reduceat(counted, starts) for _, counted in each])
    block = np.arange(len(starts))
    ways = [
        np.round(begin + (end - begin) * block / max(1, len(block) - 1)).astype(int) + most
        for begin in range(-1, 2)
        for end in range(-most, most + 1)
    ]
    means = [1 - 2 * unlike[way, block].sum() / (BITS * max(1, counts[way, block].sum())) for way in ways]
    way = ways[int(np.argmax(means))]
    cells = np.stack([np.add.reduceat(bits, starts, axis=1) for bits, _ in each])[way, :, block]
    enough = counts[way, block] >= _BLOCK / 3
    if not enough.any():
        enough = counts[way, block] > 0
    values = 1 - 2 * cells[enough] / (BITS / _GROUPS * counts[way, block][enough, None])
    offset = lag + int(drifts[way[0]])
    return Likeness(
        offset / FINGERPRINT_HZ, float(max(means)), float(np.quantile(values, 0.1)), uncovered_s, length_s
    )


def _unlike(
    new: Outline, known: Outline, here: np.ndarray, there: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bits that differ of rows of both sounds, by groups of bands, (8, n); and where both sound, (n,)."""
    within = (there >= 0) & (there < len(known.rows))
    there = np.clip(there, 0, len(known.rows) - 1)
    counted = within & new.counted[here] & known.counted[there]
    differing = (new.rows[here] ^ known.rows[there]) * counted
    masks = (np.uint32(15 << 4 * group) for group in range(_GROUPS))
    return np.stack([np.bitwise_count(differing & mask) for mask in masks]).astype(int), counted.astype(int)
