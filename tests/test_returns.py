"""How a passage comes back in its own track: told apart, said in words, and drawn as a line."""

import re

import pytest
from langchain_core.messages import ToolMessage
from small_library import TRACKS, SmallLibrary

from app.agent.planner.answers.answer import answer
from app.agent.planner.parse.conversation import Call
from app.view.repeats import returns_html
from index.core.hits import Alignment, FactorScore, Hit, Results
from index.core.moments import Moment
from index.core.query import Query
from index.structure.repeats import classify_repetition
from tools.find_repeats import find_repeats
from tools.session import Session


def back(rank, start_s, harmony=0.96, confidence=1.0, *, shift=0, ratio=1.0):
    moment = Moment(TRACKS[0].id, start_s, start_s + 10)
    factors = {"harmony": FactorScore(harmony, 0.99, 1.4, 0.6)}
    return Hit(rank, TRACKS[0], moment, 1.0, 0.99, confidence, factors, Alignment(shift, ratio))


@pytest.mark.parametrize(
    ("found", "kind", "how"),
    [
        (back(1, 50), "exact", ""),
        (back(1, 50, shift=5), "varied", "a fourth higher"),
        (back(1, 50, ratio=1.1), "varied", "9 % slower"),
        (back(1, 50, harmony=0.8, confidence=0.9), "varied", "with other notes"),
        (
            back(1, 50, harmony=0.8, confidence=0.9, shift=-2),
            "varied",
            "a tone lower, with other notes",
        ),
        (back(1, 50, harmony=0.6, confidence=0.02), "akin", ""),
    ],
)
def test_exact_and_varied_returns_are_told_apart(found, kind, how):
    told = classify_repetition(found)
    assert (told.kind, told.how) == (kind, how)


class Repeating(SmallLibrary):
    """Finds given returns."""

    def __init__(self, home, hits):
        super().__init__(home)
        self.hits = hits

    def find_repeats(self, passage, k=10):
        return Results(Query(passage, exclude_same_track=False), tuple(self.hits), 40, 3.0)


def told(tmp_path, *hits):
    found = find_repeats(Session(Repeating(tmp_path, hits)), "Gymnopédie No. 1 @ 0:10")
    message = ToolMessage(found.text, artifact=found.data, tool_call_id="c1", name="find_repeats")
    return found, answer(Call("find_repeats", {"moment": "x"}), message)


def test_the_answer_says_how_it_comes_back(tmp_path):
    found, words = told(tmp_path, back(1, 30), back(2, 60, shift=5), back(3, 75, 0.5, 0.01))
    assert words == (
        "In “Gymnopédie No. 1” the passage at 0:10-0:20 comes back once as it was: 0:30 (#1). "
        "Varied it comes back once: 1:00 (#2, a fourth higher)."
    )
    assert "#2 comes back varied: a fourth higher." in found.text
    assert told(tmp_path, back(1, 60, 0.8, 0.6))[1].endswith("but once varied: 1:00 (#1, with other notes).")
    assert told(tmp_path, back(1, 75, 0.5, 0.01))[1].endswith(
        "does not come back. Most like it is what is heard at 1:15 (#1)."
    )
    assert told(tmp_path)[1].endswith("does not come back.")


def test_the_line_shows_the_passage_and_every_return(tmp_path):
    found, _ = told(tmp_path, back(1, 30), back(2, 60, shift=5), back(3, 75, 0.5, 0.01))
    line = returns_html(found.data)
    marks = re.findall(r'<i class="(\w+)" style="left:([\d.]+)%;width:([\d.]+)%"', line)
    assert marks == [
        ("akin", "83.33", "11.11"),
        ("varied", "66.67", "11.11"),
        ("exact", "33.33", "11.11"),
        ("asked", "11.11", "11.11"),
    ]
    assert ">1:30<" in line and "1:00-1:10: varied, a fourth higher" in line
    assert returns_html({"kind": "hits", "hits": []}) == ""


def test_of_returns_that_overlap_the_best_is_numbered(tmp_path):
    found, _ = told(tmp_path, back(1, 30), back(2, 36, shift=5), back(3, 60, shift=5))
    assert re.findall(r"<b>(#\d)</b>", returns_html(found.data)) == ["#3", "#1"]
