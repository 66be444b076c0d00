"""K-weighting (ITU-R BS.1770-4) of sound that streams by: a shelf for the head, a high-pass for the ear.

A recursive filter goes sample by sample, and scipy.signal, which has one, takes longer to import than a minute of
music to weight. Here the filter is a product for each row of samples: what a row gives by itself, and what the state
before it adds. The states of all rows follow from each other by doubling (a scan).

References
----------
Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients".
Steinmetz, Reiss, "pyloudnorm", AES 150, 2021 (the two stages, which these equal).
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np

ROW = 64
"""Samples of one row."""
_SHELF_DB, _SHELF_HZ, _SHELF_QUALITY = 4.0, 1500.0, 2**-0.5
_LOWEST_HZ, _LOWEST_QUALITY = 38.0, 0.5
_FORGOTTEN = 1e-20
"""What is left of a state when it does not count any more."""


class KWeighting:
    """The filter at one rate, and its state."""

    def __init__(self, rate_hz: int) -> None:
        state, into, out, through = _in_series(_high_shelf(rate_hz), _high_pass(rate_hz))
        powers = [np.eye(len(state))]
        for _ in range(ROW):
            powers.append(powers[-1] @ state)
        response = [through, *(float(out @ power @ into) for power in powers[: ROW - 1])]
        within = np.zeros((ROW, ROW))
        for place in range(ROW):
            within[place, place:] = response[: ROW - place]
        ends = np.stack([power @ into for power in powers[ROW - 1 :: -1]])
        self._rows = np.concatenate([within, ends], axis=1)
        self._after = np.stack([out @ power for power in powers[:ROW]]).T
        self._carried = [powers[ROW].T]
        while np.abs(self._carried[-1]).max() > _FORGOTTEN:
            self._carried.append(self._carried[-1] @ self._carried[-1])
        self._state = np.zeros(len(state))

    def weighted(self, samples: np.ndarray) -> np.ndarray:
        """What comes next, (n,) weighted, float64; n is a multiple of ROW."""
        found, self._state = self._passed(samples)
        return found

    def rest(self, samples: np.ndarray) -> np.ndarray:
        """The same of any number of samples, as if these were the last: nothing changes by that."""
        return self._passed(np.pad(samples, (0, -len(samples) % ROW)))[0][: len(samples)]

    def _passed(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = samples.astype(np.float64).reshape(-1, ROW) @ self._rows
        states = np.concatenate([self._state[None], found[:, ROW:]])
        for doubling, carried in enumerate(self._carried):
            if (far := 1 << doubling) >= len(states):
                break
            states[far:] += states[:-far] @ carried
        weighted: np.ndarray = states[:-1] @ self._after
        weighted += found[:, :ROW]
        return weighted.ravel(), states[-1]


_Stage = tuple[np.ndarray, np.ndarray]
"""Numerator and denominator of a second-order filter, the latter beginning with one."""


def _high_shelf(rate_hz: int) -> _Stage:
    amplitude, turn = 10 ** (_SHELF_DB / 40), 2 * pi * _SHELF_HZ / rate_hz
    slope, cosine = 2 * sqrt(amplitude) * sin(turn) / (2 * _SHELF_QUALITY), cos(turn)
    more, less = amplitude + 1, amplitude - 1
    above = np.array(
        [more + less * cosine + slope, -2 * (less + more * cosine), more + less * cosine - slope]
    )
    below = np.array([more - less * cosine + slope, 2 * (less - more * cosine), more - less * cosine - slope])
    return amplitude * above / below[0], below / below[0]


def _high_pass(rate_hz: int) -> _Stage:
    turn = 2 * pi * _LOWEST_HZ / rate_hz
    slope, cosine = sin(turn) / (2 * _LOWEST_QUALITY), cos(turn)
    below = np.array([1 + slope, -2 * cosine, 1 - slope])
    return (1 + cosine) / 2 * np.array([1.0, -2.0, 1.0]) / below[0], below / below[0]


def _in_series(first: _Stage, second: _Stage) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Two stages as one: state to next state (4, 4), sample to state (4,), state to result (4,), sample to result."""
    (state, into, out, through), (state_2, into_2, out_2, through_2) = _spaces(first), _spaces(second)
    both = np.block([[state, np.zeros((2, 2))], [np.outer(into_2, out), state_2]])
    return (
        both,
        np.concatenate([into, into_2 * through]),
        np.concatenate([through_2 * out, out_2]),
        through * through_2,
    )


def _spaces(stage: _Stage) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """A stage as state and matrices (the transposed second direct form)."""
    above, below = stage
    state = np.array([[-below[1], 1.0], [-below[2], 0.0]])
    return state, above[1:] - below[1:] * above[0], np.array([1.0, 0.0]), float(above[0])
