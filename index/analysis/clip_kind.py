"""Classification of a clip: speech, a monophonic tune (hummed, whistled, sung, one finger at a piano), or
music.

Three rules over ten features. In a tune nearly all energy lies in the harmonics of one pitch. Speech is
monophonic, too, but has pauses, jumps in level and brightness, hard onsets, no sustained pitch and no beat; hurried
speech has no pauses, and more of the rest.
When in doubt, a clip is music. bench/clip_kinds.py measures the accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from index.audio.reading import Sound, resample
from index.core.frames import CONTOUR_BINS_PER_SEMITONE, LOWEST_MIDI, NOTE_HZ, ONSET_HZ, Frames
from index.core.tracks import ClipKind

_RATE_HZ = 11025
_WINDOW = 2048
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 4000.0
_OVERTONES = (12, 19, 24, 28, 31, 34, 36)
"""Semitones from a note to its harmonics."""
_SOUNDING = 0.3
_HEARD = 0.1
_LOUD_DB = 25.0
"""A frame counts as loud down to this far below the clip's maximum."""
_BEAT_S = (0.25, 2.0)
_HELD_FRAMES = 4
_HELD_BINS = 1.5


@dataclass(frozen=True)
class ClipFeatures:
    """The features that separate speech, tunes and music. Shares lie in [0, 1]."""

    one_voice: float
    """Share of the energy in the harmonics of one pitch, above chance."""
    together: float
    """Share of the frames with notes in which several sound that are not harmonics of each other."""
    pitches: int
    """Number of distinct semitones of the strongest contour."""
    noted: float
    """Share of the loud frames in which a note is detected."""
    held: float
    """Share of the loud frames in which a pitch is sustained for 0.4 s or more."""
    gaps: float
    """Share of the frames that are not loud."""
    level_spread_db: float
    """Standard deviation of the level of the loud frames."""
    brightness_spread_hz: float
    """Standard deviation of their spectral centroid."""
    onset_db: float
    """Mean onset strength."""
    pulse: float
    """Highest autocorrelation of the onset strength at lags from 0.25 to 2 s."""

    @property
    def broken(self) -> int:
        """How many of six features are typical of speech."""
        return sum(
            (
                self.gaps >= 0.05,
                self.level_spread_db >= 3.7,
                self.onset_db >= 1.35,
                self.brightness_spread_hz >= 450,
                self.held < 0.7,
                self.noted < 0.9,
            )
        )

    @property
    def hurried(self) -> bool:
        """Whether it is speech without pauses: all else that is typical of speech, and more of it."""
        return (
            self.together <= 0.2
            and self.pulse < 0.45
            and self.onset_db >= 2.25
            and self.brightness_spread_hz >= 600
            and self.level_spread_db >= 3.0
            and self.held < 0.7
            and self.noted < 0.9
        )

    @property
    def kind(self) -> ClipKind:
        """The class that the features give together."""
        if self.together <= 0.25 and self.gaps >= 0.05 and self.pulse < 0.6 and self.broken >= 5:
            return "speech"
        if self.hurried:
            return "speech"
        alone = self.together <= 0.22 and self.one_voice >= 0.6
        return "tune" if alone and self.pitches >= 4 and self.onset_db < 1.35 else "music"


def clip_kind(sound: Sound, frames: Frames) -> ClipKind:
    """Classify a clip from its sound and its frames."""
    return clip_features(sound, frames).kind


def clip_features(sound: Sound, frames: Frames) -> ClipFeatures:
    """The features of a clip, from its sound and its frames."""
    level_db = np.nan_to_num(np.asarray(frames.level_db, np.float32), neginf=-200.0)
    loud = level_db > np.percentile(level_db, 95) - _LOUD_DB
    centroid_hz = np.asarray(frames.centroid_hz, np.float32)[: len(loud)][loud]
    voices = _voices(frames.notes)
    contour, heard = frames.contour[:, 0].astype(np.float32), frames.contour[:, 1] > _HEARD * 65535
    return ClipFeatures(
        one_voice=one_voice_share(sound, frames),
        together=float((voices > 1).sum() / max(1, (voices > 0).sum())),
        pitches=len(np.unique(np.round(contour[heard] / CONTOUR_BINS_PER_SEMITONE))),
        noted=float((voices > 0)[loud].mean()),
        held=float(_held(contour, heard)[loud].mean()),
        gaps=float(1 - loud.mean()),
        level_spread_db=float(level_db[loud].std()),
        brightness_spread_hz=float(centroid_hz.std()),
        onset_db=float(np.asarray(frames.onset, np.float32).mean()),
        pulse=_pulse(np.asarray(frames.onset, np.float32)),
    )


