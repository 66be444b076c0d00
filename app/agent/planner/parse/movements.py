"""The movement that is meant by its number, "the third movement", among the titles that were listed or found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.agent.planner.parse.vocabulary import ORDINALS, number_of
from index.text.titles import words

_NAMED = re.compile(
    rf"\b(?:the |its |their )?(?P<n>{'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th)) (?:movement|mvt|mvmt)\b"
    r"(?! (?:of|from|in) (?!these\b|those\b|them\b|that\b|it\b|the (?:results|list)\b))"
    r"(?: (?:of|from|in) (?:these|those|them|that|it|the (?:results|list)))?",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:^|[:;,–—-] ?)((?:[ivx]+|\d{1,2})\.) ", re.IGNORECASE)
"""A movement's number within a title: "K. 80: III. Menuetto"."""
_ALONE = re.compile(r"\W*(?:and |ok |so |then |now |what about |how about |play |show me |open )*\W*")


def with_movement(text: str, titles: Sequence[str]) -> str:
    """The words with the title of the movement that they name by its number; as they are where no one title has it."""
    match = _NAMED.search(text)
    if match is None or "“" in text or '"' in text:
        return text
    meant = movements(text, titles)
    if len(meant) != 1:
        return text
    if is_alone(text):
        return f"describe “{meant[0]}”"
    return f"{text[: match.start()]}“{meant[0]}”{text[match.end() :]}"


def is_alone(text: str) -> bool:
    """Whether nothing but a movement's number is said: "third movement"."""
    match = _NAMED.search(text)
    if match is None:
        return False
    return bool(_ALONE.fullmatch(text[: match.start()].lower())) and not re.search(r"\w", text[match.end() :])


def movements(text: str, titles: Sequence[str]) -> list[str]:
    """The titles that have the movement's number."""
    match = _NAMED.search(text)
    number = str(number_of(match["n"].lower())) if match else ""
    return [title for title in dict.fromkeys(titles) if number and number in _numbers(title)]


def _numbers(title: str) -> list[str]:
    return [words(match[1])[0] for match in _PART.finditer(title)]
