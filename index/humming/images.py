"""Whether a piece has the tune, or whatever sounds like one: the tune's images are looked for as well.

Upside down, backwards and both a tune has the same range, the same intervals and lengths of notes, and is another
tune. A piece whose voices are many or whose harmony is full fits such images nearly as well as the tune itself; one
that has the tune does not. The better the images fit a piece, beside how they fit others, the less the tune's own fit
there says.

References
----------
Auckenthaler, Carey and Lloyd-Thomas, "Score normalization for text-independent speaker verification systems",
Digital Signal Processing 10, 2000 (scores held against those of others on the same item).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from index.analysis.f0 import PitchTrack
from index.analysis.melody_salience import SALIENCE_HZ
from index.humming.places import Chance, Place

IMAGES = 0.37
"""How much of what the images' fit differs by is taken off (docs/decisions/0048)."""
LENGTH = 0.07
"""And how much of the logarithm of the length in which they lie: the longer, the better anything fits by chance."""
PIECES = 60
"""So many of the likeliest pieces are compared with the images."""
AROUND_S = 150.0
"""So far before and after the tune's best place in a piece the images may lie."""
BLOCK_S = 4.0
_UPPER = 0.9


def images(pitch: PitchTrack) -> tuple[PitchTrack, PitchTrack, PitchTrack]:
    """The tune upside down about its middle pitch, backwards, and both."""
    middle = float(np.median(pitch.midi[pitch.voiced])) if pitch.voiced.any() else 0.0
    upside_down = replace(pitch, midi=2 * middle - pitch.midi)
    return upside_down, _backwards(pitch), _backwards(upside_down)


def _backwards(pitch: PitchTrack) -> PitchTrack:
    confidence = None if pitch.confidence is None else pitch.confidence[::-1].copy()
    return replace(
        pitch, midi=pitch.midi[::-1].copy(), voiced=pitch.voiced[::-1].copy(), confidence=confidence
    )


def best_of_pieces(places: Sequence[Place], most: int) -> list[Place]:
    """The first place of each of so many pieces; `places` best first."""
    first: dict[int, Place] = {}
    for place in places:
        if len(first) == most:
            break
        first.setdefault(place.track, place)
    return list(first.values())


def surroundings(places: Sequence[Place], bounds: np.ndarray) -> list[tuple[int, int, int]]:
    """Where images are looked for: around places, one of each piece.

    Parameters
    ----------
    places : sequence of Place
    bounds : np.ndarray, shape=(tracks + 1,), int64
        As in `SalienceTable`.

    Returns
    -------
    list of (int, int, int)
        Track, first row and row after it, from the start of the track.
    """
    spans = []
    for place in places:
        rows = int(bounds[place.track + 1] - bounds[place.track])
        low = max(0, int((place.start_s - AROUND_S) * SALIENCE_HZ))
        high = min(rows, int((place.end_s + AROUND_S) * SALIENCE_HZ))
        spans.append((place.track, min(low, high - 1), high))
    return spans


def reached(value: np.ndarray, bounds: np.ndarray, block: int) -> np.ndarray:
    """How good a fit a tune reaches in each stretch by chance: the upper tenth of its blocks and their spread.

    The best fit itself would say the same less surely: now and then an image is in the piece.

    Parameters
    ----------
    value : np.ndarray, shape=(rows,), float32
        Log odds of the best path that ends at each row.
    bounds : np.ndarray, shape=(stretches + 1,), int64
    block : int
        Rows.

    Returns
    -------
    np.ndarray, shape=(stretches,), float64
    """
    found = np.zeros(len(bounds) - 1)
    for number, (low, high) in enumerate(pairwise(bounds)):
        best = np.maximum.reduceat(value[low:high], np.arange(0, max(high - low - block // 2, 1), block))
        found[number] = np.quantile(best, _UPPER) + best.std()
    return found


def contrasted(places: Sequence[Place], chance: Mapping[int, Chance]) -> list[Place]:
    """Places in their new order, each by its odds without what its piece gives any tune more than others do.

    Parameters
    ----------
    places : sequence of Place
    chance : mapping of int to Chance
        By track. A piece that is not in it counts as the one that gives most.
    """
    if not chance:
        return list(places)
    given = {track: IMAGES * of.images + LENGTH * of.length for track, of in chance.items()}
    middle, most = float(np.mean(list(given.values()))), max(given.values())
    held = [
        replace(
            place, odds=place.odds - (given.get(place.track, most) - middle), chance=chance.get(place.track)
        )
        for place in places
    ]
    return sorted(held, key=lambda place: -place.odds)
