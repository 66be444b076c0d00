"""Kinds of turns that plain people type in sixteen languages: slips in names, facts at the end, refusals, forms."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from app.agent.planner.answers.evidence import portrayed
from app.agent.planner.answers.left_out import left_out
from app.agent.planner.answers.phrases import named_track, speaking
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.plan import Step, next_step
from app.agent.planner.model import Planner
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.glossing import gloss
from app.agent.planner.parse.keys import key_named, keys_in_english
from app.agent.planner.parse.normalise import read
from bench.planner import Conversation

CLIP = {
    "search": Call("find_similar_moments", {"moment": "clip", "k": 5}),
    "clips": 1,
    "found": 5,
    "hits_of": "c1",
}
WORDS = {"search": Call("find_by_description", {"description": "calm", "k": 5}), "found": 5, "hits_of": "c1"}
SLOW = {
    **CLIP,
    "search": Call("find_similar_moments", {"moment": "clip", "k": 5, "filters": {"tempo_max": 90}}),
}


def step_for(words: str, **talk: Any) -> Step:
    glossed = gloss(words)
    said = Talk(words=glossed.text, said=words, language=glossed.language, **talk)
    step = next_step(said, frozenset(TOOLS.values()), lambda plain: {})
    assert step is not None
    return step


def call_for(words: str, **talk: Any) -> Call:
    step = step_for(words, **talk)
    assert step.call is not None, step
    return step.call


@pytest.mark.parametrize(
    ("words", "composer"),
    [
        ("got sum bethovan?", "bethovan"),
        ("is there any monteverdy", "monteverdy"),
        ("anything by mozzart", "mozzart"),
        ("only palestrinna please", "palestrinna"),
    ],
)
def test_a_composer_with_slips_is_looked_up_as_one(words, composer):
    assert call_for(words).args["filters"] == {"composer": composer}


@pytest.mark.parametrize(
    ("words", "mended"),
    [
        ("sad paino", "sad piano"),
        ("slow gitar", "slow guitar"),
        ("peacfull", "peaceful"),
        ("spine", "spine"),  # no spinet
        ("smthing new", "something new"),
        ("the diff btw them", "the difference between them"),
        ("same chords diff key", "same chords different key"),
    ],
)
def test_slips_in_short_words(words, mended):
    assert read(words).text == mended


@pytest.mark.parametrize(
    "words",
    [
        "“Maple Leaf Rag” bpm?",
        "“Maple Leaf Rag”, what key?",
        "are there drums in “Maple Leaf Rag”?",
        "y a du piano dans “Maple Leaf Rag” ?",
        "c'è un piano in “Maple Leaf Rag”?",
        "tem piano em “Maple Leaf Rag”?",
        "「Maple Leaf Rag」にピアノある？",
        "Maple Leaf Rag'ın temposu ne?",
        "Maple Leaf Rag 템포가 뭐야?",
        "《Maple Leaf Rag》是谁的？",
        "czyje jest Maple Leaf Rag?",
    ],
)
def test_a_title_and_what_is_asked_of_it_is_a_question_about_it(words):
    call = call_for(words)
    assert call.name == "describe_moment"
    assert "Maple Leaf Rag" in call.args["moment"]


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("what year is that from", "#1"),
        ("what's the fourth in?", "#4"),
        ("le deuxième, c'est de qui ?", "#2"),
    ],
)
def test_a_fact_of_what_was_shown(words, moment):
    assert call_for(words, **WORDS) == Call("describe_moment", {"moment": moment})


def test_more_in_the_vein_of_a_title_is_like_it():
    call = call_for("my nan loved “The White Cockade”, find more in that vein")
    assert (call.name, call.args["moment"]) == ("find_similar_moments", "The White Cockade")


def test_after_a_name_another_one_is_looked_up():
    listing = {"listing": Call("search_library", {"text": "", "filters": {"composer": "Schumann"}})}
    assert call_for("and Clara?", **listing, last=listing["listing"]).args["text"] == "Clara"
    assert call_for("and by Handel?", **listing, last=listing["listing"]).args["filters"] == {
        "composer": "Handel"
    }
    assert step_for("and thanks?", **listing, last=listing["listing"]).call is None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("only the minuets", "quartet minuet"),
        ("just the sonatas", "sonata"),
        ("seulement les menuets", "quartet menuet"),
    ],
)
def test_some_of_what_was_listed_is_looked_up_among_it(words, text):
    listing = Call("search_library", {"text": "quartet", "filters": {"composer": "Mozart"}})
    call = call_for(words, listing=listing, last=listing)
    assert call.name == "search_library"
    assert call.args["filters"] == {"composer": "Mozart"}
    assert call.args["text"].rstrip("s") == text


@pytest.mark.parametrize(
    "words",
    [
        "forget the tempo", "vergiss das tempo", "oublie le tempo", "olvida el tempo", "lascia stare il tempo",
        "esquece o andamento", "vergeet het tempo", "テンポは気にしないで", "zapomnij o tempie", "забудь про темп",
        "tempoyu boş ver", "템포는 신경 쓰지 마", "不用管速度", "انس السرعة",
    ],
)  # fmt: skip
def test_a_condition_is_dropped_in_every_language(words):
    call = call_for(words, **SLOW)
    assert (call.name, call.args["filters"]) == ("find_similar_moments", {})


@pytest.mark.parametrize(
    "words",
    [
        "nichts davon passt", "rien ne ressemble", "ninguno se parece", "nessuno somiglia", "nenhuma parece",
        "niks lijkt erop", "どれも似てない", "żaden nie pasuje", "ничего похожего", "hiçbiri benzemiyor",
        "하나도 안 맞아", "没有一个像", "لا شيء يشبهه", "ไม่มีอันไหนเหมือนเลย",
    ],
)  # fmt: skip
def test_none_of_them_is_a_complaint_in_every_language(words):
    step = step_for(words, **CLIP)
    assert (step.call, step.phrase, step.rejects) == (None, "complaint", ())


@pytest.mark.parametrize(
    "words",
    ["daha yavaş, piyanosuz", "もっと遅くてピアノなし", "더 느리게, 피아노 없이", "langsamer, ohne Klavier"],
)
def test_what_is_refused_after_its_name_is_refused(words):
    assert call_for(words, **CLIP).args["filters"] == {"tempo_max": 90, "not_instrument": "piano"}


@pytest.mark.parametrize("words", ["勉強用の静かな曲かけて", "ders çalışmak için sessiz bir şey"])
def test_what_it_is_for_may_be_said_first(words):
    assert gloss(words).text.endswith(" for study")


def test_a_language_without_small_words_lists_names_with_commas_and_figures():
    with speaking("tr"):
        assert left_out(["A", "B", "C", "D", "E"]) == "“A”, “B”, “C”, 2 tane daha"
    with speaking("de"):
        assert left_out(["A", "B", "C", "D", "E"]) == "“A”, “B”, “C” und zwei weitere"


def test_a_tune_in_syllables_is_hummed_even_without_a_recording():
    assert call_for("hum de dum dum").name == "find_by_humming"


def test_music_without_an_author_is_by_nobody():
    track = {"title": "Arkansas Traveller", "composer": "Traditional (American)", "artist": ""}
    assert named_track(track) == "“Arkansas Traveller” (Traditional, American)"
    assert named_track({**track, "composer": "Tradowsky"}) == "“Arkansas Traveller” by Tradowsky"
    known = {"title": "Arkansas Traveller", "composer": "Traditional (American)"}
    told = portrayed({"moment": {}, "known": known}, ["composer"])
    assert told == "“Arkansas Traveller” has no author that is known: its tags say “Traditional, American”."


def test_a_passage_without_a_clear_key_is_told_with_that_of_the_whole():
    known = {"title": "Menu", "key": "no clear key", "key_certainty": 0.0, "whole_key": "C major"}
    moment = {"start_s": 62.0, "end_s": 72.0}
    told = portrayed({"moment": moment, "known": known, "whole": False}, ["key"])
    assert told == "“Menu”, 1:02-1:12, has no clear key there; the whole is in C major."
    told = portrayed({"moment": moment, "known": {**known, "whole_key": ""}, "whole": False}, ["key"])
    assert told == "“Menu”, 1:02-1:12, has no clear key there."


def test_slower_is_slower_than_what_was_just_described():
    talk = Conversation(Planner(), list(TOOLS.values()))
    talk.say("harpsichord music", False)
    known = {"title": "Menu", "tempo": "about 133 bpm", "composer": ""}
    call = {"name": "describe_moment", "args": {"moment": "#2"}, "id": "c9"}
    talk.messages += [
        HumanMessage(
            "how fast is the second", additional_kwargs={"words": "how fast is the second", "clips": []}
        ),
        AIMessage("", tool_calls=[call]),
        ToolMessage(
            "done", artifact={"kind": "description", "known": known}, tool_call_id="c9", name=call["name"]
        ),
        AIMessage("“Menu” goes at about 133 bpm."),
    ]
    calls, _ = talk.say("slower than that", False)
    assert calls[0]["args"]["filters"] == {"tempo_max": 126}  # five per cent slower


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("something in f sharp minor", "F-sharp minor"),
        ("anything in Bb major?", "B-flat major"),
        ("something in a minor", "A minor"),
        ("etwas in As-Dur", "A-flat major"),
        ("was in B-Dur bitte", "B-flat major"),
        ("was in h-moll bitte", "B minor"),
        ("iets in cis-klein", "C-sharp minor"),
        ("un morceau en fa dièse mineur", "F-sharp minor"),
        ("algo en si bemol mayor", "B-flat major"),
        ("qualcosa in do minore", "C minor"),
        ("嬰ヘ短調の曲", "F-sharp minor"),
        ("coś w a-moll", "A minor"),
        ("что-нибудь в до мажоре", "C major"),
    ],
)
def test_a_key_that_is_named_is_not_just_its_mode(words, key):
    call = call_for(words)
    assert (call.name, call.args["description"]) == ("find_by_description", f"in {key}")


@pytest.mark.parametrize("words", ["something in a minor key", "a minor piece", "in a major mode"])
def test_an_article_before_a_mode_is_no_key(words):
    assert key_named(words) is None


def test_a_key_is_added_to_the_wish_or_asked_among_what_was_listed():
    wished = {**WORDS, "search": Call("recommend_moments", {"mood": "calm", "activity": "", "k": 5})}
    assert call_for("in c major please", **wished).args["description"] == "calm, in C major"
    listing = Call("search_library", {"text": "", "filters": {"composer": "Bach"}})
    call = call_for("any in b minor?", listing=listing, last=listing)
    assert (call.args["description"], call.args["filters"]) == ("in B minor", {"composer": "Bach"})


def test_a_key_in_a_title_stays_in_it():
    assert keys_in_english("wie schnell ist „Sonate in C-Dur“ in C-Dur", "de") == (
        "wie schnell ist „Sonate in C-Dur“ in C major"
    )


def test_a_key_that_a_likeness_cannot_weigh_is_named():
    talk = Conversation(Planner(), list(TOOLS.values()))
    talk.say("find moments like this", True)
    calls, answer = talk.say("only ones in g minor", False)
    assert calls[0]["args"]["filters"] == {"key_mode": "minor"}
    assert "in G minor" in answer


@pytest.mark.parametrize(
    ("words", "description", "composer"),
    [
        ("smth slow by mozart", "slow", "mozart"),
        ("can you find something loud and fast by beethoven", "loud and fast", "beethoven"),
        ("how about something gentle by chopin", "gentle", "chopin"),
    ],
)
def test_how_it_sounds_and_by_whom_is_a_wish_of_its_own(words, description, composer):
    talk = Conversation(Planner(), list(TOOLS.values()))
    talk.say("whats the happiest song u have", False)
    [call], _ = talk.say(words, False)
    assert call["args"]["description"] == description
    assert call["args"]["filters"] == {"composer": composer}


def test_by_whom_alone_and_what_compares_change_the_last_wish():
    for words in ("by mozart", "something faster by mozart", "and something slow by mozart"):
        talk = Conversation(Planner(), list(TOOLS.values()))
        talk.say("happy piano music", False)
        [call], _ = talk.say(words, False)
        assert call["args"]["description"] == "happy piano music"
        assert call["args"]["filters"]["composer"] == "mozart"
