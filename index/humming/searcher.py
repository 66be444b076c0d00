"""Search by humming: a monophonic tune, in any key and at any tempo, finds the piece and the moment.

The tune's pitch curve is aligned with the melody salience of a small library, or of the stretches of a large one
that a quick scan proposes (`index.humming.proposals`), by subsequence DTW: first on a coarse grid
(`index.humming.coarse_dtw`), then exactly around the best alignments. These are ranked by their evidence
(`index.humming.evidence`), held against the tune's images (`index.humming.images`). The calibration of the
confidence is fitted by bench/hum.py.

References
----------
Müller, "Fundamentals of Music Processing", ch. 7.2 (subsequence DTW), Springer 2015.
Salamon, Serrà, Gómez, "Tonal representations for music retrieval: from version identification to query-by-humming",
IJMIR 2013 (melody salience as the index of a polyphonic library).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from index.analysis.f0 import PitchTrack, track_pitch, tune_at
from index.analysis.melody_salience import SALIENCE_HZ
from index.core.errors import EmptyLibraryError, QueryError, printable
from index.core.hits import Alignment, FactorScore, Hit, Results
from index.core.moments import Grid, Moment, window_count
from index.core.query import Query
from index.core.selection import AT_ALL, apart
from index.core.tracks import Track
from index.descriptors.alignment import centred
from index.humming.coarse_dtw import Ends, align_everywhere, best_of_blocks, highest
from index.humming.exact import Exact
from index.humming.hummed import HummedResults
from index.humming.images import BLOCK_S, PIECES, best_of_pieces, contrasted, images, reached, surroundings
from index.humming.leniency import by_notes
from index.humming.places import Chance, Place, confidence
from index.humming.proposals import Laid, is_small, proposed, sampled, whole_tracks
from index.humming.several_tries import Try, together, voiced_s
from index.humming.sketch import Sketch
from index.search.surprise import Scale, through_quartiles
from index.store.salience_store import SalienceTable

COARSE_RATIOS = tuple(float(ratio) for ratio in np.geomspace(0.64, 1.55, 7))
COARSE_STEP = 2
COARSE_HZ = SALIENCE_HZ / COARSE_STEP
PLACES = 960
PLACES_PER_TRACK = 6
APART_S = 2.0
PENALTY = 1.5
"""Log odds that half an off-diagonal step costs, times the voicing of the frame."""
DOUBT = 0.3
"""Share of a hum's frames assumed to be off the tune: wrong notes, bad timing, pitch errors."""
SCAN_DOUBT = 0.15
"""The same in the quick scan of a large library."""
SHORTEST_S = 1.5
LONGEST_S = 30.0
THREADS = 2
_BLOCK_S = 10.0


