"""Search by humming: a tune of one voice, in any key and at any tempo, finds the piece and the moment.

The tune's pitch is laid on the melody salience of the whole library by dynamic time warping: everywhere on a coarse
grid first, then exactly around the best places. A score is a logarithm of odds a frame of tune; the numbers that
turn it into a confidence are made by bench/hum.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from index.candidates import window_count
from index.errors import EmptyLibraryError, QueryError, printable
from index.factors.alignment import centred
from index.fusion import Scale, through_quartiles
from index.moments import Alignment, FactorScore, Grid, Hit, Moment, Query, Results, Track
from index.pitch_track import PitchTrack, Tune, track_pitch, tune_at
from index.salience import SALIENCE_HZ
from index.salience_store import SalienceTable
from index.warping import best_ends, best_path

COARSE_RATIOS = tuple(float(ratio) for ratio in np.geomspace(0.64, 1.55, 7))
FINE_STEPS = (0.95, 1.0, 1.05)
COARSE_STEP = 2
PLACES = 160
PLACES_PER_TRACK = 6
APART_S = 2.0
PENALTY = 2.4
"""Log odds that half a step aside costs, times the voicing of the frame."""
LEANT = 60
"""Pieces for which it is also tried whether the voice slid out of tune."""
OFFSETS = np.arange(-3, 4) / 3
"""Semitones by which a voice may be off its own tuning."""
SLIDE = 4.0
"""Log odds that a change by a third of a semitone costs."""
STRICT_PENALTY = 4.5
"""PENALTY where offsets are tried: what is freer in pitch is held closer in time."""
DOUBT = 0.15
"""The share of a hum's frames that are off the tune: wrong, late, or badly heard."""
SHORTEST_S = 1.5
LONGEST_S = 30.0
REACH_S = 2.0
THREADS = 2
_BLOCK_S = 10.0
CONFIDENCE = {"intercept": -3.341, "odds": 1.507, "margin": 6.289, "length": 0.393}
"""Logistic over a hit's log odds, its lead over the best other piece, and the logarithm of the tune's seconds."""


@dataclass(frozen=True)
class Place:
    """A stretch of a track that the tune fits."""

    track: int
    odds: float
    """Log odds a frame of voiced tune, at most 2.4."""
    start_s: float
    end_s: float
    shift_semitones: int


@dataclass(frozen=True)
class HummedResults(Results):
    """What a hum found, and what was heard of it."""

    pitch: PitchTrack = field(default_factory=lambda: PitchTrack(0.1, np.zeros(0), np.zeros(0, bool)))


