"""What each tool returns: words with measured facts, and plain JSON for the page."""

import json

import pytest
from small_library import FULL, TRACKS, SmallLibrary, hit

from index.catalogue.jobs import Job
from index.catalogue.values import Failure
from index.core.errors import AudioReadError, EmptyLibraryError, LibraryError, QueryError, UnknownHitError
from index.core.hits import Hit
from index.core.tracks import Clip
from tools import all_tools
from tools.add_to_library import add_to_library
from tools.compare_moments import compare_moments
from tools.describe_moment import describe_moment
from tools.explain_match import explain_match
from tools.find_repeats import find_repeats
from tools.find_similar_moments import find_similar_moments
from tools.library_status import library_status
from tools.make_playlist import make_playlist
from tools.search_library import search_library
from tools.session import Search, Session, says_no, says_yes

CLIP = Clip("c1", "/c1.wav", "first.wav", 12.0)


@pytest.fixture
def library(tmp_path):
    return SmallLibrary(tmp_path)


def after(session, answer, call_id="call1"):
    """The session in the turn after a search."""
    hits = tuple(Hit.from_record(record) for record in answer.data["hits"])
    return Session(
        session.library, session.clips, (*session.searches, Search(call_id, answer.data["query"], hits))
    )


def test_names_and_arguments_are_the_contract():
    import inspect

    contract = {
        "find_similar_moments": {
            "moment": "clip",
            "k": 5,
            "emphasis": None,
            "filters": None,
            "exclude_same_track": True,
            "diversity": "balanced",
        },
        "find_repeats": {"moment": inspect.Parameter.empty},
        "describe_moment": {"moment": inspect.Parameter.empty},
        "explain_match": {"result": inspect.Parameter.empty},
        "compare_moments": {"first": inspect.Parameter.empty, "second": inspect.Parameter.empty},
        "search_library": {"text": "", "filters": None},
        "make_playlist": {"results": "all", "name": "", "format": "m3u8"},
        "add_to_library": {"source": "clip"},
        "library_status": {},
    }
    for tool in all_tools():
        parameters = list(inspect.signature(tool).parameters.values())[1:]
        if tool.__name__ in contract:
            assert {one.name: one.default for one in parameters} == contract[tool.__name__]
    assert contract.keys() <= {tool.__name__ for tool in all_tools()}


def test_similar_moments(library):
    session = Session(library, (CLIP,))
    answer = find_similar_moments(
        session, k=3, emphasis={"melody": 2}, filters={"composer": "Bach"}, diversity="closest"
    )
    query = library.queries[0]
    assert (query.k, query.emphasis, query.filters.conditions, query.diversity) == (
        3,
        {"melody": 2},
        {"composer": "Bach"},
        "closest",
    )
    assert answer.data["kind"] == "hits"
    assert [record["rank"] for record in answer.data["hits"]] == [1, 2, 3]
    assert Hit.from_record(answer.data["hits"][0]).track == TRACKS[0]
    assert json.loads(json.dumps(answer.data)) == answer.data
    assert "#1 “Gymnopédie No. 1” by Erik Satie, 0:05-0:15: likeness 0.99, confidence 0.30" in answer.text
    assert "Searched for: “first.wav”, 0:00-0:12." in answer.text
    assert not answer.data["weak"]


def test_a_clip_that_is_in_the_library_is_said_first(library):
    library.itself = True
    answer = find_similar_moments(Session(library, (CLIP,)))
    assert answer.data["itself"] == 1
    assert answer.text.index("in the library: #1 “Gymnopédie No. 1”") < answer.text.index("#2")


def test_a_best_hit_that_is_not_alike_is_said_to_be_weak(library):
    library.weak = True
    answer = find_similar_moments(Session(library, (CLIP,)))
    assert answer.data["weak"]
    assert "None is really alike" in answer.text


def test_fewer_than_asked_for_is_said(library):
    assert "Only 5 of 9 asked for were found" in find_similar_moments(Session(library, (CLIP,)), k=9).text


def test_a_whole_song_offers_its_passages(library):
    song = Clip("c2", "/c2.mp3", "song.mp3", 240.0)
    answer = find_similar_moments(Session(library, (song,)))
    assert answer.data["offers"][0]["moment"] == "clip @ 0:40-0:50"
    assert "most characteristic passage" in answer.text
    assert library.queries[0].passage.start_s == 40.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"emphasis": {"loudness": 2}},
        {"filters": {"mood": "sad"}},
        {"filters": {"key_mode": "dorian"}},
        {"filters": {"year_from": "early"}},
        {"k": 0},
        {"diversity": "wild"},
        {"emphasis": {"harmony": -1}},
    ],
)
def test_wrong_arguments_are_clear_sentences(library, wrong):
    with pytest.raises(QueryError) as caught:
        find_similar_moments(Session(library, (CLIP,)), **wrong)
    assert str(caught.value).endswith(".")


