"""The built-in planner: conversations with the calls they should lead to, and the parts that read the words.

tests/data/utterances.jsonl holds conversations of our own making. Those for "tuning" are also the text network's
examples; those for "test" are not.
"""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from small_library import TRACKS, hit

import bench.planner
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.intent import match_rules, rules
from app.agent.planner.decide.intent_classifier import Likely, natural
from app.agent.planner.decide.plan import next_step
from app.agent.planner.decide.several import split_wishes
from app.agent.planner.model import Planner
from app.agent.planner.parse.amounts import read_k
from app.agent.planner.parse.conversation import read_talk
from app.agent.planner.parse.emphasis import read_emphasis
from app.agent.planner.parse.filters import read_filters
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.prepared import prepare
from app.agent.planner.parse.times import name_times
from bench.agreement import FOLDER, read_conversations

CONVERSATIONS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "utterances.jsonl").read_text(encoding="utf-8").splitlines()
]
ALL_TOOLS = frozenset(TOOLS.values())
SHORT = 3
"""Words; what is no longer ("who are you?") anybody says."""


def plain(value):
    import unicodedata

    text = unicodedata.normalize("NFKD", str(value)).casefold()
    return "".join(char for char in text if not unicodedata.combining(char)).strip()


def meets(expected, got):
    """Names agree if one holds the other, numbers exactly; "up" and "down" are weights above and below 1."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(meets(part, got.get(key)) for key, part in expected.items())
    if isinstance(expected, list):
        return list(got or ()) == expected
    if expected in ("up", "down"):
        return isinstance(got, float | int) and (got > 1 if expected == "up" else got < 1)
    if isinstance(expected, bool | int | float):
        return got is not None and abs(float(got) - expected) <= (1 if expected > 1000 else 0)
    one, other = plain(expected), plain(got)
    newest = {one, other} <= {"clip", "clip:1", "clip:2"} and "clip" in (one, other)
    return (
        newest
        or one == other
        or (len(one) > 2 and holds(other, one))
        or (len(other) > 3 and holds(one, other))
    )


def holds(text, words):
    """Whether words stand in a text, whole: "bach" in "j. s. bach", and not in "offenbach"."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def test_names_agree_by_whole_words():
    assert meets("bach", "J. S. Bach")
    assert meets("Für Elise", "fur elise")
    assert not meets("bach", "Offenbach")
    assert not meets("slow", "slowly moving")


class Conversation:
    """Messages as the graph would keep them, with a tool that always finds five hits."""

    def __init__(self, tools=ALL_TOOLS):
        self.tools = tools
        self.messages = []
        self.clips = 0

    def say(self, text, files=0, recorded=False, guess=lambda words: {}):
        """The first call that the words lead to (None if none), and the phrase of an answer without one."""
        clips = [{"number": self.clips + i, "recorded": recorded} for i in range(1, files + 1)]
        self.clips += files
        self.messages.append(HumanMessage(text, additional_kwargs={"words": text, "clips": clips}))
        first, phrase = None, ""
        for _ in range(4):
            step = next_step(read_talk(self.messages), self.tools, guess)
            if step is None or step.call is None:
                phrase = step.phrase if step else ""
                break
            first = first or step.call
            self._answer(step.call)
        self.messages.append(AIMessage("answer"))
        return first, phrase

    def _answer(self, call):
        call_id = f"c{len(self.messages)}"
        args = dict(call.args)
        self.messages.append(AIMessage("", tool_calls=[{"name": call.name, "args": args, "id": call_id}]))
        artifact = {}
        if call.name.startswith(("find_", "recommend")):
            hits = [hit(rank, TRACKS[0]).as_record() for rank in range(1, min(5, args.get("k", 5)) + 1)]
            artifact = {"kind": "hits", "hits": hits, "query": {}}
        elif call.name == "add_to_library" and not args["source"].startswith("clip"):
            pending = {"tool": "add_to_library", "source": args["source"]}
            artifact = {"kind": "question", "pending": pending, "choices": ["yes", "no"]}
        self.messages.append(ToolMessage("x", artifact=artifact, tool_call_id=call_id, name=call.name))


