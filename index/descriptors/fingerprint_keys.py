"""Keys of a fingerprint: some of its rows, chosen by their bits alone, by which files of one recording are looked up.

Of a recording in another codec or master up to a tenth of the bits are others; then one row in thirty still has all
32 as they were. Of several hundred rows that are chosen, the same ones in both files, some agree as a whole.
"""

from __future__ import annotations

import numpy as np

from index.core.frames import FINGERPRINT_HZ

KEYS_VERSION = 1
"""Counts up when other rows are chosen."""
_MOST_CHOSEN = 512
_MIX = np.uint32(2654435761)


def keys_of(rows: np.ndarray, counted: np.ndarray, duration_s: float) -> np.ndarray:
    """(k,) uint32, sorted, each once: about 250 to 500 for any sound longer than half a minute.

    Parameters
    ----------
    rows : (n,) uint32
    counted : (n,) bool, rows in which something sounds
    duration_s : how long the sound is. Of a longer one fewer rows are chosen, which a shorter one would choose, too:
        who looks for sounds that may be shorter gives their length.
    """
    sounding = rows[counted[: len(rows)]]
    chosen = sounding * _MIX < _one_in(duration_s)
    return np.unique(sounding[chosen & (sounding != 0)])


def _one_in(duration_s: float) -> np.uint64:
    """Rows whose mixed bits are below this are chosen: 2 ** 32, its half, a quarter ..."""
    share = 0
    while duration_s * FINGERPRINT_HZ > _MOST_CHOSEN << share:
        share += 1
    return np.uint64(1 << 32 >> share)
