"""Fundamental frequency (f0) of a voice: the pitch curve of a hum, relative to its own tuning.

The f0 of a clip is estimated from its sound by pYIN; where the sound is not at hand (a moment of a track),
the strongest contour of basic-pitch is used. Octave errors do not matter, since only pitch classes are
compared.

References
----------
Mauch, Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold distributions", ICASSP 2014.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from index.audio.reading import Sound, read_sound, resample
from index.core.errors import RepriseError
from index.core.frames import CONTOUR_BINS_PER_SEMITONE, LOWEST_MIDI, NOTE_HZ, cut
from index.core.moments import Passage
from index.core.tracks import Clip

LOWEST_HZ, HIGHEST_HZ = 65.0, 2100.0
_RATE_HZ = 22050
_HOP = 1024
_LEAST_CHANCE = 0.02
_BY_CHANCE = 0.0105
"""pYIN also finds a pitch in plain noise, with a voiced probability of about 0.01."""
_CONTOUR_HEARD = 0.1
_SAME_LENGTH_S = 0.3
_READ_WHOLE_S = 120.0
"""Of a longer clip only the span itself is read."""


@dataclass(frozen=True)
class PitchTrack:
    """An f0 curve. Times are seconds from the start of the passage."""

    step_s: float
    midi: np.ndarray
    """(n,) float64: pitch in semitones, A4 = 69; any value where not voiced."""
    voiced: np.ndarray
    """(n,) bool."""
    confidence: np.ndarray | None = None
    """(n,) float64 in [0, 1]: the tracker's voiced probability, on its own scale; None if it reports none."""

    @property
    def voiced_s(self) -> float:
        """Voiced duration in seconds."""
        return float(self.voiced.sum() * self.step_s)

    @property
    def confident_s(self) -> float:
        """Confidently voiced duration in seconds; nearly 0 in plain noise."""
        sure = self.voiced if self.confidence is None else self.voiced & (self.confidence > _BY_CHANCE)
        return float(sure.sum() * self.step_s)

    @property
    def weight(self) -> np.ndarray:
        """(n,) in [0, 1]: 0 where unvoiced, else the square root of a frame's confidence relative to the
        median.

        So a breath counts for little in a clean hum, while in noise, where all confidences are low, nothing
        is lost.
        """
        if self.confidence is None or not self.voiced.any():
            return self.voiced.astype(float)
        middle = max(float(np.median(self.confidence[self.voiced])), 1e-9)
        return np.sqrt(np.clip(self.confidence / middle, 0, 1)) * self.voiced

    @property
    def tuning(self) -> float:
        """Deviation of the whole curve from equal temperament at A4 = 440 Hz, in semitones, -0.5 to 0.5."""
        turns = np.exp(2j * np.pi * self.midi[self.voiced]).sum()
        return float(np.angle(turns) / (2 * np.pi))

    @property
    def span_s(self) -> tuple[float, float]:
        """From the first voiced frame to the last."""
        at = np.flatnonzero(self.voiced)
        return (at[0] * self.step_s, (at[-1] + 1) * self.step_s) if len(at) else (0.0, 0.0)


