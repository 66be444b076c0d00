"""Titles of the library that the words name, put in quotes, so that no rule tears them apart.

Which words name no title by themselves: those of English about music, of requests, and of the language spoken.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from app.agent.planner.parse.lexicons import ENGLISH, QUOTED, english_words, fold, language_of, lexicon_of
from app.agent.planner.parse.vocabulary import known_words, word_list
from index.text.titles import words
from index.text.titles_in_words import TitleWords, has_strange


class NamedTitles:
    """Finds the names of tracks in what was said."""

    def __init__(self) -> None:
        self._of: tuple[object, TitleWords] | None = None

    def spans(self, said: str, titles: Iterable[str], generation: object) -> list[tuple[int, int]]:
        """Where a title is named, [start, end) each; the titles are read anew where the generation is another."""
        if self._of is None or self._of[0] != generation:
            self._of = (generation, TitleWords(titles))
        return self._of[1].find(said, common_words(language_of(said)))


def may_name(said: str) -> bool:
    """Whether any word may belong to a title: where none does, nobody has to know the titles."""
    return has_strange(said, common_words(language_of(said)))


def in_quotes(said: str, names: Sequence[str]) -> str:
    """What was said, with each name in quotes; one that is in quotes stays as it is."""
    place = 0
    for name in names:
        start = said.find(name, place)
        if start < 0:
            continue
        end = start + len(name)
        if any(quote.start() <= start and end <= quote.end() for quote in QUOTED.finditer(said)):
            place = end
            continue
        said = f"{said[:start]}“{name}”{said[end:]}"
        place = end + 2
    return said


@functools.lru_cache(maxsize=16)
def common_words(language: str) -> frozenset[str]:
    """Words that name no title by themselves."""
    lists = ("commands", "searching", "joining", "forms")
    common = {*english_words(), *known_words(), *(word for name in lists for word in word_list(name))}
    if language != ENGLISH:
        common |= {part for form in lexicon_of(language).forms for part in form}
    return frozenset(part for word in common for part in words(fold(word)))
