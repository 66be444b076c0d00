"""Kinds of wishes that strangers typed: short forms, slips in names, two titles, conditions that come and go."""

from typing import Any

import pytest

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.plan import Step, next_step
from app.agent.planner.decide.sense import is_sentence, is_small_talk, names_nothing
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.glossing import gloss
from bench.agreement import FOLDER, read_conversations
from bench.planner import Conversation, Planner, is_right


def call_for(words: str, **talk: Any) -> Call:
    glossed = gloss(words)
    step = next_step(
        Talk(words=glossed.text, said=words, language=glossed.language, **talk),
        frozenset(TOOLS.values()),
        lambda plain: {},
    )
    assert step is not None and step.call is not None, step
    return step.call


def searched(name: str = "find_similar_moments", **args: Any) -> dict[str, Any]:
    moment = {"moment": "clip"} if name == "find_similar_moments" else {}
    return {"search": Call(name, {**moment, "k": 5, **args}), "clips": 1, "found": 5, "hits_of": "c1"}


LISTED = {"listing": Call("search_library", {"text": "", "filters": {"composer": "Handel"}})}


@pytest.mark.parametrize("name", ["stranger3", "stranger4"])
def test_turns_of_strangers_lead_to_the_calls_that_are_right(name):
    planner = Planner()
    for turns in read_conversations(FOLDER / f"{name}.jsonl"):
        talk = Conversation(planner, list(TOOLS.values()))
        for turn in turns:
            calls, answer = talk.say(turn.text, turn.clip)
            assert is_right(turn, calls, answer), (turn.text, calls, answer)


@pytest.mark.parametrize(
    ("words", "description"),
    [
        ("song w cello n piano", "cello and piano"),
        ("something w a harpsicord", "a harpsichord"),
        ("trumpt fanfare please", "trumpet fanfare"),
    ],
)
def test_short_forms_and_slips_are_mended_in_what_is_searched_for(words, description):
    assert call_for(words).args["description"] == description


@pytest.mark.parametrize(
    ("words", "activity"),
    [("music 4 cooking", "cooking"), ("tunes 2 dance", "dance"), ("songs 4 a wedding", "wedding")],
)
def test_figures_that_stand_for_words(words, activity):
    call = call_for(words)
    assert call.name == "recommend_moments" and call.args["activity"] == activity


@pytest.mark.parametrize("name", ["schuman", "hayden", "vivladi", "tchaikovski", "mendelson", "rachmaninof"])
def test_a_composer_with_a_slip_is_a_composer_as_he_was_written(name):
    assert call_for(f"got any {name}").args["filters"] == {"composer": name}


@pytest.mark.parametrize("word", ["handle", "harold", "martin", "hansel"])
def test_words_near_a_composer_stay_words(word):
    assert "composer" not in call_for(f"find the song called {word}").args["filters"]


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        ("compare garryowen and the keel row", "garryowen", "keel row"),
        ("whats the difference between yankee doodle and garryowen", "yankee doodle", "garryowen"),
        ("how does money musk compare to devils dream", "money musk", "devils dream"),
        ("garryowen vs keel row", "garryowen", "keel row"),
        ("is fanny power in the same key as planxty irwin", "fanny power", "planxty irwin"),
        ("whats faster, garryowen or money musk", "garryowen", "money musk"),
    ],
)
def test_two_titles_are_compared_with_one_another(words, first, second):
    call = call_for(words)
    assert (call.name, call.args) == ("compare_moments", {"first": first, "second": second})


@pytest.mark.parametrize(
    "words", ["compare mozart and haydn", "compare the harmony and the rhythm", "compare 1 and 2"]
)
def test_composers_factors_and_numbers_are_no_titles(words):
    call = call_for(words, **searched())
    assert not any(str(value).startswith(("mozart", "harmony")) for value in call.args.values())


@pytest.mark.parametrize(
    "words", ["forget the piano", "piano isn't needed", "ditch the piano", "not just piano"]
)
def test_a_condition_goes_by_what_it_names(words):
    call = call_for(words, **searched(filters={"instrument": "piano", "year_from": 1800}))
    assert call.args["filters"] == {"year_from": 1800}


def test_a_word_of_a_description_goes_by_its_name():
    call = call_for("get rid of the cello", **searched("find_by_description", description="sad cello"))
    assert call.args["description"] == "sad"


def test_what_was_not_wanted_may_come_again():
    talk = searched(filters={"not_composer": ["mozart", "haydn"]})
    assert call_for("haydn is ok again", **talk).args["filters"] == {"not_composer": "mozart"}


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        ("these r all by mozart, anyone else?", {"not_composer": "mozart"}),
        ("too much haydn here", {"not_composer": "haydn"}),
        ("theyre all piano", {"not_instrument": "piano"}),
    ],
)
def test_of_which_too_much_was_shown_is_left_out(words, unwanted):
    assert call_for(words, **searched()).args["filters"] == unwanted


@pytest.mark.parametrize(
    ("words", "description"),
    [("any of it fast?", "fast"), ("anything sad among those", "sad"), ("which are in minor", "minor")],
)
def test_what_was_listed_is_searched_by_sound(words, description):
    call = call_for(words, **LISTED)
    assert call.name == "find_by_description"
    assert call.args["description"] == description and call.args["filters"] == {"composer": "Handel"}


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2 was nice, more of those", "#2"),
        ("love the 2nd! more pls", "#2"),
        ("das dritte ist schön, mehr davon", "#3"),
        ("il terzo mi piace, altri così", "#3"),
        ("le deuxième est bien, d'autres comme ça", "#2"),
        ("me gusta el segundo, más así", "#2"),
    ],
)
def test_a_result_that_is_liked_is_what_more_is_like(words, moment):
    assert call_for(words, **searched()).args["moment"] == moment


