"""What the planner does with words that no rule was made for: what is meant, what is left over, what is missing."""

import functools

import pytest

from app.agent.planner.answers.unweighed import unweighed
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from app.agent.planner.parse.conversation import read_talk
from app.agent.planner.parse.sounding import mood_in, sounds
from bench.planner import Conversation

LIKE_THIS = "@find moments like this"


@functools.lru_cache(maxsize=1)
def planner():
    """One for all tests: its text network is opened once."""
    return Planner()


def talked(*turns: str) -> tuple[Conversation, list[dict], str]:
    """The conversation, and the calls and the answer of its last turn; "@" brings a clip."""
    talk = Conversation(planner(), list(TOOLS.values()))
    calls: list[dict] = []
    answer = ""
    for words in turns:
        calls, answer = talk.say(words.lstrip("@"), words.startswith("@"))
    return talk, calls, answer


def said(*turns: str) -> tuple[str, dict]:
    """The first call of the last turn."""
    _, calls, _ = talked(*turns)
    return (calls[0]["name"], calls[0]["args"]) if calls else ("", {})


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        ("nothing with piano", {"not_instrument": "piano"}),
        ("none by bach", {"not_composer": "bach"}),
        ("pas de piano s'il te plaît", {"not_instrument": "piano"}),
    ],
)
def test_what_is_refused_is_a_condition_and_no_wish(words, left_out):
    name, args = said(LIKE_THIS, words)

    assert (name, args["filters"]) == ("find_similar_moments", left_out)


def test_a_refusal_beside_a_number_and_a_likeness():
    name, args = said("@3 like this, none by bach")

    assert (name, args["k"], args["filters"]) == ("find_similar_moments", 3, {"not_composer": "bach"})


def test_one_of_two_composers_is_not_lost():
    assert said("@like this, either Schubert or Schumann")[1]["filters"] == {
        "composer": ["Schubert", "Schumann"]
    }


@pytest.mark.parametrize("words", ["make that mozart", "switch to mozart", "change it to mozart"])
def test_another_composer_takes_the_place(words):
    name, args = said(LIKE_THIS, "just haydn", words)

    assert (name, args["filters"]) == ("find_similar_moments", {"composer": "mozart"})


def test_a_wish_without_a_moment_is_no_likeness_of_a_clip_that_nobody_brought():
    name, args = said("which of my songs is in c minor")

    assert name == "find_by_description"
    assert "minor" in args["description"].lower()


def test_a_complaint_before_anything_was_shown_searches_for_nothing():
    assert said("no se parece en nada") == ("", {})


def test_a_likeness_to_this_is_one_even_where_the_clip_was_forgotten():
    """The tool says what to do; "this" is no description."""
    name, args = said("find moments like this")

    assert (name, args["moment"]) == ("find_similar_moments", "clip")


def test_a_word_of_sound_that_only_the_search_knows_is_no_name():
    assert said("jazzy but not too jazzy")[0] == "find_by_description"
    assert said("spooky, kind of ghostly")[0] == "find_by_description"


def test_any_feeling_is_one():
    name, args = said("feeling homesick")

    assert (name, args["mood"]) == ("recommend_moments", "homesick")


def test_the_most_of_any_quality_keeps_the_quality():
    assert "depressing" in str(said("which is the most depressing song")[1])


def test_a_place_told_in_words_is_looked_for_in_its_title():
    assert said("the part of Der Lindenbaum where the mood changes")[0] == "describe_moment"
    assert said("where else does the theme at 0:05 appear in The Entertainer?")[0] == "find_repeats"


def test_a_title_on_another_instrument_is_a_likeness():
    name, args = said("the opening of the lark in the morning but on a piano")

    assert (name, args["filters"]) == ("find_similar_moments", {"instrument": "piano"})


def test_a_clip_is_remembered_in_the_library_where_nothing_was_found():
    assert said("@remember this for later")[0] == "add_to_library"
    assert said(LIKE_THIS, "remember these for later")[0] == "make_playlist"


def test_a_metre_is_no_division():
    assert said("anything in 3/4?")[0] == "find_by_description"
    assert said("what is 30/4") == ("", {})


def test_more_of_a_result_that_was_praised():
    name, args = said(LIKE_THIS, "the third is great, more of that")

    assert (name, args["moment"].split(":")[0]) == ("find_similar_moments", "#3")


@pytest.mark.parametrize(
    ("words", "left"), [("@find baroque moments like this", "baroque"), ("@similar but romantic", "romantic")]
)
def test_what_a_likeness_cannot_weigh_is_named(words, left):
    talk, _, answer = talked(words)

    note, offered = unweighed(read_talk(talk.messages[:-1]))
    assert left in note
    assert note in answer
    assert [call.args["description"] for call in offered.values() if call] == [left]


def test_a_likeness_that_weighs_all_names_nothing():
    talk, _, _ = talked("@like this but slower, only by bach")

    assert unweighed(read_talk(talk.messages[:-1])) == ("", {})


def test_words_of_sound_are_known_with_their_endings_and_no_small_words_are():
    assert [
        word for word in ("jazzy", "folky", "ghostly", "very", "not", "music", "table") if sounds(word)
    ] == [
        "jazzy",
        "folky",
        "ghostly",
    ]
    assert mood_in("the spookiest thing that is sad and calm") == "spookiest sad"


@pytest.mark.parametrize(
    ("words", "activity"),
    [
        ("Musik zum Tanzen", "dancing"),
        ("musique pour danser", "dancing"),
        ("música para bailar", "dancing"),
        ("музыка для вечеринки", "party"),
        ("muzyka do biegania", "running"),
        ("适合跳舞的音乐", "dancing"),
    ],
)
def test_occasions_are_known_in_other_languages(words, activity):
    name, args = said(words)

    assert name == "recommend_moments"
    assert activity in args["activity"]


@pytest.mark.parametrize("words", ["@이 음악은 무슨 조예요?", "@これは何調ですか", "@这首曲子有多快?"])
def test_a_fact_of_a_clip_whatever_stands_last_in_the_language(words):
    assert said(words)[0] == "describe_moment"


def test_a_complaint_of_none_is_one():
    _, calls, answer = talked(LIKE_THIS, "nothing here sounds right")

    assert not calls
    assert "leave out" in answer


def test_numbers_after_any_verb_of_keeping_are_kept_alone():
    assert said(LIKE_THIS, "store 1, 2 and 4 as Nice")[1]["results"] == ["#1", "#2", "#4"]


def test_initials_are_the_composer_whom_the_tags_name():
    for words in ("what do you have by cpe bach", "harpsichord music by CPE Bach"):
        assert said(words)[1]["filters"]["composer"] == "Carl Philipp Emanuel Bach"
    assert said("what do you have by C.P.E. Bach")[1]["filters"]["composer"] == "C.P.E. Bach"
    assert said("what do you have by js bach")[1]["filters"]["composer"] == "Johann Sebastian Bach"
    assert said("what do you have by clara schumann")[1]["filters"]["composer"] == "clara schumann"
