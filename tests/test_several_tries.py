"""Two tries at one tune count together: what both speak for comes before what one of them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hummed_music import TUNE, clip_query, sung
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from test_humming import searcher

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.plan import next_step
from app.agent.planner.parse.conversation import Call, read_talk
from index.analysis.f0 import PitchTrack
from index.core.hits import Results
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip
from index.humming.places import Place
from index.humming.searcher import TuneSearcher
from index.humming.several_tries import Try, together, voiced_s
from tools.find_by_humming import find_by_humming, tries
from tools.session import Session

__all__ = ["searcher"]


def a_try(voiced: float, *found: tuple[int, float]) -> Try:
    """A try of so many voiced seconds that found tracks with so much evidence."""
    frames = np.ones(round(voiced * 10), bool)
    places = [Place(track, odds, 10.0 * track, 10.0 * track + 5, 0) for track, odds in found]
    return Try(PitchTrack(0.1, np.full(len(frames), 60.0), frames), places)


def test_what_both_tries_speak_for_comes_first() -> None:
    found = together([a_try(5, (1, 1.5), (2, 1.3), (3, 0.2)), a_try(5, (4, 1.6), (2, 1.4), (5, 0.1))])
    assert found[0].track == 2
    assert found[0].odds == pytest.approx(1.35)
    assert {place.track for place in found} == {1, 2, 3, 4, 5}


def test_a_try_counts_by_its_voiced_seconds() -> None:
    long, short = a_try(9, (1, 1.0), (2, 0.8)), a_try(1, (2, 1.5), (1, 0.5))
    assert [place.track for place in together([long, short])] == [1, 2]
    assert voiced_s([long, short]) == pytest.approx(10)


def test_the_moment_told_is_that_of_the_try_that_fits_better() -> None:
    other = a_try(5, (2, 1.4))
    there = replace(other, places=[replace(other.places[0], start_s=77.0)])
    assert together([a_try(5, (2, 1.1)), there])[0].start_s == 77.0


def test_one_try_is_left_as_it_is() -> None:
    alone = a_try(5, (1, 1.5), (1, 1.4), (2, 0.2))
    assert together([alone]) == list(alone.places)
    assert together([alone, a_try(5)]) == list(alone.places)


def pitch_of(folder: Path, notes: Sequence[tuple[int, float]], seed: int) -> tuple[Query, PitchTrack]:
    from index.analysis.f0 import track_pitch

    query = clip_query(folder, sung(tuple(notes), 0, 1, seed))
    return query, track_pitch(query.passage)


def test_a_second_try_mends_what_the_first_had_wrong(searcher: TuneSearcher, tmp_path: Path) -> None:
    wrong = [(midi + (3, -2, 1)[i % 3] * (i < 10), length_s) for i, (midi, length_s) in enumerate(TUNE)]
    query, spoilt = pitch_of(tmp_path, wrong, 1)
    _, better = pitch_of(tmp_path, TUNE, 2)
    alone, both = searcher.find_tune(query, spoilt), searcher.find_tune(query, spoilt, earlier=[better])
    assert alone.hits[0].track.title != "Piece 7" or alone.hits[0].confidence < both.hits[0].confidence
    assert both.hits[0].track.title == "Piece 7"
    assert 19 < both.hits[0].moment.start_s < 24


def test_an_earlier_try_without_a_tune_counts_nothing(searcher: TuneSearcher, tmp_path: Path) -> None:
    query, pitch = pitch_of(tmp_path, TUNE, 1)
    nothing = PitchTrack(0.1, np.zeros(50), np.zeros(50, bool), np.zeros(50))
    alone, both = searcher.find_tune(query, pitch), searcher.find_tune(query, pitch, earlier=[nothing])
    assert [hit.moment for hit in both.hits] == [hit.moment for hit in alone.hits]


@pytest.mark.parametrize(
    ("moment", "parts"),
    [
        ("clip:1 and clip:2", ["clip:1", "clip:2"]),
        ("clip:1, clip:2 and clip:3 @ 0:02", ["clip:1", "clip:2", "clip:3 @ 0:02"]),
        ("clip", ["clip"]),
        ("Salt and Pepper", ["Salt and Pepper"]),
        ("Clip and Clop @ 1:20", ["Clip and Clop @ 1:20"]),
    ],
)
def test_a_reference_may_name_several_recordings(moment: str, parts: list[str]) -> None:
    assert tries(moment) == parts


def test_the_tool_searches_for_all_tries_at_once(searcher: TuneSearcher, tmp_path: Path) -> None:
    query = clip_query(tmp_path, sung(TUNE, 0, 1))
    asked: list[tuple[Passage, ...]] = []

    def find_hum(query: Query, earlier: tuple[Passage, ...] = ()) -> Results:
        asked.append((*earlier, query.passage))
        return searcher.find(query)

    def passage(source: Clip, *_: object) -> Passage:
        return replace(query.passage, source=source)

    library: Any = SimpleNamespace(passage=passage, find_hum=find_hum)
    first = query.passage.source
    assert isinstance(first, Clip)
    second = replace(first, id="d" * 16, name="again.wav")
    answer = find_by_humming(Session(library, (first, second)), "clip:1 and clip:2", 3)
    assert [each.source for each in asked[0]] == [first, second]
    assert "Searched for the tune of: “again.wav”" in answer.text
    assert "and of 1 earlier try." in answer.text
    assert answer.data["query"]["moment"] == "clip:1 and clip:2"


def hummed(moment: str, number: int) -> list[Any]:
    """A turn in which a clip was brought and searched for by its tune."""
    call = {"name": "find_by_humming", "args": {"moment": moment, "k": 7}, "id": f"c{number}"}
    answer = ToolMessage("…", tool_call_id=f"c{number}", artifact={"kind": "hits", "hits": []})
    brought = {"clips": [{"recorded": True, "kind": "tune"}]}
    return [
        HumanMessage("this is me humming", additional_kwargs=brought),
        AIMessage("", tool_calls=[call]),
        answer,
    ]


def next_call(words: str, *before: Any, clip: bool = True) -> Call:
    extra = {"clips": [{"recorded": True, "kind": "tune"}]} if clip else {}
    talk = read_talk([*before, HumanMessage(words, additional_kwargs=extra)])
    step = next_step(talk, frozenset(TOOLS.values()), lambda _: {})
    assert step is not None and step.call is not None, step
    return step.call


@pytest.mark.parametrize(
    "words",
    [
        "one more try", "let me try again", "Again!", "ok once more", "second attempt", "here it is again",
        "I'll hum it again", "another go", "take two", "noch ein Versuch", "encore un essai", "otro intento",
        "un altro tentativo", "nog een poging", "mais uma tentativa", "もう一回試す",
    ],
)  # fmt: skip
def test_one_more_try_counts_with_the_one_before(words: str) -> None:
    call = next_call(words, *hummed("clip", 1))
    assert (call.name, dict(call.args)) == ("find_by_humming", {"moment": "clip:1 and clip:2", "k": 7})


@pytest.mark.parametrize(
    "words",
    ["one more try", "let me try again", "Again!", "once more", "another go", "I'll hum it again", "noch ein Versuch",
     "もう一回試す"],
)  # fmt: skip
def test_one_more_try_without_a_recording_asks_for_it(words: str) -> None:
    talk = read_talk([*hummed("clip", 1), HumanMessage(words)])
    step = next_step(talk, frozenset(TOOLS.values()), lambda _: {})
    assert step is not None
    assert (step.phrase, step.call) == ("hum_awaited", None)


@pytest.mark.parametrize(
    "words", ["find another version", "one more", "show me one more", "try again with #2"]
)
def test_other_words_after_a_hum_ask_for_no_recording(words: str) -> None:
    talk = read_talk([*hummed("clip", 1), HumanMessage(words)])
    step = next_step(talk, frozenset(TOOLS.values()), lambda _: {})
    assert step is not None
    assert step.phrase != "hum_awaited"


def test_a_third_try_counts_with_both() -> None:
    before = [*hummed("clip", 1), AIMessage("…"), *hummed("clip:1 and clip:2", 2)]
    assert next_call("one more try", *before).args["moment"] == "clip:1 and clip:2 and clip:3"


@pytest.mark.parametrize("words", ["this is me humming", "and what is this tune?", ""])
def test_another_tune_is_searched_for_by_itself(words: str) -> None:
    assert next_call(words, *hummed("clip", 1)).args["moment"] == "clip"


def test_after_another_search_a_recording_stands_by_itself() -> None:
    other = AIMessage(
        "", tool_calls=[{"name": "find_similar_moments", "args": {"moment": "clip"}, "id": "c9"}]
    )
    brought = HumanMessage("like this", additional_kwargs={"clips": [{"kind": "music"}]})
    call = next_call("one more try, me humming", *hummed("clip", 1), brought, other)
    assert call.args["moment"] == "clip"
