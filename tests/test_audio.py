"""Reading sound: formats, exact times, blocks, loudness, noise. All files are made here."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pyloudnorm
import pytest
import soundfile

from index.audio.denoise import reduce_noise
from index.audio.loudness import LoudnessMeter
from index.audio.reading import (
    Sound,
    content_hash,
    estimate_duration_s,
    file_blocks,
    file_loudness_lufs,
    level,
    loudness_lufs,
    read_sound,
    resample,
)
from index.core.errors import AudioReadError, QueryError, TimeOutsideTrackError

RATE = 44100


def chirp(duration_s: float, rate_hz: int = RATE, channels: int = 1) -> np.ndarray:
    """Fast sweeps, each another than the one before, so that every time sounds different; (n, channels)."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    since = t % 0.25
    wave = 0.4 * np.sin(2 * np.pi * ((100 + 5 * np.floor(4 * t)) * since + 2500 * since**2)).astype(
        np.float32
    )
    return np.repeat(wave[:, None], channels, axis=1)


def write_soundfile(path: Path, samples: np.ndarray, rate_hz: int = RATE, **kind: str) -> Path:
    with soundfile.SoundFile(path, "w", rate_hz, samples.shape[1], **kind) as file:
        for start in range(0, len(samples), 20000):  # libsndfile's Vorbis writer overflows on long blocks
            file.write(samples[start : start + 20000])
    return path


def write_av(
    path: Path, samples: np.ndarray, codec: str, rate_hz: int = RATE, *, video: bool = False
) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            codec, rate=rate_hz, layout="stereo" if samples.shape[1] == 2 else "mono"
        )
        assert isinstance(stream, av.AudioStream)
        if not codec.startswith(("pcm", "flac")):
            stream.bit_rate = 192_000
        pictures = container.add_stream("mpeg4", rate=10) if video else None
        if pictures is not None:
            pictures.width = pictures.height = 64
            pictures.pix_fmt = "yuv420p"
            for index in range(10):
                picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                picture.pts = index
                container.mux(pictures.encode(picture))
            container.mux(pictures.encode(None))
        converter = av.AudioResampler(format=stream.format, layout=stream.layout, rate=rate_hz)
        fifo = av.AudioFifo()
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T), format="fltp", layout=stream.layout.name
        )
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        for converted in converter.resample(frame):
            fifo.write(converted)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def lag(found: np.ndarray, truth: np.ndarray, at: int, width: int = 8000, reach: int = 3000) -> int:
    """By how many samples `found` comes later than `truth` around sample `at`."""
    piece = truth[at : at + width]
    around = found[at - reach : at + width + reach]
    return int(np.correlate(around, piece, "valid").argmax()) - reach


MAKERS: dict[str, Callable[..., Path]] = {
    "wav": write_soundfile,
    "flac": write_soundfile,
    "aiff": write_soundfile,
    "mp3": write_soundfile,
    "ogg": write_soundfile,
    "m4a": lambda p, x: write_av(p, x, "aac"),
    "aac": lambda p, x: write_av(p, x, "aac"),
    "mp4": lambda p, x: write_av(p, x, "aac", video=True),
    "mkv": lambda p, x: write_av(p, x, "flac", video=True),
    "wma": lambda p, x: write_av(p, x, "wmav2"),
    "mka": lambda p, x: write_av(p, x, "ac3"),
}
UNTRIMMED = {"aac": 1024, "wma": 2048, "mka": 256}
"""Formats that do not tell of the delay of their codec: off by at most so many samples."""


@pytest.mark.parametrize("kind", MAKERS)
def test_every_format_gives_the_same_sound(kind: str, tmp_path: Path) -> None:
    wave = chirp(6, channels=2)
    sound = read_sound(MAKERS[kind](tmp_path / f"a.{kind}", wave))
    assert sound.rate_hz == RATE
    assert sound.samples.dtype == np.float32 and sound.samples.ndim == 1
    assert abs(sound.duration_s - 6) < 0.1
    assert abs(lag(sound.samples, wave[:, 0], 3 * RATE)) <= UNTRIMMED.get(kind, 0)
    assert math.isclose(np.abs(sound.samples[RATE : 4 * RATE]).max(), 0.4, abs_tol=0.1)


@pytest.mark.parametrize("name", ["a.opus", "a.webm", "a.ogg"])
def test_opus(name: str, tmp_path: Path) -> None:
    wave = chirp(6, 48000, 2)
    if name == "a.ogg":
        path = write_soundfile(tmp_path / name, wave, 48000, format="OGG", subtype="OPUS")
    else:
        path = write_av(tmp_path / name, wave, "libopus", 48000)
    sound = read_sound(path)
    assert sound.rate_hz == 48000 and abs(sound.duration_s - 6) < 0.05
    assert lag(sound.samples, wave[:, 0], 3 * 48000) == 0


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg", "m4a", "mp4", "aac", "mkv"])
def test_a_span_is_sample_exact(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / f"a.{kind}", chirp(28, channels=2))
    whole = read_sound(path).samples
    for start_s, end_s in [(0.0, 2.0), (1.0, 1.5), (12.3456, 14.0), (23.017, 24.3)]:
        first, last = round(start_s * RATE), round(end_s * RATE)
        span = read_sound(path, start_s, end_s).samples
        assert len(span) == last - first
        # AAC fills some bands with random noise, other noise each time
        assert np.abs(span - whole[first:last]).max() < (0.03 if kind in ("m4a", "mp4", "aac") else 1e-4)
    assert abs(len(read_sound(path, 26.0).samples) - (len(whole) - 26 * RATE)) == 0


