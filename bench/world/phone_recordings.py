"""Music played outdoors and recorded again by a phone: the queries of AudioID-Retrieval.

    python -m bench.world.phone_recordings SOURCE OUT

SOURCE is a copy of https://github.com/Lutu-gl/AudioID-Retrieval: twenty excerpts of ten seconds of
MTG-Jamendo, each also recorded by a phone, coded, and in noise. The recordings begin within two seconds of
their excerpt.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.world.layout import WorldPiece, WorldQuery, folders, link, write_truth
from index.audio.reading import read_sound

KINDS = {"mobile": "phone-outdoors", "coding": "coded", "noise": "noise"}
"""What the folders of the source hold."""


def build_set(source: Path, out: Path) -> list[WorldPiece]:
    """Write the set; the pieces and their queries."""
    library, queries = folders(out)
    pieces = []
    for excerpt in sorted((source / "queries" / "cut_output").glob("*_cut.wav")):
        duration_s = read_sound(excerpt).duration_s
        link(excerpt, library / excerpt.name)
        asked = []
        for name, kind in KINDS.items():
            file = f"{excerpt.stem}_{name}.wav"
            link(source / "queries" / f"{name}_output" / file, queries / file)
            asked.append(WorldQuery(kind, f"queries/{file}", 0.0, round(duration_s, 3)))
        pieces.append(WorldPiece(excerpt.stem, round(duration_s, 3), tuple(asked)))
    return pieces


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    print(write_truth(chosen.out, build_set(chosen.source, chosen.out)))


if __name__ == "__main__":
    main()