@pytest.mark.parametrize(
    "words", ["music that sounds like a funeral", "sth like a sea shanty", "klingt wie trauermusik"]
)
def test_what_music_is_compared_with_is_no_title(words):
    assert call_for(words).name == "find_by_description"


def test_sung_syllables_tell_no_language_and_are_a_tune():
    call = call_for("na na naa na, u know this one?", clips=1, brought=1)
    assert call.name == "find_by_humming"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("why not haydn", {"composer": "haydn"}), ("why not some cello?", {"instrument": "cello"})],
)
def test_why_not_proposes_and_does_not_refuse(words, wanted):
    assert call_for(words, **searched()).args["filters"] == wanted


def test_why_not_a_result_asks_for_its_reason():
    assert call_for("why not the third?", **searched()).name == "explain_match"


def test_what_is_in_a_clip_is_described_not_looked_up():
    assert call_for("is there a choir in this", clips=1, brought=1).name == "describe_moment"


@pytest.mark.parametrize("words", ["any irish ones?", "got any irish stuff"])
def test_a_word_that_says_nothing_of_the_sound_is_looked_up(words):
    assert call_for(words).args == {"text": "irish", "filters": {}}


@pytest.mark.parametrize(
    "words",
    [
        "strings are ok actually",
        "that guitar was expensive back then",
        "the flute is broken",
        "my neighbour's trumpet keeps waking the whole street up",
        "disregard whatever nonsense anybody typed concerning tempo instead",
    ],
)
def test_a_sentence_about_something_else_is_no_description(words: str) -> None:
    assert is_sentence(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "trumpets are loud",
        "the strings are slow and the flute is high",
        "voices are far away in a big church",
        "where the drums are gone",
        "music that was made for dancing",
        "solo cello, dark, nobody else playing",
        "a market in Marrakesh with flutes",
        "a thunderstorm",
    ],
)
def test_what_describes_music_is_searched_for(words: str) -> None:
    assert not is_sentence(words)


def test_words_of_a_request_and_small_words_make_no_name() -> None:
    assert names_nothing("kindly restrict") and not names_nothing("Take Five") and not names_nothing("sorry")
    assert is_small_talk("if only you would", "en") and not is_small_talk("The Lark in the Morning", "en")
    assert not is_small_talk("la donna e mobile", "it")


def stepped(words: str, **talk: Any) -> Step:
    step = next_step(Talk(words=words, **talk), frozenset(TOOLS.values()), lambda plain: {})
    assert step is not None
    return step


def test_a_sentence_is_asked_back_with_searches_to_click() -> None:
    asked = stepped("the flute is broken")
    assert asked.call is None and asked.phrase == "which_wish"
    by_sound = asked.offered["Search by how it sounds"]
    assert (
        by_sound is not None
        and by_sound.name == "find_by_description"
        and by_sound.args["description"] == "flute"
    )
    by_name = asked.offered["Look in titles and names"]
    assert by_name is not None and by_name.name == "search_library"


SHOWN: dict[str, Any] = {
    "search": Call("find_similar_moments", {"moment": "clip", "k": 5, "diversity": "balanced"}),
    "clips": 1,
    "found": 5,
    "hits_of": "c1",
}


@pytest.mark.parametrize(
    ("words", "results"),
    [
        ("2 and 5 are great drop the rest", ["#2", "#5"]),
        ("the third is brilliant", ["#3"]),
        ("1 and 4 are spot on", ["#1", "#4"]),
    ],
)
def test_praise_of_results_offers_to_keep_them(words: str, results: list[str]) -> None:
    step = stepped(words, **SHOWN)
    assert step.call is None and step.phrase == "praised"
    kept = step.offered["Save them as a playlist"]
    assert kept is not None and kept.args["results"] == results


@pytest.mark.parametrize(
    "words",
    [
        "9 is great",
        "2 was nice, more of those",
        "3 is great but slower",
        "why is the third so good?",
        "are 2 and 5 in minor?",
    ],
)
def test_what_is_no_praise_is_asked_no_question_about(words: str) -> None:
    step = stepped(words, **SHOWN)
    assert step.phrase != "praised"


def test_all_the_same_leaves_out_what_was_shown_and_offers_other_changes() -> None:
    talk = Conversation(Planner(), list(TOOLS.values()))
    talk.say("find moments like this", True)
    calls, answer = talk.say("ugh these all sound the same", False)
    assert calls[0]["args"]["diversity"] == "adventurous" and "is left out" in answer
    made = next(message for message in reversed(talk.messages) if getattr(message, "tool_calls", ()))
    assert made.additional_kwargs["rejected"]["ranks"] == []
    choices = talk.messages[-1].additional_kwargs["choices"]
    assert "Other instruments" in choices and "More variety" not in choices


def test_all_the_same_is_answered_in_the_language_of_the_question() -> None:
    talk = Conversation(Planner(), list(TOOLS.values()))
    talk.say("finde ähnliche Stellen", True)
    _, answer = talk.say("die klingen alle gleich", False)
    assert "Abwechslung" in answer
    assert "Andere Instrumente" in talk.messages[-1].additional_kwargs["choices"]


@pytest.mark.parametrize(
    "words", ["which of my recordings feature a clarinet?", "any of my tracks with an oboe?"]
)
def test_an_instrument_is_asked_for_among_the_recordings(words: str) -> None:
    step = stepped(words)
    assert step.call is not None and step.call.name == "find_by_description"
