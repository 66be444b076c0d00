"""Whether a passage is no music at all: silence, steady noise, or one single tone.

Speech is told when a clip is heard (clip_kind.py); the others from the frames. Music changes its level by 3 dB and
more and has notes in nine of ten frames, noise has hardly any, a tone stays on one pitch. A drum is no noise: its
level jumps. Dense, compressed music may have neither a moving level nor notes that are heard, but its spectrum
moves, which that of noise does not. When in doubt, a passage is music.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from index.core.frames import CONTOUR_BINS_PER_SEMITONE, NOTE_HZ, SKETCH_HZ, Frames, cut
from index.core.moments import Passage
from index.core.tracks import Clip

NoMusic = Literal["silence", "noise", "tone", "speech", ""]

SILENT_DB = -60.0
"""Levels up to here are silence; of a sound that was levelled, music is at -25."""
STEADY_DB = 2.5
"""Standard deviation of the level, up to which a sound is steady."""
UNMOVED_DB = 1.0
"""Standard deviation of the level of one single tone; a long chord dies away or is struck again."""
FEW_NOTES = 0.35
"""Share of the frames with a note; noise has at most 0.2, vibrato alone 0.38, music 0.7 and more."""
SAME_SPECTRUM = 1.4
"""Mean standard deviation of the MFCCs (but the first), up to which a spectrum stays as it is.

Noises of nine colours and kinds have 0.7 to 1.0, which is the estimate's own; the steadiest of 2,978 moments of
electronic music has 1.9.
"""
ON_ONE_PITCH = 0.6
"""Share of the frames within a semitone of the middle pitch."""
LONG_SILENCE_S = 1.0
"""Silence at either end that is longer belongs to how a clip was recorded, not to what was meant."""
_SHORTEST_S = 1.0
_SOUNDING = 0.3
_EDGE_FRAMES = 2
"""At either end, where a file fades or is cut."""
_EDGE_MFCCS = 1


def heard_as(passage: Passage) -> NoMusic:
    """What a passage is, if it is no music; empty where it is. That of a clip of speech is speech or silence."""
    told = no_music(passage)
    spoken = isinstance(passage.source, Clip) and passage.source.kind == "speech"
    return "speech" if spoken and told != "silence" else told


def no_music(passage: Passage) -> NoMusic:
    """What a passage is by its frames, if it is no music; empty where it is."""
    first, last = round(passage.start_s * NOTE_HZ), round(passage.end_s * NOTE_HZ)
    frames = passage.frames
    level_db = _levels(frames)[first:last]
    if not len(level_db) or level_db.max() < SILENT_DB:
        return "silence"
    inner = _without_edges(level_db, _EDGE_FRAMES)
    if inner.std() > STEADY_DB:
        return ""
    pitch = frames.contour[first:last, 0].astype(np.float32) / CONTOUR_BINS_PER_SEMITONE
    if inner.std() <= UNMOVED_DB and (np.abs(pitch - np.median(pitch)) < 1.0).mean() >= ON_ONE_PITCH:
        return "tone"
    if _spectrum_moves(passage):
        return ""
    active = (frames.notes[first:last].astype(np.float32) / 255) ** 2 > _SOUNDING
    return "noise" if active.any(axis=1).mean() < FEW_NOTES else ""


def sounding(frames: Frames) -> tuple[float, float]:
    """From where to where a sound is heard, in seconds: without long silence at either end; all, if no second is left.

    Recordings begin before the music does, and go on after it.
    """
    heard = np.flatnonzero(_levels(frames) >= SILENT_DB)
    if not len(heard):
        return 0.0, frames.duration_s
    first_s, last_s = float(heard[0]) / NOTE_HZ, min(float(heard[-1] + 1) / NOTE_HZ, frames.duration_s)
    first_s = first_s if first_s > LONG_SILENCE_S else 0.0
    last_s = last_s if frames.duration_s - last_s > LONG_SILENCE_S else frames.duration_s
    return (first_s, last_s) if last_s - first_s >= _SHORTEST_S else (0.0, frames.duration_s)


def _levels(frames: Frames) -> np.ndarray:
    """(n,) float32, in dB; finite where nothing sounds, too."""
    return np.nan_to_num(np.asarray(frames.level_db, np.float32), neginf=-200.0)


def _spectrum_moves(passage: Passage) -> bool:
    """Whether the shape of the spectrum changes by more than that of noise."""
    shapes = cut(passage.frames.mfcc, SKETCH_HZ, passage.start_s, passage.end_s)[:, 1:].astype(np.float32)
    return bool(_without_edges(shapes, _EDGE_MFCCS).std(axis=0).mean() > SAME_SPECTRUM)


def _without_edges(values: np.ndarray, count: int) -> np.ndarray:
    """Values without so many at either end; all of them where no more are there."""
    return values[count:-count] if len(values) > 2 * count else values
