"""What the user points at: "my first clip", "number two", "the last one", "the top three".

Clips become `<c0>` (worth "clip" or "clip:2"), results `<h0>` (worth a tuple of numbers). Whether they exist is
not asked here: the tool resolves them, and says so if they do not. The patterns are in references.txt.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.agent.planner.parse.conversation import SEARCHES, Talk
from app.agent.planner.parse.patterns import sections, table
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import number_of

Reader = Callable[["re.Match[str]"], Any]


def name_references(reading: Reading, talk: Talk) -> None:
    """Set aside every clip and every result that the words point at."""
    readers = {**_clip_readers(talk), **_result_readers(reading, talk)}
    for section in sections("references"):
        kind, _, how = section.heading.partition(" ")
        if kind in ("clips", "results"):
            for pattern in section.lines:
                reading.name(pattern, kind[0].replace("r", "h"), readers[f"{kind} {how}"])


def _clip_readers(talk: Talk) -> dict[str, Reader]:
    two = (f"clip:{max(1, talk.clips - 1)}", f"clip:{max(2, talk.clips)}")
    earlier = f"clip:{talk.clips - 1}" if talk.clips > 1 else "clip"
    return {
        "clips both": lambda match: two,
        "clips numbered": lambda match: f"clip:{number_of(match['n'])}",
        "clips earlier": lambda match: earlier,
        "clips newest": lambda match: "clip",
        "clips named": lambda match: (
            None if re.search(r"\b(?:files|recordings)\b|^an?\b", match[0]) else "clip"
        ),
    }


def _result_readers(reading: Reading, talk: Talk) -> dict[str, Reader]:
    size = talk.found or talk.asked_for

    def result(match: re.Match[str]) -> tuple[int, ...] | None:
        return None if _in_a_title(reading, match) else (number_of(match["n"]),)

    def first_few(match: re.Match[str]) -> tuple[int, ...] | None:
        return tuple(range(1, number_of(match["n"]) + 1)) if talk.searched else None

    def last_few(match: re.Match[str]) -> tuple[int, ...] | None:
        start = max(1, size - number_of(match["n"]) + 1)
        return tuple(range(start, size + 1)) if talk.searched else None

    def beside(step: int) -> Reader:
        """The result before or after the one that was last spoken of."""
        spoken = re.match(r"#(\d+)", talk.mentioned)
        return lambda match: (max(1, int(spoken[1]) + step),) if spoken else None

    def spoken_of(match: re.Match[str]) -> tuple[int, ...] | None:
        again = talk.last is not None and talk.last.name in SEARCHES
        if again and re.fullmatch(r"\W*and \d+\W*", reading.text):  # "and 10" after a search: how many
            return None
        return (number_of(match["n"]),) if 0 < number_of(match["n"]) <= talk.found else None

    return {
        "results spoken of": spoken_of,
        "results one": lambda match: (number_of(match["n"]),),
        "results result": result,
        "results first few": first_few,
        "results last few": last_few,
        "results last": lambda match: (size,),
        "results before last": lambda match: (max(1, size - 1),),
        "results next": beside(1),
        "results previous": beside(-1),
        "results best": lambda match: (1,) if talk.searched else None,
    }


def _in_a_title(reading: Reading, match: re.Match[str]) -> bool:
    """Whether "no. 5" is part of a title, as in "Symphony No. 5"."""
    before = re.search(r"([\w.]+),? $", reading.text[: match.start()])
    if not match[0].startswith(("no", "nr", "num")) or not before:
        return False
    if any(work.match(before[1]) for work in table("references")["work"]):
        return True
    written = reading.original(before.start(), before.end())
    return before.start() > 0 and written[:1].isupper()
