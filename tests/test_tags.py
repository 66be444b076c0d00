"""Tags in every format, odd encodings, and names of files."""

from __future__ import annotations

import os
import struct
import tracemalloc
from pathlib import Path

import mutagen
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import APIC, COMM, ID3, TALB, TCOM, TCON, TDRC, TIT2, TPE1, TYER
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from test_audio import MAKERS, chirp, write_av, write_soundfile

from index.audio.reading import read_sound
from index.audio.tags import Tags, read_tags, tags_of_name, year_of
from index.catalogue.track_lookup import admits
from index.core.filters import Filters
from index.core.tracks import Track
from index.text.encodings import clean, repaired
from index.text.titles import names_in

WHOLE = Tags("Gymnopédie No. 1", "Anne Queffélec", "Erik Satie", "Œuvres", "Classical", 1888)
VORBIS = {
    "title": WHOLE.title,
    "artist": WHOLE.artist,
    "composer": WHOLE.composer,
    "album": WHOLE.album,
    "genre": WHOLE.genre,
    "date": "1888-05-01",
}


def sound(path: Path) -> Path:
    return MAKERS[path.suffix[1:]](path, chirp(1, channels=2))


def id3(encoding: int = 3) -> ID3:
    tags = ID3()
    texts = zip(
        (TIT2, TPE1, TCOM, TALB, TCON),
        (WHOLE.title, WHOLE.artist, WHOLE.composer, WHOLE.album, "(32)"),
        strict=True,
    )
    for frame, text in texts:
        tags.add(frame(encoding=encoding, text=[text]))
    tags.add(TDRC(encoding=3, text=["1888-05-01"]))
    return tags