def test_an_empty_library_says_how_to_fill_it(tmp_path):
    with pytest.raises(EmptyLibraryError, match="reprise add"):
        find_similar_moments(Session(SmallLibrary(tmp_path, music=()), (CLIP,)))


def test_explain_uses_the_query_that_found_the_result(library):
    session = Session(library, (CLIP,))
    session = after(session, find_similar_moments(session, k=4, emphasis={"rhythm": 0}))
    answer = explain_match(session, "#2")
    query = library.queries[-1]
    assert (query.passage.source, query.k, query.emphasis) == (CLIP, 4, {"rhythm": 0})
    assert answer.data["hit"]["rank"] == 2
    assert "harmony: likeness 0.97, 60 % of the score." in answer.text
    assert "a minor third higher" in answer.text


def test_describe(library):
    answer = describe_moment(Session(library, (CLIP,)), "clip @ 0:02-0:06")
    assert answer.data["moment"] == {
        "moment": "clip @ 0:02-0:06",
        "source": "clip",
        "id": "c1",
        "name": "first.wav",
        "author": "",
        "start_s": 2.0,
        "end_s": 6.0,
    }
    assert "“first.wav”, 0:02-0:06: Soft, unhurried music in D major." in answer.text
    assert "0:02 D, -30 dB" in answer.text


def test_compare(library):
    answer = compare_moments(Session(library, (CLIP,)), "clip", "Pavane @ 0:10")
    assert (answer.data["first"]["name"], answer.data["second"]["name"]) == ("first.wav", "Pavane")
    assert "“first.wav”, 0:00-0:12 and “Pavane”, 0:10-0:20." in answer.text


def test_repeats(library):
    answer = find_repeats(Session(library), "Gymnopédie No. 1 @ 0:10")
    assert answer.data["kind"] == "hits"
    assert answer.data["hits"][0]["moment"]["start_s"] == 50.0


def test_repeats_of_a_whole_clip_are_refused_with_advice(library):
    with pytest.raises(QueryError, match="name a passage in it"):
        find_repeats(Session(library, (CLIP,)), "clip")


def test_search_by_tags(library):
    answer = search_library(Session(library), filters={"composer": "bach"})
    assert answer.data["total"] == 1
    assert answer.text == "1 track.\n“Prelude in C major” by Johann Sebastian Bach, 1722, 1:30"


def test_search_says_which_filters_tags_cannot_meet(library):
    answer = search_library(Session(library), filters={"key_mode": "minor"})
    assert answer.data["left_aside"] == ["key_mode"]
    assert answer.data["filters"] == {}
    assert "Left aside: key_mode" in answer.text


def test_search_finds_nothing(library):
    assert search_library(Session(library), "Bolero").text == "No track fits."


def test_status_with_a_job_and_failures(library):
    library.job = Job(1, "/music", 3, 9, 0, 0.0, 5.0, "x", 0.0, 0.0)
    library.failures = (Failure("/music/bad\nname.mp3", "it is empty"),)
    answer = library_status(Session(library))
    assert "3 of 9 files" in answer.text
    assert "bad name.mp3: it is empty" in answer.text
    assert json.loads(json.dumps(answer.data)) == answer.data


# --- playlists --------------------------------------------------------------------------------------------


def searched(library):
    session = Session(library, (CLIP,))
    return after(session, find_similar_moments(session))


def test_a_playlist_starts_and_stops_at_the_second(library):
    answer = make_playlist(searched(library), ["#1", "#3"], "Evening: a / walk")
    path = library.home / "playlists" / "Evening_ a _ walk.m3u8"
    assert answer.data["path"] == str(path)
    assert path.read_text(encoding="utf-8") == (
        "#EXTM3U\n#PLAYLIST:Evening: a / walk\n"
        "#EXTINF:10,Erik Satie - Gymnopédie No. 1 (0:05-0:15)\n"
        "#EXTVLCOPT:start-time=5.00\n#EXTVLCOPT:stop-time=15.00\n/music/1.ogg\n"
        "#EXTINF:10,Johann Sebastian Bach - Prelude in C major (0:15-0:25)\n"
        "#EXTVLCOPT:start-time=15.00\n#EXTVLCOPT:stop-time=25.00\n/music/3.ogg\n"
    )


def test_a_playlist_never_overwrites_another(library):
    session = searched(library)
    first = make_playlist(session, name="Summer")
    second = make_playlist(session, name="Summer")
    assert first.data["path"] != second.data["path"]
    assert len(first.data["hits"]) == 5


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a\nb", "\0", "x" * 500])
def test_a_playlist_stays_in_its_folder(library, name):
    from pathlib import Path

    path = Path(make_playlist(searched(library), name=name).data["path"])
    assert path.parent == library.home / "playlists"
    assert path.exists()


