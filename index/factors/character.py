"""Character: how the notes of a moment lie, whichever they are: register, how many at once, intervals, lines, pace.

Two moments by one composer, or of one kind, need not share a chord or a tune, and a network that hears timbre hears
little of this. Nothing is learned here: statistics of the notes that basic-pitch heard, each in units of its deviation
over music in general (character.npz, made by bench/train_character.py). It is no factor that a user weighs; it speaks
of how a moment feels, beside timbre, and never for the same music.

References
----------
McKay, Cumming, Fujinaga, "jSymbolic 2.2: extracting features from symbolic music for use in musicological and MIR
research", ISMIR 2018 (statistics of notes).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from index.core.facts import Beside, Fact, unit_rows
from index.core.frames import DOUBT, LOWEST_MIDI, NOTE_HZ, PITCHES, cut, sounding
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.factors.base import ProposesNothing, measured_once
from index.placement.prepared import PreparedQuery

OCTAVES = np.array([0, 15, 27, 39, 51, 63, 75])
"""Where octaves begin in the grid of notes, from A0."""
_MOST_FRAMES = 200
"""So many frames of a span are looked at; of a longer one, every so-manieth."""
_HEARD = 0.2
_LEVELS = np.arange(256, dtype=np.uint8)
_IS_HEARD = np.square(_LEVELS, dtype=np.float32) / 255**2 > _HEARD + DOUBT
"""(256,) bool: of each note activation."""
_AMPLITUDE = np.where(_IS_HEARD, _LEVELS, 0).astype(np.float32) / 255
"""(256,) float32: of each that is heard."""
_INTERVALS = 24
_STEPS = ((1, 1), (2, 2), (3, 4), (5, 7), (8, 12), (13, PITCHES))
"""Sizes of the steps of a line, in semitones."""
_MANY = (5, 7)
_SAME_REGISTER = 3.0
_SAME_SHARE = 1.25


class Character(ProposesNothing):
    """Cosine of two moments' statistics of notes, each in units of its deviation over music in general."""

    name = "character"

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine in [-1, 1]."""
        return self.compare(query, self.measure(candidates))

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """The statistics of each span in units of their deviation, (n, d) float32 of unit length."""
        mean, deviation = self._usual
        return unit_rows((statistics(spans) - mean) / deviation)

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """Cosine in [-1, 1]."""
        own = measured_once(self, query)
        return np.asarray(measured @ own)

    @cached_property
    def _usual(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of every statistic over music in general, (d,) each."""
        with np.load(Path(__file__).with_name("character.npz")) as numbers:
            return numbers["mean"], numbers["deviation"]

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """The middle of the register, the notes at once and how often notes begin."""
        register, together, attacks = _told(passage)
        return (
            Fact("middle of the register", round(register), "MIDI", f"around {_note(register)}"),
            Fact("notes at once", round(together, 1), "", f"{together:.1f} notes at once"),
            Fact("beginnings", round(attacks, 1), "/s", f"{attacks:.1f} beginnings a second"),
        )

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """Of register, notes at once and beginnings those that are alike; all of them as they are where none is."""
        one, other = _told(query), _told(hit)
        texts = (
            f"notes around {_note(one[0])} and {_note(other[0])}",
            f"{one[1]:.1f} and {other[1]:.1f} notes at once",
            f"{one[2]:.1f} and {other[2]:.1f} beginnings a second",
        )
        alike = (
            abs(one[0] - other[0]) <= _SAME_REGISTER,
            *(_ratio(a, b) <= _SAME_SHARE for a, b in zip(one[1:], other[1:], strict=True)),
        )
        kept = [text for text, same in zip(texts, alike, strict=True) if same] or list(texts)
        return (Fact("lie of the notes", ", ".join(kept), "", ", ".join(kept)),)


