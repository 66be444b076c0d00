"""Music that a small loudspeaker plays in a room and a phone records: what lies between, link by link.

`damage` has one fault at a time; here they come together, as they do in life: a small driver with resonances that
compresses and clips, a room whose walls are louder than the loudspeaker, people talking or a street, another
microphone, noise suppression that takes long tones for noise, automatic gain, a coder at a low rate, and a clock that
runs by a few hundred millionths otherwise. Every number is drawn anew for each recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bench.damage import Coder, coded, pink_noise, speed
from bench.rooms import Room
from index.audio.reading import Sound, resample

Place = Literal["room", "street", "talk", "call", "near", "home", "faint"]
PLACES: tuple[Place, ...] = ("room", "street", "talk", "call", "near", "home", "faint")

RATE_HZ = 16000
AAC = Coder("aac", "adts", 16000, 32000)
AAC_OF_PHONES = Coder("aac", "adts", 16000, 64000)
OPUS = Coder("libopus", "ogg", 16000, 20000, "flt")
AMR = Coder("libopencore_amrnb", "amr", 8000, 7950, "s16")
"""As telephones code speech."""
SILENCE_S = 2.0
_MOST_DRIFT = 500e-6
_LEAST_DRIFT = 100e-6
_FORMANTS_HZ = ((300, 850), (900, 2300), (2300, 3000))


@dataclass(frozen=True)
class Driver:
    """Between which bounds the numbers of a loudspeaker are drawn."""

    lowest_hz: tuple[float, float] = (250.0, 450.0)
    most_db: float = 8.0
    """Of its resonances and holes."""
    drive: tuple[float, float] = (0.2, 2.0)
    """How loud it is played, beside where it clips."""


@dataclass(frozen=True)
class Surroundings:
    """Between which bounds numbers are drawn for a place."""

    decay_s: tuple[float, float] = (0.3, 1.2)
    distance_m: tuple[float, float] = (1.0, 5.0)
    over_noise_db: tuple[float, float] = (0.0, 12.0)
    """Music over the noise of the place, in mean power."""
    voices: tuple[int, int] = (0, 0)
    over_voices_db: tuple[float, float] = (0.0, 10.0)
    coders: tuple[Coder, ...] = (AAC, OPUS)
    driver: Driver = Driver()
    suppresses: bool = True
    """Whether the phone takes long tones for noise: it does in a call, less so where it records."""


_AT_HOME: Any = {
    "decay_s": (0.3, 0.8),
    "distance_m": (1.0, 4.0),
    "coders": (AAC_OF_PHONES,),
    "driver": Driver((120.0, 300.0), 5.0, (0.05, 0.4)),
    "suppresses": False,
}
"""A loudspeaker of some size, not played to where it clips, and a phone that records as it is."""

SURROUNDINGS: dict[Place, Surroundings] = {
    "room": Surroundings(),
    "street": Surroundings((0.1, 0.3), (0.5, 2.5), (-6.0, 3.0), voices=(6, 12), over_voices_db=(3.0, 10.0)),
    "talk": Surroundings(voices=(1, 4)),
    "call": Surroundings(coders=(AMR,)),
    "near": Surroundings((0.2, 0.6), (0.5, 2.0), (-3.0, 12.0)),
    "home": Surroundings(over_noise_db=(-8.0, 10.0), **_AT_HOME),
    "faint": Surroundings(over_noise_db=(-14.0, -4.0), **_AT_HOME),
}


def recorded(sound: Sound, rng: np.random.Generator, place: Place = "room", *, late: bool = False) -> Sound:
    """A sound as a phone records it there; `late` after two seconds in which nothing plays yet."""
    there = SURROUNDINGS[place]
    plain = resample(sound, RATE_HZ)
    drift = float(rng.choice([-1, 1]) * rng.uniform(_LEAST_DRIFT, _MOST_DRIFT))
    heard = loudspeaker(speed(plain, 1 + drift).samples, rng, there.driver)
    heard = in_a_room(heard, rng, float(rng.uniform(*there.decay_s)), float(rng.uniform(*there.distance_m)))
    if late:
        heard = np.concatenate([np.zeros(int(SILENCE_S * RATE_HZ), np.float32), heard])
    heard = heard / max(_rms(heard), 1e-9) * 0.1
    if there.voices[1]:
        voices = talk(len(heard), int(rng.integers(*there.voices)), rng)
        level = 0.1 * 10 ** (-float(rng.uniform(*there.over_voices_db)) / 20)
        heard = heard + voices * level / max(_rms(voices), 1e-9)
    heard = pink_noise(Sound(heard, RATE_HZ), float(rng.uniform(*there.over_noise_db)), rng).samples
    heard = microphone(heard, rng)
    heard = gained(suppressed(heard, rng) if there.suppresses else heard, rng)
    return coded(Sound(heard, RATE_HZ), there.coders[int(rng.integers(len(there.coders)))])


def loudspeaker(samples: np.ndarray, rng: np.random.Generator, driver: Driver) -> np.ndarray:
    """A driver: few low tones, resonances, holes, compression, one side clipped first."""
    from scipy.signal import butter, sosfilt

    low_hz = float(rng.uniform(*driver.lowest_hz))
    out = sosfilt(butter(int(rng.integers(2, 5)), low_hz, "highpass", fs=RATE_HZ, output="sos"), samples)
    out = levelled(
        coloured(out, rng, count=6, most_db=driver.most_db),
        float(rng.uniform(0.05, 0.2)),
        float(rng.uniform(0.0, 0.4)),
    )
    drive = float(rng.uniform(*driver.drive)) / max(float(np.percentile(np.abs(out), 99.5)), 1e-9)
    skew = float(rng.uniform(0.0, 0.2))
    return (np.tanh(drive * out + skew) - np.tanh(skew)).astype(np.float32)


def microphone(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A phone's microphone: little below 150 Hz, and colours of its own."""
    from scipy.signal import butter, sosfilt

    out = sosfilt(butter(2, float(rng.uniform(80, 200)), "highpass", fs=RATE_HZ, output="sos"), samples)
    return coloured(out, rng, count=3, most_db=6.0)


