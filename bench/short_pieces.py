"""Half minutes as a library, played whole in a room and recorded by a phone: queries at their edges too.

    python -m bench.short_pieces OUT FOLDER... --asked 60

Of each recording half a minute is kept, mono at 22.05 kHz. The phone records from three seconds before it to three
seconds after; the queries are ten seconds of that, at the beginning, in the middle and at the end, up to a second
and a half of which are the room alone. The set has the layout of bench.collection.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from bench.phones import Place, recorded
from bench.recordings import QUERY_S, exact_repeats, piece_name, recordings
from bench.world.layout import WorldPiece, WorldQuery, folders, write_truth
from index.audio.reading import Sound, read_sound, resample

RATE_HZ = 22050
PIECE_S = 30.0
AROUND_S = 3.0
PLACES: tuple[Place, ...] = ("near", "home", "faint", "street")
STARTS_S = {"start": (-1.5, 0.5), "middle": (9.0, 11.0), "end": (19.5, 21.5)}
"""Between which seconds of the piece a query begins."""
_SILENT_RMS = 1e-3


def build_set(out: Path, files: list[Path], asked: int, seed: int) -> list[WorldPiece]:
    """Write the set; the first `asked` pieces have queries."""
    library, _ = folders(out)
    pieces: list[WorldPiece] = []
    for file in files:
        name, sound = piece_name(file), read_sound(file)
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        if sound.duration_s <= PIECE_S:
            continue
        first_s = float(rng.uniform(0, sound.duration_s - PIECE_S))
        piece = resample(sound.span(first_s, first_s + PIECE_S), RATE_HZ)
        if np.sqrt(np.mean(piece.samples**2)) < _SILENT_RMS:
            continue
        soundfile.write(library / f"{name}.wav", piece.samples, piece.rate_hz)
        place = PLACES[len(pieces) % len(PLACES)]
        queries = tuple(_queries(out, name, piece, place, rng)) if len(pieces) < asked else ()
        pieces.append(WorldPiece(name, PIECE_S, queries))
    return pieces


def _queries(
    out: Path, name: str, piece: Sound, place: Place, rng: np.random.Generator
) -> Iterator[WorldQuery]:
    silence = np.zeros(round(AROUND_S * piece.rate_hz), np.float32)
    heard = recorded(Sound(np.concatenate([silence, piece.samples, silence]), piece.rate_hz), rng, place)
    for where, bounds_s in STARTS_S.items():
        start_s = float(rng.uniform(*bounds_s))
        query = heard.span(AROUND_S + start_s, AROUND_S + start_s + QUERY_S)
        file = f"queries/{name}-{where}.wav"
        soundfile.write(out / file, query.samples, query.rate_hz)
        low_s, high_s = max(0.0, start_s), min(PIECE_S, start_s + QUERY_S)
        again = tuple((low, high) for low, high in exact_repeats(piece, low_s, high_s))
        yield WorldQuery(f"{place}, {where}", file, round(low_s, 3), round(high_s, 3), again)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.short_pieces", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pieces", type=int, default=400, help="at most")
    parser.add_argument("--asked", type=int, default=60, help="of which so many have queries")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    files = recordings(chosen.folders, chosen.pieces, chosen.seed)
    print(write_truth(chosen.out, build_set(chosen.out, files, chosen.asked, chosen.seed)))


if __name__ == "__main__":
    main()