class TuneSearcher:
    """Finds tunes in one table of melody salience."""

    def __init__(self, tracks: Sequence[Track], table: SalienceTable, grid: Grid | None = None) -> None:
        self._tracks = tracks
        self._grid = grid or Grid()
        self._table = table
        self._odds = _log_odds(DOUBT)

    def find(self, query: Query, allowed: Callable[[Track], bool] | None = None) -> Results:
        """The moments of the library that have the query's tune, `hits_per_track` of each piece, best first.

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
        earlier: Sequence[PitchTrack] = (),
    ) -> Results:
        """The same for a pitch track that was estimated before.

        Parameters
        ----------
        query : Query
        pitch : PitchTrack
            Of the query's passage; its first 30 s are used.
        allowed : callable, optional
            Which tracks may be returned.
        started : float, optional
            When the work began (`time.perf_counter`), for `Results.elapsed_ms`.
        earlier : sequence of PitchTrack
            Other tries at the same tune, which count as much; one without a tune counts nothing.

        Raises
        ------
        QueryError
            If less than 1.5 s of the pitch track are confidently voiced.
        """
        started = time.perf_counter() if started is None else started
        pitch = _shortened(pitch)
        if pitch.confident_s < SHORTEST_S:
            raise QueryError(
                f"There is no tune to follow in “{printable(query.passage.name)}”: "
                "hum, whistle or sing at least four seconds of one voice."
            )
        closed = self._closed(query, allowed)
        coarse, sample = self._scan(pitch, closed)
        tries = [Try(pitch, self._compared(pitch, coarse))]
        for other in map(_shortened, earlier):
            if other.confident_s >= SHORTEST_S:
                tries.append(Try(other, self._compared(other, self._scan(other, closed)[0])))
        places = self._distinct(together(tries), query)
        scale = through_quartiles(sample, 0.05) if len(sample) >= 4 else Scale(0.0, 0.3)
        hits = [
            self._hit(voiced_s(tries), places, number, scale) for number in range(min(len(places), query.k))
        ]
        return HummedResults(
            query=query,
            hits=tuple(hit for hit in hits if hit.likeness >= query.min_likeness),
            compared=int(self._windows[~closed].sum()),
            elapsed_ms=(time.perf_counter() - started) * 1000,
            pitch=pitch,
        )

    def _closed(self, query: Query, allowed: Callable[[Track], bool] | None) -> np.ndarray:
        """(tracks,) bool: tracks that a query excludes."""
        source = query.passage.source
        own = source.id if query.exclude_same_track and isinstance(source, Track) else ""
        if allowed is None:
            return self._ids == own
        return np.array([track.id == own or not allowed(track) for track in self._tracks])

    def _scan(self, pitch: PitchTrack, closed: np.ndarray) -> tuple[list[Place], np.ndarray]:
        """The best coarse alignments, and the null distribution: the best score in every ten seconds compared."""
        start_s, end_s = pitch.span_s
        lengths_s = (end_s - start_s) * np.array(COARSE_RATIOS)
        laid, by_chance = self._laid(pitch, np.flatnonzero(~closed))
        ends = self._aligned(laid, pitch)
        compared = ends if by_chance is None else self._aligned(by_chance, pitch)
        block = round(_BLOCK_S * COARSE_HZ)
        return self._peaks(laid, ends, lengths_s), best_of_blocks(compared.value, block)

    def _aligned(self, laid: Laid, pitch: PitchTrack) -> Ends:
        """A tune on the coarse grid, at all tempi, aligned with these stretches."""
        tunes = [by_notes(tune_at(pitch, ratio, COARSE_HZ)) for ratio in COARSE_RATIOS]
        return align_everywhere(laid.table, laid.asked, tunes, self._odds, PENALTY, THREADS)

    def _laid(self, pitch: PitchTrack, opened: np.ndarray) -> tuple[Laid, Laid | None]:
        """What is aligned, and of a large library a sample of what chance gives."""
        if is_small(self._table, np.arange(len(self._tracks))):
            return self._whole.only(opened), None
        if is_small(self._table, opened):
            return self._part(whole_tracks(self._table, opened)), None
        spans = proposed(
            self._table, opened, pitch, COARSE_RATIOS, _log_odds(SCAN_DOUBT), THREADS, self._sketch
        )
        by_chance = sampled(self._table, opened)
        return self._part(spans), self._part(by_chance)

    @cached_property
    def _windows(self) -> np.ndarray:
        """(tracks,) int64: windows of each."""
        return np.array([window_count(track, self._grid) for track in self._tracks], np.int64)

    @cached_property
    def _ids(self) -> np.ndarray:
        """(tracks,) str."""
        return np.array([track.id for track in self._tracks], str)

    @cached_property
    def _whole(self) -> Laid:
        return Laid.whole(self._table.coarser(COARSE_STEP)).lenient()

    @cached_property
    def _sketch(self) -> Sketch:
        return Sketch.of(self._table.rows, _log_odds(SCAN_DOUBT), THREADS)

    def _part(self, spans: Sequence[tuple[int, int, int]]) -> Laid:
        return Laid.of(self._table, spans, COARSE_STEP).lenient()

    def _peaks(self, laid: Laid, ends: Ends, lengths_s: np.ndarray) -> list[Place]:
        """The best path ends, APART_S apart, PLACES_PER_TRACK a track; `lengths_s` are those of the tunes."""
        bounds, value, rate_hz = laid.table.bounds, ends.value, COARSE_HZ
        apart_s = APART_S + 0.5 / rate_hz
        order = highest(value, 40 * PLACES)
        order = order[value[order] >= -1e8]
        stretch_of = np.searchsorted(bounds, order, side="right") - 1
        ends_s = (order - bounds[stretch_of] + laid.first[stretch_of] + 1) / rate_hz
        chosen = apart(
            zip(order.tolist(), laid.track[stretch_of].tolist(), ends_s.tolist(), strict=True),
            lambda end: Moment("", end[2], end[2] + apart_s),
            track=lambda end: end[1],
            a_track=PLACES_PER_TRACK,
            most=PLACES,
            overlap=AT_ALL,
        )
        return [
            Place(track, float(value[at]), end_s - float(lengths_s[ends.tune[at]]), end_s, int(ends.key[at]))
            for at, track, end_s in chosen
        ]

    def places(self, query: Query, pitch: PitchTrack) -> list[Place]:
        """All exact alignments with all their evidence, several of one piece among them, best first."""
        pitch = _shortened(pitch)
        return self._compared(pitch, self._scan(pitch, self._closed(query, None))[0], evidence=True)

    def _compared(self, pitch: PitchTrack, places: Sequence[Place], *, evidence: bool = False) -> list[Place]:
        """Coarse places aligned exactly, best first; what weighs nothing is measured where `evidence` is wanted."""
        exact = Exact(pitch, self._table, self._odds, COARSE_RATIOS, evidence=evidence)
        return self._held(pitch, exact, exact.aligned(places, THREADS))

    def _held(self, pitch: PitchTrack, exact: Exact, places: Sequence[Place]) -> list[Place]:
        """Places, best first, the likeliest pieces' refined and held against what these give any tune."""
        if not places:
            return []
        likeliest = best_of_pieces(places, PIECES)
        laid, block = self._part(surroundings(likeliest, self._table.bounds)), round(BLOCK_S * COARSE_HZ)
        fit = np.mean(
            [reached(self._aligned(laid, image).value, laid.table.bounds, block) for image in images(pitch)],
            axis=0,
        )
        rows = np.diff(laid.table.bounds).tolist()
        chance = {
            track: Chance(own, math.log(length))
            for track, own, length in zip(laid.track.tolist(), fit.tolist(), rows, strict=True)
        }
        refined = dict(zip(likeliest, exact.refined(likeliest, THREADS), strict=True))
        return contrasted([refined.get(place, place) for place in places], chance)

    def _distinct(self, places: Sequence[Place], query: Query) -> list[Place]:
        """At most `hits_per_track` places a piece, without overlap."""
        return apart(
            places,
            lambda place: Moment(self._tracks[place.track].id, place.start_s, place.end_s),
            track=lambda place: self._tracks[place.track].id,
            a_track=query.hits_per_track,
            overlap=AT_ALL,
        )

    def _hit(self, sung_s: float, places: Sequence[Place], number: int, scale: Scale) -> Hit:
        place, track = places[number], self._tracks[places[number].track]
        rivals = [other.odds for other in places if other.track != place.track]
        likeness = float(scale.percentile(np.array(place.odds)))
        surprise = float(scale.surprise(np.array(place.odds)))
        end_s = min(place.end_s, track.duration_s)
        return Hit(
            rank=number + 1,
            track=track,
            moment=Moment(track.id, min(place.start_s, end_s - 0.5), end_s),
            score=surprise,
            likeness=likeness,
            confidence=confidence(place.odds, place.odds - max(rivals, default=0.0), sung_s),
            factors={"melody": FactorScore(place.odds, likeness, 1.0, surprise)},
            alignment=Alignment(centred(place.shift_semitones), place.ratio),
        )


def _log_odds(doubt: float) -> np.ndarray:
    """(256,) float32: log odds of each stored salience value, where so much of a hum is off the tune."""
    share = (np.arange(256) / 255.0) ** 2
    return np.log(((1 - doubt) * share + doubt / 12) * 12).astype(np.float32)


def _shortened(pitch: PitchTrack) -> PitchTrack:
    """The first 30 s of a pitch track, from its first voiced frame on."""
    first = round(pitch.span_s[0] / pitch.step_s)
    part = slice(first, first + round(LONGEST_S / pitch.step_s))
    confidence = None if pitch.confidence is None else pitch.confidence[part]
    return PitchTrack(pitch.step_s, pitch.midi[part], pitch.voiced[part], confidence)