def test_a_span_past_the_end_says_so(tmp_path: Path) -> None:
    path = write_soundfile(tmp_path / "a.flac", chirp(3))
    with pytest.raises(TimeOutsideTrackError) as caught:
        read_sound(path, 5, 8)
    assert caught.value.duration_s == 3
    with pytest.raises(QueryError):
        read_sound(path, 2, 1)
    assert read_sound(path, 2, 100).duration_s == 1


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (22050, 6), (96000, 2), (192000, 8)])
def test_rates_and_channels(rate_hz: int, channels: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.5, 0.5, (rate_hz, channels)).astype(np.float32)
    path = write_soundfile(tmp_path / "a.wav", samples, rate_hz, subtype="FLOAT")
    sound = read_sound(path)
    assert sound.rate_hz == rate_hz
    assert np.allclose(sound.samples, samples.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM"]
)
def test_sample_formats(subtype: str, tmp_path: Path) -> None:
    wave = chirp(2)
    sound = read_sound(write_soundfile(tmp_path / "a.wav", wave, subtype=subtype))
    assert np.sqrt(np.mean((sound.samples[: len(wave)] - wave[:, 0]) ** 2)) < 0.01


def test_blocks_tile_a_file_exactly(tmp_path: Path) -> None:
    path = write_soundfile(tmp_path / "a.wav", chirp(25.5, 16000), 16000, subtype="FLOAT")
    whole = read_sound(path).samples
    parts, at = [], 0
    for block in file_blocks(path, 10, 2):
        lead, length = round(block.lead_s * 16000), round(block.length_s * 16000)
        samples = block.sound.samples
        assert np.array_equal(samples, whole[at - lead : at - lead + len(samples)])
        assert lead == (2 * 16000 if at else 0)
        assert len(samples) - lead - length == (0 if at + length == len(whole) else 2 * 16000)
        parts.append(samples[lead : lead + length])
        at += length
    assert [round(len(part) / 16000, 3) for part in parts] == [10, 10, 5.5]
    assert np.array_equal(np.concatenate(parts), whole)


def test_a_short_rest_joins_the_last_block(tmp_path: Path) -> None:
    path = write_soundfile(tmp_path / "a.wav", chirp(21, 16000), 16000)
    assert [block.length_s for block in file_blocks(path, 10, 2)] == [10, 11]
    assert [block.length_s for block in file_blocks(path, 60, 2)] == [21]


def test_blocks_stay_small_at_high_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.audio.reading.LARGEST_BLOCK_SAMPLES", 5 * 96000)
    path = write_soundfile(tmp_path / "a.wav", chirp(9, 96000), 96000)
    sizes = [(block.length_s, len(block.sound.samples)) for block in file_blocks(path, 300, 1)]
    assert [length for length, _ in sizes] == [3, 3, 3]
    assert all(size <= 5 * 96000 for _, size in sizes)


@pytest.mark.parametrize("rate_hz", [16000, 44100, 48000])
def test_loudness_is_that_of_pyloudnorm(rate_hz: int) -> None:
    rng = np.random.default_rng(1)
    envelope = np.repeat([0.001, 0.3, 0.05, 0.0, 0.6], rate_hz)
    samples = (rng.standard_normal(5 * rate_hz) * envelope * 0.3).astype(np.float32)
    sound = Sound(samples, rate_hz)
    assert math.isclose(
        loudness_lufs(sound), pyloudnorm.Meter(rate_hz).integrated_loudness(samples), abs_tol=0.02
    )
    meter = LoudnessMeter(rate_hz)
    for piece in np.array_split(samples, 13):
        meter.add(piece)
    assert math.isclose(meter.lufs(), loudness_lufs(sound), abs_tol=1e-9)


def test_a_tone_has_the_loudness_that_the_standard_says() -> None:
    t = np.arange(48000 * 3) / 48000
    tone = np.sin(2 * np.pi * 997 * t).astype(np.float32)
    assert math.isclose(loudness_lufs(Sound(tone, 48000)), -3.01, abs_tol=0.05)


def test_levelling() -> None:
    sound = Sound(chirp(3)[:, 0] * 0.01, RATE)
    assert math.isclose(loudness_lufs(level(sound)), -23, abs_tol=0.05)
    assert math.isclose(loudness_lufs(level(Sound(sound.samples[:4000], RATE))), -23, abs_tol=0.05)
    silence = Sound(np.zeros(RATE, np.float32), RATE)
    assert loudness_lufs(silence) == -math.inf
    assert not level(silence).samples.any()
    assert loudness_lufs(Sound(np.zeros(0, np.float32), RATE)) == -math.inf