def wrong_turns(use):
    wrong, total = [], 0
    for conversation in CONVERSATIONS:
        if conversation["use"] != use:
            continue
        talk = Conversation()
        for turn in conversation["turns"]:
            call, phrase = talk.say(turn["text"], len(turn.get("files", ())), turn.get("recorded", False))
            if "expect" not in turn:
                continue
            total += 1
            expected = turn["expect"]
            if expected is None:
                good = call is None and phrase
            else:
                good = (
                    call is not None
                    and call.name == expected["name"]
                    and meets(expected["args"], dict(call.args))
                )
            if not good:
                wrong.append((turn["text"], expected, call or phrase))
    return wrong, total


@pytest.mark.parametrize(("use", "reach"), [("tuning", 0.99), ("test", 0.97)])
def test_conversations_lead_to_the_expected_calls(use, reach):
    wrong, total = wrong_turns(use)
    assert total > 400
    assert 1 - len(wrong) / total >= reach, wrong


def test_the_examples_hold_no_test_utterance():
    import app.agent.planner

    text = (Path(app.agent.planner.__file__).parent / "examples.jsonl").read_text(encoding="utf-8")
    examples = {json.loads(line)["text"].casefold().strip(" ?.!") for line in text.splitlines()}
    tuning = {
        turn["text"].casefold().strip(" ?.!")
        for conversation in CONVERSATIONS
        if conversation["use"] == "tuning"
        for turn in conversation["turns"]
    }
    held_out = {
        turn["text"].casefold().strip(" ?.!")
        for conversation in CONVERSATIONS
        if conversation["use"] == "test"
        for turn in conversation["turns"]
    }
    assert not examples & (held_out - tuning)


@pytest.mark.parametrize("name", ["test.jsonl", "test2.jsonl"])
def test_the_training_files_hold_no_test_conversation(name):
    def openings(file):
        return {tuple(turn.text.casefold() for turn in turns) for turns in read_conversations(FOLDER / file)}

    trained = openings("train.jsonl") | openings("train2.jsonl") | openings("train3.jsonl")
    plain = {
        conversation for conversation in openings(name) & trained if len(conversation[-1].split()) > SHORT
    }
    assert not plain


def test_a_turn_takes_a_few_milliseconds():
    wrong_turns("test")  # patterns are compiled on first use
    started = time.process_time()
    _, total = wrong_turns("test")
    assert (time.process_time() - started) / total < 0.05


# --- the conversation -------------------------------------------------------------------------------------


def test_only_bound_tools_are_called():
    talk = Conversation(tools={"find_similar_moments"})
    assert talk.say("what are the words in this clip?", files=1) == (None, "not_built")
    assert talk.say("find moments like this")[0].name == "find_similar_moments"


def test_every_argument_is_named():
    call, _ = Conversation().say("find moments like this", files=1)
    assert call.args == {
        "moment": "clip",
        "k": 5,
        "emphasis": {},
        "filters": {},
        "exclude_same_track": True,
        "diversity": "balanced",
    }


def test_without_a_clip_the_tool_is_asked_all_the_same():
    assert Conversation().say("find moments like this")[0].args["moment"] == "clip"


def test_a_result_that_was_searched_with_keeps_its_meaning():
    talk = Conversation()
    talk.say("find moments like this", files=1)
    first_search = talk.messages[1].tool_calls[0]["id"]
    assert talk.say("more like the third")[0].args["moment"] == "#3"
    assert talk.say("only Bach")[0].args["moment"] == f"#3:{first_search}"


def test_an_emphasis_said_twice_grows():
    talk = Conversation()
    talk.say("find moments like this with more weight on melody", files=1)
    assert talk.say("again with more weight on melody")[0].args["emphasis"] == {"melody": 4.0}


