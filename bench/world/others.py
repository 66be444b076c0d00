"""Pieces that nothing is asked of: they make the library of another set larger.

    python -m bench.world.others OUT FOLDER... --pieces 300 [--longest 240]

Any folders of music will do. A file is linked once, at most as many as are asked for, drawn at random.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.recordings import piece_name, recordings
from bench.world.layout import WorldPiece, folders, link, write_truth
from index.audio.reading import estimate_duration_s


def build_set(sources: list[Path], out: Path, pieces: int, longest_s: float) -> list[WorldPiece]:
    """Write the set; its pieces."""
    library, _ = folders(out)
    found = []
    for file in recordings(sources, pieces):
        duration_s = estimate_duration_s(file)
        if duration_s <= longest_s:
            name = piece_name(file)
            link(file, library / f"{name}{file.suffix}")
            found.append(WorldPiece(name, round(duration_s, 3)))
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pieces", type=int, default=300)
    parser.add_argument("--longest", type=float, default=600.0, help="seconds; longer files are left out")
    chosen = parser.parse_args()
    print(write_truth(chosen.out, build_set(chosen.folders, chosen.out, chosen.pieces, chosen.longest)))


if __name__ == "__main__":
    main()
