"""Fusion: how several factors become one score, a likeness and a confidence.

Each factor's value is first compared with what the same factor says of random moments of the library
(`Background`), and becomes *surprise*: minus the logarithm of the probability that a random moment is at least as
alike. A factor that cannot tell the query from anything (a noisy clip has no timbre to speak of) surprises with
nothing, and a factor that knows exactly cannot be voted down by those that do not. Among thousands of moments some fit
the notes, the rhythm and the course of any passage by chance. What these factors say *together* is the evidence that it
is the same music: up to `chance` it counts little, and only what lies beyond it orders, so that where nothing is the
same the sound decides. A sum does not tell notes that are the same from chords that fit anywhere; the confidence does,
and takes off from `chance` what there is of `doubt`. The score is a sum of what each factor added to it, and what lies
beyond chance is shared out by what each said: each factor's part is a number that the ranking itself used. The weights
and the calibration are numbers in fusion.json, made by bench/fit_fusion.py from constructed pairs.

References
----------
Fisher, "Statistical Methods for Research Workers", 1925 (combining independent tests by the sum of logarithms).
Platt, "Probabilistic outputs for support vector machines", 1999 (calibration by a logistic).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from index.core.hits import FactorScore
from index.core.query import CHARACTER, FACTORS, MELODY
from index.search.surprise import Scale, tail, through_quartiles

MOST_SURPRISE = 40.0
"""What the confidence makes of a surprise: beyond it nothing gets surer."""
_SURE_BEYOND = 2.0
"""So much beyond chance makes a proof worth two thirds of the most that it can be worth to the confidence."""
BEYOND_CHANCE = 3.3
"""So much more surprise than the best of as many moments as the library has by chance is a proof."""
LEAST_PROOF = 9.3
"""And no less than so much, however small the library is."""
_MOST_SPREAD = 1.5
_SUSPECTED = 2.0
"""So much likelier, in logarithms of odds, notes are taken for the same than the confidence has it."""
_NOTHING = 1e-9


@dataclass(frozen=True)
class FusionModel:
    """The numbers of fusion.json."""

    weights: Mapping[str, float]
    limits: Mapping[str, float]
    """The most surprise that counts of each factor: a fade-out alone does not make two moments alike."""
    chance: Mapping[str, float]
    """Factors that say together whether it is the same music; what by chance even the best of their sums seldom is."""
    below_chance: float
    """How much surprise counts up to there."""
    prior: Mapping[str, Scale]
    """What the factors say of random moments in general; leaned on where the library is small."""
    prior_count: float
    """How many random moments of the library weigh as much as the prior."""
    unlike: float
    """The nearness below which the best hit is not really alike: that of speech and noise, not of other music."""
    confidence: Mapping[str, float]
    """Coefficients of the logistic: "intercept", and per feature."""
    proof: Mapping[str, float] = field(default_factory=dict)
    """Factors that say nothing up to so much surprise, which nothing reaches by chance, and speak only beyond it.

    That is said for the largest libraries; see `among`."""
    knee: float = 1.0
    """How sharply what counts begins at chance: the larger, the less of what lies just below."""
    doubt: float = 0.0
    """So much less than `chance` is enough where the confidence says that it is the same music."""

    @classmethod
    def load(cls, path: Path | None = None) -> FusionModel:
        """The numbers that ship with the product."""
        numbers = json.loads((path or Path(__file__).with_name("fusion.json")).read_text("utf-8"))
        return cls(
            weights=numbers["weights"],
            limits=numbers["limits"],
            chance=numbers["chance"],
            below_chance=numbers["below_chance"],
            proof=numbers["proof"],
            prior={name: Scale(*pair) for name, pair in numbers["prior"].items()},
            prior_count=numbers["prior_count"],
            unlike=numbers["unlike"],
            confidence=numbers["confidence"],
            knee=numbers["knee"],
            doubt=numbers["doubt"],
        )

    def among(self, moments: float) -> FusionModel:
        """The model for a library of so many moments that do not overlap: among few, less fits by chance."""
        most = float(np.log(max(moments, 1.0)))
        enough = max(LEAST_PROOF, most + BEYOND_CHANCE)
        return replace(
            self,
            chance={name: min(surprise, most + self.doubt) for name, surprise in self.chance.items()},
            proof={name: min(surprise, enough) for name, surprise in self.proof.items()},
        )

    def evidence(self, factor: str, surprise: np.ndarray, emphasis: float = 1.0) -> np.ndarray:
        """What counts of a factor's surprise: no more than its limit, and up to chance only a little.

        A factor that the user asked for by an emphasis above 1 counts from the first likeness on.
        """
        bounded = np.minimum(surprise, self.limits[factor])
        if factor in self.proof:
            return np.maximum(bounded - self.proof[factor], 0.0)
        if factor not in self.chance or emphasis > 1:
            return bounded
        beyond = self._beyond(bounded - self.chance[factor])
        return self.below_chance * bounded + (1 - self.below_chance) * beyond

    def contributions(
        self, surprises: Mapping[str, np.ndarray], sure: float | np.ndarray = 1.0
    ) -> dict[str, np.ndarray]:
        """What each factor adds to the score, by its surprise, before the user's emphasis.

        Factors with a chance are summed first, and what of the sum lies beyond chance is shared out among them. How
        `sure` it is that the music is the same, in [0, 1], takes off what there is of doubt: a sum by itself does not
        tell notes that are the same from chords that fit a third of the library.
        """
        together = [name for name in surprises if name in self.chance]
        said = {
            name: self.weights[name] * np.minimum(surprises[name], self.limits[name]) for name in together
        }
        found = {
            name: self.weights[name] * self.evidence(name, surprise)
            for name, surprise in surprises.items()
            if name not in said
        }
        if said:
            total = np.sum(list(said.values()), axis=0)
            enough = max(self.chance[name] for name in together) - self.doubt * np.asarray(sure)
            beyond = self._beyond(total - enough)
            kept = self.below_chance + (1 - self.below_chance) * beyond / np.maximum(total, _NOTHING)
            found |= {name: part * kept for name, part in said.items()}
        return {name: found[name] for name in surprises}

    def _beyond(self, excess: np.ndarray) -> np.ndarray:
        """What counts of evidence that exceeds chance by so much: nothing below, all above, and a knee between."""
        return np.asarray(np.logaddexp(0.0, self.knee * excess) / self.knee)

    def nearness(self, values: Mapping[str, float]) -> float:
        """How alike two moments are beside moments of music in general, whatever the library and the query.

        Which notes lie where plays no part: what is heard as notes in speech and noise lies as music's may.
        """
        return sum(
            self.weights[name] * min(float(self.prior[name].surprise(np.asarray(value))), self.limits[name])
            for name, value in values.items()
            if name not in (CHARACTER, MELODY)
        )

    def scale(self, factor: str, values: np.ndarray) -> Scale:
        """The distribution of a factor over random moments of this library, for this query."""
        prior = self.prior[factor]
        if len(values) < 4 or factor in self.proof:
            return prior
        own = through_quartiles(values, 0.25 * prior.spread)
        trust = len(values) / (len(values) + self.prior_count)
        return Scale(
            trust * own.location + (1 - trust) * prior.location,
            trust * own.spread + (1 - trust) * prior.spread,
        )

    def by_chance(self, factor: str, values: np.ndarray) -> Scale:
        """The upper end of a proof's distribution over the candidates of this query, nearly all of which prove nothing.

        It stays near the prior, since a loop may agree with all of itself: that is not chance.
        """
        prior = self.prior[factor]
        if len(values) < 4:
            return prior
        own = tail(values, prior.spread / _MOST_SPREAD)
        trust = len(values) / (len(values) + self.prior_count)
        location = prior.location + trust * (own.location - prior.location)
        spread = prior.spread + trust * (own.spread - prior.spread)
        return Scale(min(location, prior.location + prior.spread), min(spread, _MOST_SPREAD * prior.spread))

    def sureness(self, factor: str, surprise: np.ndarray) -> np.ndarray:
        """How sure a proof is, in [0, 1): 0 where it is none, 0.63 two nats beyond what chance reaches."""
        return -np.expm1(-np.maximum(surprise - self.proof[factor], 0.0) / _SURE_BEYOND)


@dataclass(frozen=True)
class Fused:
    """Scores of n candidates and all that went into them."""

    score: np.ndarray
    contributions: Mapping[str, np.ndarray]
    weights: Mapping[str, float]
    values: Mapping[str, np.ndarray]
    scales: Mapping[str, Scale]

    def parts(self, index: int) -> dict[str, FactorScore]:
        """The factors of one candidate, heaviest first; a proof only where there is one."""
        there = [name for name in self.values if name in FACTORS or self.contributions[name][index] > 0]
        names = sorted(there, key=lambda name: -self.contributions[name][index])
        return {
            name: FactorScore(
                value=float(self.values[name][index]),
                likeness=float(self.scales[name].percentile(self.values[name][index])),
                weight=float(self.weights[name]),
                contribution=float(self.contributions[name][index]),
            )
            for name in names
        }


def fuse(
    model: FusionModel,
    values: Mapping[str, np.ndarray],
    scales: Mapping[str, Scale],
    emphasis: Mapping[str, float],
) -> Fused:
    """One score per candidate: the sum over factors of weight x emphasis x evidence."""
    if sum(emphasis.get(name, 1.0) > 0 for name in FACTORS) <= 1:
        emphasis = {CHARACTER: 0.0, **emphasis}  # one factor alone is asked for: nothing speaks beside it
    weights = {name: model.weights[name] * emphasis.get(name, 1.0) for name in values}
    surprises = {name: scales[name].surprise(values[name]) for name in values}
    sure: float | np.ndarray = 1.0
    if MELODY in values:
        sure = 1 / (1 + np.exp(-_SUSPECTED - _log_odds(model, values, surprises)))
    said = model.contributions(surprises, sure)
    contributions = {name: emphasis.get(name, 1.0) * part for name, part in said.items()}
    return Fused(
        score=np.sum(list(contributions.values()), axis=0),
        contributions=contributions,
        weights=weights,
        values=dict(values),
        scales=dict(scales),
    )


def confidence(
    model: FusionModel, values: Mapping[str, np.ndarray], scales: Mapping[str, Scale]
) -> np.ndarray:
    """Probability that each candidate is the same music: by a logistic over values and surprises, or by a proof.

    Either is enough. A proof makes sure by itself, whatever else a phone has left of notes and sound, and how sure is
    known from chance alone: no kind of recording has to be fitted for it. Emphasis plays no part: what a user prefers
    does not change what the music is.
    """
    surprises = {name: scales[name].surprise(array) for name, array in values.items()}
    unproven: np.ndarray | float = 1.0
    for name in set(model.proof) & set(values):
        unproven = unproven * (1 - model.sureness(name, surprises[name]))
    return np.asarray(1 - unproven / (1 + np.exp(_log_odds(model, values, surprises))))


def _log_odds(
    model: FusionModel, values: Mapping[str, np.ndarray], surprises: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Of the same music, by what notes and sound say; without a proof."""
    total: np.ndarray | float = model.confidence["intercept"]
    for name, array in values.items():
        total = total + model.confidence.get(f"{name} value", 0.0) * array
        surprise = np.minimum(surprises[name], MOST_SURPRISE)
        total = total + model.confidence.get(f"{name} surprise", 0.0) * surprise
    return np.asarray(total)