def test_a_new_wish_is_no_change_of_the_last_search():
    talk = Conversation()
    talk.say("play something happy")
    assert talk.say("find loud brass")[0].args == {"description": "loud brass", "k": 5, "filters": {}}
    call, _ = talk.say("find sad violin by Elgar")
    assert (call.name, call.args["filters"]) == ("find_by_description", {"composer": "Elgar"})
    assert talk.say("with piano")[0].args["description"] == "sad violin"


def test_names_that_are_left_out_add_up():
    talk = Conversation()
    talk.say("find moments like this, not by Mozart", files=1)
    assert talk.say("leave out Bach too")[0].args["filters"] == {"not_composer": ["Mozart", "Bach"]}


def test_louder_ones_take_the_place_of_soft_ones_in_a_description():
    talk = Conversation()
    talk.say("find soft flute")
    assert talk.say("louder ones")[0].args["description"] == "flute, loud"


def test_what_would_change_a_match_is_a_question_about_it():
    talk = Conversation()
    talk.say("find moments like this", files=1)
    talk.say("why the second one?")
    call, _ = talk.say("what would change it?", guess=Likely().intents)
    assert (call.name, call.args) == ("explain_match", {"result": "#2"})


@pytest.mark.parametrize(
    "words", ["thank you, that was lovely", "that was fun", "thanks, this has been a great help"]
)
def test_praise_is_no_wish(words):
    talk = Conversation()
    talk.say("find moments like this", files=1)
    assert talk.say(words, guess=Likely().intents) == (None, "thanks")


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("describe the minuet by Mozart", "Mozart minuet"),
        ("describe the moonlight sonata by beethoven.", "beethoven moonlight sonata"),
    ],
)
def test_who_wrote_it_belongs_to_the_title(words, moment):
    call, _ = Conversation().say(words)
    assert call.args["moment"] == moment and not call.args.get("filters")


def test_two_wishes_in_one_message_are_done_in_order():
    talk = Conversation()
    talk.say("find moments like this and save the first two as Walk", files=1)
    names = [
        call["name"]
        for message in talk.messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    ]
    assert names == ["find_similar_moments", "make_playlist"]


def test_titles_with_and_are_not_torn_apart():
    talk = read_talk([HumanMessage("x")])
    assert split_wishes("find moments like Romeo and Juliet at 1:00", talk) == [
        "find moments like Romeo and Juliet at 1:00"
    ]


def test_a_yes_goes_through_only_after_a_question():
    talk = Conversation()
    assert talk.say("yes")[0] is None
    assert talk.say("add /data/music")[0].args == {"source": "/data/music"}
    assert talk.say("yes")[0].args == {"source": "/data/music"}


# --- the readers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "time"),
    [
        ("X at 2:15", "2:15"),
        ("X from 2:15 to 2:25", "2:15-2:25"),
        ("X between 1:05 and 1:20", "1:05-1:20"),
        ("X @ 1:23-1:33", "1:23-1:33"),
        ("X @1:23.5 – 1:33", "1:23.5-1:33"),
        ("X at two minutes ten", "2:10"),
        ("X at 83 seconds", "1:23"),
        ("X at 1m23s", "1:23"),
        ("X, 1 min 23", "1:23"),
        ("X two and a half minutes in", "2:30"),
        ("X at a minute and a half", "1:30"),
        ("X half a minute in", "0:30"),
        ("X at one twenty", "1:20"),
        ("X at minute 3", "3:00"),
        ("the first ten seconds of X", "0:00-0:10"),
        ("fifteen seconds from 1:05 in X", "1:05-1:20"),
        ("X from 65 to 80 seconds", "1:05-1:20"),
        ("X at 1:02:03", "1:02:03"),
        ("X at 1'23\"", "1:23"),
    ],
)
def test_times(words, time):
    reading = read(words)
    name_times(reading)
    assert [str(value) for value in reading.named.values()] == [time]


@pytest.mark.parametrize(
    "words",
    [
        "find ten-second moments",
        "slower than 120 bpm",
        "from the 80s",
        "sonatas",
        "the second one",
        "tracks from 1720 to 1750",
    ],
)
def test_no_times(words):
    reading = read(words)
    name_times(reading)
    assert reading.named == {}


