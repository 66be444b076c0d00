"""Files that are not what they seem: each gives one clear sentence, or the sound that is there."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_audio import MAKERS, chirp, write_av, write_soundfile

from index.audio.decode import _open_soundfile
from index.audio.decode_av import open_av
from index.audio.downmix import Downmix
from index.audio.reading import content_hash, estimate_duration_s, file_blocks, file_loudness_lufs, read_sound
from index.audio.stream import Stream, UnreadableError
from index.core.errors import AudioReadError


def wav_header(rate_hz: int, channels: int, data_bytes: int, kind: int = 1, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate_hz, rate_hz * frame, frame, bits)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + data_bytes)
        + b"WAVE"
        + form
        + b"data"
        + struct.pack("<I", data_bytes)
    )


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("This is a shopping list, not music.\n" * 50)


def playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")


def zeros(path: Path) -> None:
    path.write_bytes(bytes(20_000))


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8).tobytes())


def no_seconds(path: Path) -> None:
    path.write_bytes(wav_header(44100, 2, 0))


def ten_hours_in_a_kilobyte(path: Path) -> None:
    path.write_bytes(wav_header(8000, 1, 8000 * 2 * 36_000) + bytes(1000))


def three_hertz(path: Path) -> None:
    path.write_bytes(wav_header(3, 1, 2000) + bytes(2000))


def million_hertz(path: Path) -> None:
    path.write_bytes(wav_header(1_000_000, 1, 4_000_000) + bytes(4_000_000))


def not_numbers(path: Path) -> None:
    write_soundfile(path, np.full((44100, 1), np.nan, np.float32), subtype="FLOAT")


def header_only(path: Path) -> None:
    path.write_bytes(wav_header(44100, 2, 0)[:20])


def picture(path: Path) -> None:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + bytes(200))


def cut_off_mp3(path: Path) -> None:
    whole = MAKERS["mp3"](path.with_name("whole.mp3"), chirp(5))
    path.write_bytes(whole.read_bytes()[:3000])


def half_an_m4a(path: Path) -> None:
    whole = MAKERS["m4a"](path.with_name("whole.m4a"), chirp(5))
    path.write_bytes(whole.read_bytes()[:20_000])  # the index at its end is gone


def protected_m4a(path: Path) -> None:
    whole = MAKERS["m4a"](path.with_name("whole.m4a"), chirp(5))
    path.write_bytes(whole.read_bytes().replace(b"mp4a", b"drms"))


def silent_video(path: Path) -> None:
    import av

    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 64
        pictures.pix_fmt = "yuv420p"
        for index in range(10):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            picture.pts = index
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode(None))


REFUSED: list[tuple[str, Callable[[Path], None], str]] = [
    ("empty.mp3", empty, "it is empty (0 bytes)"),
    ("text.mp3", text, "it is text, not sound"),
    ("text.wav", text, "it is text, not sound"),
    ("playlist.mp3", playlist, "it is text, not sound"),
    ("zeros.flac", zeros, "it is not a sound file, or it is damaged"),
    ("noise.mp3", noise, "it is not a sound file, or it is damaged"),
    ("noise.m4a", noise, "it is not a sound file, or it is damaged"),
    ("noseconds.wav", no_seconds, "it holds no sound (0 seconds)"),
    ("three.wav", three_hertz, "its sample rate is 3 Hz, and at least 8,000 Hz are needed"),
    ("million.wav", million_hertz, "its sample rate is 1,000,000 Hz, and at most 768,000 Hz are needed"),
    ("nan.wav", not_numbers, "all of its samples are not numbers"),
    ("header.wav", header_only, "it is not a sound file, or it is damaged"),
    ("picture.ogg", picture, "it is not a sound file, or it is damaged"),
    ("cut.mp3", cut_off_mp3, "it is cut off after"),
    ("half.m4a", half_an_m4a, "it is not a sound file, or it is damaged"),
    ("bought.m4p", protected_m4a, "it is protected against copying (DRM)"),
    ("mute.mp4", silent_video, "the video has no sound"),
    ("folder.wav", Path.mkdir, "it is a folder, not a file"),
    ("pipe.wav", os.mkfifo, "it is not an ordinary file"),
    ("missing.wav", lambda path: None, "there is no such file"),
]


@pytest.mark.parametrize(("name", "make", "reason"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_refused_in_one_sentence(
    name: str, make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    make(path)
    for read in (read_sound, file_loudness_lufs, lambda path: list(file_blocks(path))):
        with pytest.raises(AudioReadError) as caught:
            read(path)
        assert reason in caught.value.reason
        assert re.fullmatch(r"[^\n]+ could not be read: [^\n]+\.", str(caught.value))
    assert estimate_duration_s(path) < 60


def test_a_header_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "tenhours.wav"
    ten_hours_in_a_kilobyte(path)
    assert estimate_duration_s(path) < 5
    assert read_sound(path).duration_s == 0.0625
    whole = write_soundfile(tmp_path / "a.flac", chirp(2))
    data = bytearray(whole.read_bytes())
    data[21] |= 0x0F  # 2^35 samples or more, in the stream's information
    whole.write_bytes(data)
    assert read_sound(whole).duration_s == 2
    data = data[:2000]
    whole.write_bytes(data)
    with pytest.raises(AudioReadError, match="cut off after"):
        read_sound(whole)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg", "aac", "mkv"])
def test_of_a_cut_file_what_is_there_is_read(kind: str, tmp_path: Path) -> None:
    whole = MAKERS[kind](tmp_path / f"whole.{kind}", chirp(8, channels=2))
    path = tmp_path / f"cut.{kind}"
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    sound = read_sound(path)
    assert 1 < sound.duration_s < 7
    both = min(len(sound.samples), 44100)
    assert np.allclose(sound.samples[:both], read_sound(whole).samples[:both], atol=0.05)


@pytest.mark.parametrize("kind", ["flac", "mp3", "ogg"])
def test_a_hole_in_a_file_costs_little(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / f"a.{kind}", chirp(8, channels=2))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 500] = bytes(500)
    path.write_bytes(data)
    assert 3 < read_sound(path).duration_s < 8.2


NAMES = [
    "new\nline.wav",
    "emoji 🎻🔥.wav",
    "concat:a|b.wav",
    "%d-?*[x].wav",
    "-flag.wav",
    "Größe Ünïcode.wav",
    "a" * 250 + ".wav",
]


@pytest.mark.parametrize("name", [os.fsdecode(b"latin \xe9\xff.wav"), *NAMES], ids=range(len(NAMES) + 1))
def test_any_name_can_be_read(name: str, tmp_path: Path) -> None:
    plain = write_soundfile(tmp_path / "plain.wav", chirp(1.5))
    path = tmp_path / name
    plain.rename(path)
    assert read_sound(path).duration_s == 1.5
    assert len(content_hash(path)) == 20
    path.write_bytes(b"")
    with pytest.raises(AudioReadError) as caught:
        read_sound(path)
    str(caught.value).encode()  # printable anywhere
    assert "\n" not in str(caught.value)


def test_a_name_that_cannot_be() -> None:
    for name in ("a\0b.wav", "x" * 300 + ".wav"):
        with pytest.raises(AudioReadError):
            read_sound(Path(name))


def test_reading_that_is_not_permitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_soundfile(tmp_path / "a.wav", chirp(1))

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioReadError, match="not permitted"):
        read_sound(path)


def test_a_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    path = MAKERS["ogg"](tmp_path / "a.ogg", chirp(3))
    for name in ("a.mp3", "a.wav", "a"):
        path = path.rename(tmp_path / name)
        assert abs(read_sound(path).duration_s - 3) < 0.01


def test_wide_files(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full((8000, 64), 0.25, np.float32), 8000)
    assert np.allclose(read_sound(path).samples, 0.25, atol=1e-3)


@pytest.mark.parametrize("channels", [7, 8, 9, 64])
def test_wide_files_that_are_left_to_pyav(tmp_path: Path, channels: int) -> None:
    """As many channels as an FFmpeg frame has planes, or more: as planar samples PyAV reads them beyond its memory."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full((8000, channels), 0.25, np.float32), 8000)
    for stereo, level in ((False, 0.25), (True, 0.25 + (channels - 2) * 0.125)):
        stream = open_av(path, 0.0, Downmix(stereo=stereo))
        assert np.allclose(np.concatenate(list(stream.chunks)), level, atol=1e-2)