class TuneSearcher:
    """Finds tunes on one table of salience."""

    def __init__(self, tracks: Sequence[Track], table: SalienceTable, grid: Grid | None = None) -> None:
        self._tracks = tracks
        self._grid = grid or Grid()
        self._table = table
        self._coarse = table.coarser(COARSE_STEP)
        share = (np.arange(256) / 255.0) ** 2
        self._odds = np.log(((1 - DOUBT) * share + DOUBT / 12) * 12).astype(np.float32)

    def find(self, query: Query, allowed: Callable[[Track], bool] | None = None) -> Results:
        """The places of the library that have the query's tune, the best of each piece, best first.

        Raises
        ------
        EmptyLibraryError
        QueryError
            If there is no tune in the query.
        """
        started = time.perf_counter()
        if not self._tracks:
            raise EmptyLibraryError
        pitch = track_pitch(query.passage)
        return self.find_tune(query, pitch, allowed, started)

    def find_tune(
        self,
        query: Query,
        pitch: PitchTrack,
        allowed: Callable[[Track], bool] | None = None,
        started: float | None = None,
    ) -> Results:
        """The same for a pitch track that is known already."""
        started = time.perf_counter() if started is None else started
        pitch = _shortened(pitch)
        if pitch.voiced_s < SHORTEST_S:
            raise QueryError(
                f"There is no tune to follow in “{printable(query.passage.name)}”: "
                "hum, whistle or sing at least four seconds of one voice."
            )
        closed = self._closed(query, allowed)
        coarse, sample = self._scan(pitch, closed)
        places = self._leant(pitch, self._distinct(self._refine(pitch, coarse), query))
        scale = through_quartiles(sample, 0.05) if len(sample) >= 4 else Scale(0.0, 0.3)
        hits = [self._hit(query, pitch, places, number, scale) for number in range(min(len(places), query.k))]
        return HummedResults(
            query=query,
            hits=tuple(hit for hit in hits if hit.likeness >= query.min_likeness),
            compared=sum(
                window_count(track, self._grid)
                for track, shut in zip(self._tracks, closed, strict=True)
                if not shut
            ),
            elapsed_ms=(time.perf_counter() - started) * 1000,
            pitch=pitch,
        )

    def _closed(self, query: Query, allowed: Callable[[Track], bool] | None) -> np.ndarray:
        """(tracks,) which tracks are not open to a query."""
        source = query.passage.source
        own = source.id if query.exclude_same_track and isinstance(source, Track) else ""
        return np.array(
            [track.id == own or not (allowed is None or allowed(track)) for track in self._tracks]
        )

    def _scan(self, pitch: PitchTrack, closed: np.ndarray) -> tuple[list[Place], np.ndarray]:
        """The best places on the coarse grid, and the best score of every ten seconds of the library."""
        table, rate_hz = self._coarse, SALIENCE_HZ / COARSE_STEP
        value = np.full(len(table.rows), -1e9, np.float32)
        keys = np.zeros(len(table.rows), np.uint8)
        lengths_s = np.zeros(len(table.rows), np.float32)
        parts = table.split(THREADS)
        start_s, end_s = pitch.span_s
        for ratio in COARSE_RATIOS:
            tune = tune_at(pitch, ratio, rate_hz)
            before = value.copy()
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda part: self._ends(tune, part, value, keys), parts))  # noqa: B023
            better = value > before
            lengths_s[better] = (end_s - start_s) * ratio
        for track in np.flatnonzero(closed):
            value[table.bounds[track] : table.bounds[track + 1]] = -1e9
        return self._peaks(value, keys, lengths_s), _background(value, round(_BLOCK_S * rate_hz))

    def _ends(self, tune: Tune, part: tuple[int, int], value: np.ndarray, keys: np.ndarray) -> None:
        """Scores of one tempo on some tracks, a unit of voiced tune."""
        bounds = self._coarse.bounds[part[0] : part[1] + 1]
        low, high = bounds[0], bounds[-1]
        total = max(float(tune.weight.sum()), 1e-6)
        scaled = (tune.weight / total).astype(np.float32)
        best_ends(
            self._coarse.rows[low:high], bounds - low, self._odds, tune.low_class, tune.fraction, scaled,
            PENALTY, value[low:high], keys[low:high],
        )  # fmt: skip

    def _peaks(self, value: np.ndarray, keys: np.ndarray, lengths_s: np.ndarray) -> list[Place]:
        """The highest ends, a few seconds apart, a few a track."""
        table, rate_hz = self._coarse, SALIENCE_HZ / COARSE_STEP
        reach = round(APART_S * rate_hz)
        order = np.argsort(-value, kind="stable")[: 40 * PLACES]
        track_of = np.searchsorted(table.bounds, order, side="right") - 1
        taken: dict[int, list[int]] = {}
        found: list[Place] = []
        for at, track in zip(order.tolist(), track_of.tolist(), strict=True):
            own = taken.setdefault(track, [])
            if value[at] < -1e8 or len(own) >= PLACES_PER_TRACK or any(abs(at - x) <= reach for x in own):
                continue
            own.append(at)
            end_s = (at - int(table.bounds[track]) + 1) / rate_hz
            found.append(Place(track, float(value[at]), end_s - float(lengths_s[at]), end_s, int(keys[at])))
            if len(found) >= PLACES:
                break
        return found

    def _refine(self, pitch: PitchTrack, places: Sequence[Place]) -> list[Place]:
        """The places compared exactly, best first."""
        return self._laid(pitch, places, np.zeros(1), PENALTY)

    def _leant(self, pitch: PitchTrack, places: Sequence[Place]) -> list[Place]:
        """The first places again, the voice free to slide out of tune; the others follow as they were."""
        return [*self._laid(pitch, places[:LEANT], OFFSETS, STRICT_PENALTY), *places[LEANT:]]

    def _laid(
        self, pitch: PitchTrack, places: Sequence[Place], offsets: np.ndarray, penalty: float
    ) -> list[Place]:
        start_s, end_s = pitch.span_s
        tunes: dict[float, tuple[np.ndarray, np.ndarray, np.ndarray, float]] = {}

        def tune(ratio: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
            if ratio not in tunes:
                made = tune_at(pitch, ratio, SALIENCE_HZ)
                total = max(float(made.weight.sum()), 1e-6)
                scaled = (made.weight / total).astype(np.float32)
                tunes[ratio] = (*made.beside(offsets), scaled, SLIDE / total)
            return tunes[ratio]

        def exact(place: Place) -> Place:
            ratio = (place.end_s - place.start_s) / (end_s - start_s)
            low = int(self._table.bounds[place.track])
            high = int(self._table.bounds[place.track + 1])
            first = max(low, low + math.floor((place.start_s - REACH_S) * SALIENCE_HZ))
            rows = self._table.rows[first : min(high, low + math.ceil((place.end_s + REACH_S) * SALIENCE_HZ))]
            best = replace(place, odds=-1e9)
            for step in FINE_STEPS:
                classes, fraction, weight, slide = tune(round(ratio * step, 3))
                odds, begin, end = best_path(
                    rows, self._odds, classes, fraction, weight, penalty, slide, place.shift_semitones
                )
                if odds > best.odds:
                    offset = first - low
                    best = replace(
                        place,
                        odds=float(odds),
                        start_s=(offset + begin) / SALIENCE_HZ,
                        end_s=(offset + end + 1) / SALIENCE_HZ,
                    )
            return best

        with ThreadPoolExecutor(THREADS) as pool:
            laid = [place for place in pool.map(exact, places) if place.odds > -1e8]
        return sorted(laid, key=lambda place: -place.odds)

    @staticmethod
    def _distinct(places: Sequence[Place], query: Query) -> list[Place]:
        """At most so many places a piece as were asked for, none over another."""
        kept: list[Place] = []
        for place in places:
            own = [other for other in kept if other.track == place.track]
            apart = all(place.start_s >= other.end_s or place.end_s <= other.start_s for other in own)
            if len(own) < query.hits_per_track and apart:
                kept.append(place)
        return kept

    def _hit(
        self, query: Query, pitch: PitchTrack, places: Sequence[Place], number: int, scale: Scale
    ) -> Hit:
        place, track = places[number], self._tracks[places[number].track]
        rivals = [other.odds for other in places if other.track != place.track]
        first_s, last_s = pitch.span_s
        ratio = (place.end_s - place.start_s) / (last_s - first_s)
        likeness = float(scale.percentile(np.array(place.odds)))
        surprise = float(scale.surprise(np.array(place.odds)))
        end_s = min(place.end_s, track.duration_s)
        return Hit(
            rank=number + 1,
            track=track,
            moment=Moment(track.id, min(place.start_s, end_s - 0.5), end_s),
            score=surprise,
            likeness=likeness,
            confidence=confidence(place.odds, place.odds - max(rivals, default=0.0), pitch.voiced_s),
            factors={"melody": FactorScore(place.odds, likeness, 1.0, surprise)},
            alignment=Alignment(centred(place.shift_semitones), ratio),
        )


def confidence(odds: float, margin: float, voiced_s: float) -> float:
    """The probability that a place is the tune that was hummed."""
    features: Mapping[str, float] = {"odds": odds, "margin": margin, "length": math.log(max(voiced_s, 0.5))}
    total = CONFIDENCE["intercept"] + sum(CONFIDENCE[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def _shortened(pitch: PitchTrack) -> PitchTrack:
    """At most half a minute of a pitch track, from its first pitch on."""
    first = round(pitch.span_s[0] / pitch.step_s)
    part = slice(first, first + round(LONGEST_S / pitch.step_s))
    return PitchTrack(pitch.step_s, pitch.midi[part], pitch.voiced[part])


def _background(value: np.ndarray, block: int) -> np.ndarray:
    """The best score of each block, those left out that are closed."""
    blocks = value[: len(value) // block * block].reshape(-1, block).max(axis=1)
    return blocks[blocks > -1e8]