@pytest.mark.parametrize(
    ("words", "emphasis"),
    [
        ("same harmony, other instruments are fine", {"harmony": 2.0, "timbre": 0.5}),
        ("ignore the rhythm", {"rhythm": 0.0}),
        ("instruments don't matter", {"timbre": 0.0}),
        ("closer in sound", {"timbre": 2.0}),
        ("the tune matters most", {"melody": 4.0}),
        ("melody over rhythm", {"melody": 2.0, "rhythm": 0.5}),
        ("harmony=3 and timbre=0.5", {"harmony": 3.0, "timbre": 0.5}),
        ("same harmony, instruments may differ", {"harmony": 2.0, "timbre": 0.5}),
        ("what tune is it", {}),
        ("find moments that sound like this", {}),
        ("in any key", {}),
    ],
)
def test_emphasis(words, emphasis):
    assert read_emphasis(words)[0] == emphasis


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ("only Bach", {"composer": "Bach"}),
        ("leave out Mozart", {"not_composer": "Mozart"}),
        ("from the 18th century", {"year_from": 1701, "year_to": 1800}),
        ("from the 1720s", {"year_from": 1720, "year_to": 1729}),
        ("from the sixties", {"year_from": 1960, "year_to": 1969}),
        ("before 1800", {"year_to": 1800}),
        ("nothing after 1850", {"year_to": 1850}),
        ("in D minor", {"key_mode": "minor"}),
        ("between 100 and 120 bpm", {"tempo_min": 100, "tempo_max": 120}),
        ("without drums", {"not_instrument": "drums"}),
        ("with a violin", {"instrument": "violin"}),
        ("by Radiohead", {"artist": "Radiohead"}),
        ("by the way", {}),
        ("what about Händel instead", {"composer": "Händel"}),
        ("by J. S. Bach", {"composer": "J. S. Bach"}),
        ("except Bach and Mozart", {"not_composer": ["Bach", "Mozart"]}),
        ("by Haydn, Mozart or Beethoven", {"composer": ["Haydn", "Mozart", "Beethoven"]}),
        ("leave out Mozart and no Bach", {"not_composer": ["Mozart", "Bach"]}),
        ("by Simon and Garfunkel", {"artist": "Simon and Garfunkel"}),
        ("by Radiohead or Portishead", {"artist": ["Radiohead", "Portishead"]}),
        ("with violin and piano", {"instrument": "violin and piano"}),
        ("with violin or cello", {"instrument": ["violin", "cello"]}),
    ],
)
def test_filters(words, filters):
    assert read_filters(read(words)) == filters


@pytest.mark.parametrize(
    ("words", "before", "k"),
    [
        ("find 5 moments", None, 5),
        ("a dozen results", None, 12),
        ("ten instead", 5, 10),
        ("three more", 5, 8),
        ("ten instead of five", 5, 10),
        ("just one", None, 1),
        ("find ten-second moments", None, None),
        ("symphony no. 5", None, None),
        ("find moments like this", None, None),
        ("fewer", 5, 3),
    ],
)
def test_how_many(words, before, k):
    assert read_k(words, before) == k


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("find moments like Clair de Lune at 2:15", "Clair de Lune"),
        ("the passage at 0:40 of Gymnopédie No. 1 returns", "Gymnopédie No. 1"),
        ("describe clair de lune from 2:15 to 2:25", "clair de lune"),
        ('find moments like "Why Worry" at 0:10', "Why Worry"),
        ("find moments like Why Worry", "Why Worry"),
        ("from 1:05 to 1:20 in the Haydn", "Haydn"),
        ("describe Debussy's Rêverie at 1:00", "Debussy's Rêverie"),
        ("describe Rêverie by Debussy at 1:00", "Debussy Rêverie"),
        ("moments like In the Hall of the Mountain King at 1:00", "In the Hall of the Mountain King"),
    ],
)
def test_titles(words, title):
    reading = prepare(words, read_talk([HumanMessage(words)]))
    assert [value for _, _, value in reading.all("m")] == [title]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("fnd simlar momnts", "find similar moments"),
        ("teh thrid reslt", "the third result"),
        ("humming", "humming"),
    ],
)
def test_slips_are_mended(written, read_as):
    assert read(written).text == read_as


