"""A file's blocks and its loudness from one pass of decoding, or two where it is too long to be held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_audio import RATE, chirp, write_soundfile

from index.audio import held, reading
from index.audio.held import measured_blocks
from index.audio.reading import file_blocks, file_level
from index.core.errors import AudioReadError


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that is opened for decoding."""
    paths: list[Path] = []
    real = reading.open_stream

    def open_stream(path, *args, **kwargs):
        paths.append(path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(reading, "open_stream", open_stream)
    return paths


@pytest.mark.parametrize("span", [(0.0, None), (3.0, 17.5)])
@pytest.mark.parametrize("times", [1, 2])
def test_a_file_is_decoded_once_where_it_can_be_held(
    span: tuple[float, float | None],
    times: int,
    tmp_path: Path,
    opened: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_soundfile(tmp_path / "a.ogg", chirp(20, channels=2))
    level = file_level(path, *span)
    expected = list(file_blocks(path, 6, 1, start_s=span[0], end_s=span[1], mix=level.mix))
    monkeypatch.setattr(held, "MOST_SAMPLES", (30 if times == 1 else 9) * RATE)
    opened.clear()
    blocks, loudness_lufs = measured_blocks(path, 6, 1, *span)
    found = list(blocks)
    assert len(opened) == times
    assert loudness_lufs == level.loudness_lufs
    assert len(found) == len(expected) > 1
    for one, other in zip(found, expected, strict=True):
        assert one[1:] == other[1:]
        assert np.array_equal(one.sound.samples, other.sound.samples)


@pytest.mark.parametrize("length_s", [60, 5])
def test_two_sides_in_opposite_phase_are_mixed_as_before(length_s: int, tmp_path: Path) -> None:
    """The first block alone would say that its mean is right."""
    wave = np.concatenate([chirp(5, channels=2), chirp(9, channels=2) * np.array([1, -1], np.float32)])
    path = write_soundfile(tmp_path / "a.wav", wave, subtype="FLOAT")
    level = file_level(path)
    assert level.mix != "mid"
    blocks, loudness_lufs = measured_blocks(path, length_s, 1)
    assert loudness_lufs == level.loudness_lufs
    for one, other in zip(blocks, file_blocks(path, length_s, 1, mix=level.mix), strict=True):
        assert np.array_equal(one.sound.samples, other.sound.samples)


def test_damage_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    wave = chirp(20)
    wave[4 * RATE :] = np.nan
    path = write_soundfile(tmp_path / "a.wav", wave, subtype="FLOAT")
    with pytest.raises(AudioReadError, match="are not numbers"):
        measured_blocks(path, 6, 1)
