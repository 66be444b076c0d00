"""Make index/factors/character.npz: what is usual of each statistic of notes, over music in general.

    python -m bench.train_character FRAMES...

FRAMES are folders of frames, as a home and a set have them ("frames"). Mean and deviation of every statistic over
windows of ten seconds, a window every five; nothing else is learned, and whose music it is plays no part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from index.core.moments import Span
from index.factors.character import statistics
from index.store.frame_store import FrameStore

OUT = Path(__file__).parents[1] / "index/factors/character.npz"
WINDOW_S, HOP_S = 10.0, 5.0
_LEAST = 1e-3


def rows(folder: Path) -> np.ndarray:
    """(n, d) the statistics of all windows of a folder of frames."""
    store = FrameStore(folder)
    found = []
    for sound_id in store.ids():
        frames = store.read(sound_id)
        starts = np.arange(0.0, max(0.1, frames.duration_s - WINDOW_S), HOP_S)
        found.append(statistics([Span(frames, start_s, start_s + WINDOW_S) for start_s in starts.tolist()]))
    return np.concatenate(found)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=OUT)
    chosen = parser.parse_args()
    table = np.concatenate([rows(folder) for folder in chosen.folders])
    np.savez_compressed(
        chosen.out,
        mean=table.mean(axis=0).astype(np.float32),
        deviation=(table.std(axis=0) + _LEAST).astype(np.float32),
    )
    print(f"{len(table)} windows; {chosen.out} ({chosen.out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
