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
from index.humming.places import Place

WEIGHT = 0.3
"""How much of what the images' fit differs by is taken off (docs/decisions/0047)."""
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


def surroundings(places: Sequence[Place], bounds: np.ndarray) -> list[tuple[int, int, int]]:
    """Where images are looked for: around the best place of each of the likeliest pieces.

    Parameters
    ----------
    places : sequence of Place
        Best first.
    bounds : np.ndarray, shape=(tracks + 1,), int64
        As in `SalienceTable`.

    Returns
    -------
    list of (int, int, int)
        Track, first row and row after it, from the start of the track.
    """
    spans: dict[int, tuple[int, int, int]] = {}
    for place in places:
        if len(spans) == PIECES:
            break
        if place.track not in spans:
            rows = int(bounds[place.track + 1] - bounds[place.track])
            low = max(0, int((place.start_s - AROUND_S) * SALIENCE_HZ))
            high = min(rows, int((place.end_s + AROUND_S) * SALIENCE_HZ))
            spans[place.track] = (place.track, min(low, high - 1), high)
    return list(spans.values())


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


def contrasted(places: Sequence[Place], fit: Mapping[int, float]) -> list[Place]:
    """Places in their new order, each by its odds without what the images' fit to its piece differs by.

    Parameters
    ----------
    places : sequence of Place
    fit : mapping of int to float
        What the images reach, by track. A piece that is not in it counts as the one they fit best.
    """
    if not fit:
        return list(places)
    middle, most = float(np.mean(list(fit.values()))), max(fit.values())
    held = [
        replace(place, odds=place.odds - WEIGHT * (fit.get(place.track, most) - middle)) for place in places
    ]
    return sorted(held, key=lambda place: -place.odds)
