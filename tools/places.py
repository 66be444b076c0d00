"""A place in a track told in words: "the loudest part", "where it goes quiet", "where the drums come in".

Each window of the track is judged by the words as a search by words judges it; "the loudest part" is where they are
met best, "where it goes quiet" where they come to be met most suddenly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.core.errors import QueryError, printable
from index.core.tracks import Track

if TYPE_CHECKING:
    from index.words.searcher import WordSearcher

_PLACE = re.compile(r"(?:where|when|in which|at which|the) .+", re.IGNORECASE)
_CHANGES = re.compile(
    r"\b(?:goes?|going|gets?|getting|becomes?|turns?|grows?|comes?|enters?|joins?|starts?|begins?|kicks?|slows|speeds"
    r"|picks|builds?|swells?|calms|quiets|quietens|fades?|drops?|explodes?|stops?)\b",
    re.IGNORECASE,
)
_MEANT = (
    (r"\bslows?\b|\bcalms\b", "slow"),
    (r"\bspeeds?\b|\bpicks? up\b", "fast"),
    (r"\bbuilds?\b|\bswells?\b|\bexplodes?\b|\bclimax\b|\bloudest\b", "loud"),
    (r"\bfades?\b|\bquiet(?:en)?s? down\b|\bquietest\b|\bsoftest\b|\bstops?\b|\bsilent\b", "quiet"),
    (r"\b(?:slowest)\b", "slow"),
    (r"\b(?:fastest|quickest)\b", "fast"),
    (r"\b(?:sings?|singing|singers?|vocals?|voices?)\b", "singing"),
)
"""What a verb or a superlative says of the sound."""
_EMPTY = re.compile(
    r"\b(?:where|when|in which|at which|the|an?|it|they|everything|things|music|piece|song|tune|part|bit|section"
    r"|passage|place|spot|moment|point|stretch|very|most|least|suddenly|finally|first|really|just|all|also|then|so|more|in|out"
    r"|up|down|away|back|again|is|are|plays?|has|have|can|hear|you|tempo|of|to|be|a bit)\b",
    re.IGNORECASE,
)


_HEARD_AT_ALL = 0.1
"""Where no window of the track meets a word better than this, the word is met nowhere in it."""


@dataclass(frozen=True)
class PlaceText:
    """A track and a place in it, as somebody wrote them: "NAME @ where it goes quiet"."""

    name: str
    words: str


def place_in(text: str) -> PlaceText | None:
    """The name and the place; None where no place in words follows an "@"."""
    name, at, words = text.rpartition("@")
    if not at or not name.strip() or not _PLACE.fullmatch(words.strip()):
        return None
    return PlaceText(name.strip(), words.strip())


def place_of(search: WordSearcher, track: Track, words: str) -> tuple[float, float]:
    """(start_s, end_s) of the place that the words point out.

    Raises
    ------
    QueryError
        If the words name nothing that is measured.
    """
    asked = sought(words)
    understood = search.understand(asked).understood if asked else ()
    if not understood:
        raise QueryError(
            f"I measure nothing that would show “{printable(words)}”; name a time, or loud, quiet, fast, slow, "
            "or an instrument."
        )
    first, spans = search.windows_of(track)
    rows = slice(first, first + len(spans))
    each = [search.part(word).met(rows) for word in understood]
    if absent := [
        word.words for word, one in zip(understood, each, strict=True) if one.max() < _HEARD_AT_ALL
    ]:
        raise QueryError(f"I hear no “{printable(absent[0])}” anywhere in “{printable(track.title)}”.")
    met = np.mean(each, axis=0)
    if _CHANGES.search(words) and len(met) > 1:
        met = _rise(met, _before(spans))
    best = int(np.argmax(met))
    return spans[best]


def sought(words: str) -> str:
    """What the words say of the sound there: "where the drums come in" is "drums"."""
    said = [meaning for pattern, meaning in _MEANT if re.search(pattern, words, re.IGNORECASE)]
    left = words
    for pattern, _ in _MEANT:
        left = re.sub(pattern, " ", left, flags=re.IGNORECASE)
    left = _EMPTY.sub(" ", _CHANGES.sub(" ", left))
    return " ".join(dict.fromkeys([*left.split(), *said]))


def _before(spans: list[tuple[float, float]]) -> int:
    """How many windows before a window lies the last one that ends where it begins."""
    hop_s = spans[1][0] - spans[0][0]
    return max(1, round((spans[0][1] - spans[0][0]) / hop_s)) if hop_s > 0 else 1


def _rise(met: np.ndarray, before: int) -> np.ndarray:
    """How much better the words are met in each window than in what was heard just before it."""
    rise = np.full(len(met), -np.inf)
    for row in range(1, len(met)):
        rise[row] = met[row] - met[max(0, row - before)]
    return rise
