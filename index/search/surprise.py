"""Surprise: what a similarity is worth beside those of random moments, as a negative logarithm of probability.

The null distribution is taken for a Gumbel one and laid through quantiles: the few random moments that are the same
music lie beyond them. Nothing is known here of factors, weights or libraries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_QUARTILES = (0.25, 0.75)
_TAIL = (0.75, 0.97)
"""The best of thousands of places is judged from here on: beyond the upper quartile agreement falls more steeply."""
TAIL_FROM = 100
"""Of fewer values the right place and its neighbours may be all that lies beyond. Then the tail's spread is so much of
the one that the quartiles have:"""
_STEEPER = 0.65


@dataclass(frozen=True)
class Scale:
    """A Gumbel distribution: the null distribution of a factor, over random moments."""

    location: float
    spread: float

    def surprise(self, value: np.ndarray) -> np.ndarray:
        """-log p, where p is the probability that a random moment is at least as similar; 0 or more."""
        tail = -np.expm1(-np.exp(-self._standard(value)))
        return -np.log(np.maximum(tail, np.exp(-np.maximum(self._standard(value), 30))))

    def percentile(self, value: np.ndarray) -> np.ndarray:
        """P(a random moment is less similar), in [0, 1]."""
        return np.exp(-np.exp(-self._standard(value)))

    def _standard(self, value: np.ndarray) -> np.ndarray:
        return np.clip((np.asarray(value, float) - self.location) / self.spread, -3, 600)


def through_quartiles(values: np.ndarray, least_spread: float = 1e-3) -> Scale:
    """The Gumbel distribution with the quartiles of these values.

    The few random moments that *are* the same music lie beyond the quartiles and do not count.
    """
    return through_quantiles(values, _QUARTILES, least_spread)


def through_quantiles(values: np.ndarray, shares: tuple[float, float], least_spread: float) -> Scale:
    """The Gumbel distribution with these two quantiles of the values."""
    low, high = np.quantile(values, shares)
    at_low, at_high = -np.log(-np.log(shares))
    spread = max((high - low) / (at_high - at_low), least_spread)
    return Scale(low - at_low * spread, spread)


def tail(values: np.ndarray, least_spread: float) -> Scale:
    """The Gumbel distribution with the upper quartile of these values, as steep as they are beyond it."""
    if len(values) >= TAIL_FROM:
        return through_quantiles(values, _TAIL, least_spread)
    whole = through_quartiles(values, least_spread / _STEEPER)
    spread = _STEEPER * whole.spread
    return Scale(whole.location + np.log(-np.log(_TAIL[0])) * (spread - whole.spread), spread)
