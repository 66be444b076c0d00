"""What Reprise is compared with: simple ways to rank all windows of a library, each as good as it can be by
itself.

They compare everything with everything, on windows as long as the query, two seconds apart (the chroma at
every half second). Of each track the best window is kept, as Reprise does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.metrics import Given
from index.core.frames import PATCH_HZ, SKETCH_HZ, Frames, cut
from index.core.moments import Passage
from index.core.tracks import Track

HOP_S = 2.0
_LENGTH_STEP_S = 0.5


@dataclass(frozen=True)
class Windows:
    """Windows of one length over all tracks."""

    track: np.ndarray
    """(n,) number of the track."""
    start_s: np.ndarray
    """(n,)."""
    features: np.ndarray
    """(n, d) float32."""


class Rivals:
    """The ways, over one library. What they measure is kept for each length of query."""

    def __init__(self, tracks: Sequence[Track], frames: Sequence[Frames]) -> None:
        self._tracks = tracks
        self._frames = frames
        self._kept: dict[tuple[str, float], Windows] = {}
        self._way: dict[str, Callable[[Passage, float], tuple[Windows, np.ndarray]]] = {
            "random": self._random,
            "MFCC": self._mfcc,
            "MusiCNN": self._musicnn,
            "chroma": self._chroma,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The ways there are."""
        return tuple(self._way)

    def find(
        self, name: str, query: Passage, k: int = 10, among: frozenset[str] | None = None
    ) -> list[Given]:
        """The k best moments by one way, at most one of each track; `among` are ids of tracks, None all."""
        length_s = max(_LENGTH_STEP_S, round(query.duration_s / _LENGTH_STEP_S) * _LENGTH_STEP_S)
        windows, value = self._way[name](query, length_s)
        best = np.full(len(self._tracks), -np.inf)
        np.maximum.at(best, windows.track, value)
        found: list[Given] = []
        for number in np.argsort(-best, kind="stable"):
            track = self._tracks[number]
            if among is not None and track.id not in among:
                continue
            of_track = np.flatnonzero(windows.track == number)
            start_s = float(windows.start_s[of_track[value[of_track].argmax()]])
            end_s = min(start_s + query.duration_s, track.duration_s)
            found.append(Given(track.title, start_s, end_s, score=float(best[number])))
            if len(found) == k:
                break
        return found

    def _random(self, query: Passage, length_s: float) -> tuple[Windows, np.ndarray]:
        windows = self._pooled("random", length_s, lambda frames: np.zeros((len(frames.tags), 1)), PATCH_HZ)
        seed = [int(query.start_s * 1000), int(query.frames.duration_s * 1000), len(windows.start_s)]
        return windows, np.random.default_rng(seed).random(len(windows.start_s))

    def _mfcc(self, query: Passage, length_s: float) -> tuple[Windows, np.ndarray]:
        """Mean and deviation of 13 MFCC, each scaled by its deviation over the library; cosine."""

        def rows(frames: Frames) -> np.ndarray:
            mfcc = frames.mfcc.astype(np.float64)
            return np.concatenate([mfcc, mfcc**2], axis=1)

        windows = self._pooled("MFCC", length_s, rows, SKETCH_HZ)
        own = _mean(rows(query.frames), SKETCH_HZ, query.start_s, query.end_s)[None]
        table, one = _mean_and_deviation(windows.features), _mean_and_deviation(own)
        centre, spread = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-9)
        return windows, _cosine((table - centre) / spread, ((one - centre) / spread)[0])

    def _musicnn(self, query: Passage, length_s: float) -> tuple[Windows, np.ndarray]:
        """Cosine of mean MusiCNN embeddings."""

        def rows(frames: Frames) -> np.ndarray:
            return frames.embedding.astype(np.float64)

        windows = self._pooled("MusiCNN", length_s, rows, PATCH_HZ)
        return windows, _cosine(
            windows.features, _mean(rows(query.frames), PATCH_HZ, query.start_s, query.end_s)
        )

    def _chroma(self, query: Passage, length_s: float) -> tuple[Windows, np.ndarray]:
        """Cosine of two courses of spectral chroma, in the best of twelve keys."""
        count = max(1, round(length_s * SKETCH_HZ))
        own = cut(query.frames.chroma, SKETCH_HZ, query.start_s, query.start_s + length_s)[:count]
        own = own / max(float(np.linalg.norm(own)), 1e-9)
        windows = self._every_half_second(count)
        chroma, places = windows.features, len(windows.features) - count + 1
        product = np.zeros((places, 12), np.float32)
        for number, row in enumerate(own):
            keys = np.stack([np.roll(row, key) for key in range(12)], axis=1).astype(np.float32)
            product += chroma[number : number + places] @ keys
        total = np.concatenate([[0], np.cumsum(np.square(chroma, dtype=np.float64).sum(axis=1))])
        value = product.max(axis=1) / np.sqrt(np.maximum(total[count:] - total[:-count], 1e-9))
        inside = windows.start_s[:places] >= 0
        starts, tracks = windows.start_s[:places], windows.track[:places]
        return Windows(tracks[inside], starts[inside], chroma[:0]), value[inside]

    def _every_half_second(self, count: int) -> Windows:
        """The chroma of all tracks in one row, silence after
        each; starts that do not fit into a track are -1.
        """
        key = ("chroma", float(count))
        if key not in self._kept:
            tracks, starts, rows = [], [], []
            for number, frames in enumerate(self._frames):
                length = len(frames.chroma)
                start_s = np.arange(length + count) / SKETCH_HZ
                start_s[max(1, length - count + 1) :] = -1
                starts.append(start_s)
                tracks.append(np.full(length + count, number))
                rows.append(np.pad(frames.chroma.astype(np.float32), ((0, count), (0, 0))))
            self._kept[key] = Windows(*(np.concatenate(each) for each in (tracks, starts, rows)))
        return self._kept[key]

    def _pooled(
        self, name: str, length_s: float, rows: Callable[[Frames], np.ndarray], rate_hz: float
    ) -> Windows:
        """Means over all windows of a length, two seconds apart."""
        key = (name, length_s)
        if key not in self._kept:
            tracks, starts, features = [], [], []
            for number, frames in enumerate(self._frames):
                last_s = max(0.0, frames.duration_s - length_s)
                start_s = np.append(np.arange(0, last_s, HOP_S), last_s)
                total = np.pad(np.cumsum(rows(frames), axis=0), ((1, 0), (0, 0)))
                low = np.minimum(np.round(start_s * rate_hz).astype(int), len(total) - 2)
                high = np.clip(np.round((start_s + length_s) * rate_hz).astype(int), low + 1, len(total) - 1)
                features.append(((total[high] - total[low]) / (high - low)[:, None]).astype(np.float32))
                tracks.append(np.full(len(start_s), number))
                starts.append(start_s)
            self._kept[key] = Windows(*(np.concatenate(each) for each in (tracks, starts, features)))
        return self._kept[key]


def _mean(rows: np.ndarray, rate_hz: float, start_s: float, end_s: float) -> np.ndarray:
    return np.asarray(cut(rows, rate_hz, start_s, end_s).mean(axis=0))


def _mean_and_deviation(moments: np.ndarray) -> np.ndarray:
    half = moments.shape[1] // 2
    mean = moments[:, :half]
    return np.concatenate([mean, np.sqrt(np.maximum(moments[:, half:] - mean**2, 0))], axis=1)


def _cosine(table: np.ndarray, one: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(table, axis=1) * np.linalg.norm(one)
    return np.asarray(table @ one / np.maximum(norm, 1e-9))
