"""Channels into what is heard: one channel or two; and what to do where two channels cancel each other.

The mono sound of a file is the mean of its channels. Where the two sides of a file are in opposite phase that mean is
all but silence: such a file is heard by its side signal (half the difference) or by one of its channels instead. It is
decided once for a file, by how many of its seconds are lost, so that a moment of it sounds as the whole does.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Mix = Literal["mid", "side", "left", "right"]
MIXES: tuple[Mix, ...] = ("mid", "side", "left", "right")

FAR_BELOW = 100.0
"""A mix is lost in a second in which its power is less than that of the strongest by this factor (20 dB)."""
MOST_LOST = 0.1
"""Up to this share of lost seconds the mean is kept."""
_SILENCE = 1e-7
"""Mean square; -70 dB full scale."""


class Downmix:
    """Mixes the channels of one file, chunk by chunk, and measures what the mean would lose.

    Parameters
    ----------
    mix : Mix
        Which mono signal is given.
    stereo : bool
        Whether two channels are given, which nothing is lost of.
    """

    def __init__(self, mix: Mix = "mid", *, stereo: bool = False) -> None:
        self.mix: Mix = mix
        self.stereo = stereo
        self._loud = 0
        self._lost = np.zeros(len(MIXES))
        self._power = np.zeros(len(MIXES))

    def mixed(self, channels: np.ndarray, rate_hz: int) -> np.ndarray:
        """(n,) float32, or (n, 2) where stereo was asked for, of (channels, n)."""
        if self.stereo:
            return as_stereo(channels)
        if len(channels) == 1:
            return channels[0].astype(np.float32)
        if self.mix == "left":
            return channels[0].astype(np.float32)
        if self.mix == "right":
            return channels[1].astype(np.float32)
        if self.mix == "side":
            return ((channels[0] - channels[1]) / 2).astype(np.float32)
        mid = np.empty(channels.shape[1], np.float32)
        for start in range(0, len(mid), max(1, rate_hz)):
            second = slice(start, start + max(1, rate_hz))
            self._mix_and_measure(channels[:, second], mid[second])
        return mid

    def choice(self) -> Mix:
        """The downmix that loses least of the signal so far; the mean wherever that is good enough."""
        if self.mix != "mid" or self._lost[0] <= MOST_LOST * self._loud:
            return self.mix
        levels_db = np.round(10 * np.log10(np.maximum(self._power, _SILENCE)))
        others = [(self._lost[place], -levels_db[place], place) for place in range(1, len(MIXES))]
        return MIXES[min(others)[2]]

    def _mix_and_measure(self, channels: np.ndarray, mid: np.ndarray) -> None:
        """Put the mean of up to a second of the channels into `mid`, and note what it loses."""
        with np.errstate(all="ignore"):  # samples may be no numbers here
            if len(channels) == 2:
                np.add(channels[0], channels[1], out=mid)
                mid *= np.float32(0.5)
            else:
                channels.mean(axis=0, dtype=np.float32, out=mid)
            left, right, mean = (float(np.dot(each, each)) / len(mid) for each in (*channels[:2], mid))
            side = max((left + right) / 2 - mean, 0.0) if len(channels) == 2 else 0.0
            power = np.array([mean * (len(channels) / 2) ** 2, side, left, right])
            loudest = power.max()
            if loudest > _SILENCE:
                self._loud += 1
                self._lost += power * FAR_BELOW < loudest
                self._power += power


def as_stereo(channels: np.ndarray) -> np.ndarray:
    """(n, 2) float32 of (channels, n): the first two; one channel goes to both sides.

    Of more than two, the others are heard on both sides as well, at half their level.
    """
    pair = np.stack([channels[0], channels[min(1, len(channels) - 1)]], axis=1).astype(np.float32)
    if len(channels) > 2:
        pair += channels[2:].sum(axis=0, dtype=np.float32)[:, None] / 2
    return pair