def ogg_pages(data: bytes) -> list[bytearray]:
    pages = []
    while data:
        size = 27 + data[26] + sum(data[27 : 27 + data[26]])
        pages.append(bytearray(data[:size]))
        data = data[size:]
    return pages


def ogg_file(pages: list[bytearray], serial: int) -> bytes:
    """Pages numbered anew, with their checksums."""
    whole = b""
    for number, page in enumerate(bytearray(page) for page in pages):
        page[14:26] = struct.pack("<III", serial, number, 0)
        check = 0
        for byte in page:
            check ^= byte << 24
            for _ in range(8):
                check = (check << 1 ^ 0x04C11DB7 if check >> 31 else check << 1) & 0xFFFFFFFF
        page[22:26] = struct.pack("<I", check)
        whole += bytes(page)
    return whole


@pytest.mark.parametrize("again", ["begins anew", "goes on"])
def test_vorbis_with_its_headers_twice_is_read(again: str, tmp_path: Path) -> None:
    """FFmpeg refuses it; libsndfile plays it to the end."""
    plain = MAKERS["ogg"](tmp_path / "plain.ogg", chirp(4))
    pages = ogg_pages(plain.read_bytes())
    twice = [bytearray(page) for page in (*pages[:2], *pages)]
    if again == "goes on":
        twice[2][5] &= ~2
    path = tmp_path / "twice.ogg"
    path.write_bytes(ogg_file(twice, 1))
    with pytest.raises(UnreadableError):
        open_av(path, 0.0, Downmix())
    sound = read_sound(path)
    assert sound.duration_s == pytest.approx(4, abs=0.01)
    assert np.allclose(sound.samples, read_sound(plain).samples[: len(sound.samples)], atol=1e-3)


