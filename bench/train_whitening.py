"""Make index/factors/whitening.npz: what whitens MusiCNN's embedding before two timbres are compared exactly.

    python -m bench.train_whitening SET...

SETs are folders of bench.collection (splits "train" and "tune") and bench.recordings (side "tune"), made
before; of each, as many windows are drawn at random. Principal components are divided by the square root of
their variance, small ones less: SHRINKING of the mean variance is added to each. What is kept lies between
that and the embedding as it is, without its mean: wholly white, what tells one kind of recording from another
drowns. Nothing else is learned; queries and titles play no part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bench.quality_sets import open_set
from index.core.moments import Grid, Span
from index.factors.timbre import mean_embeddings

OUT = Path(__file__).parents[1] / "index/factors/whitening.npz"
WINDOWS = 2000
"""Drawn of each set."""
SHRINKING = 0.1
WHITE = 0.3
"""What whitened differences count beside plain ones."""
SEED = 0


def whitening(rows: np.ndarray, shrinking: float = SHRINKING) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and turn (d, d) of rows (n, d): `(row - mean) @ turn` is nearly white."""
    mean = rows.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((rows - mean).T))
    return mean, axes / np.sqrt(variances + shrinking * variances.mean())


def softened(turn: np.ndarray, shrinking: float = SHRINKING, white: float = WHITE) -> np.ndarray:
    """A turn that whitens in part: squared distances are the sum of plain ones and `white` times whitened ones.

    Each of the two is taken in units of its mean over the rows that `turn` was made from.
    """
    shrunk = 1 / np.square(turn).sum(axis=0)
    variances = np.maximum(shrunk - shrinking / (1 + shrinking) * shrunk.mean(), 0)
    return np.asarray(turn * np.sqrt(shrunk / variances.sum() + white / (variances / shrunk).sum()))


def drawn(folder: Path, rng: np.random.Generator) -> np.ndarray:
    """Mean embeddings of random windows of a set's library."""
    opened = open_set(folder)
    spans = [
        Span(frames, start_s, end_s)
        for track in opened.tracks
        for frames in [opened.frames.read(track.id)]
        for start_s, end_s in Grid().spans(frames.duration_s)
    ]
    return mean_embeddings([spans[i] for i in rng.permutation(len(spans))[:WINDOWS]])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=OUT)
    chosen = parser.parse_args()
    rng = np.random.default_rng(SEED)
    mean, turn = whitening(np.concatenate([drawn(folder, rng) for folder in chosen.sets]))
    np.savez_compressed(chosen.out, mean=mean.astype(np.float32), turn=softened(turn).astype(np.float16))
    print(f"{chosen.out} ({chosen.out.stat().st_size // 1000} kB)")


if __name__ == "__main__":
    main()
