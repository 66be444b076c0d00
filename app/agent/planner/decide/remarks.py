"""A remark in front of what is asked: "number 4 is nice, what's that?" asks about number 4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.patterns import found, table
from app.agent.planner.parse.prepared import prepare

_LEAST_WORDS = 2


def after_remark(talk: Talk) -> Talk:
    """The conversation with the remark taken off the newest words, its result or title being what "it" means."""
    if talk.brought:
        return talk
    reading = prepare(talk.words, talk)
    match = found("content", "remark", reading.text)
    rest = reading.text[match.end() :] if match else ""
    if match is None or re.search(r"<[chmq]\d+>", rest) or not found("content", "asked after a remark", rest):
        return talk
    value = reading.named[match["n"]]
    spoken_of = f"#{value[0]}" if isinstance(value, tuple) else str(value)
    words = reading.original(match.end(), len(reading.text))
    if not spoken_of.startswith("#"):
        return replace(talk, words=words, subject=spoken_of)
    return replace(talk, words=words, subject=spoken_of, mentioned=spoken_of)


def last_clauses(words: str) -> Iterator[str]:
    """What is wished for at the end of a story, the longest first: "i'm making a film and need something grim"."""
    for pattern in table("content")["a wish of others"]:
        if match := pattern.match(words.lower()):
            yield f"find {words[match.end() :].strip()}"
    for pattern in table("content")["a wish at the end"]:
        for match in re.finditer(pattern.pattern, words, re.IGNORECASE):
            rest = words[match.end() :].strip()
            if len(rest.split()) >= _LEAST_WORDS:
                yield rest
