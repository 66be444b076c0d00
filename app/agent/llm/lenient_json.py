"""Reads objects out of text as small language models write them: JSON with slips, Python's own literals, `key=value`.

Nothing is ever evaluated; what cannot be read is None.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

LONGEST = 20_000
"""Characters; no tool call is longer."""
_PAIR = re.compile(
    r"""["']?([A-Za-z_]\w*)["']?\s*[:=]\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\{[^{}]*\}|\[[^\[\]]*\]|[^,;\n]+)"""
)
_WORDS = {"true": True, "false": False, "none": None, "null": None}


def read_object(text: str) -> dict[str, Any] | None:
    """A text as an object, as far as one can be read out of it."""
    text = text.strip()[:LONGEST]
    if not text:
        return {}
    found = read_value(text)
    if isinstance(found, str) and found != text:  # JSON written as a string of JSON
        found = read_value(found)
    if isinstance(found, dict):
        return found
    if isinstance(found, list) and found and all(isinstance(each, dict) for each in found):
        return {key: value for each in found for key, value in each.items()}
    pairs = {match[1]: _plain(match[2]) for match in _PAIR.finditer(text)}
    return pairs or None


def read_value(text: str) -> Any:
    """The value that a text writes as JSON or as Python; None where it is neither."""
    for attempt in (text, _mended(text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where outermost {...} and [...] stand in a text; the last may lack its end."""
    start, open_, quote = -1, 0, ""
    skip = False
    for place, char in enumerate(text[:LONGEST]):
        if skip:
            skip = False
        elif quote:
            skip = char == "\\"
            quote = "" if char == quote else quote
        elif char == '"' and open_:
            quote = char
        elif char in "{[":
            start = place if not open_ else start
            open_ += 1
        elif char in "}]" and open_:
            open_ -= 1
            if not open_:
                yield start, place + 1
    if open_:
        yield start, len(text)


def _mended(text: str) -> str:
    """Commas before an end, bare keys, Python's words, and ends that are missing, put right."""
    text = re.sub(r",\s*([}\]])", r"\1", text)
    text = re.sub(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)", r'\1"\2"\3', text)
    text = re.sub(
        r"(?<=[:\[,])(\s*)(True|False|None)\b", lambda m: m[1] + json.dumps(_WORDS[m[2].lower()]), text
    )
    ends, quoted, skip = "", False, False
    for char in text:
        if skip:
            skip = False
        elif char == "\\":
            skip = quoted
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in "{[":
            ends = ("}" if char == "{" else "]") + ends
        elif not quoted and char in "}]":
            if not ends.startswith(char):
                return text
            ends = ends[1:]
    return text + ('"' if quoted else "") + ends


def _plain(written: str) -> Any:
    """The value of `key=value`."""
    written = written.strip()
    if written.lower() in _WORDS:
        return _WORDS[written.lower()]
    value = read_value(written)
    return written.strip("\"' )}]") if value is None else value
