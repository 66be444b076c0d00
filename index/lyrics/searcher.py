"""Search by words that are sung: "where do they sing about summer" finds the second in which they do.

A line that has the words, in their order, counts fully; one that has them all somewhere, nearly; else the
text network says how near a line comes to what the words mean.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from index.catalogue.catalogue import Catalogue
from index.catalogue.lyrics import SungLine
from index.core.errors import LibraryError, clock
from index.core.hits import Alignment, Hit
from index.core.moments import Grid, Moment
from index.core.selection import AT_ALL, apart
from index.core.tracks import Track
from index.words.lexicon import Meaning, stem
from index.words.parse import Understanding, Understood
from index.words.results import TermScore, TextQuery, TextResults

if TYPE_CHECKING:
    from index.models.text import TextEncoder

BEFORE_S = 1.0
"""A moment begins so long before its line, so that the first word is not cut."""
ALL_WORDS = 0.9
LEAST = 0.35
_NEAR_FROM, _NEAR_TO, _NEAREST = 0.2, 0.8, 0.85
"""Cosines from the first to the second are worth 0 to the third."""
_REST = r"(?P<words>.+)"
_SINGS = r"(?:sings?|singing|sung|sang|raps?|rapping|says?)"
_WHO = r"(?:he|she|they|somebody|someone|the singers?|it|people)"
_ABOUT_THEM = r"(?:about|with|contain\w*|includ\w*|like|for|of|mention\w*|says?|saying)"
_EXPLICIT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_SINGS} (?:something )?(?:about|the (?:words?|lines?|phrase)) {_REST}",
        r"\b(?:sings?|singing|sang|says?|mentions?) [\"“‘'](?P<words>[^\"”’]+?)[\"”’'](?:\W|$)",
        rf"\b(?:lyrics?|words|lines?|text) (?:is |are |that )?{_ABOUT_THEM} {_REST}",
        rf"\b(?:with|contains?|containing|has|have|had|goes) (?:the )?(?:words?|lyrics?|lines?|phrase) {_REST}",
        r"\bthe (?:words?|line|phrase|lyrics) (?P<words>.+?) (?:is|are|was|were) (?:sung|heard|said|spoken)\b",
        r"\b(?:word|phrase|line) (?P<words>.+?) (?:is )?(?:sung|heard|said|spoken)\b",
        rf"\bwhere {_WHO} (?:sings?|says?|mentions?) (?!\w+ly\b|high\b|low\b|alone\b){_REST}",
        rf"^\W*(?:search|look (?:in|through)|find)(?: in)? (?:the |my )?lyrics (?:for )?{_REST}",
    )
)
_THING = r"(?:(?:a |the )?(?:songs?|tracks?|music|pieces?|something|anything|lyrics) )"
_ABOUT = re.compile(rf"^\W*{_THING}?(?:about|mentioning) {_REST}", re.IGNORECASE)
_AROUND = " \t\n.,;:!?\"“”‘’'()"
_SMALL = frozenset(
    (
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "and",
        "or",
        "my",
        "your",
        "his",
        "her",
        "our",
        "is",
        "are",
        "be",
    )
)


def sought(description: str) -> tuple[str, bool]:
    """The words that somebody shall sing, and whether the
    description asks for that alone; "" where it does not.
    """
    for pattern in _EXPLICIT:
        if match := pattern.search(description):
            return match["words"].strip(_AROUND), True
    match = _ABOUT.search(description)
    return (match["words"].strip(_AROUND), False) if match else ("", False)


class SungSearch:
    """Finds lines among those that are written down. The text network is opened at the first use."""

    def __init__(self, catalogue: Catalogue, grid: Grid) -> None:
        self._catalogue = catalogue
        self._grid = grid
        self._kept: tuple[tuple[int, int], list[SungLine], np.ndarray] | None = None

    @cached_property
    def _encoder(self) -> TextEncoder:
        from index.models.text import TextEncoder

        return TextEncoder()

    def wanted(self, description: str) -> str:
        """The words to look for in lyrics; "" where the description is one of sounds.

        Raises
        ------
        LibraryError
            If words are asked for and none are written down.
        """
        words, explicit = sought(description)
        if not words or self._catalogue.lyrics.any_lines():
            return words
        if explicit:
            raise LibraryError(
                "No words of your songs are written down yet: `reprise add --lyrics` does that in the background."
            )
        return ""

    def find(
        self, query: TextQuery, words: str, allowed: Callable[[Track], bool] | None = None
    ) -> TextResults:
        """The moments in which these words, or words that mean the same, are sung."""
        began = time.perf_counter()
        lines = self._lines()[0]
        scores = self._scores(words)
        tracks = {track.id: track for track in self._catalogue.tracks() if allowed is None or allowed(track)}
        least = max(LEAST, query.min_likeness)
        places = [
            int(place)
            for place in np.argsort(-scores, kind="stable")
            if scores[place] >= least and lines[place].track_id in tracks
        ]
        kept = apart(
            places,
            lambda place: self._moment(tracks[lines[place].track_id], lines[place]),
            track=lambda place: lines[place].track_id,
            a_track=query.hits_per_track,
            most=query.k,
            overlap=AT_ALL,
        )
        hits: list[Hit] = []
        met: list[tuple[TermScore, ...]] = []
        for rank, place in enumerate(kept, start=1):
            found, score = lines[place], float(scores[place])
            track, likeness = tracks[found.track_id], float(np.mean(scores <= score))
            moment = self._moment(track, found)
            hits.append(Hit(rank, track, moment, score, likeness, 0.0, {}, Alignment(0, 1.0)))
            met.append((self._met(words, found, score),))
        meaning = Meaning("words that are sung", "sung", (), (words,), "")
        return TextResults(
            query=query,
            understanding=Understanding((Understood(words, meaning),), ()),
            hits=tuple(hits),
            met=tuple(met),
            compared=len(lines),
            elapsed_ms=(time.perf_counter() - began) * 1000,
        )

    def met(self, words: str, hit: Hit) -> tuple[TermScore, ...]:
        """The line of a hit that matches the words best."""
        lines, scores = self._lines()[0], self._scores(words)
        moment = hit.moment
        inside = [
            place
            for place, each in enumerate(lines)
            if each.track_id == hit.track.id and moment.start_s <= each.line.start_s < moment.end_s
        ]
        best = max(inside, key=lambda place: scores[place], default=None)
        return (self._met(words, lines[best], float(scores[best])),) if best is not None else ()

    def _met(self, words: str, found: SungLine, score: float) -> TermScore:
        fact = f"sung at {clock(round(found.line.start_s, 1))}, “{found.line.text}”"
        return TermScore(words, "words that are sung", True, round(score, 4), round(score, 4), fact)

    def _moment(self, track: Track, found: SungLine) -> Moment:
        start_s = max(0.0, min(found.line.start_s - BEFORE_S, track.duration_s - 1.0))
        end_s = max(start_s + self._grid.window_s, found.line.end_s)
        return Moment(track.id, round(start_s, 2), round(min(end_s, track.duration_s), 2))

    def _lines(self) -> tuple[list[SungLine], np.ndarray]:
        edition = (self._catalogue.lyrics.edition(), self._catalogue.generation())
        if self._kept is None or self._kept[0] != edition:
            lines = self._catalogue.lyrics.lines()
            vectors = np.stack([each.vector for each in lines]) if lines else np.zeros((0, 384), np.float32)
            self._kept = (edition, lines, vectors)
        return self._kept[1], self._kept[2]

    def _scores(self, words: str) -> np.ndarray:
        """(lines,) in [0, 1]: how well each line matches the words."""
        lines, vectors = self._lines()
        if not lines:
            return np.zeros(0)
        near = vectors @ self._encoder.encode([words])[0]
        near = np.clip((near - _NEAR_FROM) / (_NEAR_TO - _NEAR_FROM), 0, 1) * _NEAREST
        wanted = plain_words(words)
        texts = [plain_words(each.line.text) for each in lines]
        following = [
            texts[place + 1] if place + 1 < len(lines) and lines[place + 1].track_id == each.track_id else []
            for place, each in enumerate(lines)
        ]
        literal = [_literal(wanted, text, after) for text, after in zip(texts, following, strict=True)]
        return np.maximum(near, literal)


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without accents and punctuation."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+", re.sub(r"['’]", "", bare.casefold()))


def _literal(wanted: Sequence[str], line: Sequence[str], following: Sequence[str]) -> float:
    """How far a line has the words themselves; a phrase may go on into the line that follows."""
    if not wanted:
        return 0.0
    flowing = " ".join([*line, *following])
    begun = f" {flowing} ".find(f" {' '.join(wanted)} ")
    if 0 <= begun < max(1, len(" ".join(line))):
        return 1.0
    content = {stem(word) for word in wanted if word not in _SMALL} or {stem(word) for word in wanted}
    return ALL_WORDS if content <= {stem(word) for word in line} else 0.0
