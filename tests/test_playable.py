"""What a browser plays as it is, by its codec; and what is transcoded: to its end, with seeks at exact samples."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.routes.playable import media_type
from app.routes.sounds import sound_routes
from app.routes.transcoded import PART_S, Wave, part_of, wave_of
from app.view.addresses import track_url
from index.audio.decode import open_stream
from index.audio.reading import Sound
from index.core.tracks import Track

RATE_HZ = 48000
LENGTH_S = 3.0


def tone(length_s: float = LENGTH_S, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Left and right of their own, (n, 2)."""
    times = np.arange(round(length_s * rate_hz)) / rate_hz
    left, right = (0.4 * np.sin(2 * np.pi * hertz * times) for hertz in (220, 330))
    return np.stack([left, right], axis=1).astype(np.float32)


def encode(path: Path, codec: str, container: str, sound: np.ndarray | None = None) -> Path:
    """A file of this codec in this container."""
    sound = tone() if sound is None else sound
    with av.open(str(path), "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=RATE_HZ, layout="stereo")
        resampler = av.AudioResampler(stream.format, "stereo", RATE_HZ, stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", "stereo")
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), 0
        for each in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(each))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "container", "kind"),
    [
        ("a.m4a", "aac", "ipod", "audio/mp4"),
        ("a.m4a", "alac", "ipod", ""),
        ("a.mp4", "ac3", "mp4", ""),
        ("a.mp4", "aac", "mp4", "audio/mp4"),
        ("a.mp4", "libopus", "mp4", "audio/mp4"),
        ("a.aac", "aac", "adts", "audio/aac"),
        ("a.opus", "libopus", "ogg", "audio/ogg"),
        ("a.ogg", "libvorbis", "ogg", "audio/ogg"),
        ("a.flac", "flac", "flac", "audio/flac"),
        ("a.mp3", "libmp3lame", "mp3", "audio/mpeg"),
        ("a.webm", "libopus", "webm", "audio/webm"),
        ("a.mka", "flac", "matroska", ""),
        ("a.wav", "pcm_s16le", "wav", "audio/wav"),
        ("a.wav", "pcm_s24le", "wav", "audio/wav"),
        ("a.wav", "pcm_f32le", "wav", "audio/wav"),
        ("a.wav", "pcm_f64le", "wav", ""),
        ("a.wav", "adpcm_ms", "wav", ""),
        ("a.wma", "wmav2", "asf", ""),
        ("a.ac3", "ac3", "ac3", ""),
        ("a.mp3", "alac", "ipod", ""),
        ("a.m4a", "libmp3lame", "mp3", "audio/mpeg"),
    ],
)
def test_the_codec_decides_not_the_name(
    tmp_path: Path, name: str, codec: str, container: str, kind: str
) -> None:
    try:
        path = encode(tmp_path / name, codec, container)
    except av.error.FFmpegError as error:
        pytest.skip(f"This PyAV cannot make it: {error}")
    except ValueError as error:
        pytest.skip(f"This PyAV cannot make it: {error}")
    assert media_type(path) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00",
        b"OggS",
        b"\x00\x00\x00\x18ftypM4A ",
        b"\x00\x00\x00\x18ftypM4A " + b"\x00" * 8 + b"\x00\x00\x00\x01moov" + b"\xff" * 16,
        b"\x00\x00\x00\x08ftyp\x00\x00\x00\x10moov\x00\x00\x00\x00trak",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        b"\xff" * 100,
        b"text, not sound" * 10,
    ],
)
def test_damaged_files_are_not_played_as_they_are(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    assert media_type(tmp_path / "a.bin") == ""


class FileLibrary:
    """A library that reads its one file, in pieces."""

    def __init__(self, path: Path, duration_s: float) -> None:
        self.track = Track("0123", str(path), "A", "", "", "", "", None, duration_s)
        self.asked: list[tuple[float, float]] = []
        self.catalogue = SimpleNamespace(there=lambda track: track)

    def with_id(self, track_id: str) -> Track | None:
        return next((each for each in self.tracks() if each.id == track_id), None)

    def tracks(self) -> list[Track]:
        return [self.track]

    def sound_blocks(
        self, source: Any, start_s: float, end_s: float, *, stereo: bool = False
    ) -> Iterator[Sound]:
        self.asked.append((start_s, end_s))
        stream = open_stream(Path(source.path), start_s, stereo=stereo)
        for chunk in stream.chunks:
            yield Sound(chunk, stream.rate_hz)


@pytest.fixture
def player(tmp_path: Path) -> Callable[[Path, float], tuple[TestClient, FileLibrary]]:
    def made(path: Path, duration_s: float = LENGTH_S) -> tuple[TestClient, FileLibrary]:
        library = FileLibrary(path, duration_s)
        opened = SimpleNamespace(library=library)
        return TestClient(Starlette(routes=sound_routes(lambda: opened))), library  # type: ignore[arg-type, return-value]

    return made


def test_alac_is_heard_whole_and_from_anywhere(tmp_path: Path, player: Any) -> None:
    sounds, library = player(encode(tmp_path / "a.m4a", "alac", "ipod"))
    answer = sounds.get(track_url(library.track.id))
    assert answer.headers["content-type"] == "audio/wav"
    assert len(answer.content) == int(answer.headers["content-length"])
    heard, rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="float32")
    assert (rate_hz, heard.shape) == (RATE_HZ, (round(LENGTH_S * RATE_HZ), 2))
    assert np.allclose(heard, tone(), atol=1e-3)
    first = 44 + 4 * RATE_HZ + 2  # in the middle of a sample of the second second
    part = sounds.get(track_url(library.track.id), headers={"Range": f"bytes={first}-{first + 9}"})
    assert part.status_code == 206
    assert part.content == answer.content[first : first + 10]
    assert part.headers["content-range"] == f"bytes {first}-{first + 9}/{len(answer.content)}"
    assert library.asked[-1][0] == pytest.approx(1.0, abs=1e-4)
    size = len(answer.content)
    assert sounds.get(track_url("0123"), headers={"Range": "bytes=0-43"}).content == answer.content[:44]
    assert sounds.get(track_url("0123"), headers={"Range": "bytes=-100"}).content == answer.content[-100:]
    assert sounds.get(track_url("0123"), headers={"Range": f"bytes={size}-"}).status_code == 416


