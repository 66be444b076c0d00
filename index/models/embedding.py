"""Which network gives timbre its vectors, if it is not
MusiCNN: what an index has to know of it without opening it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.core.errors import WeightsError
from index.core.options import MUSICNN
from index.models.hub import kind_of
from index.system.files import write_durably

_FILE = "network.npz"


class Network(Protocol):
    """A network that listens: wav2vec2 or clap."""

    kind: str
    rate_hz: int
    """The rate of the sound that it takes."""
    dimensions: int
    projection: tuple[np.ndarray, ...] | None

    def seconds(self, samples: np.ndarray) -> np.ndarray:
        """The embedding of each second, (ceil(duration), d) float32, of mono samples (n,)."""


@dataclass(frozen=True)
class Embedding:
    """How rows of a network become the vector of a span."""

    kind: str
    dimensions: int
    projection: tuple[np.ndarray, ...] | None = None
    """Weight and bias of two layers with a ReLU between, for
    the mean of a span; None where the mean itself is it.
    """

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """Vectors (n, dimensions) of the mean rows (n, d) of spans; not yet of unit length."""
        if self.projection is None:
            return means
        first, first_bias, second, second_bias = self.projection
        return np.asarray(np.maximum(means @ first.T + first_bias, 0) @ second.T + second_bias)

    def write(self, folder: Path) -> None:
        """Keep it with an index."""
        kept: dict[str, Any] = {f"layer{place}": each for place, each in enumerate(self.projection or ())}
        kept["about"] = np.array(json.dumps({"kind": self.kind, "dimensions": self.dimensions}))
        write_durably(folder / _FILE, lambda file: np.savez(file, **kept))


def embedding_of(network: Network) -> Embedding:
    """What an index has to know of a network."""
    return Embedding(network.kind, network.dimensions, network.projection)


def open_network(name: str, threads: int = 1) -> Network:
    """The network of a short name (wav2vec2, clap) or of a folder.

    Raises
    ------
    WeightsError
        If it cannot be had, with what to do.
    """
    if kind_of(name) == "clap":
        from index.models.clap import Clap

        return Clap(name, threads)
    from index.models.wav2vec2 import Wav2Vec2

    return Wav2Vec2(name, threads)


def kept_embedding(folder: Path) -> Embedding | None:
    """What is kept with the index in a folder; None where nothing is."""
    try:
        with np.load(folder / _FILE) as kept:
            about = json.loads(str(kept["about"]))
            layers = tuple(kept[f"layer{place}"] for place in range(len(kept.files) - 1))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{folder / _FILE} is not what it should be: remove it.") from error
    return Embedding(str(about["kind"]), int(about["dimensions"]), layers or None)


def index_embedding(folder: Path, embedder: str) -> Embedding | None:
    """What the index in `folder` has to know of its network, which is opened where that is not kept yet.

    None for MusiCNN. WeightsError where the network cannot be had.
    """
    if embedder == MUSICNN:
        return None
    kept = kept_embedding(folder)
    if kept is None:
        kept = embedding_of(open_network(embedder))
        kept.write(folder)
    return kept