def statistics(spans: Sequence[Span]) -> np.ndarray:
    """(n, d) float32: how the notes of each span lie."""
    parts = [_thinned(cut(span.frames.notes, NOTE_HZ, span.start_s, span.end_s)) for span in spans]
    rows = np.zeros((len(spans), max((len(part) for part in parts), default=1), PITCHES), np.uint8)
    for row, part in zip(rows, parts, strict=True):
        row[: len(part)] = part
    count = np.array([len(part) for part in parts], np.float32)
    heard = np.take(_IS_HEARD, rows)
    sums = sounding(rows).sum(axis=1)
    amplitude = np.take(_AMPLITUDE, rows)
    seconds = count / NOTE_HZ
    return np.concatenate(
        [_registers(sums), _at_once(heard, count), _between(amplitude), _attacks(heard, seconds)]
        + [_line(line, seconds) for line in (_top(heard), _top(heard[:, :, ::-1], mirrored=True))],
        axis=1,
    ).astype(np.float32)


def _thinned(notes: np.ndarray) -> np.ndarray:
    return np.asarray(notes[:: max(1, len(notes) // _MOST_FRAMES)])


def _registers(sums: np.ndarray) -> np.ndarray:
    """Mean and deviation of pitch in octaves, and the share of each octave, (n, 9)."""
    share = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-6)
    at = np.arange(PITCHES, dtype=np.float32)
    mean = share @ at
    spread = np.sqrt(np.maximum(share @ at**2 - mean**2, 0))
    return np.column_stack([mean / 12, spread / 12, np.add.reduceat(share, OCTAVES, axis=1)])


def _at_once(heard: np.ndarray, count: np.ndarray) -> np.ndarray:
    """How many notes sound at once: mean, deviation, and the share of frames with 0 to 4, 5 and more, 7 and more."""
    notes = heard.sum(axis=2)
    inside = np.arange(notes.shape[1]) < count[:, None]
    shares = [((notes == number) & inside).sum(axis=1) / count for number in range(5)]
    shares += [(notes >= number).sum(axis=1) / count for number in _MANY]
    with_any = np.maximum((notes > 0).sum(axis=1), 1)
    mean = notes.sum(axis=1) / count
    spread = np.sqrt(np.maximum((notes**2).sum(axis=1) / count - mean**2, 0))
    return np.column_stack([notes.sum(axis=1) / with_any, spread, *shares])


def _between(amplitude: np.ndarray) -> np.ndarray:
    """How often each interval up to two octaves sounds, (n, 24)."""
    energy = np.maximum(np.einsum("nfp,nfp->n", amplitude, amplitude), 1e-6)
    sounds = [
        np.einsum("nfp,nfp->n", amplitude[:, :, step:], amplitude[:, :, :-step]) / energy
        for step in range(1, _INTERVALS + 1)
    ]
    return np.log1p(20 * np.column_stack(sounds))


def _attacks(heard: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Notes begun a second, moments of beginning a second, notes begun together, seconds that a note lasts, (n, 4)."""
    begun = heard[:, 1:] & ~heard[:, :-1]
    notes = begun.sum(axis=(1, 2))
    groups = begun.any(axis=2).sum(axis=1)
    lasting = heard.sum(axis=(1, 2)) / np.maximum(notes, 1) / NOTE_HZ
    return np.column_stack(
        [notes / seconds, groups / seconds, notes / np.maximum(groups, 1), np.log(lasting + 0.05)]
    )


def _top(heard: np.ndarray, *, mirrored: bool = False) -> np.ndarray:
    """(n, frames) the highest note of each frame, -1 where none sounds; the lowest of a grid that is mirrored."""
    place = heard[:, :, ::-1].argmax(axis=2)
    return np.where(heard.any(axis=2), place if mirrored else PITCHES - 1 - place, -1)


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


def _told(passage: Passage) -> tuple[float, float, float]:
    """The middle of the register in MIDI, notes at once, and how often notes begin in a second."""
    found = statistics([passage.span])[0]
    attacks = 9 + 9 + _INTERVALS + 1
    return float(12 * found[0] + LOWEST_MIDI), float(found[9]), float(found[attacks])


def _note(midi: float) -> str:
    from index.factors.melody import note_name

    return note_name(round(midi))


def _ratio(one: float, other: float) -> float:
    return max(one, other, 0.1) / max(min(one, other), 0.1)
