"""Character: how a moment feels, whichever notes it has: texture, density, register, mode, pace, and how notes lie.

Two moments by one composer, or of one kind, need not share a chord or a tune, and a network that hears timbre hears
little of this. What a score would say of a moment (how many notes at once, how often notes begin, how high they lie,
major or minor, ...) is estimated from what was heard, by ridge regression on works whose scores are known; beside it
stand statistics of the notes, each in units of its deviation over music in general. The numbers are in character.npz,
made by bench/train_character.py. It is no factor that a user weighs; it speaks of how a moment feels, beside timbre,
and never for the same music.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from index.core.facts import Beside, Fact, unit_rows
from index.core.frames import LOWEST_MIDI
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.factors.base import ProposesNothing, measured_once
from index.factors.note_statistics import AT_ONCE_AT, ATTACKS_AT, notes_and_key, statistics
from index.factors.timbre import mean_embeddings, own_embedding
from index.placement.prepared import PreparedQuery

__all__ = ["Character", "heard", "statistics"]

_LIE = 2.0
"""What the statistics of notes count beside what a score would say: their unit in deviations of the latter."""
_FAR = 12.0
"""So far apart hardly any two moments are, in deviations."""
_SAME_REGISTER = 3.0
_SAME_SHARE = 1.25


class Character(ProposesNothing):
    """How near two moments are in what a score would say of them and in how their notes lie."""

    name = "character"
    by_means = True

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """1 for the same, 0 for far apart, less for what lies farther."""
        return self.compare(query, self.measure(candidates))

    def measure(self, spans: Sequence[Span], means: np.ndarray | None = None) -> np.ndarray:
        """What a score would say of each span and how its notes lie, (n, d) float32; `means` if they are known."""
        return self.placed(heard(spans, means))

    def placed(self, rows: np.ndarray) -> np.ndarray:
        """The same of rows of `heard`."""
        mean, deviation, turn, bias = self._numbers
        lie = unit_rows((rows[:, : len(mean)] - mean) / deviation)
        return np.concatenate([rows @ turn + bias, _LIE * lie], axis=1)

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """1 less the distance, in units of what is far."""
        own = measured_once(self, query, lambda spans: self.measure(spans, own_embedding(query)))
        return np.asarray(1 - np.linalg.norm(measured - own, axis=1) / _FAR)

    @cached_property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and deviation of every statistic of notes; what turns what is heard into what a score would say."""
        with np.load(Path(__file__).with_name("character.npz")) as numbers:
            return numbers["mean"], numbers["deviation"], numbers["turn"].astype(np.float32), numbers["bias"]

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


def heard(spans: Sequence[Span], embeddings: np.ndarray | None = None) -> np.ndarray:
    """What the estimate is made from, (n, d) float32: how notes lie, how they fit a key, and MusiCNN's embedding."""
    return np.concatenate(
        [*notes_and_key(spans), mean_embeddings(spans) if embeddings is None else embeddings], axis=1
    )


def _told(passage: Passage) -> tuple[float, float, float]:
    """The middle of the register in MIDI, notes at once, and how often notes begin in a second."""
    found = statistics([passage.span])[0]
    return float(12 * found[0] + LOWEST_MIDI), float(found[AT_ONCE_AT]), float(found[ATTACKS_AT])


def _note(midi: float) -> str:
    from index.factors.melody import note_name

    return note_name(round(midi))


def _ratio(one: float, other: float) -> float:
    return max(one, other, 0.1) / max(min(one, other), 0.1)
