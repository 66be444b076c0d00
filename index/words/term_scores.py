"""Term scores: how well each window of the library fits a query term, in [0, 1], from the window-level
descriptors.

A descriptor counts by its percentile within the library ("slow" is slow for this music), an instrument by its
probability, a style by the years and words of the tags. A mood is a mean of several descriptors, ranked
again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np

from index.core.tracks import Track
from index.store.property_table import PropertyTable, percentiles
from index.words.lexicon import Ask, split_lines, split_words
from index.words.parse import Understood

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
_AROUND = 4
"""Windows on either side."""
_TRACK_MODE = 0.4
_JUDGED_ALONE = ("bpm:", "key:", "minor")
_HALFWAY, _STEEPNESS = 0.6, 0.1
"""The percentile 0.6 scores 0.5; 0.9 scores 0.95, 0.3 scores 0.05."""
_MODES = ("major", "minor")


class TermScores:
    """Scores the windows of one table; results are cached."""

    def __init__(self, table: PropertyTable, tracks: Sequence[Track]) -> None:
        self._table = table
        self._tracks = tracks
        self._remembered: dict[tuple[str, str, bool, str], tuple[np.ndarray, np.ndarray]] = {}
        self._steadied: dict[str, np.ndarray] = {}

    def in_tags(self, word: str) -> bool:
        """Whether a word is in some track's tags."""
        return len(word) >= 3 and any(word in words for words in self._words)

    def of(self, word: Understood) -> tuple[np.ndarray, np.ndarray]:
        """(windows,) float32 in [0, 1] each: the score, and what it is worth (`worth`)."""
        key = (word.meaning.name, word.degree, word.wanted, word.words)
        if key not in self._remembered:
            if len(self._remembered) >= max(4, min(64, _REMEMBERED_BYTES // (8 * max(1, len(self._table))))):
                self._remembered.pop(next(iter(self._remembered)))
            met = self._judge(word)
            self._remembered[key] = (met, worth(met))
        return self._remembered[key]

    def _judge(self, word: Understood) -> np.ndarray:
        meaning, wanted = word.meaning, word.wanted
        weights = np.array([abs(ask.weight) for ask in meaning.asks], np.float32)
        values = [np.asarray(self._ask(ask, word, wanted)) for ask in meaning.asks]
        absolute = meaning.kind in ABSOLUTE or (meaning.kind == "measure" and _alone(meaning.asks[0]))
        met = self._in_parts(partial(_together, weights, absolute=absolute), values)
        if not absolute:
            met = self._in_parts(_sharpened, [percentiles(met)])
        met = np.clip(met, 0, 1)
        if wanted and meaning.kind != "tag" and meaning.name not in _MODES:
            there = self._written(word.words, 1.0, 0.0)
            if there.any():
                met = met + _WRITTEN_BONUS * self._table.of_rows(there) * (1 - met)
        return self._in_parts(partial(_wanted, word), [met]).astype(np.float32, copy=False)

    @staticmethod
    def _in_parts(make: Callable[..., np.ndarray], values: Sequence[np.ndarray]) -> np.ndarray:
        """What is made of values, some rows at a time: so that what is made between stays in the cache."""
        rows = len(values[0])
        if rows <= _ROWS_AT_ONCE:
            return np.asarray(make(*values))
        made = np.empty(rows, np.float32)
        for first in range(0, rows, _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            made[part] = make(*(each[part] for each in values))
        return made

    def _ask(self, ask: Ask, word: Understood, wanted: bool) -> np.ndarray:
        """(windows,) in [0, 1]: the score on one measurement, high or low as the term asks."""
        values = self._amount(ask.properties[0], word, wanted)
        for name in ask.properties[1:]:
            values = np.maximum(values, self._amount(name, word, wanted))
        if ask.middle:
            return np.asarray(1 - 2 * np.abs(values - 0.5))
        return np.asarray(values if ask.weight > 0 else 1 - values)

    def _amount(self, name: str, word: Understood, wanted: bool) -> np.ndarray:
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
            return special[base]()
        if base == "tag" and not wanted:
            return np.minimum(1, self._table.column(name) / _TAG_FULL)
        return self._table.percentile(name)

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
            steady = np.empty(len(own), np.float32)
            for begin in range(0, len(own), _ROWS_AT_ONCE):
                part = slice(begin, min(begin + _ROWS_AT_ONCE, len(own)))
                steady[part] = (own[part] + self._mean_around(own, part)) / 2
            if len(self._steadied) >= max(2, _REMEMBERED_BYTES // (4 * max(1, len(own)))):
                self._steadied.pop(next(iter(self._steadied)))
            self._steadied[name] = steady
        return self._steadied[name]

    def _mean_around(self, own: np.ndarray, part: slice) -> np.ndarray:
        """(n,) float64: for some rows, the mean of a column over the windows around each within its track."""
        begin, end = part.start, part.stop
        reach = max(0, begin - _AROUND)
        sums = np.concatenate([[0.0], np.cumsum(own[reach : end + _AROUND], dtype=np.float64)])
        around, all_of_them = np.empty(end - begin), 2 * _AROUND + 1
        inner = around[_AROUND - (begin - reach) :]  # from the first row that has so many before it
        inner = inner[: max(0, len(sums) - all_of_them)]
        inner[:] = (sums[all_of_them:] - sums[:-all_of_them])[: len(inner)] / all_of_them
        at = self._near_ends[slice(*np.searchsorted(self._near_ends, [begin, end]))]
        numbers = self._table.tracks_of_rows[at]
        first = self._table.first_rows[numbers]
        low, high = np.maximum(at - _AROUND, first), at + _AROUND + 1
        high = np.minimum(high, first + self._table.counts[numbers])
        around[at - begin] = (sums[high - reach] - sums[low - reach]) / (high - low)
        return around

    @cached_property
    def _near_ends(self) -> np.ndarray:
        """(n,) int64, ascending: rows so near to where their track begins or ends that some around them lack."""
        first, near = self._table.first_rows, np.zeros(len(self._table), bool)
        last = first + self._table.counts - 1
        for beside in range(_AROUND):
            near[np.minimum(first + beside, last)] = True
            near[np.maximum(last - beside, first)] = True
        return np.flatnonzero(near)

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
        wanted = set(split_words(words))
        return np.array([there if wanted <= own else absent for own in self._words])

    def _genre(self, words: Sequence[str]) -> np.ndarray:
        """(tracks,) 1 where a track's genre is one of these words: a jig may be tagged as traditional."""
        wanted = {word for each in words for word in split_words(each)}
        genres = {track.genre for track in self._tracks}
        met = {genre: float(bool(wanted & set(split_words(genre)))) for genre in genres}
        return np.array([met[track.genre] for track in self._tracks])

    @cached_property
    def _words(self) -> list[frozenset[str]]:
        return [frozenset(words) for words in split_lines([_tags(track) for track in self._tracks])]


def _together(weights: np.ndarray, *values: np.ndarray, absolute: bool) -> np.ndarray:
    """The weighted mean of values, or of their logarithms."""
    whole = np.clip(values, 0, 1)
    if absolute:
        return np.asarray(np.exp(weights @ np.log(whole + _LITTLE) / weights.sum()) - _LITTLE)
    return np.asarray(weights @ whole / weights.sum())


def worth(met: np.ndarray) -> np.ndarray:
    """Term scores on a logarithmic scale in [0, 1], 0 at the smallest score that counts."""
    made = np.empty(len(met), met.dtype)
    for first in range(0, len(met), _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        made[part] = (np.log(met[part] + _LEAST) - np.log(_LEAST)) / (np.log(1 + _LEAST) - np.log(_LEAST))
    return made


def _wanted(word: Understood, met: np.ndarray) -> np.ndarray:
    return _in_degree(met, word.degree) if word.wanted else 1 - met


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
