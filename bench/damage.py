"""What happens to music on its way to a microphone or a file: noise, rooms, telephones, MP3, speed."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from index.audio.reading import Sound, resample


def pink_noise(sound: Sound, snr_db: float, rng: np.random.Generator) -> Sound:
    """Pink noise added; `snr_db` is music over noise in mean power."""
    n = len(sound.samples)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = np.fft.irfft(spectrum, n)
    factor = np.sqrt(_power(sound.samples) / max(_power(noise), 1e-20) / 10 ** (snr_db / 10))
    return _whole(sound.samples + factor * noise, sound.rate_hz)


def room(sound: Sound, decay_s: float, rng: np.random.Generator, direct: float = 0.5) -> Sound:
    """A reverberant room: noise that falls by 60 dB in `decay_s`; `direct` is the straight sound's share."""
    from scipy.signal import oaconvolve

    n = int(decay_s * sound.rate_hz)
    echo = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    echo *= (1 - direct) / np.sqrt(np.sum(echo**2))
    echo[0] += direct
    return _whole(oaconvolve(sound.samples, echo)[: len(sound.samples)], sound.rate_hz)


def telephone(sound: Sound) -> Sound:
    """300 to 3400 Hz at 8 kHz."""
    from scipy.signal import butter, sosfilt

    narrow = resample(sound, 8000)
    band = butter(4, [300, 3400], "bandpass", fs=8000, output="sos")
    return _whole(sosfilt(band, narrow.samples), 8000)


def mp3(sound: Sound, bits_per_s: int = 32000) -> Sound:
    """To MP3 at a low rate and back, the coder's delay taken out."""
    rate_hz = 44100 if sound.rate_hz not in (32000, 44100, 48000) else sound.rate_hz
    return coded(sound, Coder("libmp3lame", "mp3", rate_hz, bits_per_s))


@dataclass(frozen=True)
class Coder:
    """A coder as PyAV calls it, and what it is fed with."""

    name: str
    container: str
    rate_hz: int
    bits_per_s: int
    sample_format: str = "fltp"


def coded(sound: Sound, coder: Coder) -> Sound:
    """Through a coder and back, as long as before."""
    import av
    from av.audio import AudioStream

    sound = resample(sound, coder.rate_hz)
    samples = sound.samples[None].astype(np.float32)
    if coder.sample_format == "s16":
        samples = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    file = io.BytesIO()
    with av.open(file, "w", format=coder.container) as container:
        stream: AudioStream = container.add_stream(  # type: ignore[assignment]
            coder.name, rate=coder.rate_hz, layout="mono", bit_rate=coder.bits_per_s
        )
        frame = av.AudioFrame.from_ndarray(samples, format=coder.sample_format, layout="mono")
        frame.sample_rate = coder.rate_hz
        for part in (frame, None):
            for packet in stream.encode(part):
                container.mux(packet)
    file.seek(0)
    with av.open(file, "r") as back:
        frames = list(back.decode(audio=0))
    heard = [frame.to_ndarray() for frame in frames]
    whole = np.concatenate([each.mean(axis=0, dtype=np.float32) for each in heard])
    if heard[0].dtype == np.int16:
        whole /= 32768
    if frames[0].sample_rate != coder.rate_hz:  # Opus comes back at 48 kHz, whatever it was fed with
        whole = resample(Sound(whole, frames[0].sample_rate), coder.rate_hz).samples
    whole = whole[: len(sound.samples)]
    return _whole(np.pad(whole, (0, len(sound.samples) - len(whole))), coder.rate_hz)


def speed(sound: Sound, ratio: float) -> Sound:
    """A tape that runs faster: tempo and pitch together."""
    import soxr

    return Sound(np.asarray(soxr.resample(sound.samples, ratio * 1000, 1000), np.float32), sound.rate_hz)


def pitch(sound: Sound, semitones: float) -> Sound:
    """Another pitch, the same tempo."""
    import librosa

    moved = librosa.effects.pitch_shift(sound.samples, sr=sound.rate_hz, n_steps=semitones)
    return _whole(moved, sound.rate_hz)


def stretch(sound: Sound, ratio: float) -> Sound:
    """Another tempo, the same pitch; 1.25 is a quarter faster."""
    import librosa

    return _whole(librosa.effects.time_stretch(sound.samples, rate=ratio), sound.rate_hz)


def _power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def _whole(samples: np.ndarray, rate_hz: int) -> Sound:
    """Peaks above full scale brought down."""
    peak = float(np.abs(samples).max(initial=0.0))
    return Sound(np.asarray(samples / max(1.0, peak / 0.98), np.float32), rate_hz)
