"""Prompts are Markdown files in this folder, one file a prompt, with variables as {{name}}.

`prompt("system", today=...)` fills one in. `phrase("answers", "hello", ...)` fills in one section, "## hello",
of a file that holds many short texts. A variable that is missing, or one too many, raises PromptError:
a prompt never goes out with a hole in it.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
_FOLDER = Path(__file__).parent


class PromptError(Exception):
    """A prompt that does not exist, or whose variables were not given exactly. A bug, not a user's mistake."""


def prompt(name: str, /, **variables: object) -> str:
    """The prompt `name`, its variables filled in."""
    return _filled(name, _text(name), variables)


def phrase(name: str, section: str, /, **variables: object) -> str:
    """One section of a file of short texts, its variables filled in."""
    sections = _sections(name)
    if section not in sections:
        raise PromptError(f"prompts/{name}.md has no section “{section}”.")
    return _filled(f"{name}#{section}", sections[section], variables)


@functools.lru_cache(maxsize=8)
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a file's Markdown table, each under the names of its columns."""
    lines = [line.strip("| \n").split(" | ") for line in _text(name).splitlines() if line.startswith("| ")]
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        raise PromptError(f"The table of prompts/{name}.md has rows of unequal length.")
    return tuple(dict(zip(lines[0], line, strict=True)) for line in lines[1:])


def has(name: str, section: str) -> bool:
    """Whether there is such a file, and such a section in it."""
    return (_FOLDER / f"{name}.md").is_file() and section in _sections(name)


def sections(name: str) -> tuple[str, ...]:
    """The names of a file's sections."""
    return tuple(_sections(name))


def variables_of(name: str, section: str = "") -> set[str]:
    """The variables that a prompt, or one section of it, wants."""
    return set(_VARIABLE.findall(_sections(name)[section] if section else _text(name)))


def _filled(name: str, text: str, variables: dict[str, object]) -> str:
    wanted = set(_VARIABLE.findall(text))
    if missing := wanted - variables.keys():
        raise PromptError(f"The prompt {name} wants {', '.join(sorted(missing))}.")
    if extra := variables.keys() - wanted:
        raise PromptError(f"The prompt {name} has no variable {', '.join(sorted(extra))}.")
    return _VARIABLE.sub(lambda match: str(variables[match[1]]), text)


@functools.lru_cache(maxsize=32)
def _text(name: str) -> str:
    path = _FOLDER / f"{name}.md"
    if not path.is_file():
        raise PromptError(f"There is no prompt {name}: no file prompts/{name}.md.")
    return path.read_text(encoding="utf-8").strip()


@functools.lru_cache(maxsize=32)
def _sections(name: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", _text(name), flags=re.MULTILINE)
    return {title.strip(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}
