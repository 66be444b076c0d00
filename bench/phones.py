"""Music that a small loudspeaker plays in a room and a phone records: what lies between, link by link.

`damage` has one fault at a time; here they come together, as they do in life: a small driver with resonances that
clips, a room, people talking or a street, another microphone, noise suppression, automatic gain, a coder for speech or
AAC, and a clock that runs by a few hundred millionths otherwise. Every number is drawn anew for each recording.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from bench.damage import Coder, coded, pink_noise, speed
from index.audio.reading import Sound, resample

Place = Literal["room", "street", "talk", "call"]
PLACES: tuple[Place, ...] = ("room", "street", "talk", "call")

RATE_HZ = 16000
AAC = Coder("aac", "adts", 16000, 24000)
AMR = Coder("libopencore_amrnb", "amr", 8000, 7950, "s16")
"""As telephones code speech."""
SILENCE_S = 2.0
_MOST_DRIFT = 500e-6
_LEAST_DRIFT = 100e-6
_FORMANTS_HZ = ((300, 850), (900, 2300), (2300, 3000))


def recorded(sound: Sound, rng: np.random.Generator, place: Place = "room", *, late: bool = False) -> Sound:
    """A sound as a phone records it there; `late` after two seconds in which nothing plays yet."""
    plain = resample(sound, RATE_HZ)
    drift = float(rng.choice([-1, 1]) * rng.uniform(_LEAST_DRIFT, _MOST_DRIFT))
    heard = loudspeaker(speed(plain, 1 + drift).samples, rng)
    shortest_s, longest_s = (0.1, 0.3) if place == "street" else (0.4, 1.2)
    heard = in_a_room(heard, rng, decay_s=float(rng.uniform(shortest_s, longest_s)))
    if late:
        heard = np.concatenate([np.zeros(int(SILENCE_S * RATE_HZ), np.float32), heard])
    heard = heard / max(_rms(heard), 1e-9) * 0.1
    if place == "street":
        heard = pink_noise(Sound(heard, RATE_HZ), float(rng.uniform(-6, 3)), rng).samples
    if place == "talk":
        voices = talk(len(heard), int(rng.integers(1, 4)), rng)
        heard = heard + voices * 0.1 / max(_rms(voices), 1e-9) * 10 ** (-float(rng.uniform(0, 10)) / 20)
    heard = pink_noise(Sound(heard, RATE_HZ), float(rng.uniform(-2, 10)), rng).samples
    heard = gained(suppressed(microphone(heard, rng), float(rng.uniform(3, 12))), rng)
    if place == "call":
        return coded(Sound(heard, RATE_HZ), AMR)
    return coded(Sound(heard, RATE_HZ), AAC)


def loudspeaker(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A small driver: nothing below 250 to 500 Hz, a few resonances and holes, soft clipping."""
    from scipy.signal import butter, sosfilt

    low_hz = float(rng.uniform(250, 500))
    out = sosfilt(butter(int(rng.integers(2, 5)), low_hz, "highpass", fs=RATE_HZ, output="sos"), samples)
    out = coloured(out, rng, count=5, most_db=10.0)
    drive = float(rng.uniform(0.5, 4.0)) / max(float(np.percentile(np.abs(out), 99.5)), 1e-9)
    return np.tanh(drive * out).astype(np.float32)


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


def in_a_room(samples: np.ndarray, rng: np.random.Generator, decay_s: float) -> np.ndarray:
    """The straight sound, a dozen early reflections, and a tail that is duller the later it is."""
    from scipy.signal import lfilter, oaconvolve

    count = int(1.2 * decay_s * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    tail = rng.standard_normal(count) * 10 ** (-3 * time_s / decay_s)
    dull = lfilter([0.35], [1, -0.65], tail)
    share = np.minimum(1, time_s / decay_s * 2)
    tail = (1 - share) * tail + share * dull
    tail[: int(0.015 * RATE_HZ)] = 0
    response = np.zeros(count)
    response[0] = 1.0
    for delay_s in rng.uniform(0.001, 0.03, 12):
        response[int(delay_s * RATE_HZ)] += float(rng.uniform(-0.5, 0.5))
    direct = float(np.sum(response**2))
    ratio_db = float(rng.uniform(-12, 0))
    response += tail * np.sqrt(direct / max(float(np.sum(tail**2)), 1e-12) / 10 ** (ratio_db / 10))
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


def suppressed(samples: np.ndarray, most_db: float) -> np.ndarray:
    """A phone's noise suppression: what has lasted for a second is taken for noise, and turned down."""
    from scipy.ndimage import minimum_filter1d
    from scipy.signal import istft, stft

    _, _, heard = stft(samples, RATE_HZ, nperseg=512)
    power = np.abs(heard) ** 2
    floor = minimum_filter1d(power, int(1.0 * RATE_HZ / 256), axis=1, mode="nearest")
    gain = np.maximum(1 - 2 * floor / np.maximum(power, 1e-12), 10 ** (-most_db / 10))
    _, out = istft(heard * np.sqrt(gain), RATE_HZ, nperseg=512)
    return np.asarray(np.pad(out, (0, len(samples)))[: len(samples)], np.float32)


def gained(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Automatic gain: soft parts come up within a second or so, and what is too loud is clipped."""
    from scipy.ndimage import uniform_filter1d

    width = int(float(rng.uniform(0.3, 2.0)) * RATE_HZ)
    level = np.sqrt(np.maximum(uniform_filter1d(samples.astype(np.float64) ** 2, width), 1e-10))
    gain = np.minimum(0.2 / level, 30.0) ** float(rng.uniform(0.3, 0.9))
    return np.clip(samples * gain * 2.0, -0.98, 0.98).astype(np.float32)


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