@pytest.mark.parametrize("encoding", [1, 2, 3])
def test_id3(encoding: int, tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3")
    id3(encoding).save(path)
    assert read_tags(path) == WHOLE


def test_id3_in_wav_and_aiff(tmp_path: Path) -> None:
    for name in ("a.wav", "a.aiff"):
        path = sound(tmp_path / name)
        file = mutagen.File(path)
        file.add_tags()
        file.tags.update(id3())
        file.save()
        assert read_tags(path) == WHOLE


@pytest.mark.parametrize(("name", "kind"), [("a.flac", FLAC), ("a.ogg", OggVorbis), ("a.opus", OggOpus)])
def test_vorbis_comments(name: str, kind: type, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "a.opus":
        write_av(path, chirp(1, 48000), "libopus", 48000)
    else:
        sound(path)
    file = kind(path)
    file.update(VORBIS)
    file.save()
    assert read_tags(path) == WHOLE


def test_mp4_asf_and_ape(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.m4a")
    file = MP4(path)
    names = ("©nam", "©ART", "©wrt", "©alb", "©gen", "©day")
    file.update(dict(zip(names, [[value] for value in VORBIS.values()], strict=True)))
    file.save()
    assert read_tags(path) == WHOLE

    path = sound(tmp_path / "a.wma")
    windows = ASF(path)
    names = ("Title", "Author", "WM/Composer", "WM/AlbumTitle", "WM/Genre", "WM/Year")
    windows.update(dict(zip(names, [[value] for value in VORBIS.values()], strict=True)))
    windows.save()
    assert read_tags(path) == WHOLE

    path = sound(tmp_path / "b.mp3")
    tags = APEv2()
    tags.update(
        {"Title": WHOLE.title, "Artist": WHOLE.artist, "Composer": WHOLE.composer, "Album": WHOLE.album}
    )
    tags.update({"Genre": WHOLE.genre, "Year": "1888"})
    tags.save(path)
    assert read_tags(path) == WHOLE


def info(**texts: bytes) -> bytes:
    chunks = b"".join(
        name.encode() + struct.pack("<I", len(text) + 1) + text + b"\0" + b"\0" * ((len(text) + 1) % 2)
        for name, text in texts.items()
    )
    return b"LIST" + struct.pack("<I", len(chunks) + 4) + b"INFO" + chunks


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_riff_info(encoding: str, tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav")
    data = path.read_bytes() + info(
        INAM=WHOLE.title.encode(encoding), IART=b"Anne", ICRD=b"1888", IGNR=b"Piano"
    )
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert read_tags(path) == Tags(WHOLE.title, "Anne", "", "", "Piano", 1888)


def test_matroska(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mka"
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": WHOLE.title, "artist": WHOLE.artist, "date": "1888"})
        stream = container.add_stream("flac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), format="s16", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert read_tags(path) == Tags(WHOLE.title, WHOLE.artist, year=1888)


def test_several_values_and_years_of_old(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.flac")
    file = FLAC(path)
    file.update(
        {"title": ["T"], "artist": ["One", "Two", "One"], "albumartist": ["Other"], "date": ["c. 1720"]}
    )
    file.save()
    assert read_tags(path) == Tags("T", "One; Two", year=1720)
    path = sound(tmp_path / "b.mp3")
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["T"]))
    tags.add(TYER(encoding=3, text=["1999"]))
    tags.save(path, v2_version=3)
    assert read_tags(path).year == 1999


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Gymnopédie".encode().decode("latin-1"), "Gymnopédie"),
        ("L’été – Trénet".encode().decode("cp1252", "replace"), "L’été – Trénet"),
        ("Привет мир".encode("cp1251").decode("latin-1"), "Привет мир"),
        ("Кино - Группа крови (live)".encode("cp1251").decode("latin-1"), "Кино - Группа крови (live)"),
        ("さくらさくら".encode("cp932").decode("latin-1"), "さくらさくら"),
        ("Título".encode("utf-16-be").decode("utf-16-le")[:1], "T"),
        ("Test".encode("utf-16-be").decode("utf-16-le"), "Test"),
        ("Gymnopédie", "Gymnopédie"),
        ("Größe Ärger Übel", "Größe Ärger Übel"),
        ("Dvořák", "Dvořák"),
        ("Привет", "Привет"),
        ("Été à Íþ", "Été à Íþ"),
        ("ÆØÅ", "ÆØÅ"),
        ("øøøø", "øøøø"),
        ("ÅÄÖÅÄÖ", "ÅÄÖÅÄÖ"),
        ("ñññññ", "ñññññ"),
        ("ÝÝÝÝ ÝÝÝÝ", "ÝÝÝÝ ÝÝÝÝ"),
        ("ДДТ - Осень".encode("cp1251").decode("latin-1"), "ДДТ - Осень"),
        ("Ария".encode("cp1251").decode("latin-1"), "Ария"),
        ("Plain", "Plain"),
        ("", ""),
    ],
)
def test_encodings_are_put_right_where_certain(written: str, meant: str) -> None:
    assert repaired(written) == meant


def test_utf16_that_was_declared_latin1(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3")
    for data in ("Elise".encode("utf-16-le"), b"\xff\xfe" + "Elise".encode("utf-16-le")):
        body = b"\0" + data
        frame = b"TIT2" + struct.pack(">IH", len(body), 0) + body
        size = len(frame)
        header = b"ID3\x03\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
        plain = sound(tmp_path / "plain.mp3").read_bytes()
        path.write_bytes(header + frame + plain)
        assert read_tags(path).title == "Elise"


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("Erik Satie - Gymnopédie No. 1.mp3", Tags("Gymnopédie No. 1", "Erik Satie")),
        ("Erik_Satie_-_Gymnopedie_1.ogg", Tags("Gymnopedie 1", "Erik Satie")),
        ("01 - Satie – Gymnopédie.flac", Tags("Gymnopédie", "Satie")),
        ("01. Aria.wav", Tags("Aria")),
        ("03 Aria.wav", Tags("Aria")),
        ("1-07 Aria.wav", Tags("Aria")),
        ("(12) Aria.wav", Tags("Aria")),
        ("Bach - Goldberg - 01 - Aria.wav", Tags("Aria", "Bach", album="Goldberg")),
        ("Bach - Goldberg - 01. Aria.wav", Tags("Aria", "Bach", album="Goldberg")),
        ("99 Luftballons.mp3", Tags("99 Luftballons")),
        ("7.mp3", Tags("7")),
        ("1888 - Gymnopédie.mp3", Tags("Gymnopédie", year=1888)),
        ("A-ha.mp3", Tags("A-ha")),
        ("New\nline\x07.mp3", Tags("New line")),
        ("a\u202egnp.exe\u202c.mp3", Tags("a gnp.exe")),
        ("_.mp3", Tags("Untitled")),
        (" - .mp3", Tags("-")),
        (os.fsdecode("Größe.mp3".encode("latin-1")), Tags("Größe")),
        (os.fsdecode("Кино - Кровь.mp3".encode("cp1251")), Tags("Кровь", "Кино")),
    ],
)
def test_names_of_files(name: str, tags: Tags) -> None:
    assert tags_of_name(Path("/m") / name) == tags


def test_a_name_serves_where_tags_are_missing(tmp_path: Path) -> None:
    path = sound(tmp_path / "Satie - Gymnopédie.flac")
    assert read_tags(path) == Tags("Gymnopédie", "Satie")
    file = FLAC(path)
    file.update({"composer": "Erik Satie"})
    file.save()
    assert read_tags(path) == Tags("Gymnopédie", composer="Erik Satie")


def test_odd_tags_never_raise(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3")
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["\x1b[31mred\r\nline " + "x" * 100_000]))
    tags.add(TCON(encoding=3, text=["(999)"]))
    tags.add(TDRC(encoding=3, text=["0000"]))
    tags.save(path)
    found = read_tags(path)
    assert found.title.startswith("[31mred line xxx") and len(found.title) == 300
    assert found.year is None
    data = bytearray(path.read_bytes())
    for seed in range(30):
        rng = np.random.default_rng(seed)
        broken = bytearray(data[:2000] + data[-5000:])
        broken[10:200] = rng.integers(0, 256, 190, dtype=np.uint8).tobytes()
        path.write_bytes(broken)
        assert read_tags(path).title
    assert read_tags(tmp_path / "missing.mp3").title == "missing"
    write_soundfile(path, chirp(1), format="WAV")
    assert read_tags(path).title == "a"


def test_years() -> None:
    dates = [
        "1888",
        "1888-05-01",
        "01/05/1888",
        "18880501",
        "c. 1888/89",
        "May 1888",
        "0000",
        "88",
        "12345",
        "",
    ]
    assert [year_of(date) for date in dates] == [1888] * 6 + [None] * 4


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str) -> None:
    line = clean(repaired(text))
    assert "\n" not in line and len(line) <= 300 and line == line.strip()
    line.encode()