def one_voice_share(sound: Sound, frames: Frames) -> float:
    """Share of the energy in the harmonics of the strongest contour: 1 for a single tone, about 0 by chance.

    The contour may be an octave too high, so the octave below is tried, too. Louder frames weigh more.
    """
    from scipy.signal import stft

    samples = resample(sound, _RATE_HZ).samples
    hop = round(_RATE_HZ / NOTE_HZ)
    hz, _, spectrum = stft(samples, _RATE_HZ, nperseg=_WINDOW, noverlap=_WINDOW - hop)
    band = (hz > _LOWEST_HZ) & (hz < _HIGHEST_HZ)
    count = min(spectrum.shape[1], len(frames.contour))
    power, hz = np.abs(spectrum[band, :count].T) ** 2, hz[band]
    total = power.sum(axis=1)
    loud = total > np.percentile(total, 95) / 100
    if not loud.any():
        return 0.0
    midi = frames.contour[:count, 0] / CONTOUR_BINS_PER_SEMITONE + LOWEST_MIDI
    pitch_hz = 440 * 2 ** ((midi - 69) / 12)
    best = np.maximum(*(_beyond_chance(power, hz, pitch_hz / below) for below in (1, 2)))
    weight = np.sqrt(total) * loud
    return float((best * weight).sum() / weight.sum())


def _beyond_chance(power: np.ndarray, hz: np.ndarray, pitch_hz: np.ndarray) -> np.ndarray:
    """(n,) share of each frame's power near the harmonics of its pitch, minus that of white noise."""
    base = pitch_hz[:, None]
    away = np.abs(hz - np.maximum(1, np.round(hz / base)) * base)
    near = away <= np.minimum(10 + 0.025 * hz, 0.25 * base)
    chance = near.mean(axis=1)
    share: np.ndarray = (power * near).sum(axis=1) / np.maximum(power.sum(axis=1), 1e-12)
    return (share - chance) / np.maximum(1 - chance, 0.1)


def _pulse(onset: np.ndarray) -> float:
    """The highest autocorrelation of (n,) onset strengths at the lags of a beat."""
    count = len(onset)
    first, last = round(_BEAT_S[0] * ONSET_HZ), min(round(_BEAT_S[1] * ONSET_HZ), count // 2)
    spectrum = np.fft.rfft(onset - onset.mean(), 2 * count)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[:count]
    if alike[0] <= 0 or last <= first:
        return 0.0
    lags = np.arange(first, last)
    return float((alike[lags] / alike[0] * count / (count - lags)).max())


def _voices(notes: np.ndarray) -> np.ndarray:
    """(n,) number of notes that are neither harmonics of a lower one nor adjacent to it (as in a glide)."""
    active = (notes.astype(np.float32) / 255) ** 2 > _SOUNDING
    count = np.zeros(len(notes), int)
    for frame, row in enumerate(active):
        roots: list[int] = []
        for pitch in np.flatnonzero(row).tolist():
            if not any(pitch - root in _OVERTONES for root in roots):
                roots.append(pitch)
        count[frame] = len(roots[:1]) + sum(b - a > 1 for a, b in pairwise(roots))
    return count


def _held(contour: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """(n,) bool: where the contour stays within half a semitone for four frames or more."""
    held = np.zeros(len(contour), bool)
    first = 0
    while first < len(contour):
        last = first + 1
        while (
            last < len(contour)
            and heard[last]
            and abs(contour[last] - np.median(contour[first:last])) <= _HELD_BINS
        ):
            last += 1
        if heard[first] and last - first >= _HELD_FRAMES:
            held[first:last] = True
        first = last
    return held
