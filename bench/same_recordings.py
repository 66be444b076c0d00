"""Which files are told to be the same recording: other codecs, bit rates, masters; and other takes, which are not.

    python -m bench.same_recordings FOLDER... [--files 12] [--takes 8]

Needs the program ffmpeg. Of sound files drawn from the folders 80 seconds are encoded, mastered and cut in several
ways, and compared with themselves; all pairs of different files are compared, too. Pieces of the demo library are
played anew: by another soundfont, at another tempo, with an instrument that is another one or is missing.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import table
from bench.variants import other_soundfont
from demo.pieces import pieces
from demo.render import render
from demo.scores import ScoreError, load_score
from index.analysis.analyser import SPECTRUM_HZ, spectrum
from index.audio.loudness import gain_to_target
from index.audio.reading import Sound, loudness_lufs
from index.core.frames import FINGERPRINT_HZ, NOTE_HZ
from index.descriptors.fingerprint_keys import keys_of
from index.ingest.same_recording import LONGEST_APART_S, Likeness, Outline, compared

SECONDS = 80
CODECS: dict[str, tuple[str, tuple[str, ...]]] = {
    "MP3, 64 kbit/s": (".mp3", ("-c:a", "libmp3lame", "-b:a", "64k")),
    "MP3, 128 kbit/s": (".mp3", ("-c:a", "libmp3lame", "-b:a", "128k")),
    "Opus, 24 kbit/s": (".opus", ("-c:a", "libopus", "-b:a", "24k")),
    "Opus, 64 kbit/s": (".opus", ("-c:a", "libopus", "-b:a", "64k")),
    "AAC, 64 kbit/s": (".m4a", ("-c:a", "aac", "-b:a", "64k")),
    "Vorbis, 64 kbit/s": (".ogg", ("-c:a", "libvorbis", "-q:a", "0")),
    "u-law, 8 kHz": (".wav", ("-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1")),
}
MASTERS = {
    "equaliser": "equalizer=f=100:t=q:w=1:g=6,equalizer=f=3000:t=q:w=1:g=-5,highshelf=f=6000:g=5",
    "compressor, limiter": "acompressor=threshold=0.05:ratio=6:attack=5:release=80:makeup=6,alimiter=limit=0.7",
    "2.7 s of lead-in": "adelay=2700:all=1",
    "1.5 s cut off": "atrim=start=1.5,asetpts=PTS-STARTPTS",
    "a clock 0.1 % off": "asetrate=44144,aresample=44100",
    "equaliser, compressor, 1.3 s of lead-in": "equalizer=f=150:t=q:w=1:g=5,highshelf=f=5000:g=6,"
    "acompressor=threshold=0.05:ratio=4:makeup=5,alimiter=limit=0.8,adelay=1300:all=1",
    "faded in and out": "afade=t=in:d=3,areverse,afade=t=in:d=5,areverse",
}


def outlined(samples: np.ndarray) -> Outline:
    """What is compared of samples at 22,050 Hz."""
    sound = Sound(samples, SPECTRUM_HZ)
    levelled = (samples * gain_to_target(loudness_lufs(sound))).astype(np.float32)
    measured = spectrum(levelled, sound.duration_s)
    rows = measured["fingerprint"][: round(sound.duration_s * FINGERPRINT_HZ)]
    at = (np.arange(len(rows)) / FINGERPRINT_HZ * NOTE_HZ).astype(int)
    return Outline(rows, measured["level_db"][np.minimum(at, len(measured["level_db"]) - 1)] > -60)


def decoded(path: Path, *filters: str) -> np.ndarray:
    """The beginning of a file, at 22,050 Hz, in mono."""
    chain = ("-af", ",".join(("aresample=44100", *filters))) if filters else ()
    command = ["ffmpeg", "-v", "error", "-t", str(SECONDS), "-i", str(path), *chain, "-ac", "1"]
    found = subprocess.run(
        [*command, "-ar", str(SPECTRUM_HZ), "-f", "f32le", "-"], capture_output=True, check=True
    )
    return np.frombuffer(found.stdout, np.float32)


def versions(path: Path, work: Path) -> Iterator[tuple[str, Outline]]:
    """The same recording in other files."""
    for name, (ending, coding) in CODECS.items():
        made = work / f"made{ending}"
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-t",
            str(SECONDS),
            "-i",
            str(path),
            "-vn",
            *coding,
            str(made),
        ]
        subprocess.run(command, check=True)
        yield name, outlined(decoded(made))
    for name, chain in MASTERS.items():
        yield name, outlined(decoded(path, chain))


def takes(count: int, seed: int) -> Iterator[tuple[str, Outline, Outline]]:
    """Pieces of the demo library, played once more in other ways."""
    chosen = list(pieces())
    random.Random(seed).shuffle(chosen)
    for piece in chosen[:count]:
        try:
            score = load_score(piece.path)
        except (ScoreError, OSError):
            continue
        programs = [part.program for part in score.parts]
        others = [*programs[:-1], (programs[-1] + 24) % 100]

        def played(of: Any = score, **ways: Any) -> Outline:
            return outlined(render(of, max_s=SECONDS, rate_hz=SPECTRUM_HZ, **ways).samples.astype(np.float32))

        first = played()
        yield "another soundfont", first, played(soundfont=other_soundfont())
        yield "another soundfont and room", first, played(soundfont=other_soundfont(), reverb=0.3)
        yield "tempo 1 % off", first, played(tempo_ratio=0.99)
        yield "tempo 3 % off", first, played(tempo_ratio=0.97)
        if len(score.parts) > 1:
            yield "one other instrument", first, played(programs=others)
            yield "one instrument less", first, played(replace(score, parts=score.parts[:-1]))


def keys_shared(new: Outline, known: Outline) -> int:
    """Keys that a new sound has in common with one that is there, as they are looked up while music is added."""
    lengths_s = [len(each.rows) / FINGERPRINT_HZ for each in (new, known)]
    wanted = keys_of(new.rows, new.counted, lengths_s[0] - LONGEST_APART_S)
    return len(np.intersect1d(wanted, keys_of(known.rows, known.counted, lengths_s[1])))


KEYS = ("keys in common: least of the same", "least", "median", "most")


def least_and_most(shared: Sequence[int], same: Sequence[bool]) -> Iterator[str]:
    """The least of those that are told to be the same, then of all: least, median, most."""
    yield str(min((count for count, is_same in zip(shared, same, strict=True) if is_same), default=""))
    yield from (f"{value:.0f}" for value in np.quantile(shared, (0.0, 0.5, 1.0)))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.same_recordings", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--takes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=4)
    chosen = parser.parse_args(arguments)
    endings = (".ogg", ".opus", ".mp3", ".flac")
    files = sorted(
        {each for folder in chosen.folders for each in folder.rglob("*") if each.suffix in endings}
    )
    random.Random(chosen.seed).shuffle(files)
    found: dict[str, list[Likeness]] = defaultdict(list)
    shared: dict[str, list[int]] = defaultdict(list)
    originals = [(file, outlined(decoded(file))) for file in files[: chosen.files]]
    with tempfile.TemporaryDirectory() as work:
        for file, original in originals:
            for name, version in versions(file, Path(work)):
                found[f"same: {name}"].append(compared(version, original))
                shared[f"same: {name}"].append(keys_shared(version, original))
    for (_, one), (_, other) in combinations(originals, 2):
        found["other: two different files"].append(compared(one, other))
        shared["other: two different files"].append(keys_shared(one, other))
    for name, first, take in takes(chosen.takes, chosen.seed):
        found[f"other: {name}"].append(compared(take, first))
        shared[f"other: {name}"].append(keys_shared(take, first))
    rows = [
        (
            name,
            str(len(each)),
            str(sum(one.is_same for one in each)),
            *(f"{value:.2f}" for value in np.quantile([one.mean for one in each], (0.0, 0.5, 1.0))),
            *(f"{value:.2f}" for value in np.quantile([one.low for one in each], (0.0, 0.5, 1.0))),
            *least_and_most(shared[name], [one.is_same for one in each]),
        )
        for name, each in sorted(found.items())
    ]
    head = (
        "",
        "n",
        "told to be the same",
        "bits: least",
        "median",
        "most",
        "parts: least",
        "median",
        "most",
        *KEYS,
    )
    print(table(head, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
