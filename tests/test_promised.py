"""Files that promise more than they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_audio import MAKERS, RATE, chirp, write_soundfile

from index.audio.promised import shortfall
from index.audio.reading import read_sound


@pytest.mark.parametrize("kind", ["wav", "aiff", "flac", "mp3", "mkv"])
def test_what_is_missing_is_said(kind: str, tmp_path: Path) -> None:
    whole = MAKERS[kind](tmp_path / f"whole.{kind}", chirp(10, channels=2))
    assert shortfall(whole, read_sound(whole).duration_s) == ""
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    read_s = read_sound(path).duration_s
    assert shortfall(path, read_s) == f"read to 0:{round(read_s):02d} of 0:10"


def test_what_nobody_promised_is_not_missing(tmp_path: Path) -> None:
    wav = write_soundfile(tmp_path / "a.wav", chirp(5))
    data = bytearray(wav.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"  # as programs write it that stream
    wav.write_bytes(data)
    assert read_sound(wav).duration_s == 5
    assert shortfall(wav, 5.0) == ""
    ogg = MAKERS["ogg"](tmp_path / "a.ogg", chirp(5))
    ogg.write_bytes(ogg.read_bytes()[: ogg.stat().st_size // 2])
    assert shortfall(ogg, read_sound(ogg).duration_s) == ""
    flac = MAKERS["flac"](tmp_path / "a.flac", chirp(5))
    data = bytearray(flac.read_bytes())
    data[21] |= 0x0F  # 2^35 samples
    flac.write_bytes(data)
    assert shortfall(flac, read_sound(flac).duration_s) == ""
    assert shortfall(tmp_path / "missing.wav", 1.0) == ""


def test_a_wav_whose_header_was_never_finished_is_read(tmp_path: Path) -> None:
    wav = write_soundfile(tmp_path / "a.wav", chirp(5))
    data = bytearray(wav.read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    wav.write_bytes(data)
    assert read_sound(wav).duration_s == pytest.approx(5, abs=0.01)
    assert read_sound(wav).rate_hz == RATE