def test_a_playlist_of_nothing_is_refused(library):
    with pytest.raises(UnknownHitError, match="search first"):
        make_playlist(Session(library))


def test_an_unknown_format_is_refused(library):
    with pytest.raises(QueryError, match="m3u8"):
        make_playlist(searched(library), format="docx")


def test_odd_paths_become_addresses(library):
    from dataclasses import replace

    from index.playlists.formats import m3u8

    odd = replace(TRACKS[0], path="/music/a\nb #1.ogg")
    assert "file:///music/a%0Ab%20%231.ogg" in m3u8("x", [hit(1, odd)])


# --- adding -----------------------------------------------------------------------------------------------


def test_a_clip_is_copied_and_added_at_once(library, tmp_path):
    sound = tmp_path / "stored.wav"
    sound.write_bytes(b"sound")
    clip = Clip("c1", str(sound), "My Song?.wav", 12.0)
    answer = add_to_library(Session(library, (clip,)))
    kept = tmp_path / "music" / "My Song.wav"
    assert kept.read_bytes() == b"sound"
    assert library.added == [kept]
    assert answer.data["kind"] == "added" and not answer.data["running"]
    add_to_library(Session(library, (clip,)))
    assert library.added == [kept, kept]


def test_another_clip_of_the_same_name_does_not_replace_it(library, tmp_path):
    for number in (1, 2):
        sound = tmp_path / f"{number}.wav"
        sound.write_bytes(bytes([number]))
        add_to_library(Session(library, (Clip(str(number), str(sound), "same.wav", 12.0),)))
    assert [path.name for path in library.added] == ["same.wav", "same 2.wav"]


def test_a_folder_is_asked_about_first(library, tmp_path):
    folder = tmp_path / "songs"
    folder.mkdir()
    asked = add_to_library(Session(library, said=f"add {folder}"), str(folder))
    assert asked.data["kind"] == "question"
    assert library.added == []
    confirmed = Session(library, said="yes please", pending=asked.data["pending"])
    assert add_to_library(confirmed, str(folder)).data["kind"] == "added"
    assert library.added == [folder]


@pytest.mark.parametrize("said", ["no", "not now", "find moments like this", "yes but not that one", ""])
def test_without_a_yes_it_is_asked_again(library, tmp_path, said):
    pending = {"tool": "add_to_library", "source": str(tmp_path)}
    answer = add_to_library(Session(library, said=said, pending=pending), str(tmp_path))
    assert answer.data["kind"] == "question"
    assert library.added == []


def test_a_yes_to_another_folder_does_not_count(library, tmp_path):
    pending = {"tool": "add_to_library", "source": "/elsewhere"}
    answer = add_to_library(Session(library, said="yes", pending=pending), str(tmp_path))
    assert answer.data["kind"] == "question"


def test_a_big_folder_goes_on_in_the_background(library, tmp_path):
    pending = {"tool": "add_to_library", "source": str(tmp_path)}
    started = []

    def start(folder, wait_s):
        started.append(folder)
        return False

    answer = add_to_library(Session(library, said="yes", pending=pending, start_adding=start), str(tmp_path))
    assert started == [tmp_path]
    assert answer.data["running"]
    assert "in the background" in answer.text


def test_a_file_that_is_no_sound_is_a_clear_sentence(library, tmp_path):
    (tmp_path / "bad.mp3").write_text("x")
    with pytest.raises(AudioReadError, match=r"bad\.mp3 could not be read: it is no sound"):
        add_to_library(Session(library), str(tmp_path / "bad.mp3"))


def test_a_reason_that_has_nothing_to_do_with_the_file_stands_alone(library, tmp_path):
    (tmp_path / "full.mp3").write_text("x")
    with pytest.raises(LibraryError) as told:
        add_to_library(Session(library), str(tmp_path / "full.mp3"))
    assert str(told.value) == FULL


def test_a_path_that_is_not_there(library):
    with pytest.raises(QueryError, match="no file or folder"):
        add_to_library(Session(library), "/nowhere/at/all")


@pytest.mark.parametrize("words", ["yes", "Yes!", "y", "sure, go ahead", "ok", "please do", "yep", "ja"])
def test_yes(words):
    assert says_yes(words) and not says_no(words)


@pytest.mark.parametrize("words", ["no", "No thanks", "don't", "stop", "nope, cancel that"])
def test_no(words):
    assert says_no(words) and not says_yes(words)


@pytest.mark.parametrize("words", ["yes, but not now", "find moments like this", "", "yesterday"])
def test_neither_a_yes(words):
    assert not says_yes(words)