@dataclass(frozen=True)
class Tune:
    """A pitch track on a coarser grid, ready to be aligned with salience: one row a frame."""

    low_class: np.ndarray
    """(n,) int64: the pitch class at or below the pitch."""
    fraction: np.ndarray
    """(n,) float32 in [0, 1): how far the pitch lies above it."""
    weight: np.ndarray
    """(n,) float32 in [0, 1]: the share of the frame that is voiced, weighted by confidence."""

    def beside(self, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class and fraction of every frame, raised by each offset in semitones: (offsets, n) both."""
        pitch = (self.low_class + self.fraction.astype(np.float64)) + offsets[:, None]
        whole = np.floor(pitch + 1e-6)
        return whole.astype(np.int64) % 12, np.maximum(pitch - whole, 0).astype(np.float32)


OUTLINE_HZ = 10.0
_OUTLINED = 0.3


def outline(track: PitchTrack) -> list[float | None]:
    """A pitch track at 10 Hz from its first to its last
    voiced frame, for plotting: [0, 12), None where unvoiced.
    """
    if not track.voiced.any():
        return []
    tune = tune_at(track, 1.0, OUTLINE_HZ)
    heights = ((tune.low_class + tune.fraction) % 12).round(2).tolist()
    return [
        height if weight >= _OUTLINED else None for height, weight in zip(heights, tune.weight, strict=True)
    ]


def track_pitch(passage: Passage) -> PitchTrack:
    """The pitch of a passage: of a clip from its sound where that can be read, else from its contour."""
    clip = passage.source
    heard = None
    if isinstance(clip, Clip):
        heard = track_clip(Path(clip.path), passage.start_s, passage.end_s, passage.frames.duration_s)
    return track_contour(passage) if heard is None else heard


def track_sound(sound: Sound, least_chance: float | None = None) -> PitchTrack:
    """The f0 of a sound by pYIN.

    Parameters
    ----------
    sound : Sound
    least_chance : float, optional
        Voiced probability below which a frame counts as unvoiced. By default 0.02, or half the median
        frame's: in noise as loud as the voice all of them are low.

    References
    ----------
    Mauch, Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold distributions", ICASSP 2014.
    """
    import librosa

    samples = resample(sound, _RATE_HZ).samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of a short frame for the lowest pitch, and of silence
        hz, voiced, chance = librosa.pyin(
            samples,
            fmin=LOWEST_HZ,
            fmax=HIGHEST_HZ,
            sr=_RATE_HZ,
            hop_length=_HOP,
            frame_length=2 * _HOP,
            resolution=0.2,
        )
    voiced = voiced & np.isfinite(hz)
    if least_chance is None:
        heard = chance[voiced & (chance > _BY_CHANCE)]
        least_chance = min(_LEAST_CHANCE, float(np.median(heard)) / 2) if len(heard) else _LEAST_CHANCE
    voiced &= chance >= least_chance
    midi = 69 + 12 * np.log2(np.where(voiced, hz, 440.0) / 440)
    return PitchTrack(_HOP / _RATE_HZ, midi, voiced, chance)


def track_contour(passage: Passage) -> PitchTrack:
    """The strongest contour of a passage's frames."""
    return track_strongest(cut(passage.frames.contour, NOTE_HZ, passage.start_s, passage.end_s))


def track_strongest(contour: np.ndarray) -> PitchTrack:
    """A strongest contour, (n, 2) as in `Frames.contour`, as a pitch track."""
    activation = contour[:, 1] / 65535
    midi = (contour[:, 0] - 1.0) / CONTOUR_BINS_PER_SEMITONE + LOWEST_MIDI  # bin 3 n + 1 is note n in tune
    return PitchTrack(1 / NOTE_HZ, midi, activation > _CONTOUR_HEARD, activation)


def track_clip(path: Path, start_s: float, end_s: float, clip_s: float) -> PitchTrack | None:
    """The f0 of a span of a clip, from its sound; None if its file is gone or was replaced.

    `clip_s` is the duration that was analysed, by which a replaced file is recognised.
    """
    try:
        if clip_s > _READ_WHOLE_S:
            return track_sound(read_sound(path, start_s, end_s))
        sound = read_sound(path)
    except RepriseError:
        return None
    if abs(sound.duration_s - clip_s) > _SAME_LENGTH_S:
        return None
    return track_sound(sound.span(start_s, end_s))


def tune_at(track: PitchTrack, tempo_ratio: float, rate_hz: float) -> Tune:
    """A pitch track from its first to its last voiced frame, stretched to `tempo_ratio` times its length.

    Frames are at `rate_hz`; the track's own tuning is removed.
    """
    start_s, end_s = track.span_s
    inside = slice(round(start_s / track.step_s), round(end_s / track.step_s))
    midi, sure = track.midi[inside] - track.tuning, track.weight[inside]
    count = max(4, round(len(midi) * track.step_s * tempo_ratio * rate_hz))
    edges = np.linspace(0, len(midi), count + 1)
    pitch, weight = np.zeros(count), np.zeros(count, np.float32)
    last = 0.0
    for frame, (low, high) in enumerate(pairwise(edges)):
        first = int(low)
        part = slice(first, max(first + 1, round(high)))
        if sure[part].any():
            last = _middle(midi[part], sure[part])
            weight[frame] = sure[part].mean()
        pitch[frame] = last
    whole = np.floor(pitch)
    return Tune(whole.astype(np.int64) % 12, (pitch - whole).astype(np.float32), weight)


def _middle(values: np.ndarray, weight: np.ndarray) -> float:
    """The weighted median; between two, their mean."""
    order = np.argsort(values)
    below = np.cumsum(weight[order])
    half = below[-1] / 2
    sides = (np.searchsorted(below, half * (1 - 1e-9)), np.searchsorted(below, half * (1 + 1e-9)))
    return float(values[order][list(sides)].mean())
