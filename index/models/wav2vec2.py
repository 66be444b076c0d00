"""wav2vec 2.0: a speech network's view of music, as the published prototype used it: the mean of its last
layer.

References
----------
Baevski et al., "wav2vec 2.0: A framework for self-supervised learning of speech representations", NeurIPS 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from index.models.chunks import chunks, seconds
from index.models.hub import pretrained, set_threads

RATE_HZ = 16000
CHUNK_S, MARGIN_S = 20.0, 2.0


class Wav2Vec2:
    """The network that a published name or a folder means."""

    kind = "wav2vec2"
    rate_hz = RATE_HZ
    projection: tuple[np.ndarray, ...] | None = None

    def __init__(self, name: str, threads: int = 1) -> None:
        from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

        set_threads(threads)
        self._model, self._extractor = pretrained((Wav2Vec2Model, Wav2Vec2FeatureExtractor), name)
        self._model.eval()
        self.dimensions = int(self._model.config.hidden_size)
        strides, kernels = self._model.config.conv_stride, self._model.config.conv_kernel
        self._hop = int(np.prod(strides))
        self._reach = 1 + sum(
            (kernel - 1) * int(np.prod(strides[:place])) for place, kernel in enumerate(kernels)
        )

    def seconds(self, samples: np.ndarray) -> np.ndarray:
        """Mean of the last layer in each second, (ceil(duration),
        768) float32, of mono samples (n,) at 16 kHz.
        """
        heard, centres_s = [], []
        for chunk in chunks(samples, RATE_HZ, CHUNK_S, MARGIN_S):
            frames = self._frames(chunk.samples)
            times_s = chunk.starts_s + (np.arange(len(frames)) * self._hop + self._reach / 2) / RATE_HZ
            counts = (times_s >= chunk.counts_from_s) & (times_s < chunk.counts_to_s)
            heard.append(frames[counts])
            centres_s.append(times_s[counts])
        return seconds(np.concatenate(heard), np.concatenate(centres_s), len(samples) / RATE_HZ)

    def _frames(self, samples: np.ndarray) -> np.ndarray:
        import torch

        padded = np.pad(samples, (0, max(0, self._reach - len(samples))))
        given: Any = self._extractor(padded, sampling_rate=RATE_HZ, return_tensors="pt")
        with torch.inference_mode():
            return np.asarray(self._model(given["input_values"]).last_hidden_state[0].numpy())
