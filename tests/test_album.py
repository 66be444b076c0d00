"""Albums in one file: CUE sheets in all their forms, and chapters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, CueSheetTrack, CueSheetTrackIndex
from mutagen.flac import CueSheet as FlacSheet
from mutagen.id3 import CHAP, CTOC, ID3, TIT2, CTOCFlags
from test_audio import MAKERS, RATE, chirp

from index.album.cue_sheet import decoded, parse
from index.album.parts import Part, parts_of
from index.audio.mixdown import moment_sound
from index.audio.tags import Tags
from index.core.moments import Moment
from index.core.options import LibraryOptions
from index.core.tracks import Track
from index.library import Library
from index.playlists.formats import WRITERS


@dataclass(frozen=True)
class SavedMoment:
    track: Track
    moment: Moment


FILE = Tags("The file", "Its artist", album="Its album")


def sheet(name: str = "album.flac", titles: tuple[str, ...] = ("One", "Two", "Three")) -> str:
    lines = ['REM GENRE "Post-Rock"', "REM DATE 1999", 'PERFORMER "The Band"', 'TITLE "The Album"']
    lines.append(f'FILE "{name}" WAVE')
    for number, title in enumerate(titles):
        lines += [f"  TRACK {number + 1:02d} AUDIO", f'    TITLE "{title}"']
        lines += [f"    INDEX 00 00:{2 * number:02d}:00"] if number else []
        lines += [f"    INDEX 01 00:{2 * number:02d}:{75 // 2 if number else 0:02d}"]
    lines.insert(8, '    PERFORMER "A guest"')
    return "\r\n".join(lines)


def spans(parts: tuple[Part, ...]) -> list[tuple[str, float, float | None]]:
    return [(part.tags.title, round(part.start_s, 3), part.end_s and round(part.end_s, 3)) for part in parts]


EXPECTED = [("One", 0.0, 2.493), ("Two", 2.493, 4.493), ("Three", 4.493, None)]


@pytest.mark.parametrize(
    "name", ["album.flac", "ALBUM.FLAC", "album.wav", "C:\\\\rips\\\\album.wav", "other name.wav"]
)
def test_a_sheet_beside_a_file(name: str, tmp_path: Path) -> None:
    path = MAKERS["flac"](tmp_path / "album.flac", chirp(7))
    (tmp_path / "album.cue").write_text(sheet(name))
    (tmp_path / "unlike.cue").write_text(sheet("unlike.wav"))
    parts = parts_of(path, FILE)
    assert spans(parts) == EXPECTED
    assert parts[0].tags == Tags("One", "A guest", "", "The Album", "Post-Rock", 1999)
    assert parts[1].tags.artist == "The Band"
    other = MAKERS["flac"](tmp_path / "single.flac", chirp(3))
    assert parts_of(other, FILE) == ()


@pytest.mark.parametrize("kind", ["comment", "block", "ape"])
def test_a_sheet_in_the_tags(kind: str, tmp_path: Path) -> None:
    ending = "mp3" if kind == "ape" else "flac"
    path = MAKERS[ending](tmp_path / f"a.{ending}", chirp(7))
    if kind == "ape":
        tags = APEv2()
        tags["Cuesheet"] = sheet("whatever.wav")
        tags.save(path)
    else:
        file = FLAC(path)
        if kind == "comment":
            file["CUESHEET"] = sheet("whatever.wav")
        else:
            file.cuesheet = FlacSheet(None)
            for number, (_, start_s, _) in enumerate(EXPECTED, 1):
                track = CueSheetTrack(number, round(start_s * 44100))
                track.indexes.append(CueSheetTrackIndex(1, 0))
                file.cuesheet.tracks.append(track)
            file.cuesheet.tracks.append(CueSheetTrack(170, 7 * 44100))
        file.save()
    parts = parts_of(path, FILE)
    assert [(round(part.start_s, 1), part.end_s and round(part.end_s, 1)) for part in parts] == [
        (0.0, 2.5),
        (2.5, 4.5),
        (4.5, None),
    ]
    assert parts[1].tags.title == ("Its album 2" if kind == "block" else "Two")


@pytest.mark.parametrize(
    ("titles", "encoding"),
    [
        (("Żółw", "Où", "Größe"), "utf-8-sig"),
        (("Żółw", "Où", "Größe"), "utf-16"),
        (("Où est-il passé", "L’été à la mer", "Noël"), "cp1252"),
        (("Группа крови", "Закрой за мной дверь", "Война"), "cp1251"),
        (("さくらさくら", "あかとんぼ", "ふるさと"), "cp932"),
    ],
)
def test_sheets_in_any_encoding(titles: tuple[str, ...], encoding: str) -> None:
    found = parse(decoded(sheet(titles=titles).encode(encoding)))
    assert tuple(track.title for track in found.files[0].tracks) == titles


def test_a_sheet_of_several_files(tmp_path: Path) -> None:
    text = sheet("side a.wav") + "\n" + sheet("side b.wav", ("Four", "Five")).split("\r\n", 4)[4]
    (tmp_path / "all.cue").write_text(text)
    first, second = (MAKERS["mp3"](tmp_path / f"side {name}.mp3", chirp(7)) for name in "ab")
    assert [title for title, _, _ in spans(parts_of(first, FILE))] == ["One", "Two", "Three"]
    assert [title for title, _, _ in spans(parts_of(second, FILE))] == ["Four", "Five"]


def test_sheets_that_say_nothing(tmp_path: Path) -> None:
    path = MAKERS["flac"](tmp_path / "a.flac", chirp(3))
    one = 'FILE "a.flac" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00'
    same = f"{one}\nTRACK 02 AUDIO\nINDEX 01 00:00:00"
    broken = 'FILE\nTRACK x AUDIO\nINDEX 01 0:0\nTITLE "\nINDEX 01 99:99:99\nFILE "a.flac'
    data = f"{one}\nTRACK 02 MODE1/2352\nINDEX 01 00:02:00"
    for text in ("", "\0\0\0", one, same, broken, data, "x" * 2_000_000):
        (tmp_path / "a.cue").write_text(text)
        assert parts_of(path, FILE) == ()


def with_chapters(path: Path, lengths_s: list[float], titles: list[str]) -> Path:
    """A file of 8 kHz with chapters."""
    codec = {"m4b": "aac", "mka": "flac"}.get(path.suffix[1:], "libopus")
    rate = 48000 if codec == "libopus" else 8000
    samples = np.zeros((1, round(sum(lengths_s) * rate)), np.float32)
    with av.open(str(path), "w", format={"m4b": "mp4", "mka": "matroska"}.get(path.suffix[1:])) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        starts = np.cumsum([0.0, *lengths_s])
        container.set_chapters(
            [
                {
                    "id": number,
                    "start": round(1000 * starts[number]),
                    "end": round(1000 * starts[number + 1]),
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for number, title in enumerate(titles)
            ]
        )
        fifo = av.AudioFifo()
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        for part in resampler.resample(frame):
            fifo.write(part)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("ending", ["m4b", "mka"])
def test_chapters_make_titles(ending: str, tmp_path: Path) -> None:
    path = with_chapters(tmp_path / f"a.{ending}", [5, 30, 25, 40], ["Credits", "Chapter 1", "The Sea", "3"])
    assert spans(parts_of(path, FILE)) == [
        ("Its album: Chapter 1", 0.0, 35.0),
        ("The Sea", 35.0, 60.0),
        ("Its album: 3", 60.0, None),
    ]


def test_chapters_of_an_mp3(tmp_path: Path) -> None:
    path = MAKERS["mp3"](tmp_path / "a.mp3", chirp(50))
    tags = ID3()
    for number, (start, title) in enumerate(((0, "First"), (25, "Second"))):
        named = [TIT2(encoding=3, text=[title])]
        tags.add(
            CHAP(
                element_id=f"c{number}",
                start_time=1000 * start,
                end_time=1000 * start + 25000,
                sub_frames=named,
            )
        )
    flags = CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED
    tags.add(CTOC(element_id="toc", flags=flags, child_element_ids=["c0", "c1"], sub_frames=[]))
    tags.save(path)
    assert spans(parts_of(path, FILE)) == [("First", 0.0, 25.0), ("Second", 25.0, None)]


def test_chapter_comments(tmp_path: Path) -> None:
    path = MAKERS["flac"](tmp_path / "a.flac", chirp(50))
    file = FLAC(path)
    file.update({"CHAPTER000": "00:00:00.000", "CHAPTER000NAME": "First"})
    file.update({"CHAPTER001": "00:00:22.500", "CHAPTER001NAME": "Second"})
    file.save()
    assert spans(parts_of(path, FILE)) == [("First", 0.0, 22.5), ("Second", 22.5, None)]


@pytest.mark.parametrize(
    ("lengths_s", "titles"), [([60], ["All"]), ([5, 5, 50], ["a", "b", "c"]), ([60], [])]
)
def test_chapters_that_are_no_titles(lengths_s: list[float], titles: list[str], tmp_path: Path) -> None:
    assert parts_of(with_chapters(tmp_path / "a.mka", lengths_s, titles), FILE) == ()


def test_players_are_told_the_time_in_the_file(tmp_path: Path) -> None:
    """A title's own 0:02 is 0:12 of the file that it begins in at 0:10."""
    wave = chirp(20)
    path = MAKERS["flac"](tmp_path / "album.flac", wave)
    track = Track("1", str(path), "Two", "The Band", "", "", "", None, 8.0, 10.0, 18.0)
    items = [SavedMoment(track, Moment("1", 2.0, 4.0))]
    assert "start-time=12.00" in WRITERS["m3u8"]("n", items) and "stop-time=14.00" in WRITERS["m3u8"](
        "n", items
    )
    assert "start=12.000,length=2.000" in WRITERS["mpv"]("n", items)
    assert "start-time=12.00" in WRITERS["xspf"]("n", items)
    assert "INDEX 01 00:12:00" in WRITERS["cue"]("n", items)
    assert all("(0:02-0:04)" in WRITERS[form]("n", items) for form in ("m3u8", "mpv", "xspf", "cue"))
    told = json.loads(WRITERS["json"]("n", items))["moments"][0]
    assert (told["start_s"], told["file_start_s"], told["file_end_s"]) == (2.0, 12.0, 14.0)
    sound = moment_sound(items[0], 0)
    assert np.allclose(sound.samples[:, 0], wave[12 * RATE : 14 * RATE, 0], atol=1e-4)
    library = Library(LibraryOptions(tmp_path / "home"))
    assert np.allclose(library.sound(track, 2.0, 4.0).samples, wave[12 * RATE : 14 * RATE, 0], atol=1e-4)
    assert library.sound(track).duration_s == 8
    library.close()
