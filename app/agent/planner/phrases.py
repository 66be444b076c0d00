"""The phrase book (prompts/answers.md), and how names, spans and numbers are said in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from index.errors import clock, printable
from index.filters import Filters, FilterValue
from prompts import phrase

Data = Mapping[str, Any]

ALIKE = 0.5
"""A factor's likeness from here on is more than that of most random pairs."""
_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve"
_CONDITIONS = {
    "year_from": "from {}", "year_to": "up to {}", "tempo_min": "at least {} bpm", "tempo_max": "at most {} bpm",
    "key_mode": "in {}", "instrument": "with {}", "album": "on {}", "genre": "{}", "composer": "by {}",
    "artist": "by {}",
}  # fmt: skip


def say(section: str, /, **variables: object) -> str:
    """A phrase, each paragraph on one line."""
    return re.sub(r"(?<!\n)\n(?![\n-])", " ", phrase("answers", section, **variables))


def number(value: int) -> str:
    """A small number in words, a large one in figures."""
    words = _NUMBERS.split(" ")
    return words[value] if value < len(words) else str(value)


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def span(start_s: float, end_s: float) -> str:
    """ "1:23-1:33", in whole seconds."""
    return f"{clock(round(start_s))}-{clock(round(end_s))}"


def named(record: Data) -> str:
    """A passage: its title or the clip's name, and its span."""
    return f"“{printable(record['name'])}” at {span(record['start_s'], record['end_s'])}"


def where(hit: Data) -> str:
    """A hit: title, author, and where it starts."""
    track = hit["track"]
    author = track["composer"] or track["artist"]
    by = f" by {printable(author)}" if author else ""
    return f"“{printable(track['title'])}”{by}, at {clock(round(hit['moment']['start_s']))}"


def query_name(query: Data) -> str:
    """What was searched for."""
    if "source" not in query:
        return f"“{printable(str(query.get('description') or 'that'))}”"
    return "your clip" if query["source"] == "clip" else named(query)


def conditions(query: Data) -> str:
    """What a search was narrowed to, in brackets; empty where it was not."""
    said = [condition(name, value) for name, value in (query.get("filters") or {}).items()]
    said += [f"{name} weighted {weight:g}" for name, weight in (query.get("emphasis") or {}).items()]
    return f" ({', '.join(said)})" if said else ""


def condition(name: str, value: FilterValue) -> str:
    """One filter in words; of several names one is enough: "by Haydn or Mozart"."""
    parts = [f"{part:g}" if isinstance(part, float) else str(part) for part in Filters.values(value)]
    shown = f"{', '.join(parts[:-1])} or {parts[-1]}" if len(parts) > 1 else parts[0]
    base = name.removeprefix("not_")
    text = _CONDITIONS.get(base, base + " {}").format(printable(shown))
    return f"not {text}" if name.startswith("not_") else text


def key_name(key: str) -> str:
    """A key as it is spoken: "A-flat major"."""
    return key.replace("♭", "-flat").replace("♯", "-sharp")
