"""Pieces that nothing is asked of: they make the library of another set larger.

    python -m bench.world.others OUT FOLDER... --pieces 300 [--longest 240] [--cut 45 --each 3]

Any folders of music will do. A file is linked once, at most as many as are asked for, drawn at random; `--cut` writes
parts of so many seconds instead, evenly spaced and without overlap, `--each` of a file at most.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import soundfile

from bench.recordings import piece_name, recordings
from bench.world.layout import WorldPiece, folders, link, write_truth
from index.audio.reading import estimate_duration_s, read_sound


def build_set(
    sources: list[Path], out: Path, pieces: int, longest_s: float, *, cut_s: float = 0.0, each: int = 1
) -> list[WorldPiece]:
    """Write the set; its pieces. With `cut_s` at most `each` parts of every file, `pieces` in all."""
    library, _ = folders(out)
    found: list[WorldPiece] = []
    for file in recordings(sources, pieces):
        duration_s = estimate_duration_s(file)
        if duration_s <= longest_s:
            if cut_s:
                found += _parts(file, library, cut_s, min(each, pieces - len(found)))
            else:
                link(file, library / f"{piece_name(file)}{file.suffix}")
                found.append(WorldPiece(piece_name(file), round(duration_s, 3)))
    return found


def _parts(file: Path, library: Path, cut_s: float, most: int) -> Iterator[WorldPiece]:
    sound = read_sound(file)
    count = min(most, max(1, int(sound.duration_s // cut_s)))
    pause_s = max(0.0, sound.duration_s - count * cut_s) / (count + 1)
    for number in range(count):
        start_s = pause_s + number * (pause_s + cut_s)
        part = sound.span(start_s, min(start_s + cut_s, sound.duration_s))
        name = f"{piece_name(file)}-{number}"
        if not (library / f"{name}.flac").exists():
            soundfile.write(library / f"{name}.flac", part.samples, part.rate_hz)
        yield WorldPiece(name, round(part.duration_s, 3))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pieces", type=int, default=300)
    parser.add_argument("--longest", type=float, default=600.0, help="seconds; longer files are left out")
    parser.add_argument("--cut", type=float, default=0.0, help="seconds; parts instead of whole files")
    parser.add_argument("--each", type=int, default=3, help="parts of a file at most")
    chosen = parser.parse_args()
    found = build_set(
        chosen.folders, chosen.out, chosen.pieces, chosen.longest, cut_s=chosen.cut, each=chosen.each
    )
    print(write_truth(chosen.out, found))


if __name__ == "__main__":
    main()
