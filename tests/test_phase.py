"""Two sides in opposite phase: what is heard instead of silence, and that ordinary files stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_audio import RATE, chirp, write_soundfile

from index.audio.reading import Sound, file_blocks, file_level, file_loudness_lufs, loudness_lufs, read_sound


def opposite(duration_s: float) -> np.ndarray:
    one = chirp(duration_s)
    return np.concatenate([one, -one], axis=1)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_opposite_phase_is_not_silence(ending: str, tmp_path: Path) -> None:
    path = write_soundfile(tmp_path / f"a.{ending}", opposite(12))
    one = write_soundfile(tmp_path / f"b.{ending}", chirp(12))
    sound = read_sound(path)
    assert np.abs(sound.samples).max() == pytest.approx(0.4, abs=0.1)
    assert np.corrcoef(sound.samples, chirp(12)[:, 0])[0, 1] > 0.99
    assert file_loudness_lufs(path)[0] == pytest.approx(file_loudness_lufs(one)[0], abs=0.3)
    for length_s in (60, 5):
        blocks = list(file_blocks(path, length_s, 1))
        assert all(np.abs(block.sound.samples).max() > 0.3 for block in blocks)
    assert np.corrcoef(read_sound(path, 5, 8).samples, sound.samples[5 * RATE : 8 * RATE])[0, 1] > 0.99
    both = read_sound(path, stereo=True).samples
    assert np.corrcoef(both[:, 0], both[:, 1])[0, 1] < -0.99


def test_the_side_that_sounds_is_taken(tmp_path: Path) -> None:
    """Silence first, then opposite phase, then one side alone: the left side alone has all of it."""
    wave = np.concatenate([np.zeros((3 * RATE, 2), np.float32), opposite(6), chirp(6, channels=2) * [1, 0]])
    path = write_soundfile(tmp_path / "a.wav", wave.astype(np.float32), subtype="FLOAT")
    assert file_level(path).mix == "left"
    assert np.array_equal(read_sound(path).samples, wave[:, 0].astype(np.float32))


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_ordinary_files_are_read_as_before(channels: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    wave = (0.2 * rng.standard_normal((5 * RATE, channels))).astype(np.float32)
    wave[: 2 * RATE, 1:] = 0  # one side alone for a while
    path = tmp_path / "a.wav"
    soundfile.write(path, wave, RATE, subtype="FLOAT")
    expected = wave[:, 0] if channels == 1 else wave.mean(axis=1)
    assert np.array_equal(read_sound(path).samples, expected)
    assert np.array_equal(next(iter(file_blocks(path))).sound.samples, expected)
    assert file_level(path).mix == "mid"
    assert file_level(path).loudness_lufs == loudness_lufs(Sound(expected, RATE))


def test_a_span_is_read_as_if_it_were_a_file(tmp_path: Path) -> None:
    path = write_soundfile(tmp_path / "a.flac", chirp(30))
    blocks = list(file_blocks(path, 6, 1, start_s=8, end_s=25.5))
    assert [block.lead_s for block in blocks] == [0, 1, 1]
    assert sum(block.length_s for block in blocks) == 17.5
    whole = read_sound(path)
    assert np.array_equal(blocks[0].sound.samples, whole.samples[8 * RATE : 15 * RATE])
    assert np.array_equal(
        blocks[-1].sound.samples[-RATE:], whole.samples[round(24.5 * RATE) : round(25.5 * RATE)]
    )
    level = file_level(path, 8, 25.5)
    assert level.duration_s == 17.5
    assert level.loudness_lufs == loudness_lufs(whole.span(8, 25.5))
