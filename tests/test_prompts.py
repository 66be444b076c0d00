"""Prompts are complete or they raise."""

import pytest

import prompts
from prompts import PromptError, phrase, prompt


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(prompts, "_FOLDER", tmp_path)
    prompts._text.cache_clear()
    prompts._sections.cache_clear()
    yield tmp_path
    prompts._text.cache_clear()
    prompts._sections.cache_clear()


def test_variables_are_filled_in(folder):
    (folder / "a.md").write_text('Today is {{today}}, {{today}}. Braces {"stay": 1}.\n')
    assert prompt("a", today="Monday") == 'Today is Monday, Monday. Braces {"stay": 1}.'


def test_a_value_is_not_filled_in_again(folder):
    (folder / "a.md").write_text("{{title}}")
    assert prompt("a", title="{{today}}") == "{{today}}"


def test_a_missing_variable_raises(folder):
    (folder / "a.md").write_text("{{today}} {{clips}}")
    with pytest.raises(PromptError, match="wants clips"):
        prompt("a", today=1)


def test_one_too_many_raises(folder):
    (folder / "a.md").write_text("x")
    with pytest.raises(PromptError, match="no variable today"):
        prompt("a", today=1)


def test_an_unknown_prompt_raises(folder):
    with pytest.raises(PromptError, match=r"prompts/nothing\.md"):
        prompt("nothing")


def test_sections(folder):
    (folder / "many.md").write_text("# Title\n\n## one\nFirst {{x}}.\n\n## two\nSecond.\n")
    assert phrase("many", "one", x=1) == "First 1."
    assert phrase("many", "two") == "Second."
    assert prompts.sections("many") == ("one", "two")
    with pytest.raises(PromptError, match="no section"):
        phrase("many", "three")


def test_the_system_prompt_carries_the_date():
    text = prompt("system", today="1 May 2030")
    assert "1 May 2030" in text
    assert "{{" not in text
