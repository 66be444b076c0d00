"""Titles of a library within a sentence, and what a newer word of a wish takes the place of."""

from dataclasses import replace

import pytest
from small_library import TRACKS, SmallLibrary

from app.agent.planner.decide.wish_words import TEMPO, with_newer, without_quantity
from app.agent.planner.parse.facts import facts_asked
from app.agent.planner.parse.named_titles import NamedTitles, in_quotes
from bench.planner import Conversation as Asked
from demo.pieces import pieces
from index.core.tracks import Track
from index.text.titles import words


def names(finder: NamedTitles, said: str, titles: list[str], generation: int) -> list[str]:
    """What names a title, as it was written."""
    return [said[start:end] for start, end in finder.spans(said, titles, generation)]


@pytest.fixture(scope="module")
def named():
    titles = [piece.title for piece in pieces()]
    finder = NamedTitles()
    return lambda words: names(finder, words, titles, 0)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("what mixes well outta maple leaf rag at 0:45", ["maple leaf rag"]),
        (
            "Compare the harmony of Der Lindenbaum with Innsbruck, ich muss dich lassen",
            ["Der Lindenbaum", "Innsbruck, ich muss dich lassen"],
        ),
        ("Suche was Ähnliches wie die ersten zehn Sekunden von Garryowen", ["Garryowen"]),
        ("smth like garyowen at 11 seconds", ["garyowen"]),
        ("what key is la donna e mobile in?", ["la donna e mobile"]),
        ("where does the theme of K. 545 recur", ["K. 545"]),
        ("find a mazurka in c sharp minor", []),
        ("list my favorite songs", []),
        ("ich will etwas Ruhiges", []),
        ("the first movement of a string quartet in g major", []),
    ],
)
def test_titles_are_found_in_sentences(named, words, names):
    assert named(words) == names


def test_titles_are_read_anew_when_the_library_has_changed():
    finder = NamedTitles()
    assert names(finder, "like garryowen", ["Yankee Doodle"], 1) == []
    assert names(finder, "like garryowen", ["Garryowen"], 2) == ["garryowen"]


def test_a_name_in_quotes_is_not_quoted_twice():
    assert in_quotes('like "Garryowen" and Garryowen', ["Garryowen", "Garryowen"]) == (
        'like "Garryowen" and “Garryowen”'
    )


@pytest.mark.parametrize(
    ("wish", "said", "now"),
    [
        ("slow sad", ["quicker"], "sad, quick"),
        ("something very slow and sad", ["faster"], "something sad, fast"),
        ("oboe", ["sad"], "oboe, sad"),
        ("happy flute music", ["sad"], "flute music, sad"),
    ],
)
def test_a_newer_word_takes_the_place_of_the_same_quantity(wish, said, now):
    assert with_newer(wish, said) == now


def test_a_quantity_is_forgotten():
    assert without_quantity("slow, sad piano", TEMPO) == "sad piano"