def test_chained_ogg_is_read_to_its_end(tmp_path: Path) -> None:
    """Links of another rate, other channels and another codec: all at the rate of the first."""
    links = [
        write_soundfile(tmp_path / "1.ogg", chirp(2, channels=2)),
        write_soundfile(tmp_path / "2.ogg", chirp(3, 22050), 22050),
        write_av(tmp_path / "3.opus", chirp(2, 48000, 2), "libopus", 48000),
        write_soundfile(tmp_path / "4.ogg", chirp(1, channels=2)),
    ]
    path = tmp_path / "chain.ogg"
    path.write_bytes(b"".join(ogg_file(ogg_pages(each.read_bytes()), 7) for each in links))
    for stereo in (False, True):
        sound = read_sound(path, stereo=stereo)
        assert sound.rate_hz == 44100
        assert sound.duration_s == pytest.approx(8, abs=0.03)
    mono = read_sound(path).samples
    for start, seconds in ((0, 2), (2, 3), (5, 2), (7, 1)):
        expected = chirp(seconds)[:, 0]
        found = mono[round(start * 44100) :][: len(expected)]
        assert np.corrcoef(found[4000:-4000], expected[4000 : len(found) - 4000])[0, 1] > 0.9
    assert np.array_equal(read_sound(path, 3.5, 5.5).samples, mono[round(3.5 * 44100) : round(5.5 * 44100)])


def test_a_file_without_its_beginning_is_read_by_how_its_name_ends(tmp_path: Path) -> None:
    whole = MAKERS["flac"](tmp_path / "whole.flac", chirp(6))
    path = tmp_path / "rest.flac"
    path.write_bytes(whole.read_bytes()[9_001:])
    assert 3 < read_sound(path).duration_s < 6


@pytest.mark.parametrize("ending", ["mp3", "flac", "aac", "ac3", "dts", "amr", "ogg", "wav"])
def test_noise_is_no_sound_whatever_it_is_called(ending: str, tmp_path: Path) -> None:
    for seed in range(3):
        path = tmp_path / f"{seed}.{ending}"
        path.write_bytes(np.random.default_rng(seed).integers(0, 256, 300_000, dtype=np.uint8).tobytes())
        with pytest.raises(AudioReadError, match="not a sound file, or it is damaged"):
            read_sound(path)


def test_where_one_decoder_breaks_off_another_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = MAKERS["flac"](tmp_path / "a.flac", chirp(8))
    whole = read_sound(path).samples

    def breaks_off(path: Path, start_s: float, downmix: Downmix) -> Stream:
        stream = open_av(path, start_s, downmix)
        left = round((3 - start_s) * 44100)
        first = np.concatenate(list(stream.chunks))[: max(0, left)]
        return Stream(stream.rate_hz, iter([first] if left > 0 else []), stream.declared_s, downmix)

    monkeypatch.setattr("index.audio.decode._decoders", lambda path, head: (breaks_off, _open_soundfile))
    assert np.array_equal(read_sound(path).samples, whole)
    assert np.array_equal(read_sound(path, 2.0).samples, whole[2 * 44100 :])
    assert np.array_equal(read_sound(path, 5.0, 6.0).samples, whole[5 * 44100 : 6 * 44100])
