"""The planner on kinds of words: who is meant, remarks before a question, stories before a wish, conditions alone."""

import functools

import pytest
from small_library import TRACKS, hit
from word_library import row, searcher, track

from app.agent.planner.answers.evidence import portrayed
from app.agent.planner.answers.text_search import described
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.plan import next_step
from app.agent.planner.model import Planner
from app.agent.planner.parse.anaphora import composer_in, result_in, with_names
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.glossing import gloss
from bench.planner import Conversation
from index.core.filters import Filters
from index.words.heard_conditions import heard_conditions
from index.words.results import TextQuery

SHOWN = tuple(
    {"rank": rank, "track": {"composer": name}} for rank, name in enumerate(("Haydn", "Clara", ""), 1)
)
"""What a search showed: who wrote the third is not known."""


@functools.lru_cache(maxsize=1)
def planner():
    """One for all tests: its text network is opened once."""
    return Planner()


def said(*turns: str) -> tuple[str, dict]:
    """The last turn's first call, of a conversation whose first turn may bring a clip ("@")."""
    talk = Conversation(planner(), list(TOOLS.values()))
    for words in turns:
        calls, _ = talk.say(words.lstrip("@"), words.startswith("@"))
    return (calls[0]["name"], calls[0]["args"]) if calls else ("", {})


def step(words, **talk):
    return next_step(Talk(words=words, **talk), frozenset(TOOLS.values()), lambda plain: {})


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("more by the same composer", "more by Haydn"),
        ("anything else by whoever wrote the second", "anything else by Clara"),
        ("what else did the second one's composer write", "what else by Clara"),
        ("and what have you got of him", "and what have you got by Haydn"),
        ("more of his music", "more of Haydn music"),
        ("by the composer of number 2", "by Clara"),
        ("more by the composer of the third", "more by the composer of the third"),
        ("find moments like this", "find moments like this"),
    ],
)
def test_who_is_meant_stands_in_the_words(words, meant):
    assert with_names(words, "", "#1", SHOWN) == meant


def test_who_was_named_last_is_meant_until_a_result_is_spoken_of():
    assert with_names("by the same composer", "Mozart", "", SHOWN) == "by Mozart"
    assert composer_in("what do you have by Scarlatti and Clara Schumann?").endswith("Schumann")
    assert result_in("play the 3rd one from the start") == "#3" and result_in("play it") == ""
    name, args = said("what do you have by Haydn", "anything slow by the same composer")
    assert name == "find_by_description" and args["filters"]["composer"] == "Haydn"


def test_nobody_knows_who_is_meant_and_the_composers_shown_are_offered():
    answer = step("more by the same composer", shown=SHOWN, found=3, search=Call("find_similar_moments", {}))
    assert answer.call is None and answer.phrase == "which_composer"
    assert list(answer.offered) == ["Haydn", "Clara"]
    assert answer.offered["Clara"].args == {"text": "", "filters": {"composer": "Clara"}}


@pytest.mark.parametrize(
    ("turns", "name", "args"),
    [
        (("@find moments like this", "number 4 is nice, whats that"), "describe_moment", {"moment": "#4"}),
        (
            ("@find moments like this", "i love the second one, who wrote it?"),
            "describe_moment",
            {"moment": "#2"},
        ),
        (("@algo parecido", "el segundo me gusta, ¿de quién es?"), "describe_moment", {"moment": "#2"}),
        (("@find moments like this", "the second is lovely. save it"), "make_playlist", {"results": ["#2"]}),
        (("garryowen, how long is it",), "describe_moment", {"moment": "garryowen"}),
        (
            ("mapel leaf rag", "where does the main tune come back"),
            "find_repeats",
            {"moment": "mapel leaf rag"},
        ),
        (
            ("@find moments like this", "play the 3rd one from the start", "add it to favourites"),
            "make_playlist",
            {"results": ["#3"]},
        ),
        (
            ("i'm making a film about my dog and i need something funny",),
            "recommend_moments",
            {"mood": "funny"},
        ),
    ],
)
def test_a_remark_or_a_story_leads_to_what_is_asked(turns, name, args):
    called, given = said(*turns)
    assert called == name and all(given.get(key) == value for key, value in args.items()), given


@pytest.mark.parametrize(
    ("words", "name", "args"),
    [
        (
            "ok but i dont want anything from before like 1800",
            "find_similar_moments",
            {"filters": {"year_from": 1800}},
        ),
        ("just keep the piano ones", "find_similar_moments", {"filters": {"instrument": "piano"}}),
        ("120 bpm or more", "find_similar_moments", {"filters": {"tempo_min": 120}}),
        ("can i get like three of those on a playlist", "make_playlist", {"results": ["#1", "#2", "#3"]}),
        ("whats the tempo of 1", "describe_moment", {"moment": "#1"}),
        ("find me others in that style", "find_similar_moments", {"moment": "clip"}),
    ],
)
def test_what_follows_a_search_changes_it_or_points_at_its_results(words, name, args):
    called, given = said("@find moments like this", words)
    assert called == name and all(given.get(key) == value for key, value in args.items()), given


