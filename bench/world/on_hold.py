"""Music as a telephone exchange plays it: the same pieces as PCM, in G.722, and in GSM full rate.

    python -m bench.world.on_hold OUT [--folder /usr/share/asterisk/moh]

The folder is what Debian's asterisk-moh-opsound-wav, -g722 and -gsm install: five pieces by three authors
(CC-BY-SA), each in three files of the same name. Queries are ten seconds of the coded ones, evenly spaced.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from bench.recordings import exact_repeats
from bench.world.layout import WorldPiece, WorldQuery, folders, link, write_truth
from index.audio.reading import Sound, read_sound, resample

FOLDER = Path("/usr/share/asterisk/moh")
CODERS = {"gsm": 8000, "g722": 16000}
"""Endings, and the rate in Hz that each decodes to."""
QUERY_S = 10.0


def build_set(folder: Path, out: Path, each: int) -> list[WorldPiece]:
    """Write the set, with `each` queries of every piece and coder; the pieces and their queries."""
    library, _ = folders(out)
    pieces = []
    for file in sorted(folder.glob("*.wav")):
        link(file, library / file.name)
        sound = read_sound(file)
        asked = tuple(query for ending in CODERS for query in _queries(file, sound, ending, out, each))
        pieces.append(WorldPiece(file.stem, round(sound.duration_s, 3), asked))
    return pieces


def _queries(file: Path, plain: Sound, ending: str, out: Path, each: int) -> Iterator[WorldQuery]:
    coded = decoded(file.with_suffix(f".{ending}"), ending)
    last_s = min(plain.duration_s, coded.duration_s) - QUERY_S
    for number, start_s in enumerate(np.linspace(0, last_s, each + 2)[1:-1].tolist()):
        name = f"queries/{file.stem}-{ending}-{number}.wav"
        excerpt = coded.span(start_s, start_s + QUERY_S)
        soundfile.write(out / name, excerpt.samples, excerpt.rate_hz)
        also = exact_repeats(plain, start_s, start_s + QUERY_S)
        spans = tuple((low, high) for low, high in also)
        yield WorldQuery(ending, name, round(start_s, 3), round(start_s + QUERY_S, 3), spans)


def decoded(file: Path, ending: str) -> Sound:
    """The sound of a file of bare G.722 or GSM frames, which says nothing of itself."""
    import av

    with av.open(str(file), format=ending) as container:
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    samples = np.concatenate(parts).astype(np.float32)
    if parts[0].dtype == np.int16:
        samples /= 32768
    return resample(Sound(samples, CODERS[ending]), 16000)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--each", type=int, default=10, help="queries of every piece and coder")
    chosen = parser.parse_args()
    print(write_truth(chosen.out, build_set(chosen.folder, chosen.out, chosen.each)))


if __name__ == "__main__":
    main()