def coloured(samples: np.ndarray, rng: np.random.Generator, count: int, most_db: float) -> np.ndarray:
    """Peaks and holes of up to so many decibels at random frequencies between 300 and 7,000 Hz."""
    from scipy.signal import lfilter

    for _ in range(count):
        centre_hz = float(np.exp(rng.uniform(np.log(300), np.log(7000))))
        gain = 10 ** (float(rng.uniform(-most_db, most_db)) / 40)
        omega = 2 * np.pi * centre_hz / RATE_HZ
        alpha = np.sin(omega) / (2 * float(rng.uniform(1, 8)))
        above = [1 + alpha * gain, -2 * np.cos(omega), 1 - alpha * gain]
        below = [1 + alpha / gain, -2 * np.cos(omega), 1 - alpha / gain]
        samples = lfilter(above, below, samples)
    return np.asarray(samples, np.float32)


def in_a_room(samples: np.ndarray, rng: np.random.Generator, decay_s: float, distance_m: float) -> np.ndarray:
    """The straight sound and what the walls send back."""
    from scipy.signal import oaconvolve

    response = Room.drawn(rng, decay_s, distance_m).response(RATE_HZ, rng)
    return np.asarray(oaconvolve(samples, response)[: len(samples)], np.float32)


def talk(count: int, voices: int, rng: np.random.Generator) -> np.ndarray:
    """So many voices that speak no language: syllables of voiced sound through three moving formants, and pauses."""
    return np.sum([_voice(count, rng) for _ in range(voices)], axis=0).astype(np.float32)


def _voice(count: int, rng: np.random.Generator) -> np.ndarray:
    from scipy.signal import lfilter

    out = np.zeros(count)
    base_hz, at = float(rng.uniform(90, 230)), int(rng.uniform(0, 0.5) * RATE_HZ)
    while at < count:
        length = min(int(rng.uniform(0.12, 0.32) * RATE_HZ), count - at)
        pitch_hz = base_hz * np.exp(rng.normal(0, 0.12) + np.linspace(0, rng.normal(0, 0.1), length))
        phase = np.cumsum(pitch_hz) / RATE_HZ
        sound = np.diff(np.floor(phase), prepend=0.0) + 0.02 * rng.standard_normal(length)
        for low_hz, high_hz in _FORMANTS_HZ:
            radius = np.exp(-np.pi * 90 / RATE_HZ)
            angle = 2 * np.pi * float(rng.uniform(low_hz, high_hz)) / RATE_HZ
            sound = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], sound)
        out[at : at + length] += sound * np.hanning(length) / max(_rms(sound), 1e-9)
        at += length + int((rng.uniform(0.3, 1.0) if rng.random() < 0.12 else rng.uniform(0, 0.06)) * RATE_HZ)
    return out


def suppressed(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A phone's noise suppression: what has lasted for a second is taken for noise and subtracted, tones of music too.

    Each bin of each frame for itself, so that what remains comes and goes ("musical noise").
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d
    from scipy.signal import istft, stft

    _, _, heard = stft(samples, RATE_HZ, nperseg=512)
    power = np.abs(heard) ** 2
    lasting_s, more, most_db = rng.uniform(0.8, 2.0), rng.uniform(1.0, 4.0), rng.uniform(6, 18)
    noise = uniform_filter1d(power, 8, axis=1, mode="nearest")
    noise = minimum_filter1d(noise, int(lasting_s * RATE_HZ / 256), axis=1, mode="nearest")
    gain = np.maximum(1 - more * noise / np.maximum(power, 1e-12), 10 ** (-most_db / 10))
    _, out = istft(heard * np.sqrt(gain), RATE_HZ, nperseg=512)
    return np.asarray(np.pad(out, (0, len(samples)))[: len(samples)], np.float32)


def gained(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Automatic gain: soft parts come up within a second or so, and what is too loud is clipped."""
    out = levelled(samples, float(rng.uniform(0.3, 2.0)), float(rng.uniform(0.3, 0.9)))
    return np.clip(out * 2.0, -0.98, 0.98).astype(np.float32)


def levelled(samples: np.ndarray, within_s: float, share: float) -> np.ndarray:
    """A compressor: the level within so many seconds is brought nearer to 0.2, by a share of what is missing."""
    from scipy.ndimage import uniform_filter1d

    level = np.sqrt(
        np.maximum(uniform_filter1d(samples.astype(np.float64) ** 2, int(within_s * RATE_HZ)), 1e-10)
    )
    return np.asarray(samples * np.minimum(0.2 / level, 30.0) ** share, np.float32)


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
