"""What a pattern needs, and that nothing is missed by asking for it first."""

import re

import pytest

from app.agent.planner.parse.needs import Macro, need_of
from app.agent.planner.parse.patterns import Expression, sections
from bench.agreement import FOLDER, read_conversations

MACROS = {
    "WHO": Macro("(?:haydn|bach)", frozenset(["haydn", "bach"])),
    "WHERE": Macro("top|bottom", frozenset(["top", "bottom"])),
    "OFTEN": Macro("? times", frozenset([" times"])),
}


@pytest.mark.parametrize(
    ("pattern", "need"),
    [
        (r"\bfind (?:me )?\w+", {"find "}),
        (r"\bsongs?\b", {"song"}),
        (r"^(?:please )?(?:ignore|forget) \w+", {"ignore", "forget"}),
        (r"(?:a|the )?", None),
        (r"(?:lou+d|quiet)(?:er)?", {"lou", "quiet"}),
        (r"(?!not )(?P<n>slow)\b", {"slow"}),
        (r"[a-z]+ly|\d+", None),
        (r"what'?s up", {"what"}),
        (r"by {WHO}", {"haydn", "bach"}),
        (r"by {WHO}?", {"by "}),
        (r"at the {WHERE}", {"at the top", "bottom"}),
        (r"by{OFTEN}", {" times"}),
        (r"(?:very ){2,}(?:odd){0,3}", {"very "}),
        (r"\.\. \(so", {".. (so"}),
        (r"[^])|(]x(?:ab|cd)", {"ab", "cd"}),
    ],
)
def test_what_a_pattern_needs(pattern: str, need: set[str] | None) -> None:
    assert need_of(pattern, MACROS) == (None if need is None else frozenset(need))


def test_a_pattern_is_only_made_for_texts_that_may_have_it() -> None:
    line = Expression(r"\bignore (", {})  # which cannot be made
    assert line.search("find something calm") is None
    assert list(line.finditer("find something calm")) == []
    assert line.sub("x", "find something calm") == "find something calm"
    with pytest.raises(re.PatternError if hasattr(re, "PatternError") else re.error):
        line.search("ignore it")


def test_nothing_is_missed_in_sentences_that_people_typed() -> None:
    said = [turn.text.lower() for file in sorted(FOLDER.glob("*.jsonl")) for turn in _some(file)]
    names = ("calls", "content", "emphasis", "filters", "references", "rules", "slots", "times", "titles")
    lines = [
        line
        for name in names
        for section in sections(name)
        for line in (*section.lines, *(one for mark in "!&" for one in section.marked[mark]))
    ]
    assert len(lines) > 900
    for line in lines:
        made = re.compile(line.pattern)
        for text in said:
            found, expected = line.search(text), made.search(text)
            assert (found and found.span()) == (expected and expected.span()), (line.line, text)


def test_most_patterns_are_not_made_for_a_sentence() -> None:
    needs = [line._need for section in sections("emphasis") for line in section.lines]
    assert sum(need is None for need in needs) < len(needs) / 20


def _some(file):
    turns = [turn for conversation in read_conversations(file) for turn in conversation]
    return turns[:: max(1, len(turns) // 4)]
