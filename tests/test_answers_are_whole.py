"""Whatever the planner says in English it says in seven other languages; what it asks back, in all it understands."""

import ast
import re
from pathlib import Path

import pytest

from app.agent.planner.answers.evidence import compared
from app.agent.planner.answers.phrases import _CONDITIONS, _RANGES, speaking
from app.agent.planner.decide.plan import CHOICES
from prompts import phrase, sections, variables_of

WHOLE = ("de", "fr", "es", "it", "pt", "nl", "ja")
ASKING = ("ru", "pl", "tr", "zh", "ko", "ar", "th")
ASKED_BACK = (
    "unclear", "which_wish", "like_what", "find_what", "which_two", "which_composer", "which_folder",
    "contradiction", "complaint", "complaint_nothing", "outside", "no_sound", "nothing_added",
)  # fmt: skip
APP = Path(__file__).parents[1] / "app"


def in_words(section: str) -> bool:
    """Whether a phrase of the English book has any word of its own."""
    return re.search(r"[^\W\d_]", re.sub(r"\{\{\w+\}\}", "", text_of("answers", section))) is not None


def text_of(book: str, section: str) -> str:
    return phrase(book, section, **{name: f"{{{{{name}}}}}" for name in variables_of(book, section)})


@pytest.mark.parametrize("language", WHOLE)
def test_every_phrase_is_in_each_language_that_is_whole(language):
    book = f"answers.{language}"
    missing = [name for name in sections("answers") if in_words(name) and name not in sections(book)]
    assert not missing
    assert not set(sections(book)) - {*sections("answers"), "words"}
    same = [name for name in sections(book) if name in sections("answers") and in_words(name)]
    assert not [name for name in same if text_of(book, name) == text_of("answers", name)]


@pytest.mark.parametrize("language", ASKING)
def test_what_is_asked_back_is_in_every_language_that_is_understood(language):
    assert not [name for name in ASKED_BACK if name not in sections(f"answers.{language}")]


@pytest.mark.parametrize("language", WHOLE)
def test_every_small_word_of_the_answers_is_in_each_language_that_is_whole(language):
    known = set(re.findall(r"^- “(.*?)” = “", phrase(f"answers.{language}", "words"), re.MULTILINE))
    conditions = {text for parts in _RANGES.values() for text in parts[1:]} | set(_CONDITIONS.values())
    said = {*small_words(), *conditions, *CHOICES.values()} - {"{}", " {}"}
    assert sorted(said - known) == []


def small_words() -> set[str]:
    """What the code gives to `word`, as it stands there."""
    given = set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "word":
                if isinstance(node.args[0], ast.Subscript):
                    continue  # a value that is looked up by a name
                parts = ast.walk(node.args[0])
                given |= {p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)}
    return given


def test_two_moments_are_compared_in_the_language_of_the_question():
    passage = {"name": "A", "start_s": 0.0, "end_s": 10.0}
    parts = [
        {"name": "timbre", "likeness": 0.9, "shared": [], "query_facts": [{"text": "60 bpm"}],
         "hit_facts": [{"text": "70 bpm"}]},
    ]  # fmt: skip
    data = {"first": passage, "second": {**passage, "name": "B"}, "comparison": {"parts": parts}}
    with speaking("de"):
        told = compared(data)
    assert told.endswith("am ähnlichsten in: Klangfarbe (60 bpm, und hier 70 bpm).")
