"""MusiCNN: timbre features of a track, and the embedding and the tags of any patch of it.

The network runs once over a track; patches, however much they overlap, are pooled from its frame features.
What the features mean is not known here. Levels matter to it: bring the sound to one loudness first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.models import mel as mel_bands
from index.models.weights import prepared_file, session

FEATURES = 753
EMBEDDING = 200
TAGS = {
    "MTT": (
        "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano",
        "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing",
        "vocals", "no vocals", "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal",
        "pop", "soft", "sitar", "solo", "man", "classic", "choir", "voice", "new age", "dance",
        "male voice", "female vocal", "beats", "harp", "cello", "no voice", "weird", "country", "metal",
        "female voice", "choral",
    ),
    "MSD": (
        "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
        "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock",
        "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental",
        "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental", "female vocalist",
        "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy", "catchy", "funk",
        "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
    ),
}  # fmt: skip
"""The words each network was trained on (MagnaTagATune, Million Song Dataset), in the order of outputs."""

FRONT = 561
BEFORE, AFTER = 63, 64
"""Frames around each that the longest filter of the front end reaches."""
BLOCK = 64
"""Frames of one run of the front end, as its graph is made for."""
MARGIN = 16
"""Frames of the front end on either side of a run: nine decide a feature, three of each layer of the mid-end."""
CHUNK = 1024
"""Frames kept of one run of the mid-end: about 16 s."""


@dataclass(frozen=True)
class Patches:
    """What the network says of some patches."""

    embedding: np.ndarray
    """(patches, 200) float32: the last layer but one, after its batch norm."""
    tags: np.ndarray
    """(patches, 50) float32: probability of each word of TAGS."""


class MusiCNN:
    """One of the two published networks, "MTT" or "MSD".

    `mel`, `features` and `pool` are the steps; `patches` does the last two in bounded memory.
    """

    def __init__(self, which: Literal["MTT", "MSD"] = "MTT", threads: int = 1) -> None:
        self.which = which
        self.tags = TAGS[which]
        self._front = session(prepared_file(f"musicnn_{which.lower()}_front.onnx"), threads, same_sizes=True)
        self._rest = float(self._front.get_modelmeta().custom_metadata_map["rest"])
        self._middle = session(
            prepared_file(f"musicnn_{which.lower()}_middle.onnx"), threads, same_sizes=True
        )
        self._backend = session(prepared_file(f"musicnn_{which.lower()}_backend.onnx"), threads)

    def mel(self, samples: np.ndarray) -> np.ndarray:
        """Log-mel frames (1 + n // 256, 96) of mono sound (n,) at 16 kHz."""
        return mel_bands.compress(mel_bands.mel_power(samples))

    def features(self, mel: np.ndarray) -> np.ndarray:
        """Features (frames, 753) float32 of log-mel frames (frames, 96): 0.19 MB a second."""
        if not len(mel):
            return np.empty((0, FEATURES), np.float32)
        return np.concatenate([block for _, block in self.feature_blocks(mel)])

    def feature_blocks(self, mel: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """The same in blocks of at most CHUNK frames: (first frame, features)."""
        ends = ((BEFORE, AFTER + -len(mel) % BLOCK), (0, 0))
        padded = np.pad(np.asarray(mel, np.float32), ends, constant_values=self._rest)
        front = np.empty((0, FRONT), np.float32)
        done = 0
        for start in range(0, len(mel), CHUNK):
            left, right = max(0, start - MARGIN), min(len(mel), start + CHUNK + MARGIN)
            ahead = range(done, right, BLOCK)
            new = [
                self._front.run(None, {"mel": padded[at : at + BLOCK + BEFORE + AFTER]})[0] for at in ahead
            ]
            front = np.concatenate([front[len(front) - (done - left) :], *new])
            done = min(done + BLOCK * len(ahead), len(mel))
            heard = self._middle.run(None, {"front": front[: right - left]})[0]
            front = front[: done - left]
            yield start, heard[start - left : start - left + CHUNK]

    def pool(self, features: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Patches:
        """Embeddings and tags of the patches [start, end) in frames; they may overlap."""
        return self._pooled(iter([(0, features)]), len(features), starts, ends)

    def patches(self, mel: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Patches:
        """`pool` of `features`, without ever holding all features: for tracks of any length."""
        return self._pooled(self.feature_blocks(mel), len(mel), starts, ends)

    def backend(self, highest: np.ndarray, mean: np.ndarray) -> Patches:
        """Embeddings and tags from maximum and mean of the features over each patch, both (patches, 753)."""
        return Patches(*self._backend.run(None, {"highest": highest, "mean": mean}))

    def _pooled(
        self, blocks: Iterator[tuple[int, np.ndarray]], frames: int, starts: np.ndarray, ends: np.ndarray
    ) -> Patches:
        starts, ends = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
        if len(starts) != len(ends) or np.any(starts < 0) or np.any(ends > frames) or np.any(starts >= ends):
            raise ValueError(f"patches must lie within the {frames} frames and hold at least one")
        edges = np.unique(np.concatenate([[0], starts, ends, [frames]]))
        highest, total = _segments(blocks, edges)
        firsts, lasts = np.searchsorted(edges, starts), np.searchsorted(edges, ends)
        peaks = np.empty((len(starts), FEATURES), np.float32)
        means = np.empty((len(starts), FEATURES), np.float32)
        for row, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
            peaks[row] = highest[first:last].max(axis=0)
            means[row] = total[first:last].sum(axis=0) / (ends[row] - starts[row])
        return self.backend(peaks, means)


def _segments(blocks: Iterator[tuple[int, np.ndarray]], edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximum (float32) and sum (float64) of the features between neighbouring edges."""
    highest = np.full((len(edges) - 1, FEATURES), -np.inf, np.float32)
    total = np.zeros((len(edges) - 1, FEATURES))
    for at, block in blocks:
        first = np.searchsorted(edges, at, "right") - 1
        last = np.searchsorted(edges, at + len(block), "left")
        cuts = np.clip(edges[first : last + 1] - at, 0, len(block)).tolist()
        for row, begin, end in zip(
            range(first, last), cuts[:-1], cuts[1:], strict=True
        ):  # reduceat is far slower
            stretch = block[begin:end]
            np.maximum(highest[row], stretch.max(axis=0), out=highest[row])
            total[row] += stretch.sum(axis=0)
    return highest, total
