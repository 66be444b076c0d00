"""Which titles are named in the midst of a sentence: "what mixes well with maple leaf rag at 0:45".

A name is a run of words that stand together in a title, one of them at least no common word; or a part of a title
that is one strange word ("Garryowen", "Der Lindenbaum"). Typing errors in longer words are let pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from index.text.titles import words

_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_TOKEN = re.compile(rf"[{_LATIN}]+(?:['’`´][{_LATIN}]+)*|[^\W\d_{_LATIN}]+|\d+")
"""A word; one in Latin letters ends where another script goes on without a space: "Garryowenの"."""
_PART = re.compile(r"[:,;.()\"“”/]|\bNo\b")
_ARTICLES = frozenset(["the", "a", "an", "der", "die", "das", "la", "le", "il", "el", "les", "los", "las"])
_SHORTEST, _SHORTEST_ALONE = 3, 6
"""Letters of a strange word within a name, and of one that is a name alone."""
_ALIKE, _ALIKE_IN_RUN = 86.0, 80.0
"""How alike a strange word, and one beside it, has to be to that of a title."""
_LONG_ENOUGH = 5
"""Letters; shorter words have to be written as they are in the title."""
_MEANT_AT_MOST = 4
"""Titles that one name may mean; what more of them have is no name."""


@dataclass(frozen=True)
class _Token:
    word: str
    start: int
    end: int


class TitleWords:
    """The words of all titles, by which their names are found."""

    def __init__(self, titles: Iterable[str]) -> None:
        self._titles = list(dict.fromkeys(titles))
        self._words = [words(title) for title in self._titles]
        self._places: dict[str, list[int]] = {}
        for place, there in enumerate(self._words):
            for word in set(there):
                self._places.setdefault(word, []).append(place)

    def find(self, text: str, common: Collection[str]) -> list[tuple[int, int]]:
        """Spans of the text that name a title, in their order; `common` are words that name nothing."""
        tokens = _tokens(text)
        spans: list[tuple[int, int]] = []
        at = 0
        while at < len(tokens):
            run = self._run(tokens, at, common)
            if run:
                spans.append((tokens[run[0]].start, tokens[run[1]].end))
                at = run[1]
            at += 1
        return spans

    def _run(self, tokens: list[_Token], at: int, common: Collection[str]) -> tuple[int, int] | None:
        """First and last token of the longest name that has this strange word; None where it is in none."""
        word = tokens[at].word
        if not _is_strange(word, common):
            return None
        best: tuple[int, int, int] = (0, at, at)
        meant: set[int] = set()
        for like in self._alike(word):
            for place in self._places[like]:
                there = self._words[place]
                for middle in (index for index, one in enumerate(there) if one == like):
                    first = _reach(tokens, at, there, middle, -1)
                    last = _reach(tokens, at, there, middle, 1)
                    found = (last - first, first, last)
                    if found[0] > best[0]:
                        best, meant = found, {place}
                    elif found[0] == best[0]:
                        meant.add(place)
        _, first, last = best
        if not meant or len(meant) > _MEANT_AT_MOST:
            return None
        if first == last and not (len(word) >= _SHORTEST_ALONE and self._named_alone(word)):
            return None
        while last > first and tokens[last].word in _ARTICLES:
            last -= 1
        return first, last

    def _alike(self, word: str) -> list[str]:
        """The words of titles that a word may be."""
        if word in self._places:
            return [word]
        if len(word) < _LONG_ENOUGH:
            return []
        near = process.extract(word, self._places.keys(), scorer=fuzz.ratio, limit=3, score_cutoff=_ALIKE)
        return [like for like, _, _ in near]

    def _named_alone(self, word: str) -> bool:
        """Whether a part of a title has no other word, articles aside."""
        return any(
            [each for each in words(part) if each not in _ARTICLES] == [like]
            for like in self._alike(word)
            for place in self._places[like]
            for part in _PART.split(self._titles[place])
        )


def has_strange(text: str, common: Collection[str]) -> bool:
    """Whether any word of a text may belong to a name at all; of others the titles need not be known."""
    return any(_is_strange(token.word, common) for token in _tokens(text))


def _is_strange(word: str, common: Collection[str]) -> bool:
    return len(word) >= _SHORTEST and word not in common and word not in _ARTICLES


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(folded[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if len(folded := words(match[0])) == 1
    ]


def _reach(tokens: list[_Token], at: int, there: list[str], middle: int, step: int) -> int:
    """The last token, in a direction, up to which the words stand in the title as well; an article may be left out."""
    reached, place = at, middle
    while 0 <= reached + step < len(tokens) and 0 <= place + step < len(there):
        token, wanted = tokens[reached + step].word, there[place + step]
        if _same(token, wanted):
            reached, place = reached + step, place + step
        elif (
            wanted in _ARTICLES
            and 0 <= place + 2 * step < len(there)
            and _same(token, there[place + 2 * step])
        ):
            reached, place = reached + step, place + 2 * step
        else:
            break
    return reached


def _same(word: str, wanted: str) -> bool:
    if word == wanted:
        return True
    long = min(len(word), len(wanted)) >= _LONG_ENOUGH and not word.isdecimal()
    return long and fuzz.ratio(word, wanted) >= _ALIKE_IN_RUN
