"""Term scores: how well each window of the library fits a query term, in [0, 1], from the window-level
descriptors.

A descriptor counts by its percentile within the library ("slow" is slow for this music), an instrument by its
probability, a style by the years and words of the tags. A mood is a mean of several descriptors, ranked
again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from index.core.tracks import Track
from index.store.property_table import PropertyTable, Ranks, looked_up
from index.system.halves import in_parts
from index.words.lexicon import Ask, split_lines, split_words
from index.words.parse import Understood
from index.words.steadied import steady

ABSOLUTE = ("sound", "style", "tag")
"""Kinds that are scored by their value, not by their percentile within the library."""
_NOT_WRITTEN = 0.05
_WRITTEN_BONUS = 0.3
_ALSO_WRITTEN = 0.7
_NO_YEAR = 0.2
_TEMPO_TOLERANCE_OCTAVES = 0.08
_OTHER_OCTAVE = 0.4
_TAG_FULL = 0.4
"""Mean probability of a tag from which it scores 1."""
_LITTLE = 0.01
_LEAST = 0.02
_ROWS_AT_ONCE = 1 << 15
_REMEMBERED_BYTES = 512 << 20
_TRACK_MODE = 0.4
_JUDGED_ALONE = ("bpm:", "key:", "minor")
_HALFWAY, _STEEPNESS = 0.6, 0.1
"""The percentile 0.6 scores 0.5; 0.9 scores 0.95, 0.3 scores 0.05."""
_MODES = ("major", "minor")
Told = Callable[[slice], np.ndarray]
"""Gives values of some of the windows."""


class TermScores:
    """Scores the windows of one table; results are cached."""

    def __init__(self, table: PropertyTable, tracks: Sequence[Track]) -> None:
        self._table = table
        self._tracks = tracks
        self._remembered: dict[tuple[str, str, bool, str], np.ndarray] = {}
        self._steadied: dict[str, np.ndarray] = {}

    def in_tags(self, word: str) -> bool:
        """Whether a word is in some track's tags."""
        return len(word) >= 3 and word in self._tracks_with

    def worth(self, word: Understood) -> np.ndarray:
        """(windows,) float32 in [0, 1]: what the score of each is worth (`worth`; `score_of` is the way back)."""
        key = (word.meaning.name, word.degree, word.wanted, word.words)
        if key not in self._remembered:
            if len(self._remembered) >= max(8, min(128, _REMEMBERED_BYTES // (4 * max(1, len(self._table))))):
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[key] = self._judge(word)
        return self._remembered[key]

    def _judge(self, word: Understood) -> np.ndarray:
        meaning = word.meaning
        weights = np.array([abs(ask.weight) for ask in meaning.asks], np.float32)
        told = [self._ask(ask, word) for ask in meaning.asks]
        absolute = meaning.kind in ABSOLUTE or (meaning.kind == "measure" and _alone(meaning.asks[0]))
        met = self._in_parts(
            lambda part: _together(weights, [each(part) for each in told], absolute=absolute)
        )
        finish = partial(_finished, word)
        there = self._written_there(word)
        if absolute:
            return self._in_parts(lambda part: worth(finish(met[part], there[part] if len(there) else 0.0)))
        ranks = Ranks(met)
        found = ranks.told(lambda place: worth(finish(_sharpened(place), 0.0)))
        if len(rows := np.flatnonzero(there)):
            found[rows] = worth(finish(_sharpened(ranks.percentiles(rows)), 1.0))
        return found

    def _written_there(self, word: Understood) -> np.ndarray:
        """(windows,) bool: of which tracks the words are in the tags, where that counts; else empty."""
        if not word.wanted or word.meaning.kind == "tag" or word.meaning.name in _MODES:
            return np.empty(0, bool)
        there = self._written(word.words, 1.0, 0.0) > 0
        return self._table.of_rows(there) if there.any() else np.empty(0, bool)

    def _in_parts(self, make: Callable[[slice], np.ndarray]) -> np.ndarray:
        """(windows,) float32: what is made of some rows at a time, so that what is made between stays in the cache."""
        made = np.empty(len(self._table), np.float32)

        def one(part: slice) -> None:
            made[part] = make(part)

        in_parts(len(made), _ROWS_AT_ONCE, one)
        return made

    def _ask(self, ask: Ask, word: Understood) -> Told:
        """(windows,) in [0, 1]: the score on one measurement, high or low as the term asks."""
        kinds = [self._amount(name, word) for name in ask.properties]
        if len(kinds) == 1:
            return kinds[0].turned(partial(_high_or_low, ask))
        return lambda part: _high_or_low(ask, np.max([each.of(part) for each in kinds], axis=0))

    def _amount(self, name: str, word: Understood) -> _Amount:
        base, _, rest = name.partition(":")
        words, also = word.words, word.meaning.words
        special: dict[str, Callable[[], np.ndarray]] = {
            "family": lambda: self._steady(name),
            "years": lambda: self._years(*(int(year) for year in rest.split("-"))),
            "written": lambda: self._table.of_rows(
                np.maximum(self._written(words, 1.0, _NOT_WRITTEN), _ALSO_WRITTEN * self._genre(also))
            ),
            "bpm": lambda: self._tempo(float(rest)),
            "key": lambda: self._key(*rest.split(":")),
            "minor": lambda: self._minor,
        }
        if base in special:
            return _Amount(special[base]())
        if base == "tag" and not word.wanted:
            return _Amount(np.minimum(1, self._table.column(name) / _TAG_FULL))
        return _Amount(self._table.kept_column(name).view(np.uint16), self._table.places(name))

    def _tempo(self, bpm: float) -> np.ndarray:
        apart = np.log2(np.maximum(self._table.column("tempo"), 1) / bpm)
        near = [
            share * np.exp(-0.5 * ((apart - octave) / _TEMPO_TOLERANCE_OCTAVES) ** 2)
            for octave, share in ((0, 1.0), (1, _OTHER_OCTAVE), (-1, _OTHER_OCTAVE))
        ]
        return np.asarray(np.max(near, axis=0))

    def _key(self, tonic: str, mode: str) -> np.ndarray:
        minor = self._table.column("minor")
        right = (self._table.column("tonic") == int(tonic)) & ((minor > 0) == (mode == "minor"))
        return np.where(right, np.abs(minor), 0.0)

    def _steady(self, name: str) -> np.ndarray:
        """A family's probability, averaged with the windows
        around: the maximum of many windows is often an error.
        """
        if name not in self._steadied:
            own = self._table.column(name)
            if len(self._steadied) >= max(2, _REMEMBERED_BYTES // (4 * max(1, len(own)))):
                self._steadied.pop(next(iter(self._steadied)))
            self._steadied[name] = steady(own, self._table.first_rows, self._table.counts, _ROWS_AT_ONCE)
        return self._steadied[name]

    @cached_property
    def _minor(self) -> np.ndarray:
        """The probability of a minor mode, from the window itself and partly from its whole track."""
        own = (1 + self._table.column("minor")) / 2
        whole = np.add.reduceat(own, self._table.first_rows) / self._table.counts
        return np.asarray((1 - _TRACK_MODE) * own + _TRACK_MODE * self._table.of_rows(whole))

    def _years(self, first: int, last: int) -> np.ndarray:
        years = np.array([track.year or 0 for track in self._tracks])
        outside = np.maximum(np.maximum(first - years, years - last), 0)
        return self._table.of_rows(np.where(years == 0, _NO_YEAR, np.exp(-outside / 20.0)))

    def _written(self, words: str, there: float, absent: float) -> np.ndarray:
        """(tracks,) whether all of some words are in a track's tags."""
        have = np.full(len(self._tracks), there)
        for word in set(split_words(words)):
            has = np.zeros(len(have), bool)
            has[self._tracks_with.get(word, [])] = True
            have[~has] = absent
        return have

    def _genre(self, words: Sequence[str]) -> np.ndarray:
        """(tracks,) 1 where a track's genre is one of these words: a jig may be tagged as traditional."""
        wanted = {word for each in words for word in split_words(each)}
        genres = {track.genre for track in self._tracks}
        met = {genre: float(bool(wanted & set(split_words(genre)))) for genre in genres}
        return np.array([met[track.genre] for track in self._tracks])

    @cached_property
    def _tracks_with(self) -> dict[str, list[int]]:
        """Of every word of tags the tracks that have it, ascending."""
        found: dict[str, list[int]] = {}
        for number, words in enumerate(split_lines([_tags(track) for track in self._tracks])):
            for word in set(words):
                found.setdefault(word, []).append(number)
        return found


@dataclass(frozen=True)
class _Amount:
    """How much each window has of a property: its value, or what stands in a table for its bits."""

    values: np.ndarray
    """(windows,) uint16 where there is a table."""
    table: np.ndarray | None = None
    """(65536,) float32."""

    def of(self, part: slice) -> np.ndarray:
        """Of some windows."""
        return self.values[part] if self.table is None else looked_up(self.table, self.values[part])

    def turned(self, make: Callable[[np.ndarray], np.ndarray]) -> Told:
        """Something else made of each: of the table, where there is one."""
        if self.table is None:
            return lambda part: make(self.values[part])
        return _Amount(self.values, make(self.table).astype(np.float32, copy=False)).of


def _high_or_low(ask: Ask, values: np.ndarray) -> np.ndarray:
    """What is asked for of values in [0, 1]: high, low or in the middle."""
    if ask.middle:
        values = 1 - 2 * np.abs(values - 0.5)
    elif ask.weight < 0:
        values = 1 - values
    return np.clip(values, 0, 1)


def _together(weights: np.ndarray, values: Sequence[np.ndarray], *, absolute: bool) -> np.ndarray:
    """The weighted mean of values in [0, 1], or of their logarithms."""
    if absolute and len(values) > 1:
        return np.asarray(np.exp(weights @ np.log(np.stack(values) + _LITTLE) / weights.sum()) - _LITTLE)
    found = weights[0] / weights.sum() * values[0]
    for weight, each in zip(weights[1:], values[1:], strict=True):
        found += weight / weights.sum() * each
    return np.asarray(found)


def worth(met: np.ndarray) -> np.ndarray:
    """Term scores on a logarithmic scale in [0, 1], 0 at the smallest score that counts."""
    return np.asarray((np.log(met + _LEAST) - np.log(_LEAST)) / np.log((1 + _LEAST) / _LEAST), met.dtype)


def score_of(worth: np.ndarray) -> np.ndarray:
    """Term scores that are worth so much."""
    return np.asarray(_LEAST * ((1 + _LEAST) / _LEAST) ** worth.astype(float) - _LEAST)


def _finished(word: Understood, met: np.ndarray, there: np.ndarray | float) -> np.ndarray:
    """What is met, as the word wants it; more, where the word is written in the tags."""
    met = np.clip(met, 0, 1)
    met = met + _WRITTEN_BONUS * there * (1 - met)
    return (_in_degree(met, word.degree) if word.wanted else 1 - met).astype(np.float32, copy=False)


def _alone(ask: Ask) -> bool:
    return ask.properties[0].startswith(_JUDGED_ALONE)


def _sharpened(place: np.ndarray) -> np.ndarray:
    """The score of a percentile within the library: the middle is neither slow nor fast."""
    return np.asarray(1 / (1 + np.exp((_HALFWAY - place) / _STEEPNESS)))


def tag_words(track: Track) -> set[str]:
    """The words of a track's tags."""
    return set(split_words(_tags(track)))


def _tags(track: Track) -> str:
    return " ".join([track.title, track.artist, track.composer, track.album, track.genre])


def _in_degree(met: np.ndarray, degree: str) -> np.ndarray:
    """ "very" wants the top, "rather" and "a bit" somewhat less of it, "not too" anything but the top."""
    if degree == "very":
        return met**2
    if degree == "rather":
        return 1 - np.abs(met - 0.8) / 0.8
    if degree == "a bit":
        return 1 - np.abs(met - 0.65) / 0.65
    return 1 - met**3 if degree == "not too" else met
