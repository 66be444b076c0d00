"""Statistics of the notes of a moment, as basic-pitch heard them: how they lie, whichever they are, and in what mode.

Register, how many at once, intervals between them, the top and the bottom line, how often they begin and how long they
last; and how well their pitch classes fit a major or a minor key, whichever.

References
----------
McKay, Cumming, Fujinaga, "jSymbolic 2.2: extracting features from symbolic music for use in musicological and MIR
research", ISMIR 2018 (statistics of notes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.facts import unit_rows
from index.core.frames import DOUBT, LOWEST_MIDI, NOTE_HZ, PITCHES, cut, sounding
from index.core.moments import Span
from index.descriptors.key_and_chords import key_profiles

OCTAVES = np.array([0, 15, 27, 39, 51, 63, 75])
"""Where octaves begin in the grid of notes, from A0."""
_MOST_FRAMES = 200
"""So many frames of a span are looked at; of a longer one, every so-manieth."""
_AT_ONCE = 8
_HEARD = 0.2
_HEARD_FROM = int(np.argmax(np.arange(256) ** 2 / 255**2 > _HEARD + DOUBT))
"""The least note activation that is heard."""
_INTERVALS = 24
_STEPS = ((1, 1), (2, 2), (3, 4), (5, 7), (8, 12), (13, PITCHES))
"""Sizes of the steps of a line, in semitones."""
_MANY = (5, 7)
_LEAN = 6.0
"""How soon a lean towards major or minor counts as one, per unit of correlation."""
STATISTICS = 64
AT_ONCE_AT, ATTACKS_AT = 9, 9 + 9 + _INTERVALS + 1
"""Where among them the mean of notes at once stands, and how often notes begin."""


def statistics(spans: Sequence[Span]) -> np.ndarray:
    """(n, STATISTICS) float32: how the notes of each span lie."""
    return notes_and_key(spans)[0]


def notes_and_key(spans: Sequence[Span]) -> tuple[np.ndarray, np.ndarray]:
    """(n, STATISTICS) float32: how the notes of each span lie, and (n, 6) float32: how they fit a key."""
    parts = [_thinned(cut(span.frames.notes, NOTE_HZ, span.start_s, span.end_s)) for span in spans]
    rows = np.zeros((len(spans), max((len(part) for part in parts), default=1), PITCHES), np.uint8)
    for row, part in zip(rows, parts, strict=True):
        row[: len(part)] = part
    count = np.array([len(part) for part in parts], np.float32)
    heard = _Heard.of(rows)
    sums = _sums(rows)
    seconds = count / NOTE_HZ
    lie = np.concatenate(
        [_registers(sums), _at_once(heard.at_once, count), _between(heard), _attacks(heard, seconds)]
        + [_line(line, seconds) for line in heard.edges],
        axis=1,
    )
    return lie.astype(np.float32), _key(sums).astype(np.float32)


@dataclass(frozen=True)
class _Heard:
    """The notes that are heard: two or three of the 88 pitches in a frame, one after the other."""

    rows: np.ndarray
    """(n, frames, 88) uint8 that they are in."""
    at: np.ndarray
    """(notes,) where they are in it, ascending."""
    frame: np.ndarray
    """(notes,) the frame that each is in, counted through all n."""
    at_once: np.ndarray
    """(n, frames) how many there are in each frame."""

    @classmethod
    def of(cls, rows: np.ndarray) -> _Heard:
        """Those of some rows."""
        at = np.flatnonzero(rows.reshape(-1) >= _HEARD_FROM)
        frame = at // PITCHES
        at_once = np.bincount(frame, minlength=rows.shape[0] * rows.shape[1])
        return cls(rows, at, frame, at_once.reshape(rows.shape[:2]))

    @property
    def span(self) -> np.ndarray:
        """(notes,) which of the n each is in."""
        return np.repeat(np.arange(len(self.rows)), self.at_once.sum(axis=1))

    @property
    def begun(self) -> np.ndarray:
        """(notes,) bool: which are not in the frame before; of what is in the first frame it is not known."""
        first = self.frame % self.rows.shape[1] == 0
        return ~first & (self.rows.reshape(-1)[self.at - PITCHES] < _HEARD_FROM)

    @property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """(n, frames) each: the highest note of each frame and the lowest, -1 where none is heard."""
        ends = np.cumsum(self.at_once).reshape(self.at_once.shape)
        pitch = np.append(self.at % PITCHES, -1)
        there = self.at_once > 0
        return (
            np.where(there, pitch[ends - 1], -1),
            np.where(there, pitch[ends - self.at_once], -1),
        )


def _sums(rows: np.ndarray) -> np.ndarray:
    """(n, 88) float32: how much each pitch sounds; a few spans at a time, so that they stay in the cache."""
    sums = np.empty((len(rows), PITCHES), np.float32)
    for first in range(0, len(rows), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        sounding(rows[part]).sum(axis=1, out=sums[part])
    return sums


def _key(sums: np.ndarray) -> np.ndarray:
    """Of the pitch classes: evenness in nats, the best fit of a major and of a minor key, the difference, (n, 6)."""
    classes = np.zeros((len(sums), 12), np.float32)
    for octave in range(0, PITCHES, 12):
        part = sums[:, octave : octave + 12]
        classes[:, : part.shape[1]] += part
    classes = np.roll(classes, LOWEST_MIDI % 12, axis=1)
    share = classes / np.maximum(classes.sum(axis=1, keepdims=True), 1e-6)
    evenness = -(share * np.log(share + 1e-9)).sum(axis=1)
    fits = unit_rows(share - share.mean(axis=1, keepdims=True)) @ key_profiles().T.astype(np.float32)
    tonic = fits[:, :12].argmax(axis=1)
    major, minor = fits[:, :12].max(axis=1), fits[:, 12:].max(axis=1)
    relative = fits[np.arange(len(fits)), 12 + (tonic + 9) % 12]
    lean = np.tanh(_LEAN * (major - minor))
    return np.column_stack([evenness, major, minor, major - minor, lean, relative - major])


def _thinned(notes: np.ndarray) -> np.ndarray:
    return np.asarray(notes[:: max(1, len(notes) // _MOST_FRAMES)])


def _registers(sums: np.ndarray) -> np.ndarray:
    """Mean and deviation of pitch in octaves, and the share of each octave, (n, 9)."""
    share = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-6)
    at = np.arange(PITCHES, dtype=np.float32)
    mean = share @ at
    spread = np.sqrt(np.maximum(share @ at**2 - mean**2, 0))
    return np.column_stack([mean / 12, spread / 12, np.add.reduceat(share, OCTAVES, axis=1)])


def _at_once(notes: np.ndarray, count: np.ndarray) -> np.ndarray:
    """How many notes sound at once: mean, deviation, and the share of frames with 0 to 4, 5 and more, 7 and more."""
    inside = np.arange(notes.shape[1]) < count[:, None]
    shares = [((notes == number) & inside).sum(axis=1) / count for number in range(5)]
    shares += [(notes >= number).sum(axis=1) / count for number in _MANY]
    with_any = np.maximum((notes > 0).sum(axis=1), 1)
    mean = notes.sum(axis=1) / count
    spread = np.sqrt(np.maximum((notes**2).sum(axis=1) / count - mean**2, 0))
    return np.column_stack([notes.sum(axis=1) / with_any, spread, *shares])


def _between(heard: _Heard) -> np.ndarray:
    """How often each interval up to two octaves sounds, (n, 24)."""
    amplitude, span = heard.rows.reshape(-1)[heard.at] / np.float32(255), heard.span
    energy = np.bincount(span, np.square(amplitude), len(heard.rows))
    sounds = np.zeros(len(heard.rows) * (_INTERVALS + 1))
    low = np.arange(len(heard.at))
    for higher in range(1, PITCHES):
        low = low[: np.searchsorted(low, len(heard.at) - higher)]
        step = heard.at[low + higher] - heard.at[low]
        near = (step <= _INTERVALS) & (heard.frame[low + higher] == heard.frame[low])
        low, step = low[near], step[near]
        if not len(low):
            break
        place = span[low] * (_INTERVALS + 1) + step
        sounds += np.bincount(place, amplitude[low] * amplitude[low + higher], len(sounds))
    share = sounds.reshape(len(heard.rows), -1)[:, 1:] / np.maximum(energy, 1e-6)[:, None]
    return np.log1p(20 * share)


def _attacks(heard: _Heard, seconds: np.ndarray) -> np.ndarray:
    """Notes begun a second, moments of beginning a second, notes begun together, seconds that a note lasts, (n, 4)."""
    begun = heard.begun
    notes = np.bincount(heard.span[begun], minlength=len(heard.rows))
    moments = np.bincount(heard.frame[begun], minlength=heard.at_once.size).reshape(heard.at_once.shape)
    groups = np.count_nonzero(moments, axis=1)
    lasting = heard.at_once.sum(axis=1) / np.maximum(notes, 1) / NOTE_HZ
    return np.column_stack(
        [notes / seconds, groups / seconds, notes / np.maximum(groups, 1), np.log(lasting + 0.05)]
    )


def _line(line: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Mean and deviation in octaves, steps a second, and the share of each size of step, (n, 9)."""
    sounding = line >= 0
    many = np.maximum(sounding.sum(axis=1), 1)
    pitch = np.where(sounding, line, 0).astype(np.float32)
    mean = pitch.sum(axis=1) / many
    spread = np.sqrt(np.maximum((pitch**2).sum(axis=1) / many - mean**2, 0))
    step = np.where(sounding[:, 1:] & sounding[:, :-1], np.abs(np.diff(line, axis=1)), 0)
    steps = (step > 0).sum(axis=1)
    sizes = [((step >= low) & (step <= high)).sum(axis=1) / np.maximum(steps, 1) for low, high in _STEPS]
    return np.column_stack([mean / 12, spread / 12, steps / seconds, *sizes])