@pytest.mark.parametrize(
    "word", ["tone", "peace", "hymn", "sharp", "chord", "works", "emphasised", "Bach", "Lied"]
)
def test_words_that_are_no_slips_stay(word):
    assert read(f"the {word}").text == f"the {word}".lower()


@pytest.mark.parametrize(
    "words",
    ["", "?", "<t0> <q1>", "🎵🎵", "a" * 5000, "at at at 1:00 1:00", "\x00", '"', "#", "@ 1:00", "no. "],
)
def test_odd_words_do_no_harm(words):
    call, phrase = Conversation().say(words)
    assert call is not None or phrase


def test_an_injected_placeholder_means_nothing():
    call, _ = Conversation().say("find moments like <h3> <c1>", files=1)
    assert call.args["moment"] != "#3"


def test_every_rule_leads_somewhere():
    from app.agent.planner.answers.answer import say

    for rule in rules():
        assert rule.intent in TOOLS or say(rule.intent)


def test_an_intent_without_context():
    assert match_rules("what is in my library?", read_talk([HumanMessage("x")])) == "status"


# --- the text network -------------------------------------------------------------------------------------


class TinyEncoder:
    """Two directions: sentences with "rain", and all others."""

    def encode(self, texts):
        return np.array([[1.0, 0.0] if "rain" in text else [0.0, 1.0] for text in texts], np.float32)


def test_the_regression_reads_an_intent_from_a_sentence(tmp_path):
    weights = np.array([[6.0, 0.0], [0.0, 6.0]], np.float16)
    np.savez(tmp_path / "w.npz", intents=["outside", "similar"], weights=weights, offsets=np.zeros(2))
    likely = Likely(TinyEncoder(), tmp_path / "w.npz")
    assert likely.intents("will it rain")["outside"] == pytest.approx(1 / (1 + np.exp(-6)))
    assert likely.intents("moments")["similar"] > 0.99
    assert likely.intents(" ") == {}


def test_without_the_network_the_rules_are_alone():
    from index.core.errors import WeightsError

    class Missing:
        def encode(self, texts):
            raise WeightsError("not there")

    assert Likely(Missing()).intents("frobnicate the wug") == {}


def test_what_the_network_reads_holds_no_names():
    words = "is Träumerei at 0:30 like #2, by Schumann?"
    assert natural(prepare(words, read_talk([HumanMessage(words)]))) == (
        "is clair de lune 1:20 like result 2, by haydn?"
    )


def test_the_network_is_heard_where_it_is_sure():
    sure, unsure = {"describe": 0.9, "similar": 0.1}, {"describe": 0.6, "similar": 0.4}
    for shares, tool in (
        (sure, "describe_moment"),
        (unsure, "find_similar_moments"),
        ({}, "find_similar_moments"),
    ):
        call, _ = Conversation().say("moments like this", files=1, guess=lambda words, shares=shares: shares)
        assert call.name == tool
    words = "find moments where they sing about summer"  # of two intents with one tool the rules know better
    assert Conversation().say(words, guess=lambda words: {"description": 0.9}) == Conversation().say(words)
    call, phrase = Conversation().say("who are you?", guess=lambda words: sure)
    assert (call, phrase) == (None, "who")


def test_a_change_is_only_heard_after_a_search():
    shares = {"change": 0.9, "status": 0.1}
    talk = Conversation()
    assert talk.say("blorp minor", guess=lambda words: shares)[0].name == "library_status"
    talk.say("find moments like this", files=1)
    assert talk.say("blorp minor", guess=lambda words: shares)[0].args["filters"] == {"key_mode": "minor"}


