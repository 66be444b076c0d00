"""A set of queries with known answers from real recordings: excerpts cut anywhere, clean and spoilt.

    python -m bench.recordings OUT FOLDER... --pieces 60 --split test --kinds clean,clean5,clean3,mp3,noise0,phone,speed

Any folder of music will do; Debian's warzone2100-music, supertux-data, widelands-data and megaglest-data are
free ones. The set has the layout of bench.collection; the library holds links to the recordings.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from scipy.signal import fftconvolve

from bench.collection import DAMAGES
from index.audio.reading import Sound, content_hash, estimate_duration_s, read_sound, resample
from index.core.errors import AudioReadError

LENGTHS_S = {"clean3": 3.0, "clean5": 5.0, "clean20": 20.0}
QUERY_S = 10.0
SHORTEST_S = 30.0
ENDINGS = (".ogg", ".opus", ".mp3", ".flac", ".wav", ".m4a")
REPEAT_RATE_HZ = 2000
SAME_SAMPLES = 0.9
_SILENT_RMS = 1e-3

Side = Literal["tune", "test"]


def build_set(
    out: Path, files: list[Path], kinds: list[str], per_kind: int = 1, seed: int = 0
) -> list[dict[str, Any]]:
    """Write a set from recordings; returns what truth.json holds."""
    for folder in ("library", "queries"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        truth = list(pool.map(_piece, [(out, file, kinds, per_kind, seed) for file in files]))
    (out / "truth.json").write_text(json.dumps(truth, indent=1), "utf-8")
    return truth


def recordings(folders: list[Path], count: int, seed: int = 0, split: Side | None = None) -> list[Path]:
    """Up to `count` files of at least half a minute, drawn from all folders; the same for the same seed.

    Of files with the same content, or whose names are told as the same, one is taken: they would be one track.
    With `split` only those of one side: what was tuned on one half is tested on the other.
    """
    found = sorted(
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.suffix.lower() in ENDINGS and split in (None, side(file))
    )
    order = np.random.default_rng(seed).permutation(len(found))
    chosen: dict[str, Path] = {}
    contents: set[str] = set()
    for index in order:
        if len(chosen) == count:
            break
        file = found[index]
        if estimate_duration_s(file) < SHORTEST_S or piece_name(file) in chosen:
            continue
        if (content := content_hash(file)) not in contents:
            contents.add(content)
            chosen[piece_name(file)] = file
    return list(chosen.values())


def side(file: Path) -> Side:
    """The half that a recording belongs to, by its name."""
    return "tune" if zlib.crc32(piece_name(file).encode()) % 2 else "test"


def exact_repeats(sound: Sound, start_s: float, end_s: float) -> list[list[float]]:
    """Other spans of a recording with the same samples, to within noise: loops, copied choruses."""
    slow = resample(sound, REPEAT_RATE_HZ)
    own = slow.span(start_s, end_s).samples.astype(np.float64)
    whole = slow.samples.astype(np.float64)
    product = fftconvolve(whole, own[::-1], mode="valid")
    energy = np.cumsum(np.concatenate([[0.0], whole**2]))
    norm = np.sqrt(np.maximum(energy[len(own) :] - energy[: -len(own)], 1e-9)) * np.linalg.norm(own)
    likeness = product / np.maximum(norm, 1e-9)
    spans: list[list[float]] = []
    for place in np.argsort(-likeness)[: 40 * REPEAT_RATE_HZ]:
        if likeness[place] < SAME_SAMPLES:
            break
        at_s = place / REPEAT_RATE_HZ
        if abs(at_s - start_s) > 1 and all(abs(at_s - span[0]) > 1 for span in spans):
            spans.append([round(at_s, 3), round(at_s + end_s - start_s, 3)])
    return spans


def piece_name(file: Path) -> str:
    """What a piece made of a recording is called."""
    return re.sub(r"[^\w-]+", "_", f"{file.parent.name}_{file.stem}")


def _piece(given: tuple[Path, Path, list[str], int, int]) -> dict[str, Any]:
    out, file, kinds, per_kind, seed = given
    name = piece_name(file)
    link = out / "library" / f"{name}{file.suffix}"
    if not link.exists():
        link.symlink_to(file.resolve())
    try:
        sound = read_sound(file)
    except AudioReadError as error:
        raise SystemExit(str(error)) from error
    queries = []
    for kind in kinds:
        rng = np.random.default_rng([seed, zlib.crc32(f"{name} {kind}".encode())])
        length_s = LENGTHS_S.get(kind, QUERY_S)
        for number in range(per_kind):
            for _ in range(20):
                start_s = float(rng.uniform(0, sound.duration_s - length_s))
                excerpt = sound.span(start_s, start_s + length_s)
                if np.sqrt(np.mean(excerpt.samples**2)) > _SILENT_RMS:
                    break
            else:
                continue  # hardly a sound in it: silence is found anywhere
            spoilt = excerpt if kind in LENGTHS_S else DAMAGES[kind](excerpt, rng)
            query = f"queries/{name}-{kind}-{number}.wav"
            soundfile.write(out / query, spoilt.samples, spoilt.rate_hz)
            queries.append(
                {
                    "kind": kind,
                    "file": query,
                    "a_start_s": round(start_s, 3),
                    "a_end_s": round(start_s + length_s, 3),
                    "also": exact_repeats(sound, start_s, start_s + length_s),
                }
            )
    return {"piece": name, "duration_s": round(sound.duration_s, 3), "queries": queries}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.recordings", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pieces", type=int, default=60)
    parser.add_argument("--kinds", default="clean,clean5,clean3,mp3,noise0,phone,room,speed,pitch,stretch")
    parser.add_argument("--per-kind", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    chosen = parser.parse_args()
    files = recordings(chosen.folders, chosen.pieces, chosen.seed, chosen.split)
    truth = build_set(chosen.out, files, chosen.kinds.split(","), chosen.per_kind, chosen.seed)
    minutes = sum(piece["duration_s"] for piece in truth) / 60
    print(
        f"{len(truth)} recordings, {minutes:.0f} min, {sum(len(piece['queries']) for piece in truth)} queries"
    )


if __name__ == "__main__":
    main()