@pytest.mark.parametrize(
    ("turns", "name", "args"),
    [
        (["smth slow n sad", "no, quicker"], "recommend_moments", {"mood": "sad, quick", "k": 5}),
        (
            ["slow sad piano", "no, faster"],
            "find_by_description",
            {"description": "sad piano", "k": 5, "filters": {"tempo_min": 120}},
        ),
        (["slow sad piano", "forget the speed"], "find_by_description", {"description": "sad piano", "k": 5}),
        (["got any guitar?"], "find_by_description", {"description": "any guitar", "k": 5}),
        (
            ["I used to sing Palestrina in the cathedral. Please show me what you have of his."],
            "search_library",
            {"filters": {"composer": "Palestrina"}},
        ),
        (["sad piano", "thats lovely. Save the first 2 n call em Night"], "make_playlist",
         {"results": ["#1", "#2"], "name": "Night", "format": "m3u8"}),
        (["loudest bit of maple leaf rag"], "describe_moment", {"moment": "maple leaf rag @ the loudest bit"}),
        (["where does maple leaf rag get quiet"], "describe_moment",
         {"moment": "maple leaf rag @ where it get quiet"}),
        (["where in maple leaf rag do the drums come in"], "describe_moment",
         {"moment": "maple leaf rag @ where the drums come in"}),
        (["how does maple leaf rag end"], "describe_moment", {"moment": "maple leaf rag @ last 0:10"}),
        (["does maple leaf rag have drums"], "describe_moment", {"moment": "maple leaf rag"}),
        (["is there singing in maple leaf rag"], "describe_moment", {"moment": "maple leaf rag"}),
        (["what genre is maple leaf rag"], "describe_moment", {"moment": "maple leaf rag"}),
        (["slow sad piano", "something with a beat thats not too fast"], "find_by_description",
         {"description": "a beat thats not too fast", "k": 5}),
        (["sad piano", "the one at the bottom why is it there"], "explain_match", {"result": "#5"}),
        (["find the part in maple leaf rag with strings"], "describe_moment",
         {"moment": "maple leaf rag @ where strings plays"}),
        (["does anything in my library sound like super mario"], "find_similar_moments",
         {"moment": "super mario", "k": 5, "exclude_same_track": True, "diversity": "balanced"}),
        (["quiet songs only"], "find_by_description", {"description": "quiet songs", "k": 5}),
        (["slow sad piano", "which of my tracks are the longest"], "library_status", {}),
    ],
)  # fmt: skip
def test_wishes_of_plain_people(turns, name, args):
    from app.agent.planner.decide.calls import TOOLS
    from app.agent.planner.model import Planner

    talk = Asked(Planner(), list(TOOLS.values()))
    for turn in turns:
        calls, _ = talk.say(turn, False)
    made = {key: value for key, value in calls[0]["args"].items() if value not in ("", {})}
    assert (calls[0]["name"], made) == (name, args)


def test_a_title_that_is_corrected_is_known_by_its_new_name(tmp_path, monkeypatch):
    from app.agent.inputs.titles import TitlesNamed

    tracks = list(TRACKS)
    library = SmallLibrary(tmp_path)
    monkeypatch.setattr(library, "tracks", lambda *_: tracks)
    titles = TitlesNamed(library)
    assert titles.named_in("something like garryowen") == []
    tracks[1] = replace(tracks[1], title="Garryowen")
    assert titles.named_in("something like garryowen") == ["garryowen"]


def test_going_to_a_result_is_no_search():
    from app.agent.planner.decide.calls import TOOLS
    from app.agent.planner.model import Planner

    talk = Asked(Planner(), list(TOOLS.values()))
    talk.say("sad piano", False)
    calls, answer = talk.say("skip to the 3rd", False)
    assert calls == []
    assert "player" in answer


def test_a_moment_asked_after_by_how_it_sounds_is_no_year():
    assert facts_asked("when is <m0> <t1>") == ()
    assert facts_asked("when is <m0> from") == ("year",)


PLAIN_NAMES = [
    replace(TRACKS[0], title="Menu", path="menu.opus"),
    replace(TRACKS[1], title="track22", path="track22.opus"),
    replace(TRACKS[2], title="Super Tux - Fortress", path="fortress_old.ogg"),
    replace(TRACKS[3], title="Night Walk", path="b.mp3"),
    replace(TRACKS[0], id="piano", title="Slow Piano", path="c.mp3"),
]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("loudest bit of menu", ["menu"]),
        ("where does menu get quiet", ["menu"]),
        ("where in track22 do the drums come in", ["track22"]),
        ("does track 22 have drums", ["track 22"]),
        ("what mood is fortress", ["fortress"]),
        ("the end of night walk please", ["night walk"]),
        ("the end of slow piano", ["slow piano"]),
        ("moments like fortress_old", ["fortress_old"]),
        ("something in slow piano", []),  # how it sounds
        ("is there a night in it", []),
        ("lots of menu", []),
        ("music for a walk", []),
    ],
)
def test_a_title_of_common_words_is_named_where_there_is_room_for_one(said, named):
    from app.agent.inputs.titles import TitlesNamed

    class Shelf:
        def tracks(self, text: str = "") -> list[Track]:
            asked = set(words(text))
            return [one for one in PLAIN_NAMES if asked <= {*words(one.title), *words(one.path)}]

    assert TitlesNamed(Shelf()).named_in(said) == named


def test_letters_that_nobody_types_are_no_part_of_a_word():
    from index.text.titles import closeness, words

    assert words("Aloha ʻOe") == ["aloha", "oe"]
    assert closeness("aloha oe", "Aloha ʻOe") == 1.0
