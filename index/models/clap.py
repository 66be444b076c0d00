"""CLAP: sound and text in one space. The embedding of ten seconds is the mean of 32 frames, projected.

The frames are kept, so that any span is the projected mean of its own; the projection is small and travels as
arrays (`index.models.embedding`), so that a search needs no torch.

References
----------
Wu et al., "Large-scale contrastive language-audio pretraining with feature fusion and keyword-to-caption
augmentation", ICASSP 2023.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from index.models.chunks import at_one_level, chunks, seconds
from index.models.hub import pretrained, set_threads
from index.system.parts import need

MARGIN_S = 1.0


class Clap:
    """The listening side of the network that a published name or a folder means."""

    kind = "clap"

    def __init__(self, name: str, threads: int = 1) -> None:
        from transformers import ClapFeatureExtractor, ClapModel

        set_threads(threads)
        model, self._extractor = pretrained((ClapModel, ClapFeatureExtractor), name)
        model.eval()
        self._listens = model.audio_model
        self._chunk_s = float(self._extractor.max_length_s)
        self.rate_hz = int(self._extractor.sampling_rate)
        self.dimensions = int(model.config.projection_dim)
        layers = model.audio_projection.linear1, model.audio_projection.linear2
        self.projection: tuple[np.ndarray, ...] | None = tuple(
            part.detach().numpy().astype(np.float32)
            for layer in layers
            for part in (layer.weight, layer.bias)
        )

    def seconds(self, samples: np.ndarray) -> np.ndarray:
        """Mean frame of each second, (ceil(duration), 768) float32, of mono samples (n,) at `rate_hz`."""
        heard, centres_s = [], []
        for chunk in chunks(samples, self.rate_hz, self._chunk_s, MARGIN_S):
            frames = self._frames(chunk.samples)
            times_s = chunk.starts_s + (np.arange(len(frames)) + 0.5) * self._chunk_s / len(frames)
            counts = (times_s >= chunk.counts_from_s) & (times_s < chunk.counts_to_s)
            heard.append(frames[counts])
            centres_s.append(times_s[counts])
        return seconds(np.concatenate(heard), np.concatenate(centres_s), len(samples) / self.rate_hz)

    def _frames(self, samples: np.ndarray) -> np.ndarray:
        """(32, 768): the frames of ten seconds, both halves
        of the spectrum together; shorter sounds are repeated.
        """
        import torch

        given: Any = self._extractor(at_one_level(samples), sampling_rate=self.rate_hz, return_tensors="pt")
        with torch.inference_mode():
            heard = self._listens(**given).last_hidden_state[0]
        return np.asarray(heard.mean(dim=1).T.numpy())


class ClapText:
    """Its reading side."""

    def __init__(self, name: str, threads: int = 2) -> None:
        need("torch", f"REPRISE_EMBEDDER={name}")
        from transformers import AutoTokenizer, ClapTextModelWithProjection

        set_threads(threads)
        self._model, self._tokenizer = pretrained((ClapTextModelWithProjection, AutoTokenizer), name)
        self._model.eval()

    def vector(self, text: str) -> np.ndarray:
        """Where a text lies, (512,) float32 of unit length."""
        import torch

        given = self._tokenizer([text], return_tensors="pt", truncation=True)
        with torch.inference_mode():
            vector = self._model(**given).text_embeds[0].numpy()
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)
