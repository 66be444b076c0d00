"""The planner on what plain people type: facts, places, complaints, several wishes, and a wish after another."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from library_double import LibraryDouble
from small_library import TRACKS, hit
from sounds import passage_of, silent_frames

from app.agent.grounding.faithful import Facts
from app.agent.planner.answers.evidence import portrayed
from app.agent.planner.answers.extremes import among_results
from app.agent.planner.answers.left_out import left_out
from app.agent.planner.answers.library import library_state
from app.agent.planner.answers.phrases import all_conditions
from app.agent.planner.answers.text_search import described
from app.agent.planner.answers.unweighed import unweighed
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.plan import next_step
from app.agent.planner.decide.several import split_wishes
from app.agent.planner.model import Planner
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.facts import facts_asked
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.slots import essence
from app.agent.toolbox import rejected
from app.cli.chat import chosen
from bench.agreement import FOLDER, read_conversations
from bench.planner import Conversation, is_right
from index.catalogue.track_lookup import named, the_one
from index.core.errors import QueryError, UnknownTrackError
from index.core.hits import Results
from index.core.query import Query
from index.text.wording import closer_than
from tools.places import PlaceText, place_in, place_of, sought
from tools.rejections import without_rejected
from tools.session import Session


def step(words, **talk):
    return next_step(Talk(words=words, **talk), frozenset(TOOLS.values()), lambda plain: {})


SEARCHED = {
    "search": Call("find_similar_moments", {"moment": "clip", "k": 5, "diversity": "balanced"}),
    "clips": 1,
    "found": 5,
    "hits_of": "c1",
}


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("what key is la donna e mobile in?", "la donna e mobile"),
        ("how fast is the maple leaf rag?", "maple leaf rag"),
        ("What is the key of La donna è mobile?", "La donna è mobile"),
        ("who wrote the entertainer?", "entertainer"),
        ("when was der lindenbaum composed?", "der lindenbaum"),
        ("the bit in maple leaf rag where it goes quiet", "maple leaf rag @ where it goes quiet"),
        ("the loudest part of the white cockade", "white cockade @ the loudest part"),
        ("where do the drums come in in garryowen?", "garryowen @ where the drums come in"),
        ("what happens in garryowen at 9:99?", "garryowen @ 9:99"),
    ],
)
def test_a_fact_or_a_place_is_asked_of_a_title_however_it_is_written(words, moment):
    call = step(words).call
    assert (call.name, call.args["moment"]) == ("describe_moment", moment)


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("how fast is it?", ("tempo",)),
        ("what key and tempo?", ("key", "tempo")),
        ("who wrote the third?", ("composer",)),
        ("how long is that and when was it written", ("length", "year")),
        ("describe its key and chords", ()),
    ],
)
def test_facts_that_are_asked_for(words, facts):
    assert facts_asked(words) == facts


def test_a_fact_is_answered_in_one_sentence():
    known = {
        "title": "Pavane",
        "composer": "Gabriel Fauré",
        "year": None,
        "key": "A♭ major",
        "key_certainty": 81.0,
    }
    data = {"moment": {}, "known": known}
    assert portrayed(data, ("key",)) == "“Pavane” is in A-flat major."
    assert portrayed(data, ("composer", "year")) == (
        "“Pavane” is by Gabriel Fauré. The tags of “Pavane” name no year."
    )
    unsure = {**known, "key_certainty": 40.0}
    assert "most likely in A-flat major (40 % certain)" in portrayed(
        {"moment": {}, "known": unsure}, ("key",)
    )


@pytest.mark.parametrize(
    "words",
    [
        "that does not sound like it at all",
        "no thats nothing like it",
        "these are terrible",
        "i don't like number 2",
    ],
)
def test_a_complaint_rejects_what_was_shown_and_offers_the_nearest_changes(words):
    answer = step(words, **SEARCHED)
    assert answer.call is None and answer.phrase == "complaint"
    assert answer.rejects == ((2,) if "2" in words else ())
    assert answer.offered["More variety"].args["diversity"] == "adventurous"


def test_a_complaint_about_sound_weighs_nothing_and_names_what_is_left_out():
    shown = tuple(hit(rank, TRACKS[rank - 1]).as_record() for rank in (1, 2))
    answer = step("that doesnt sound alike at all", **{**SEARCHED, "found": 2, "shown": shown})
    assert answer.call is None and answer.rejects == ()
    assert answer.gone == (TRACKS[0].title, TRACKS[1].title)
    assert left_out(answer.gone) == f"“{TRACKS[0].title}” and “{TRACKS[1].title}”"
    assert left_out(["A", "B", "C", "D", "E"]) == "“A”, “B”, “C” and two more"


@pytest.mark.parametrize(
    ("words", "name", "args"),
    [
        ("no, not that, somthing hapier", "recommend_moments", {"mood": "happy"}),
        ("nah something else", "find_similar_moments", {"moment": "clip"}),
        ("these are wrong, only bach please", "find_similar_moments", {"filters": {"composer": "bach"}}),
    ],
)
def test_a_rejection_with_a_wish_leaves_out_what_was_shown_and_does_the_wish(words, name, args):
    answer = step(words, **SEARCHED)
    assert answer.rejects == () and answer.call.name == name
    assert args.items() <= dict(answer.call.args).items()


def test_a_comparison_that_names_one_result_asks_for_the_other():
    answer = step("whats the differnce between 1 and", **SEARCHED)
    assert answer.call is None and answer.phrase == "which_two"
    assert [call.args["second"] for call in answer.offered.values()] == ["#2", "#3", "#4", "#5"]


@pytest.mark.parametrize("words", ["piano but not piano", "something fast and slow at the same time"])
def test_what_contradicts_itself_is_asked_back(words):
    assert step(words).phrase == "contradiction"


def test_the_longest_is_one_of_the_library_or_of_the_results():
    assert step("whats the longest piece i got").call.name == "library_status"
    assert step("which one is the oldest").call.name == "library_status"
    shown = tuple(
        hit(rank, replace(TRACKS[rank - 1], duration_s=60.0 * rank)).as_record() for rank in (1, 2, 3)
    )
    asked = step("whats the longest", **{**SEARCHED, "shown": shown}).of_results
    said = among_results(asked, shown)
    assert TRACKS[2].title in said and "3:00" in said and "#3" in said


def test_the_state_of_the_library_tells_its_extremes_and_playlists():
    longest = {"title": "Long", "composer": "Haydn", "artist": "", "duration_s": 125.0, "year": 1790}
    status = {"tracks": 3, "hours": 0.1, "extremes": {"longest": longest}, "playlists": ["Night", "Day"]}
    assert library_state({"status": status}, "longest").endswith("“Long” by Haydn: 2:05.")
    assert "“Night” and “Day”" in library_state({"status": status}, "playlists")
    assert "no playlists" in library_state({"status": {**status, "playlists": []}}, "playlists")


@pytest.mark.parametrize(
    "words", ["maple leaf rag", "la donna e mobile", "sanctus", "find the kyrie", "garyowen"]
)
def test_a_bare_name_is_looked_up(words):
    call = step(words).call
    assert call.name == "search_library" and call.args["text"] == words.removeprefix("find the ")


@pytest.mark.parametrize("words", ["asdf", "my cat is on the roof", "football results", "u suck"])
def test_what_is_no_name_is_not_looked_up(words):
    assert step(words).call is None


def test_who_wrote_a_title_is_no_condition_on_what_is_found():
    call = step("smth like Drunk Walk Home by Mitski").call
    assert (call.args["moment"], call.args["filters"]) == ("Mitski Drunk Walk Home", {})
    assert step("similar but by Bach only", clips=1, brought=1).call.args["filters"] == {"composer": "Bach"}


@pytest.mark.parametrize(
    ("words", "wishes"),
    [
        ("search calm piano, save the top 3 as Night", 2),
        ("find me bach then tell me which instruments play in the first one", 2),
        ("describe the white cockade and compare it with garryowen", 2),
        ("calm piano, slow, with strings", 1),
    ],
)
def test_wishes_are_told_apart(words, wishes):
    assert len(split_wishes(words, Talk(words=words))) == wishes


def test_one_year_is_said_once_and_a_span_as_a_span():
    assert all_conditions({"year_from": 1685, "year_to": 1685}) == ["from the year 1685"]
    assert all_conditions({"year_from": 1840, "year_to": 1849, "key_mode": "minor"}) == [
        "in minor",
        "from 1840 to 1849",
    ]
    assert all_conditions({"year_from": 1840}) == ["from 1840"]


def test_a_mood_that_sound_cannot_be_weighed_by_is_said():
    call = Call("find_similar_moments", {"moment": "#1"})
    talk = Talk(words="like the first but happier", done=((call, ToolMessage("x", tool_call_id="1")),))
    note, offered = unweighed(talk)
    assert "happier" in note
    assert [one and one.args["description"] for one in offered.values()] == ["happy"]
    assert unweighed(replace(talk, words="like the first but slower")) == ("", {})


@pytest.mark.parametrize("words", ["same groove please", "exiting music", "likely candidates"])
def test_words_that_are_right_are_not_mended(words):
    assert read(words).text == words


@pytest.mark.parametrize(
    ("likeness", "said"),
    [
        (0.62, "closer than 62 % of moments"),
        (0.96, "closer than all but 1 in 25"),
        (0.99775, "closer than all but 1 in 440"),
        (0.99999, "closer than all but 1 in over 10,000"),
        (1.0, "closer than all but 1 in over 10,000"),
    ],
)
def test_likeness_is_told_on_a_scale_that_spreads_its_top(likeness, said):
    assert closer_than(likeness) == said


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        (3529, "closer than all but 1 in over 3,500"),
        (60, "closer than all but 1 in over 60"),
        (7, "closer than all but 1 in over 7"),
        (250_000, "closer than all but 1 in over 10,000"),
        (0, "closer than all but 1 in over 10,000"),
    ],
)
def test_no_library_is_told_to_show_more_than_it_holds(compared, said):
    assert closer_than(0.99999, compared) == said
    assert closer_than(0.96, max(compared, 25)) in (
        "closer than all but 1 in 25",
        "closer than all but 1 in over 25",
    )


def test_a_likeness_capped_by_the_library_counts_as_told_truly():
    found = {"compared": 3529, "hits": [{"likeness": 0.99999}]}
    assert 3500.0 in Facts.of(found).values


def test_only_what_meets_a_word_is_said_to_and_the_others_are_the_nearest():
    hits = [hit(rank, TRACKS[rank - 1]).as_record() for rank in (1, 2, 3)]
    met = [
        [{"words": "harpsichord", "fact": f"harpsichord {share} %", "wanted": True, "met": share / 100}]
        for share in (89, 12, 3)
    ]
    data = {
        "hits": hits,
        "query": {"description": "harpsichord", "k": 3},
        "words": met,
        "understood": [{"words": "harpsichord", "meaning": "harpsichord"}],
        "missed": [],
    }
    call = Call("find_by_description", {})
    assert "Only #1 really meets “harpsichord”" in described(data, call)
    both = described({**data, "words": [met[0], met[0], met[2]]}, call)
    assert "Only #1 and #2 really meet “harpsichord”" in both
    assert "Only" not in described({**data, "words": [met[0]] * 3}, call)


def test_what_the_hour_adds_is_no_reason():
    hits = [hit(1, TRACKS[0]).as_record()]
    words = [
        {"words": "calm", "fact": "1.0 onsets a second", "wanted": True, "met": 1.0},
        {"words": "it is late", "fact": "0.1 onsets a second", "wanted": True, "met": 1.0},
    ]
    data = {
        "hits": hits,
        "query": {"description": "calm", "k": 1},
        "words": [words],
        "understood": [{"words": "calm", "meaning": "calm"}],
    }
    said = described(data, Call("recommend_moments", {}))
    assert "1.0 onsets a second" in said and "it is late" not in said


def test_titles_that_share_a_word_by_chance_are_not_offered():
    tracks = [replace(TRACKS[0], title="Quatre Polonaises: No. 2", composer="Clara Schumann", artist="")]
    with pytest.raises(UnknownTrackError) as error:
        the_one("clair de lune", named("clair de lune", tracks))
    assert error.value.nearest == ()


def test_a_number_typed_in_a_terminal_picks_a_choice():
    assert chosen("2", ("Slower", "Faster")) == "Faster"
    assert chosen("3", ("Slower", "Faster")) == "3" and chosen("2 more", ("Slower", "Faster")) == "2 more"


@pytest.mark.parametrize(
    ("words", "name", "composer"),
    [
        ("recommend me some haydn please", "search_library", "haydn"),
        ("put on some joplin", "search_library", "joplin"),
        ("more like this but by Bach", "find_similar_moments", "Bach"),
    ],
)
def test_a_composer_who_is_named_is_not_lost(words, name, composer):
    call = step(words, **SEARCHED).call
    assert (call.name, call.args["filters"]) == (name, {"composer": composer})


def test_a_playlists_name_is_no_composer_to_look_for():
    assert step("make a playlist of them called Mozart Mix", **SEARCHED).call.name == "make_playlist"


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ("actually forget the year", {"composer": "Bach"}),
        ("drop the composer", {"year_from": 1700}),
    ],
)
def test_a_condition_can_be_dropped_by_its_kind(words, filters):
    search = Call(
        "find_similar_moments", {"moment": "clip", "k": 5, "filters": {"composer": "Bach", "year_from": 1700}}
    )
    assert step(words, **{**SEARCHED, "search": search}).call.args["filters"] == filters


def test_one_more_composer_is_left_out():
    search = Call("find_similar_moments", {"moment": "clip", "k": 5, "filters": {"not_composer": "haydn"}})
    call = step("and the schumann too", **{**SEARCHED, "search": search}).call
    assert call.args["filters"] == {"not_composer": ["haydn", "schumann"]}


@pytest.mark.parametrize(
    ("words", "name", "args"),
    [
        ("can i get like 12", "find_similar_moments", {"k": 12}),
        ("ok save that one", "make_playlist", {"results": ["#1"]}),
        ("call it morning run", "make_playlist", {"name": "morning run"}),
        ("the one that goes da da da dum", "find_by_humming", {}),
        ("something to wake me up thats not too loud", "recommend_moments", {"activity": "wake me up"}),
        ("does muss i denn repeat itself anywhere", "find_repeats", {"moment": "muss i denn"}),
    ],
)
def test_what_strangers_type(words, name, args):
    call = step(words, **SEARCHED).call
    assert call.name == name and args.items() <= dict(call.args).items()


def test_without_is_understood_however_it_is_written():
    assert "without piano" in step("anything w/o piano thats fast").call.args["description"]


def test_too_much_of_one_kind_is_searched_for_again_with_more_variety():
    call = step("ugh these all sound the same", **SEARCHED).call
    assert call is not None
    assert (call.name, call.args["moment"], call.args["diversity"]) == (
        "find_similar_moments",
        "clip",
        "adventurous",
    )


def test_a_question_about_results_is_no_complaint():
    assert step("why does the second not sound like it?", **SEARCHED).call.name == "explain_match"


def test_rejected_results_are_not_shown_again(tmp_path):
    hits = [hit(1, TRACKS[0]), hit(2, TRACKS[1])]
    artifact = {"kind": "hits", "query": {}, "hits": [one.as_record() for one in hits]}
    messages = [
        HumanMessage("find moments like this"),
        ToolMessage("found", artifact=artifact, tool_call_id="c1", name="find_similar_moments"),
        HumanMessage("not the first"),
        AIMessage("left out", additional_kwargs={"rejected": {"call": "c1", "ranks": [1]}}),
    ]
    assert [one.track.id for one in rejected(messages)] == [TRACKS[0].id]
    session = Session(LibraryDouble(tmp_path), rejected=tuple(rejected(messages)))
    passage = passage_of(silent_frames(10.0))
    results = Results(Query(passage, k=3), (hit(1, TRACKS[0]), hit(2, TRACKS[1]), hit(3, TRACKS[2])), 3, 1.0)
    kept = without_rejected(session, results, 2)
    assert [(one.rank, one.track.id) for one in kept.hits] == [(1, TRACKS[1].id), (2, TRACKS[2].id)]


def test_a_newer_condition_takes_the_place_of_the_one_it_contradicts():
    slower = Call("find_similar_moments", {"moment": "clip", "k": 5, "filters": {"tempo_max": 90}})
    call = step("and faster?", search=slower, clips=1, found=5).call
    assert call.args["filters"] == {"tempo_min": 120}
    after = Call("find_similar_moments", {"moment": "clip", "k": 5, "filters": {"year_to": 1800}})
    call = step("only 20th century", search=after, clips=1, found=5).call
    assert call.args["filters"] == {"year_from": 1901, "year_to": 2000}


def test_too_slow_asks_for_faster_ones():
    call = step("these are too slow", **SEARCHED).call
    assert call.args["filters"] == {"tempo_min": 120}


def test_steps_of_one_message_are_done_in_their_order():
    talk = Conversation(Planner(), list(TOOLS.values()))
    calls, _ = talk.say(
        "find me minor key fiddle tunes and then make a playlist of the best two called Fiddle", False
    )
    assert [call["name"] for call in calls] == ["find_by_description", "make_playlist"]
    assert calls[1]["args"]["results"] == ["#1", "#2"] and calls[1]["args"]["name"] == "Fiddle"


def test_what_is_heard_begins_anew_after_a_list_of_tags():
    listing = Call("search_library", {"text": "metallica", "filters": {}})
    call = step("music for harpsichord", listing=listing).call
    assert call is None or "metallica" not in str(call.args)
    assert step("only Bach", listing=listing).call.args["filters"] == {"composer": "Bach"}


def test_the_happiest_of_all_is_a_search_for_happy():
    assert essence("the happiest violin piece you have") == "happy violin"
    assert step("whats the happiest song u have").call.args["description"] == "happy"


def test_a_composer_that_is_alluded_to_is_no_clip():
    call = step("smth like mozart but slower").call
    assert (call.name, call.args["filters"]) == ("find_by_description", {"composer": "mozart"})


def test_what_plain_people_type():
    """The share of our own plain turns that are right is measured, and none of the wrong ones grows silent."""
    planner, right, made = Planner(), 0, 0
    for turns in read_conversations(FOLDER / "plain.jsonl"):
        talk = Conversation(planner, list(TOOLS.values()))
        for turn in turns:
            right += is_right(turn, *talk.say(turn.text, turn.clip))
            made += 1
    assert right / made >= 0.95


# --- places that are told in words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("where it goes quiet", "quiet"),
        ("the loudest part", "loud"),
        ("where the drums come in", "drums"),
        ("where it slows down", "slow"),
        ("the very calm bit", "calm"),
        ("where they start singing", "singing"),
    ],
)
def test_what_a_place_sounds_like(words, meant):
    assert sought(words) == meant


def test_a_place_follows_the_title():
    assert place_in("Maple Leaf Rag @ where it goes quiet") == PlaceText(
        "Maple Leaf Rag", "where it goes quiet"
    )
    assert place_in("Maple Leaf Rag @ 1:20") is None
    live = place_in("Live @ the Apollo")
    assert live is None or live.name == "Live"


class OneTrack:
    """Eleven windows, two seconds apart: one word is met from the eighth on, and best in the first."""

    spans = tuple((2.0 * row, 2.0 * row + 10) for row in range(11))

    def understand(self, words):
        class Understanding:
            understood = (type("Word", (), {"words": words}),) if words != "purple" else ()

        return Understanding

    def part(self, word):
        met = np.array([0.95, 0.9, 0.9, 0.2, 0.2, 0.2, 0.2, 0.2, 0.9, 0.9, 0.9])
        met = met * (0.05 if word.words == "drums" else 1.0)
        return SimpleNamespace(met=lambda rows: met[rows])

    def windows_of(self, track):
        return 0, self.spans


def one_track() -> Any:
    return OneTrack()


def test_a_place_is_where_words_are_met_best_or_come_to_be_met():
    assert place_of(one_track(), TRACKS[0], "the loudest part") == (0.0, 10.0)
    assert place_of(one_track(), TRACKS[0], "where it gets loud") == (16.0, 26.0)


def test_a_place_that_is_nowhere_is_told():
    with pytest.raises(QueryError, match="no “drums” anywhere in “Gymnopédie"):
        place_of(one_track(), TRACKS[0], "where the drums come in")
    with pytest.raises(QueryError, match="nothing that would show"):
        place_of(one_track(), TRACKS[0], "where it goes purple")


def test_a_y_alone_is_no_why():
    assert read("y").text.strip() == "y"
    assert read("y?").text.strip() == "why?"
    assert read("y is #3 there").text.startswith("why is")


SAID_IN_WORDS: dict[str, Any] = {
    "search": Call("find_by_description", {"description": "calm", "k": 5}),
    "found": 5,
    "hits_of": "c1",
}


@pytest.mark.parametrize(
    ("words", "description"),
    [
        ("no these are too cheerful", "calm, not too cheerful"),
        ("these are too calm", "not too calm"),
        ("less sad please", "calm, not too sad"),
        ("a bit more cheerful", "calm, cheerful"),
    ],
)
def test_a_quality_that_is_too_much_changes_the_wish_in_words(words: str, description: str) -> None:
    assert step(words, **SAID_IN_WORDS).call == Call(
        "find_by_description", {"description": description, "k": 5}
    )


def test_a_search_by_sound_becomes_one_by_words_for_a_quality() -> None:
    call = step("hm, those are too sad", **SEARCHED).call
    assert (call.name, call.args["description"]) == ("find_by_description", "not too sad")


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (
            "make me a list of 5 calm ones and call it Sleepy",
            ["find 5 calm ones", "save them as a playlist called Sleepy"],
        ),
        ("a playlist with slow piano pieces", ["find slow piano pieces", "save them as a playlist"]),
        (
            "make a playlist called Tea of calm music",
            ["find calm music", "save them as a playlist called Tea"],
        ),
        ("make a playlist of the best two called Fiddle", ["make a playlist of the best two called Fiddle"]),
        ("make a playlist of them and call it Calm", ["make a playlist of them and call it Calm"]),
    ],
)
def test_a_playlist_of_what_is_not_found_yet_is_a_search_first(words: str, steps: list[str]) -> None:
    talk = replace(Talk(words=words), search=Call("find_similar_moments", {"moment": "clip"}), found=5)
    assert split_wishes(words, talk) == steps


@pytest.mark.parametrize(
    "words",
    ["what have i saved", "show me what i've kept so far", "my saved moments", "which ones did i save"],
)
def test_what_was_saved_is_told_and_nothing_is_written(words: str) -> None:
    assert step(words, **SEARCHED).call == Call("library_status", {})


@pytest.mark.parametrize(
    "words",
    ["remove the second from evening", "delete the playlist evening", "take #1 out of my evening playlist"],
)
def test_a_playlist_is_never_changed_nor_written_by_a_wish_to_remove(words: str) -> None:
    assert step(words, **SEARCHED).phrase == "remove"


def test_a_rejection_with_another_wish_is_that_wish() -> None:
    done = step("hmm none of those. something sadder", **SEARCHED)
    assert done.call is not None and done.call.args["mood"] == "sad"
    assert done.rejects == ()