@pytest.mark.parametrize(
    ("name", "reach"),
    [("train.jsonl", 0.98), ("train2.jsonl", 0.97), ("test.jsonl", 0.94), ("test2.jsonl", 0.97)],
)
def test_conversations_with_the_network(name, reach):
    planner, right, total = Planner(), 0, 0
    for turns in read_conversations(FOLDER / name):
        talk = bench.planner.Conversation(planner, list(TOOLS.values()))
        for turn in turns:
            total += 1
            right += bench.planner.is_right(turn, *talk.say(turn.text, turn.clip))
    assert right / total >= reach


# --- as a chat model --------------------------------------------------------------------------------------


def test_the_planner_is_a_chat_model_that_streams():
    from langchain_core.tools import tool

    @tool
    def library_status() -> str:
        """Tell."""
        return ""

    model = Planner().bind_tools([library_status])
    reply = model.invoke([HumanMessage("what is in my library?")])
    assert [call["name"] for call in reply.tool_calls] == ["library_status"]
    chunks = list(model.stream([HumanMessage("hello")]))
    assert len(chunks) > 10
    assert "".join(chunk.text for chunk in chunks) == Planner().invoke([HumanMessage("hello")]).text


# --- choices ----------------------------------------------------------------------------------------------


def asked_for(planner, messages, words):
    """The planner's reply to the next words, and the conversation with both."""
    messages = [*messages, HumanMessage(words, additional_kwargs={"words": words, "clips": []})]
    return [*messages, planner.bind(tools=sorted(ALL_TOOLS)).invoke(messages)]


def unknown(messages, name, titles):
    call = messages[-1].tool_calls[0]
    artifact = {"kind": "error", "name": name, "nearest": titles}
    message = ToolMessage(
        "No.", artifact=artifact, tool_call_id=call["id"], name=call["name"], status="error"
    )
    return [*messages, message]


@pytest.mark.parametrize("words", ["Prelude No. 2", "the second one", "2", "prelude 2 please"])
def test_of_several_titles_one_can_be_picked(words):
    planner = Planner()
    talk = asked_for(planner, [], "find 7 moments like the Prelude at 1:05")
    titles = ["Prelude No. 1", "Prelude No. 2"]
    told = planner.bind(tools=sorted(ALL_TOOLS)).invoke(unknown(talk, "Prelude", titles))
    assert told.additional_kwargs["choices"] == titles
    reply = asked_for(planner, [*unknown(talk, "Prelude", titles), told], words)[-1]
    assert reply.tool_calls[0]["args"]["moment"] == "Prelude No. 2 @ 1:05"
    assert reply.tool_calls[0]["args"]["k"] == 7


def test_words_that_pick_nothing_are_understood_as_ever():
    planner = Planner()
    talk = asked_for(planner, [], "describe the Prelude at 1:05")
    told = planner.bind(tools=sorted(ALL_TOOLS)).invoke(unknown(talk, "Prelude", ["Prelude No. 1"]))
    reply = asked_for(
        planner, [*unknown(talk, "Prelude", ["Prelude No. 1"]), told], "what is in my library?"
    )[-1]
    assert reply.tool_calls[0]["name"] == "library_status"


def test_torn_between_two_wishes_it_asks_and_a_click_decides():
    shares = {"similar": 0.25, "description": 0.2, "add": 0.1}
    words = "zzz blorp"
    step = next_step(read_talk([HumanMessage(words)]), ALL_TOOLS, lambda words: shares)
    assert step is not None and step.phrase == "which_wish"
    assert {name: call.name for name, call in step.offered.items() if call is not None} == {
        "Find similar moments": "find_similar_moments",
        "Search by how it sounds": "find_by_description",
    }


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("find moments like the last minute of the Moonlight Sonata", "Moonlight Sonata @ last 1:00"),
        ("describe the end of Bolero", "Bolero @ last 0:10"),
        ("describe the final twenty seconds of Bolero", "Bolero @ last 0:20"),
    ],
)
def test_times_from_the_end(words, moment):
    assert Conversation().say(words)[0].args["moment"] == moment
