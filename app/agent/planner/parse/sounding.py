"""Words of how music sounds that the search by words knows: "jazzy", "depressing", "folky".

The planner's own lists (names.json) are what its rules are made of; the lexicon of the search knows many more words
and their endings. Where no rule has spoken, those count as well.
"""

from __future__ import annotations

import functools
import re

from index.words.lexicon import lexicon

_HEARD = ("sound", "mood", "style")
"""Kinds of the lexicon's rows that say nothing but how music sounds; "open" and "clear" are commands as well."""
_NO_ADJECTIVES = frozenset(
    ["music", "song", "songs", "part", "parts", "track", "note", "notes", "keys", "bows", "may"]
)
"""What stands in a row, and is said of anything."""


def sounds(word: str) -> bool:
    """Whether a single word says how music sounds."""
    return _kind(word) in _HEARD and word not in _NO_ADJECTIVES


def mood_in(text: str) -> str:
    """The first words of a mood in a text; empty where there are none."""
    return " ".join([word for word in re.findall(r"[a-z]+", text) if _kind(word) == "mood"][:2])


@functools.lru_cache(maxsize=4096)
def _kind(word: str) -> str:
    """The kind of the lexicon's row that has a word; empty where none has, or the word says nothing."""
    table = lexicon()
    meaning = table.exact([word]) or table.stemmed([word])
    return meaning.kind if meaning is not None and word not in table.passed else ""
