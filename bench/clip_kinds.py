"""Accuracy of the classification into speech, tunes and music (`index.analysis.clip_kind`).

    python -m bench.clip_kinds --tune SETS/tune/queries --music SETS/tune/library /usr/share/games --speech VOICES

Ten seconds of each file are classified; of a folder, at most `--files`. What is in VOICES is up to you:
readings, dictation, or `espeak-ng -w FILE.wav "some words"`. Prints what was called what, and the files that
were called another name.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from index.analysis.analyser import Analyser
from index.analysis.clip_kind import ClipFeatures, clip_features
from index.audio.reading import Sound, read_sound
from index.core.errors import RepriseError

LENGTH_S = 10.0
KINDS = ("speech", "tune", "music")
ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a")


def files_of(folders: list[Path], most: int, rng: np.random.Generator) -> list[Path]:
    """Some sound files of some folders; of a game, those that are music."""
    found = []
    for folder in folders:
        files = sorted(file for file in folder.rglob("*") if file.suffix in ENDINGS)
        if any("music" in file.parts for file in files):
            files = [file for file in files if "music" in file.parts]
        found += [files[i] for i in rng.permutation(len(files))[:most]]
    return found


def excerpt(file: Path, rng: np.random.Generator) -> Sound:
    """Ten seconds from a random place."""
    sound = read_sound(file)
    start_s = float(rng.uniform(0, max(0.0, sound.duration_s - LENGTH_S)))
    return sound.span(start_s, min(sound.duration_s, start_s + LENGTH_S))


def measured(files: list[Path], rng: np.random.Generator) -> list[tuple[Path, ClipFeatures]]:
    """The features of each file that can be read."""
    analyser = Analyser(threads=1)
    found = []
    for file in files:
        try:
            sound = excerpt(file, rng)
            found.append((file, clip_features(sound, analyser.analyse(sound, file.name))))
        except RepriseError as error:
            print(f"left out: {error}")
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=Path, nargs="+", default=[])
    parser.add_argument("--files", type=int, default=60)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    print("| it is | speech | tune | music | right |\n|---|---|---|---|---|")
    wrong = []
    for kind in KINDS:
        heard = measured(files_of(getattr(chosen, kind), chosen.files, rng), rng)
        called: Counter[str] = Counter(each.kind for _, each in heard)
        right = called[kind] / max(1, len(heard))
        cells = " | ".join(str(called[name]) for name in KINDS)
        print(f"| {kind} | {cells} | {right:.2f} |", flush=True)
        wrong += [(kind, file, each) for file, each in heard if each.kind != kind]
    for kind, file, each in wrong:
        print(f"{kind} called {each.kind}: {file.name} {each}")


if __name__ == "__main__":
    main()