NAMES = ["AC/DC", "Earth, Wind & Fire", "Simon & Garfunkel"]


def tagged(path: Path, names: list[str]) -> Path:
    """A file of any kind whose artists and genres are these."""
    sound(path)
    if path.suffix == ".mp3":
        tags = ID3()
        for frame in (TPE1, TCON):
            tags.add(frame(encoding=3, text=names))
        tags.add(TIT2(encoding=3, text=["T"]))
        tags.save(path, v2_version=4)
    elif path.suffix == ".m4a":
        file = MP4(path)
        file.update({"©nam": ["T"], "©ART": names, "©gen": names})
        file.save()
    elif path.suffix == ".wma":
        asf = ASF(path)
        asf.update({"Title": ["T"], "Author": names, "WM/Genre": names})
        asf.save()
    else:
        comments = mutagen.File(path)
        comments.update({"title": ["T"], "artist": names, "genre": names})
        comments.save()
    return path


@pytest.mark.parametrize("ending", ["mp3", "flac", "ogg", "m4a", "wma"])
def test_several_artists_are_several(ending: str, tmp_path: Path) -> None:
    tags = read_tags(tagged(tmp_path / f"a.{ending}", NAMES))
    assert names_in(tags.artist) == names_in(tags.genre) == NAMES
    for name in NAMES:
        assert names_in(read_tags(tagged(tmp_path / f"b.{ending}", [name])).artist) == [name]


def test_filters_meet_each_of_several_artists() -> None:
    track = Track("1", "/a.mp3", "T", "John Smith; AC/DC; Anna Jones", "", "", "Jazz; Rock", None, 1.0)
    for name in ("John Smith", "AC/DC", "jones", "John Smith; AC/DC; Anna Jones"):
        assert admits(track, Filters({"artist": name}))
    assert not admits(track, Filters({"artist": "John Jones"}))
    assert not admits(track, Filters({"not_artist": "Anna Jones"}))
    assert admits(track, Filters({"genre": "rock"})) and not admits(track, Filters({"genre": "jazz rock"}))


@pytest.mark.parametrize("version", [3, 4])
def test_a_huge_picture_costs_no_memory(version: int, tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3")
    plain = path.read_bytes()
    tags = id3()
    tags.add(APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(40 << 20)))
    tags.add(COMM(encoding=3, lang="eng", desc="", text=["after the picture"]))
    tags.save(path, v2_version=version)
    assert path.stat().st_size > len(plain) + (40 << 20)
    tracemalloc.start()
    try:
        assert read_tags(path) == WHOLE
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert np.array_equal(read_sound(path).samples, read_sound(sound(tmp_path / "b.mp3")).samples)


def test_tags_are_read_of_ordinary_files_and_known_formats_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "Artist - Pipe.mp3"
    os.mkfifo(pipe)  # opened, it would be waited for without end
    assert read_tags(pipe) == Tags("Pipe", "Artist")
    other = sound(tmp_path / "other.flac")
    file = FLAC(other)
    file.update(VORBIS)
    file.save()
    for text in (f"ffconcat version 1.0\nfile {other}\n", f"#EXTM3U\n#EXTINF:1,x\nfile://{other}\n"):
        path = tmp_path / "list.mp3"
        path.write_text(text)
        assert read_tags(path) == Tags("list")
