"""What the default does without, by the names of pyproject's extras: whether it is here, and what brings it."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from index.core.errors import WeightsError


@dataclass(frozen=True)
class Part:
    """Packages that a setting needs."""

    modules: tuple[str, ...]
    command: str
    """Brings them in a clone of Reprise; elsewhere its extra does."""


PARTS = {
    "demo": Part(("music21",), "make setup"),
    "llm": Part(("langchain_openai", "langchain_anthropic", "langchain_ollama"), "make llm"),
    "ray": Part(("ray",), "make ray"),
    "s3": Part(("obstore",), "make s3"),
    "torch": Part(("torch", "transformers"), "make all-models"),
    "postgres": Part(("psycopg", "psycopg_pool"), "make postgres"),
    "whisper": Part(("torch", "whisper"), "make whisper"),
}


def how_to_get(part: str) -> str:
    """The command that brings a part, as the end of a sentence."""
    return f"run `{PARTS[part].command}`, or `pip install 'reprise[{part}]'` where Reprise came from pip"


def need(part: str, what_for: str) -> None:
    """Raise WeightsError, one sentence with what to do, where a part is missing. Imports nothing of it.

    Parameters
    ----------
    what_for : str
        The setting or the wish that needs it, as the beginning of the sentence.
    """
    for module in PARTS[part].modules:
        if importlib.util.find_spec(module) is None:
            raise WeightsError(f"{what_for} needs {module}, which is not installed: {how_to_get(part)}.")
