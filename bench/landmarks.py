"""Landmarks, as a phone found songs in 2003: peaks of the spectrogram, hashed in pairs, counted by their
offset.

Nothing of it is fitted to any set. It knows neither notes nor timbre, only whether a recording is the very
same.

References
----------
Wang, "An industrial-strength audio search algorithm", ISMIR 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import maximum_filter

from bench.metrics import Given
from index.audio.reading import read_sound, resample
from index.core.moments import Passage
from index.core.tracks import Track

RATE_HZ = 8000
_FFT, _HOP = 1024, 256
_HIGHER, _LATER = 15, 12
"""A peak is the largest of so many bins and frames to either side."""
_FAN, _REACH = 6, 64
"""A peak is paired with so many that follow within so many frames, at most so many bins away."""
_BINS_AWAY = 128
_LEAST_DB = 70.0
"""Below the loudest there are no peaks."""


def landmarks(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hashes (n,) int64 of samples at 8 kHz, and the frames (n,) in which they begin."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, _FFT)), _FFT)[::_HOP]
    level = np.log(np.abs(np.fft.rfft(frames * np.hanning(_FFT), axis=1)).astype(np.float32) + 1e-9)
    largest = maximum_filter(level, (2 * _LATER + 1, 2 * _HIGHER + 1)) == level
    at, bins = np.nonzero(largest & (level > level.max() - _LEAST_DB / 8.7))
    hashes, starts = [], []
    for later in range(1, 40):
        first, second = bins[:-later], bins[later:]
        apart = at[later:] - at[:-later]
        paired = (apart > 0) & (apart < _REACH) & (np.abs(second - first) < _BINS_AWAY)
        hashes.append(((first * 1024 + second) * _REACH + apart)[paired])
        starts.append(at[:-later][paired])
    every, when = np.concatenate(hashes), np.concatenate(starts)
    order = np.lexsort((every % _REACH, when))
    every, when = every[order], when[order]
    rank = np.arange(len(when)) - np.searchsorted(when, when)
    return every[rank < _FAN], when[rank < _FAN]


def _of_track(track: Track, kept: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """A file's landmarks; from `kept`, where they have been found before."""
    file = kept / f"{track.id}.npz" if kept else None
    if file is not None and file.exists():
        with np.load(file) as found:
            return found["hashes"], found["starts"]
    hashes, starts = landmarks(resample(read_sound(Path(track.path)), RATE_HZ).samples)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, hashes=hashes, starts=starts)
    return hashes, starts


class Landmarks:
    """All tracks' landmarks in one table, by hash; `kept` is a folder for those of each file."""

    def __init__(self, tracks: Sequence[Track], kept: Path | None = None) -> None:
        self._tracks = tracks
        parts = [_of_track(track, kept) for track in tracks]
        hashes = np.concatenate([part[0] for part in parts])
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._starts = np.concatenate([part[1] for part in parts])[order]
        self._track = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])[order]

    def find(self, query: Passage, k: int = 10) -> list[Given]:
        """The k best tracks, each at the offset that most pairs agree in."""
        sound = read_sound(Path(query.source.path)).span(query.start_s, query.end_s)
        hashes, starts = landmarks(resample(sound, RATE_HZ).samples)
        low = np.searchsorted(self._hashes, hashes, "left")
        count = np.searchsorted(self._hashes, hashes, "right") - low
        own = np.repeat(np.arange(len(hashes)), count)
        found = np.arange(len(own)) - np.repeat(np.cumsum(count) - count, count) + low[own]
        offset = self._starts[found] - starts[own]
        place = self._track[found].astype(np.int64) * 10**7 + offset + 10**6
        place, votes = np.unique(place, return_counts=True)
        best: dict[int, Given] = {}
        for index in np.argsort(-votes, kind="stable"):
            number, frame = divmod(int(place[index]), 10**7)
            if number not in best:
                track = self._tracks[number]
                start_s = max(0.0, (frame - 10**6) * _HOP / RATE_HZ)
                end_s = min(start_s + query.duration_s, track.duration_s)
                best[number] = Given(track.title, start_s, end_s, score=float(votes[index]))
            if len(best) == k:
                break
        return list(best.values())
