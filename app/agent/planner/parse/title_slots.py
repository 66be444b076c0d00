"""Where a sentence has room for a whole title, though its words be common: "loudest bit of menu", "does home repeat?".

What stands there is only a candidate: whether the library has such a title is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from app.agent.planner.parse.patterns import table
from app.agent.planner.parse.vocabulary import known_words
from index.core.tracks import Track
from index.text.titles import words

LONGEST = 8
"""Words of a title that is looked for."""
_WORD = re.compile(r"[^\s,;:?!()<>“”\"]+")


def title_slots(said: str) -> Iterator[tuple[int, int]]:
    """Spans of the text that may be a title as a whole, in their order."""
    lower = said.lower()
    for lead in table("titles")["slot"]:
        for match in lead.finditer(lower):
            start = match.end()
            end = _end_of(lower, start)
            if end > start and _may_be_a_title(lower[start:end], match.groupdict().get("of") is not None):
                yield start, end
    for lead in table("titles")["part slot"]:
        for match in lead.finditer(lower):
            if word := _WORD.match(lower, match.end()):
                yield match.end(), match.end() + len(word[0].rstrip(".'"))


def is_title(name: str, track: Track) -> bool:
    """Whether a name is a whole title, a whole part of one ("Fortress" of "Super Tux - Fortress"), or a file's.

    A movement's number is no part of its name: "Menuetto" is "III. Menuetto. Allegretto" as well.
    """
    said = _key(name)
    parts = re.split(r" [-–—|/] |[:,;()]", track.title)
    whole = (track.title, Path(track.path).stem, *parts, *filter(None, map(_movement, parts)))
    return bool(said) and said in [_key(part) for part in whole]


def _movement(part: str) -> str:
    """The name of a numbered movement; empty for any other part of a title."""
    match = re.match(r"\s*(?:[IVX]+|\d{1,2})\.\s+([^.]+)", part)
    return match[1] if match else ""


def _key(text: str) -> tuple[str, ...]:
    return tuple(words(text))


def _end_of(text: str, start: int) -> int:
    """Where the words end that can be a title: at punctuation, or before what the sentence goes on with."""
    end = start
    for count, word in enumerate(_WORD.finditer(text, start)):
        between = text[end : word.start()]
        if count and (count == LONGEST or between.strip()):
            break
        if count and any(stop.match(text, word.start()) for stop in table("titles")["after a slot"]):
            break
        end = word.end()
    return start + len(text[start:end].rstrip(" .'"))


def _may_be_a_title(name: str, is_place: bool) -> bool:
    """Words that only say how music sounds are a title only after "the end of" and its like."""
    if any(pattern.search(name) for pattern in table("titles")["no slot"]):
        return False
    numbered = re.search(r"[^\W\d_] ?\d", name) is not None
    parts = re.findall(r"[^\W\d_]+", name)
    return is_place or numbered or not all(part in known_words() for part in parts)