def test_a_long_track_is_told_part_by_part(tmp_path: Path) -> None:
    length_s = 2.5 * PART_S
    path = tmp_path / "long.wav"
    ramp = np.linspace(-0.9, 0.9, round(length_s * 8000), dtype=np.float32)
    soundfile.write(path, ramp, 8000, subtype="DOUBLE")
    library: Any = FileLibrary(path, length_s)
    wave = wave_of(library, library.track)
    place, data = 0, b""
    while place < wave.size:
        part = part_of(library, library.track, wave, place, wave.size)
        assert 0 < len(part) <= PART_S * 8000 * 4 + 44
        data += part
        place += len(part)
    heard, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    assert np.allclose(heard, np.stack([ramp, ramp], axis=1), atol=1e-3)


def test_a_track_that_ends_early_is_filled_with_silence(tmp_path: Path, player: Any) -> None:
    sounds, library = player(encode(tmp_path / "a.m4a", "alac", "ipod"), LENGTH_S + 2)
    heard, _ = soundfile.read(io.BytesIO(sounds.get(track_url(library.track.id)).content), dtype="float32")
    assert len(heard) == round((LENGTH_S + 2) * RATE_HZ)
    assert not heard[round((LENGTH_S + 0.5) * RATE_HZ) :].any()


def test_a_span_longer_than_a_quarter_of_an_hour_is_heard_to_its_end(tmp_path: Path, player: Any) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(8000 * 1000, np.int16), 8000)
    sounds, _ = player(path, 1000.0)
    answer = sounds.get("/reprise/track/0123/0.000-1000.000.wav", headers={"Range": "bytes=0-"})
    assert answer.status_code == 206
    assert answer.headers["content-range"].endswith(f"/{44 + 1000 * 8000 * 4}")


def test_what_is_playable_is_the_file_itself(tmp_path: Path, player: Any) -> None:
    path = encode(tmp_path / "a.opus", "libopus", "ogg")
    sounds, library = player(path)
    assert sounds.get(track_url(library.track.id)).content == path.read_bytes()


def test_the_header_is_one_that_players_read() -> None:
    wave = Wave(44100, 10)
    assert len(wave.header) == 44
    info = soundfile.info(io.BytesIO(wave.header + bytes(40)))
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (44100, 2, 10, "PCM_16")
