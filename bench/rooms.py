"""What a room makes of a sound: images of the source in its six walls, and a tail that falls as the walls say.

Nothing is measured; volumes, decays and distances are those of living rooms, offices and small halls. At two metres and
more the walls are louder than the straight sound, which is what tells a recording in a room from one with some echo.

References
----------
Allen, Berkley, "Image method for efficiently simulating small-room acoustics", JASA 1979.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SOUND_M_S = 343.0
_IMAGES = 3
"""So many reflections of the room to every side."""
_MIXED_S = 0.05
"""From here on reflections are too dense to be told apart: the tail is noise."""
_TAIL_HZ = (0.0, 500.0, 1500.0, 3500.0, 1e9)
_TAIL_DECAY = (1.15, 1.0, 0.8, 0.6)
"""How long each of these bands sounds, beside the decay of the room."""


@dataclass(frozen=True)
class Room:
    """A box with a loudspeaker and a microphone in it."""

    size_m: tuple[float, float, float]
    decay_s: float
    """Until the sound has fallen by 60 dB."""
    source_m: tuple[float, float, float]
    microphone_m: tuple[float, float, float]

    @classmethod
    def drawn(cls, rng: np.random.Generator, decay_s: float, distance_m: float) -> Room:
        """Any room of 30 to 250 cubic metres in which both have so much between them, as far as it is large enough."""
        size = rng.uniform((3.2, 3.0, 2.4), (8.0, 7.0, 4.0))
        low, high = np.full(3, 0.4), size - 0.4
        source = rng.uniform(low, high)
        tried = rng.standard_normal((256, 3)) * (1.0, 1.0, 0.3)
        places = source + distance_m * tried / np.linalg.norm(tried, axis=1, keepdims=True)
        places = np.clip(places, low, high)
        apart = np.abs(np.linalg.norm(places - source, axis=1) - distance_m)
        microphone = places[int(apart.argmin())]
        return cls(_three(size), decay_s, _three(source), _three(microphone))

    def response(self, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """(n,) what the microphone hears of a click, the straight sound first."""
        size = np.asarray(self.size_m)
        surface = 2 * (size[0] * size[1] + size[1] * size[2] + size[0] * size[2])
        reflected = np.exp(-0.0805 * np.prod(size) / surface / self.decay_s)
        steps = np.stack(np.meshgrid(*[np.arange(-_IMAGES, _IMAGES + 1)] * 3, indexing="ij"), -1).reshape(
            -1, 3
        )
        count = int(self.decay_s * rate_hz)
        early = np.zeros(count)
        direct_m = float(np.linalg.norm(np.subtract(self.source_m, self.microphone_m)))
        for sides in np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3):
            images = (1 - 2 * sides) * np.asarray(self.source_m) + 2 * steps * size
            away_m = np.linalg.norm(images - np.asarray(self.microphone_m), axis=1)
            bounces = np.abs(steps - sides).sum(axis=1) + np.abs(steps).sum(axis=1)
            at = np.round((away_m - direct_m) / SOUND_M_S * rate_hz).astype(int)
            within = at < min(count, int(_MIXED_S * rate_hz))
            np.add.at(early, at[within], (reflected**bounces / np.maximum(away_m, 0.1))[within])
        return early + self._tail(early, rate_hz, rng)

    def _tail(self, early: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Noise that goes on where the images end, as loud as they were there, duller the later it is."""
        count, mixed = len(early), int(_MIXED_S * rate_hz)
        if count <= mixed:
            return np.zeros(count)
        time_s = np.arange(count) / rate_hz
        spectrum, bins = np.fft.rfft(rng.standard_normal(count)), np.fft.rfftfreq(count, 1 / rate_hz)
        tail = np.zeros(count)
        for low, high, longer in zip(_TAIL_HZ[:-1], _TAIL_HZ[1:], _TAIL_DECAY, strict=True):
            band = np.fft.irfft(spectrum * ((bins >= low) & (bins < high)), count)
            tail += band * 10 ** (-3 * (time_s - _MIXED_S) / (self.decay_s * longer))
        last = early[int(0.6 * mixed) : mixed]
        tail[:mixed] = 0
        loud = np.sqrt(np.mean(last**2)) * 10 ** (-3 * 0.2 * _MIXED_S / self.decay_s)
        return tail * loud


def _three(values: np.ndarray) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
