"""Frames: everything one pass over a sound gives, on fixed time grids.

What a frame means is said here; how it is measured, in `index.analysis.analyser`; how it is kept, in
`index.store.frame_store`. Others than numpy it knows nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

SPECTRA_HZ = 50.0


STEP = 3
"""Spectra from one row of bits to the next."""


FINGERPRINT_HZ = SPECTRA_HZ / STEP


NOTE_HZ = 10.0


ONSET_HZ = 50.0


SKETCH_HZ = 2.0


PATCH_HZ = 1.0


PEAKS_HZ = 1.0


PEAKS_A_SECOND = 16


LOWEST_MIDI = 21


PITCHES = 88


CONTOUR_BINS_PER_SEMITONE = 3


DOUBT = 0.1


SKETCH_SCALE = 85.0


def _absent() -> None:
    """The default of an array that a sound may be without; not a class's attribute, which would hide what is stored."""


@dataclass(frozen=True)
class Frames:
    """One sound, measured. Times are seconds from its start; frame i of a grid at r Hz covers [i/r, (i+1)/r)."""

    duration_s: float
    loudness_lufs: float
    """Integrated loudness (ITU-R BS.1770) before levelling."""
    notes: np.ndarray
    """(n, 88) uint8 at 10 Hz: square root of the note activation times 255, pitches A0 to C8."""
    contour: np.ndarray
    """(n, 2) uint16 at 10 Hz: strongest contour bin (3 a semitone from A0), and 65535 times its activation."""
    sketch: np.ndarray
    """(n, 12) uint8 at 2 Hz: note chroma (`fold_to_chroma`) times SKETCH_SCALE."""
    chroma: np.ndarray
    """(n, 12) uint8 at 2 Hz: chroma from the spectrum, largest bin 255."""
    level_db: np.ndarray
    """(n,) float16 at 10 Hz: RMS level after levelling, in dB full scale."""
    centroid_hz: np.ndarray
    """(n,) float16 at 10 Hz: spectral centroid."""
    onset: np.ndarray
    """(n,) float16 at 50 Hz: onset strength (mean rise of the log-mel bands, in dB)."""
    mfcc: np.ndarray
    """(n, 13) float16 at 2 Hz."""
    embedding: np.ndarray
    """(n, 200) float16 at 1 Hz: MusiCNN, each from the three seconds around its second."""
    tags: np.ndarray
    """(n, 50) uint8 at 1 Hz: MusiCNN's tags, probability times 255."""
    network: np.ndarray | None = field(default_factory=_absent)
    """(n, d) float16 at 1 Hz: the mean output of another network in each second, where one gives timbre its vector."""
    fingerprint: np.ndarray | None = field(default_factory=_absent)
    """(n,) uint32 at 16.7 Hz: `index.descriptors.fingerprint_bits`; None for a sound analysed before there were any."""
    peaks: np.ndarray | None = field(default_factory=_absent)
    """(n, 16) uint16 at 1 Hz: `index.descriptors.constellation`; None for a sound analysed before there were any."""

    def ahead(self, names: Collection[str], stretches_s: Sequence[tuple[float, float]]) -> None:
        """These stretches, in seconds, of these arrays are used soon: what lies on disk is read in one go."""

    def hold(self, names: Collection[str]) -> None:
        """These arrays are used again and again: they stay in memory as long as this."""


RATES_HZ = {
    "notes": NOTE_HZ,
    "contour": NOTE_HZ,
    "sketch": SKETCH_HZ,
    "chroma": SKETCH_HZ,
    "level_db": NOTE_HZ,
    "centroid_hz": NOTE_HZ,
    "onset": ONSET_HZ,
    "mfcc": SKETCH_HZ,
    "embedding": PATCH_HZ,
    "tags": PATCH_HZ,
}


NOT_ALWAYS_HZ = {"network": PATCH_HZ, "fingerprint": FINGERPRINT_HZ, "peaks": PEAKS_HZ}
"""Of the arrays that a sound may be without."""


_SOUNDING = np.maximum(np.square(np.arange(256, dtype=np.uint8), dtype=np.float32) / 255**2 - DOUBT, 0)
"""(256,) float32: what is left of each note activation."""


def sounding(notes: np.ndarray) -> np.ndarray:
    """Note activations above the noise floor, (n, 88) float32, of (n, 88) uint8 notes.

    Activations below 0.1 are the network's noise floor; summed over seven octaves they would mask the notes.
    """
    found = _SOUNDING.take(notes, mode="wrap")  # a byte is in the table; "raise" looks at each first
    return np.asarray(found)


def octaves_summed(pitches: np.ndarray) -> np.ndarray:
    """(n, 12) float32 from C, of (n, 88) pitches A0 to C8."""
    padded = np.zeros((len(pitches), 108), np.float32)
    padded[:, LOWEST_MIDI - 12 : LOWEST_MIDI - 12 + PITCHES] = pitches
    return padded.reshape(len(pitches), 9, 12).sum(axis=1)


def fold_to_chroma(notes: np.ndarray) -> np.ndarray:
    """Note chroma, (n, 12) float32 from C, of (n, 88) uint8 notes: those that sound, octaves summed."""
    return octaves_summed(sounding(notes))


def rows(duration_s: float, rate_hz: float) -> int:
    """Number of frames of a grid for a sound: every begun frame counts, at least one."""
    return max(1, int(np.ceil(duration_s * rate_hz - 1e-6)))


def cut(array: np.ndarray, rate_hz: float, start_s: float, end_s: float) -> np.ndarray:
    """The frames between two times, at least one."""
    first = min(max(0, round(start_s * rate_hz)), len(array) - 1)
    return array[first : max(first + 1, round(end_s * rate_hz))]


def stretches(arrays: Iterable[np.ndarray | None], firsts: Sequence[int], nothing: np.ndarray) -> np.ndarray:
    """(n, *nothing.shape): as many rows of each array as `nothing` has, from each first one; that where none are."""
    found = np.repeat(nothing[None], len(firsts), axis=0)
    for stretch, array, first in zip(found, arrays, firsts, strict=True):
        if array is not None:
            low, high = max(0, first), min(len(array), first + len(nothing))
            if high > low:
                stretch[low - first : high - first] = array[low:high]
    return found