@pytest.mark.parametrize(
    ("words", "filters", "description"),
    [
        ("anything over 140 bpm", {"tempo_min": 140}, "140 bpm"),
        ("something between 60 and 80 bpm", {"tempo_min": 60, "tempo_max": 80}, "70 bpm"),
        ("anything in a minor key", {"key_mode": "minor"}, "minor"),
        (
            "between 60 and 80 bpm minor",
            {"tempo_min": 60, "tempo_max": 80, "key_mode": "minor"},
            "minor, 70 bpm",
        ),
    ],
)
def test_conditions_alone_are_a_wish(words, filters, description):
    name, args = said(words)
    assert name == "find_by_description"
    assert args["filters"] == filters and args["description"] == description


def test_conditions_are_a_description_of_their_own():
    assert (
        heard_conditions(Filters({"tempo_min": 60, "tempo_max": 80, "key_mode": "minor"})) == "minor, 70 bpm"
    )
    assert heard_conditions(Filters({"composer": "Bach"})) == ""


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ("does it send my music to the internet", "private"),
        ("are my files sent anywhere", "private"),
        ("i need a song that's exactly 80 seconds", "by_length"),
        ("anything under 3 minutes", "by_length"),
        ("whats the difference between a jig and a reel", "outside"),
    ],
)
def test_what_no_tool_answers_is_answered(words, phrase):
    assert step(words).phrase == phrase


def test_a_key_by_its_name_stays_one():
    name, args = said("gentle flute", "in A-flat major", "only in f# minor")
    assert name == "find_by_description" and not args["filters"]
    assert args["description"] == "gentle flute, in F-sharp minor"


def test_a_fact_of_a_result_says_which_passage_it_is_of():
    known = {"title": "Pavane", "composer": "Fauré", "key": "A♭ major", "key_certainty": 81.0}
    passage = {"moment": {"start_s": 20.0, "end_s": 30.0}, "known": known, "whole": False}
    assert portrayed(passage, ("key",)) == "“Pavane”, 0:20-0:30, is in A-flat major."
    assert portrayed(passage, ("composer",)) == "“Pavane” is by Fauré."


def test_what_speaks_for_a_wish_is_told_first_and_an_instrument_once():
    hits = [hit(1, TRACKS[0]).as_record()]
    words = [
        {"words": "strings", "fact": "strings 74 %", "wanted": True, "met": 1.0},
        {"words": "lonely", "fact": "60 bpm, F major with 56 % certainty", "wanted": True, "met": 1.0},
    ]
    own = [{"words": one["words"], "meaning": one["words"]} for one in words]
    data = {
        "hits": hits,
        "query": {"description": "lonely strings", "k": 1},
        "words": [words],
        "understood": own,
    }
    assert "strings (74 %), lonely (60 bpm)" in described(data, Call("find_by_description", {}))


def test_a_major_key_does_not_speak_for_sadness(tmp_path):
    happy, sad = track(1), track(2)
    words = searcher(
        {happy: row(tempo=50, minor=-0.9, density=1), sad: row(tempo=90, minor=0.9, density=5)}, tmp_path
    )
    facts = {
        one.track: met[0].fact
        for hits in [words.find(TextQuery("sad"))]
        for one, met in zip(hits.hits, hits.met, strict=True)
    }
    assert facts[sad].startswith("C minor") and not facts[happy].startswith("C major")


def test_filters_alone_are_searched_for(tmp_path):
    fast, slow = track(1), track(2)
    words = searcher({fast: row(tempo=150), slow: row(tempo=60)}, tmp_path)
    found = words.find(TextQuery("music", filters=Filters({"tempo_min": 140})))
    assert [one.track for one in found.hits] == [fast]
    assert words.find(TextQuery("music", filters=Filters({"composer": "Bach"}))).hits == ()


def test_a_few_words_more_are_added_to_the_wish():
    name, args = said("fast fiddle", "from ireland only")
    assert name == "find_by_description" and args["description"] == "fast fiddle, from ireland"


@pytest.mark.parametrize(
    ("words", "english"),
    [
        ("wer hat das geschrieben?", "who wrote it?"),
        ("speicher die ersten drei als Abend", "save them as a playlist the first three as Abend"),
        ("피아노는 빼줘", "without piano"),
        ("zet de eerste twee in een lijst Zondag", "save the first two as playlist Zondag"),
    ],
)
def test_other_languages_in_the_order_of_english(words, english):
    assert gloss(words, "nl" if words.startswith("zet") else "").text == english
