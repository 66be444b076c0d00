"""Playlists in every format, read back by parsers that are not ours; the joined sound; where files may go."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import av
import numpy as np
import pytest
import soundfile
from small_library import TRACKS, SmallLibrary, hit

from index.audio.mixdown import AUDIO, FADE_S, RATE_HZ, crossfaded, join, moment_sound
from index.catalogue.catalogue import Catalogue
from index.catalogue.playlists import Item
from index.core.errors import AudioReadError, QueryError
from index.core.moments import Moment
from index.playlists.files import FORMATS, file_stem, free_path, known_format, write_playlist
from index.playlists.formats import WRITERS, as_csv, as_json, cue, mpv, xspf
from tools.make_playlist import make_playlist
from tools.session import Search, Session

NASTY = "a\n\"b\", 'c'; =d & <e> 🎵 %5%\r#EXTVLCOPT:x"
XSPF = "{http://xspf.org/ns/0/}"
VLC = "{http://www.videolan.org/vlc/playlist/ns/0/}"


@pytest.fixture
def music(tmp_path):
    """Two tracks: one in stereo, left 200 Hz and right 300 Hz; one in mono, 500 Hz, with a name full of traps."""
    times = np.arange(40 * 22050) / 22050
    tones = [0.4 * np.sin(2 * np.pi * hertz * times) for hertz in (200, 300, 500)]
    stereo, mono = tmp_path / "stereo.wav", tmp_path / "it's, 'mono' #1 % 🎵.flac"
    soundfile.write(stereo, np.stack(tones[:2], axis=1), 22050)
    soundfile.write(mono, tones[2], 22050)
    one = replace(TRACKS[0], path=str(stereo))
    two = replace(TRACKS[1], path=str(mono), title=NASTY, composer=NASTY)
    return [Item(one, Moment("id1", 5.0, 15.0)), Item(two, Moment("id2", 20.5, 30.5))]


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_no_name_breaks_a_line(music, form):
    text = WRITERS[form](NASTY, music)
    assert text == WRITERS[form](NASTY, music)
    if form in ("m3u8", "mpv", "cue"):
        assert "\r" not in text
        assert all(
            line.startswith(("#", "edl://", "/", "FILE", "TITLE", "  TRACK", "    "))
            for line in text.splitlines()
        )
        assert not any(line.startswith("#EXTVLCOPT:x") for line in text.splitlines())


def test_mpv_gets_names_by_their_length(music):
    entries = [line for line in mpv("x", music).splitlines() if not line.startswith("#")]
    assert len(entries) == 2
    for entry, item in zip(entries, music, strict=True):
        rest = entry.removeprefix("edl://").encode()
        match = re.match(rb"%(\d+)%(.*)", rest)
        assert match is not None
        length, rest = match.groups()
        assert rest[: int(length)].decode() == item.track.path
        fields = rest[int(length) :].decode()
        assert fields.startswith(f",start={item.moment.start_s:.3f},length=10.000,title=%")
        counted = re.search(r"title=%(\d+)%(.*)$", fields)
        assert counted is not None
        assert len(counted[2].encode()) == int(counted[1])


def test_xspf_is_read_by_an_xml_parser(music):
    root = ElementTree.fromstring(xspf(NASTY, music))
    assert root.tag == f"{XSPF}playlist"
    tracks = root.findall(f"{XSPF}trackList/{XSPF}track")
    assert len(tracks) == 2
    for track, item in zip(tracks, music, strict=True):
        address = urlparse(track.findtext(f"{XSPF}location"))
        assert (address.scheme, unquote(address.path)) == ("file", item.track.path)
        options = [option.text for option in track.iter(f"{VLC}option")]
        assert options == [f"start-time={item.moment.start_s:.2f}", f"stop-time={item.moment.end_s:.2f}"]
    assert tracks[1].findtext(f"{XSPF}creator") == re.sub("[\n\r]", " ", NASTY)


def test_a_cue_sheet_is_read_strictly(music):
    words = [shlex.split(line, posix=True) for line in cue("My mix", music).replace("'", "").splitlines()]
    assert words[0] == ["TITLE", "My mix"]
    files = [each for each in words if each[0] == "FILE"]
    assert [each[2] for each in files] == ["WAVE", "WAVE"]
    assert [each[1:] for each in words if each[0] == "TRACK"] == [["01", "AUDIO"], ["02", "AUDIO"]]
    times = {each[0]: each[-1] for each in words[-2:]}
    assert times == {"REM": "00:30:38", "INDEX": "00:20:38"}
    late = Item(TRACKS[0], Moment("id1", 6000.0, 6010.0))
    assert "INDEX 01 100:00:00" in cue("x", [late])


def test_a_cue_sheet_says_what_it_cannot_hold(music):
    odd = Item(replace(TRACKS[0], path='/music/a "b".wav'), music[0].moment)
    with pytest.raises(QueryError, match="cannot write the name"):
        cue("x", [odd])
    with pytest.raises(QueryError, match="at most 99"):
        cue("x", music * 50)


def test_a_table_holds_no_formulas(music):
    formula = Item(replace(TRACKS[0], title="=HYPERLINK(1)", composer="-1+1"), music[0].moment)
    rows = list(csv.DictReader(io.StringIO(as_csv("x", [*music, formula]))))
    assert [row["start_s"] for row in rows] == ["5.0", "20.5", "5.0"]
    assert [row["end"] for row in rows] == ["0:15", "0:30.5", "0:15"]
    assert rows[1]["path"] == music[1].track.path
    assert rows[2]["title"] == "'=HYPERLINK(1)"
    assert rows[2]["author"] == "'-1+1"


def test_json_holds_names_as_they_are(music):
    told = json.loads(as_json(NASTY, music))
    assert told["name"] == NASTY
    assert told["moments"][1]["title"] == NASTY
    assert told["moments"][1]["track"] == music[1].track.path


# --- the joined sound -------------------------------------------------------------------------------------


def loudness(samples, hertz, at_s, rate=RATE_HZ):
    """The level of a tone around a time, 1 for a full one of 0.4."""
    part = samples[round((at_s - 0.05) * rate) : round((at_s + 0.05) * rate)]
    times = np.arange(len(part)) / rate
    return 2 * abs(np.mean(part * np.exp(-2j * np.pi * hertz * times))) / 0.4


@pytest.mark.parametrize("kind", sorted(AUDIO))
def test_moments_are_joined_with_chapters(music, tmp_path, kind):
    path = tmp_path / "made" / f"mix.{kind}"
    path.parent.mkdir()
    done = join("My “mix”", music, path)
    assert done.failed == ()
    with av.open(str(path)) as container:
        chapters = container.chapters()
        starts = [float(each["start"] * (each["time_base"] or 0)) for each in chapters]
        titles = [each["metadata"]["title"] for each in chapters]
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(20 - FADE_S, abs=0.1)
        heard = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
    assert starts == pytest.approx([0.0, 10 - FADE_S], abs=0.002)
    assert titles == [
        "Erik Satie: Gymnopédie No. 1 (0:05-0:15)",
        f"{plain(NASTY)}: {plain(NASTY)} (0:20.5-0:30.5)",
    ]
    assert len(heard)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def plain(text):
    return re.sub("[\n\r]", " ", text)


def test_each_moment_is_heard_in_its_place_and_the_fade_keeps_the_level(music, tmp_path):
    path = tmp_path / "mix.flac"
    join("x", music, path)
    samples, rate = soundfile.read(path)
    assert rate == RATE_HZ
    assert loudness(samples[:, 0], 200, 5) == pytest.approx(1, abs=0.02)
    assert loudness(samples[:, 1], 300, 5) == pytest.approx(1, abs=0.02)
    assert loudness(samples[:, 1], 200, 5) < 0.02
    assert loudness(samples[:, 0], 500, 14) == pytest.approx(1, abs=0.02)
    assert loudness(samples[:, 1], 500, 14) == pytest.approx(1, abs=0.02)
    assert loudness(samples[:, 0], 500, 8) < 0.02
    middle = 10 - FADE_S / 2
    assert loudness(samples[:, 0], 200, middle) == pytest.approx(0.5**0.5, abs=0.05)
    assert loudness(samples[:, 0], 500, middle) == pytest.approx(0.5**0.5, abs=0.05)
    assert np.abs(samples[-100:]).max() < 0.01


def test_a_fade_is_never_longer_than_a_third_of_a_moment():
    short, long = np.ones((300, 2), np.float32), np.ones((RATE_HZ * 9, 2), np.float32)
    chapters, whole = crossfaded([("a", long), ("b", short), ("c", long)])
    assert len(whole) == 2 * len(long) + 300 - 200
    assert [round(each.start_s * RATE_HZ) for each in chapters] == [0, len(long) - 100, len(long) + 100]


def test_a_track_that_is_gone_is_left_out_and_said(music, tmp_path):
    gone = Item(replace(TRACKS[2], path=str(tmp_path / "gone.mp3")), Moment("id3", 0.0, 10.0))
    written = write_playlist(tmp_path / "x.m4a", "m4a", "x", [gone, *music])
    assert written.failed == ("gone.mp3 could not be read: there is no such file.",)
    with av.open(str(tmp_path / "x.m4a")) as container:
        assert len(container.chapters()) == 2
    with pytest.raises(QueryError, match="None of the moments"):
        write_playlist(tmp_path / "y.m4a", "m4a", "x", [gone])
    assert not list(tmp_path.glob("*y*"))
    assert write_playlist(tmp_path / "x.csv", "csv", "x", [gone]).failed == (
        f"{tmp_path}/gone.mp3 is not there now.",
    )


def test_many_channels_and_one_become_two(tmp_path):
    times = np.arange(22050) / 22050
    tones = [0.2 * np.sin(2 * np.pi * hertz * times) for hertz in (200, 300, 400, 500)]
    for ending, channels in (("wav", 4), ("flac", 4), ("ogg", 1)):
        path = tmp_path / f"x.{ending}"
        soundfile.write(path, np.stack(tones[:channels], axis=1), 22050)
        item = Item(replace(TRACKS[0], path=str(path)), Moment("id1", 0.0, 1.0))
        heard = moment_sound(item, rate_hz=0)
        assert heard.samples.shape == (22050, 2)
        left, right = heard.samples.T
        if channels == 1:
            assert np.array_equal(left, right)
        else:
            assert loudness(left, 200, 0.5, 22050) == pytest.approx(0.5, abs=0.01)
            assert loudness(right, 300, 0.5, 22050) == pytest.approx(0.5, abs=0.01)
            assert loudness(right, 200, 0.5, 22050) < 0.01
            assert loudness(left, 400, 0.5, 22050) == pytest.approx(0.25, abs=0.01)


def test_what_is_no_sound_is_refused(tmp_path):
    (tmp_path / "x.wav").write_text("no sound")
    with pytest.raises(AudioReadError):
        moment_sound(Item(replace(TRACKS[0], path=str(tmp_path / "x.wav")), Moment("id1", 0.0, 1.0)))


# --- names and places -------------------------------------------------------------------------------------


def test_formats_have_other_names():
    assert [known_format(name) for name in ("M3U", ".xspf", "audio", "edl")] == ["m3u8", "xspf", "m4a", "mpv"]
    assert FORMATS[0] == "m3u8"
    with pytest.raises(QueryError, match="xspf, cue"):
        known_format("docx")


@pytest.mark.parametrize(
    ("name", "stem"),
    [("Évening 🎵", "Évening 🎵"), ('a/b:c"d\n', "a_b_c_d"), ("...", "Playlist"), ("🎵" * 200, "🎵" * 45)],
)
def test_file_names_stay_near_the_name(name, stem, tmp_path):
    assert file_stem(name) == stem
    (tmp_path / f"{file_stem(name)}.mpv.m3u8").touch()
    assert free_path(tmp_path, name, "m3u8").name == f"{stem} 2.m3u8"
    assert free_path(tmp_path, name, "csv").name == f"{stem}.csv"


@pytest.fixture
def searched(tmp_path):
    (tmp_path / "home").mkdir()
    library = SmallLibrary(tmp_path / "home")
    return Session(library, searches=(Search("c", {"name": "x"}, (hit(1, TRACKS[0]), hit(2, TRACKS[1]))),))


def test_a_playlist_has_a_twin_for_mpv_and_is_kept(searched):
    answer = make_playlist(searched, name="Summer")
    path, twin = Path(answer.data["path"]), Path(answer.data["twin"])
    assert (path.name, twin.name) == ("Summer.m3u8", "Summer.mpv.m3u8")
    assert "edl://" in twin.read_text(encoding="utf-8")
    kept = Catalogue(searched.library.home).playlists.find("summer")
    assert kept is not None
    assert [item.moment for item in kept.items] == [found.moment for found in searched.hits]


def test_an_ending_of_the_name_is_its_format(searched):
    answer = make_playlist(searched, name="Summer.xspf")
    assert (answer.data["name"], answer.data["format"]) == ("Summer", "xspf")
    assert Path(answer.data["path"]).name == "Summer.xspf"


def test_another_folder_is_asked_about_first(searched, tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    searched.library.catalogue.folders.note([folder])
    name = str(folder / "lists" / "Summer")
    asked = make_playlist(searched, ["#1"], name, "csv")
    assert asked.data["kind"] == "question"
    assert str(folder / "lists" / "Summer.csv") in asked.data["question"]
    assert not (folder / "lists").exists()
    no = replace(searched, pending=asked.data["pending"], said="no")
    assert make_playlist(no, ["#1"], name, "csv").data["kind"] == "question"
    other = replace(searched, pending={**asked.data["pending"], "name": "/etc/x"}, said="yes")
    assert make_playlist(other, ["#1"], name, "csv").data["kind"] == "question"
    yes = replace(searched, pending=asked.data["pending"], said="yes")
    answer = make_playlist(yes, ["#1"], name, "csv")
    assert answer.data["path"] == str(folder / "lists" / "Summer.csv")
    assert Path(answer.data["path"]).is_file()


def test_a_folder_that_is_none_of_the_librarys_is_not_written_into(searched, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "private").mkdir()
    (tmp_path / "music" / "link").symlink_to(tmp_path / "private")
    searched.library.catalogue.folders.note([tmp_path / "music"])
    for name in (
        f"{tmp_path}/private/x",
        f"{tmp_path}/music/../private/x",
        f"{tmp_path}/music/link/x",
        "~/x",
    ):
        answer = make_playlist(searched, name=name)
        assert answer.data["elsewhere"]
        assert Path(answer.data["path"]).parent == searched.library.home / "playlists"
        assert "must be folders of your library" in answer.text
    assert list((tmp_path / "private").iterdir()) == []


def test_folders_of_an_older_home_are_those_of_its_files(tmp_path):
    from index.catalogue.catalogue import KnownFile, NewTrack

    catalogue = Catalogue(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    catalogue.put(KnownFile(str(tmp_path / "a" / "1.ogg"), "id1", 1, 1), NewTrack(TRACKS[0], 3, -20.0))
    assert catalogue.folders.given() == [tmp_path / "a"]
    catalogue.folders.note([tmp_path / "b", tmp_path / "a" / "1.ogg"])
    assert catalogue.folders.given() == [tmp_path / "b"]
    catalogue.folders.forget(tmp_path)
    assert catalogue.folders.given() == [tmp_path / "a"]