def test_loudness_of_a_file(tmp_path: Path) -> None:
    path = write_soundfile(tmp_path / "a.flac", chirp(20))
    loudness, duration_s = file_loudness_lufs(path)
    assert duration_s == 20
    assert math.isclose(loudness, loudness_lufs(read_sound(path)), abs_tol=1e-9)


def test_resampling_keeps_times() -> None:
    sound = resample(Sound(chirp(4)[:, 0], RATE), 16000)
    assert sound.rate_hz == 16000 and sound.duration_s == 4
    assert lag(sound.samples, chirp(4, 16000)[:, 0], 20000, 4000) == 0


def test_samples_that_are_not_numbers_become_zero(tmp_path: Path) -> None:
    wave = chirp(2)
    wave[1000:1010] = np.nan
    wave[2000] = np.inf
    wave[3000] = 1e30
    sound = read_sound(write_soundfile(tmp_path / "a.wav", wave, subtype="FLOAT"))
    assert np.isfinite(sound.samples).all()
    assert not sound.samples[1000:1010].any() and sound.samples[2000] == sound.samples[3000] == 0
    wave[: len(wave) // 2] = np.nan
    path = write_soundfile(tmp_path / "b.wav", wave, subtype="FLOAT")
    readers: list[Callable[[Path], object]] = [
        read_sound,
        file_loudness_lufs,
        lambda p: list(file_blocks(p)),
    ]
    for read in readers:
        with pytest.raises(AudioReadError, match="50 % of its samples are not numbers"):
            read(path)


def test_estimates_come_from_the_header(tmp_path: Path) -> None:
    for kind in ("wav", "mp3", "ogg", "m4a"):
        path = MAKERS[kind](tmp_path / f"a.{kind}", chirp(4, channels=2))
        assert math.isclose(estimate_duration_s(path), 4, abs_tol=0.1)
    assert estimate_duration_s(tmp_path / "nothing.wav") == 0


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"one")
    second.write_bytes(b"one")
    assert content_hash(first) == content_hash(second)
    assert len(content_hash(first)) == 20
    second.write_bytes(b"two")
    assert content_hash(first) != content_hash(second)
    with pytest.raises(AudioReadError):
        content_hash(tmp_path / "c")


def hum(duration_s: float = 8, rate_hz: int = 16000) -> np.ndarray:
    """Notes of half a second with overtones and short pauses, as somebody hums."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    pitch = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 5, 4, 2])[(2 * t).astype(int) % 8] / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    envelope = np.clip(np.sin(2 * np.pi * t) ** 2 * 4 - 0.4, 0, 1)
    return (0.2 * envelope * (np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.3 * np.sin(3 * phase))).astype(
        np.float32
    )


def snr_db(found: np.ndarray, truth: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(truth**2) / np.sum((found - truth) ** 2)))


@pytest.mark.parametrize("noise_rms", [0.01, 0.03, 0.1])
def test_noise_is_taken_out_of_a_hum(noise_rms: float) -> None:
    clean = hum()
    noisy = clean + np.random.default_rng(3).standard_normal(len(clean)).astype(np.float32) * noise_rms
    sound, words = reduce_noise(Sound(noisy, 16000), "auto")
    assert words.startswith("noise reduced by 1")
    assert snr_db(sound.samples, clean) > snr_db(noisy, clean) + 6
    assert len(sound.samples) == len(clean) and sound.samples.dtype == np.float32


def test_a_clean_recording_is_left_alone() -> None:
    rng = np.random.default_rng(3)
    clean = hum() + rng.standard_normal(8 * 16000).astype(np.float32) * 1e-4
    sound, words = reduce_noise(Sound(clean, 16000), "auto")
    assert sound.samples is clean
    assert words.startswith("left as it is: ") and words.endswith(" dB above the noise")
    assert reduce_noise(sound, "on")[1].startswith("noise reduced by")
    assert reduce_noise(sound, "off") == (sound, "left as it is")
    silence = Sound(np.zeros(16000, np.float32), 16000)
    assert not reduce_noise(silence, "on")[0].samples.any()


def dsf(path: Path, rate_hz: int, seconds: float) -> Path:
    """DSD in silence: one byte of eight bits of 0 and 1 in balance, over and over."""
    blocks = round(rate_hz * seconds / 8 / 4096)
    data = b"\x69" * 4096 * blocks
    form = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, rate_hz, 1, 8 * len(data), 4096, 0)
    chunk = struct.pack("<4sQ", b"data", 12 + len(data)) + data
    path.write_bytes(struct.pack("<4sQQQ", b"DSD ", 28, 28 + len(form) + len(chunk), 0) + form + chunk)
    return path


@pytest.mark.parametrize("times", [64, 128, 256, 512])
def test_dsd_of_any_rate(times: int, tmp_path: Path) -> None:
    sound = read_sound(dsf(tmp_path / "a.dsf", times * 44100, 2))
    assert sound.rate_hz <= 768_000
    assert abs(sound.duration_s - 2) < 0.05
    assert np.abs(sound.samples[1000:]).max() < 0.1
