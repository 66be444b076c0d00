"""Make index/factors/harmony_axes.npz: the directions in which moment vectors differ most.

    python -m bench.train_harmony_axes SET...

SETs are folders of bench.collection (splits "train" and "tune"), made before. Of the moment vectors of all windows of
their libraries the principal axes are kept, not centred, since what is compared are products of whole vectors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bench.quality_sets import open_set
from index.core.moments import Grid
from index.factors.harmony import AXES, DIMENSIONS
from index.models.moment_vector import MomentVector


def axes(rows: np.ndarray, count: int) -> np.ndarray:
    """(d, count): of rows (n, d) the directions of the largest mean square, the largest first."""
    _, directions = np.linalg.eigh(rows.T @ rows)
    return np.asarray(directions[:, ::-1][:, :count])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=AXES)
    chosen = parser.parse_args()
    network, grid = MomentVector(), Grid()
    rows = np.concatenate(
        [
            network.vectors(frames.notes, grid.vector_spans(frames.duration_s))
            for opened in map(open_set, chosen.sets)
            for track in opened.tracks
            for frames in [opened.frames.read(track.id)]
        ]
    )
    kept = axes(rows, DIMENSIONS)
    share = np.square(rows @ kept).sum() / np.square(rows).sum()
    np.savez_compressed(chosen.out, axes=kept.astype(np.float32))
    print(f"{chosen.out} ({chosen.out.stat().st_size // 1000} kB): {share:.3f} of {len(rows)} vectors")


if __name__ == "__main__":
    main()
