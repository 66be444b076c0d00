"""Real recordings that belong together: the same game, other tracks. Frames of a minute of each, and whose it is.

    python -m bench.world.albums OUT warzone2100=/usr/share/games/warzone2100/music supertux=... --most 24

Each argument names what belongs together and the folder that holds it. Debian's warzone2100-music, supertux-data,
widelands-data, freedroidrpg-data, megaglest-data and fretsonfire-songs-* are free ones. What was heard stays.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.recordings import piece_name, side
from index.analysis.analyser import Analyser
from index.audio.reading import estimate_duration_s
from index.store.frame_store import FrameStore

ENDINGS = (".ogg", ".opus", ".mp3", ".flac")
SHORTEST_S = 30.0
STEMS = ("guitar", "rhythm", "drums")
"""What a game of guitars plays beside a song: a part of the same music."""
PART_S = (15.0, 75.0)
"""What is heard of a recording, where it is so long."""


@dataclass(frozen=True)
class Recording:
    """A recording by whose it is."""

    name: str
    """Of its frames, too."""
    album: str
    side: str
    """tune or test, as bench.recordings has it."""
    duration_s: float


def build_set(out: Path, albums: dict[str, Path], most: int) -> list[Recording]:
    """Hear what has not been heard; all of them, albums in turn."""
    frames, analyser = FrameStore(out / "frames"), Analyser()
    waiting = {
        album: [
            file
            for file in sorted(folder.rglob("*"))
            if file.suffix in ENDINGS and file.stem not in STEMS and estimate_duration_s(file) >= SHORTEST_S
        ]
        for album, folder in albums.items()
    }
    found: list[Recording] = []
    for files in waiting.values():
        np.random.default_rng(0).shuffle(files)
    for turn in range(most):
        for album, files in waiting.items():
            if turn >= len(files):
                continue
            file = files[turn]
            name = piece_name(file)
            if not frames.has(name):
                duration_s = estimate_duration_s(file)
                start_s = min(PART_S[0], max(0.0, duration_s - (PART_S[1] - PART_S[0])))
                end_s = min(duration_s, start_s + PART_S[1] - PART_S[0])
                frames.write(name, analyser.analyse_file(file, start_s, end_s))
                print(name, flush=True)
            found.append(Recording(name, album, side(file), frames.read(name).duration_s))
            (out / "albums.json").write_text(json.dumps([asdict(each) for each in found], indent=1), "utf-8")
    return found


def load_recordings(out: Path) -> list[Recording]:
    """The recordings of a set that was made."""
    return [Recording(**each) for each in json.loads((out / "albums.json").read_text("utf-8"))]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("albums", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--most", type=int, default=24, help="recordings of each")
    chosen = parser.parse_args()
    albums = {name: Path(folder) for name, _, folder in (each.partition("=") for each in chosen.albums)}
    found = build_set(chosen.out, albums, chosen.most)
    print(f"{len(found)} recordings of {len(albums)}")


if __name__ == "__main__":
    main()
