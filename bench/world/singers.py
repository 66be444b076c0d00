"""Melodies as people sang them, from the curves of their pitch: MASTmelody, candidates of a conservatory.

    python -m bench.world.singers SOURCE OUT --grade 3

SOURCE is a copy of https://github.com/barisbozkurt/MASTmelody_dataset (CC BY-NC-SA 4.0). It holds no sound:
each curve is sung again by a voice-like tone, and the piano's first curve of each melody is played by struck
strings. Experts graded the sung ones 1 (completely off) to 4 (perfect); one grade makes a set, whose queries
are asked as hums.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import soundfile

from bench.world.layout import WorldPiece, WorldQuery, folders, write_truth
from index.audio.reading import Sound

RATE_HZ = 22050
_HARMONICS = 12
_FORMANTS_HZ = (650.0, 1150.0, 2700.0)
_STRUCK_S = 0.7
_NEW_NOTE_SEMITONES = 0.6


def build_set(source: Path, out: Path, grade: int, most: int) -> list[WorldPiece]:
    """Write the set: every melody, and up to `most` performances of each that have this grade."""
    library, _ = folders(out)
    graded = grades(source / "annotations" / "annotations.csv")
    curves = sorted((source / "f0data").glob("*.f0s.txt"))
    pieces = []
    for melody in sorted({melody_of(file) for file in curves}):
        own = [file for file in curves if melody_of(file) == melody]
        references = [file for file in own if "_ref" in file.name]
        if not references:
            continue
        played = struck(*curve(references[0]))
        soundfile.write(library / f"{melody}.wav", played.samples, RATE_HZ)
        duration_s = round(played.duration_s, 3)
        chosen = [file for file in own if "_per" in file.name and graded.get(recording_of(file)) == grade]
        asked = []
        for file in chosen[:most]:
            name = f"queries/{recording_of(file)}.wav"
            soundfile.write(out / name, sung(*curve(file)).samples, RATE_HZ)
            asked.append(WorldQuery("sung", name, 0.0, duration_s))
        pieces.append(WorldPiece(melody, duration_s, tuple(asked)))
    return pieces


def grades(file: Path) -> dict[str, int]:
    """The grade that most experts gave, by recording; without those of which they gave none."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [(row["file"].removesuffix(".wav"), row["majority_score"]) for row in csv.DictReader(lines)]
    return {name: int(float(score)) for name, score in rows if score}


def curve(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times in s and pitches in Hz, 0 where nothing is sung, from the first sounding one on."""
    table = np.array(file.read_text("utf-8").split(), float).reshape(-1, 2)
    sounding = np.flatnonzero(table[:, 1] > 0)
    kept = table[sounding[0] : sounding[-1] + 1] if len(sounding) else table
    return kept[:, 0] - kept[0, 0], kept[:, 1]


def sung(times_s: np.ndarray, pitch_hz: np.ndarray) -> Sound:
    """A voice on an "ah": harmonics below three formants, and some breath."""
    hertz, loud = _at_rate(times_s, pitch_hz)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
    out = 0.01 * np.random.default_rng(0).standard_normal(len(hertz))
    for harmonic in range(1, _HARMONICS + 1):
        at_hz = harmonic * hertz
        weight = sum(np.exp(-(((at_hz - centre) / 250) ** 2)) for centre in _FORMANTS_HZ) + 0.1
        out += weight / harmonic * np.sin(harmonic * phase)
    return _levelled(out * loud)


def struck(times_s: np.ndarray, pitch_hz: np.ndarray) -> Sound:
    """A string struck anew wherever the pitch leaps."""
    hertz, loud = _at_rate(times_s, pitch_hz)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
    semitones = 12 * np.log2(np.maximum(hertz, 1.0))
    step = RATE_HZ // 20
    leaps = np.flatnonzero(np.abs(semitones[step:] - semitones[:-step]) > _NEW_NOTE_SEMITONES) + step // 2
    begins = np.concatenate([[0], leaps[np.diff(leaps, prepend=-step) > 1]])
    place = np.searchsorted(begins, np.arange(len(hertz)), side="right") - 1
    since_s = (np.arange(len(hertz)) - begins[place]) / RATE_HZ
    out = np.zeros(len(hertz))
    for harmonic in range(1, _HARMONICS + 1):
        out += np.exp(-since_s * harmonic**0.5 / _STRUCK_S) / harmonic**1.3 * np.sin(harmonic * phase)
    return _levelled(out * loud)


def _at_rate(times_s: np.ndarray, pitch_hz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch in Hz and loudness in [0, 1] of each sample; the pitch goes on where nothing sounds."""
    from scipy.ndimage import uniform_filter1d

    at_s = np.arange(max(1, int(times_s[-1] * RATE_HZ))) / RATE_HZ
    sounding = pitch_hz > 0
    if not sounding.any():
        return np.full(len(at_s), 1.0), np.zeros(len(at_s))
    hertz = np.interp(at_s, times_s[sounding], pitch_hz[sounding])
    loud = np.interp(at_s, times_s, sounding.astype(float)).round()
    return hertz, uniform_filter1d(loud, RATE_HZ // 50)


def _levelled(samples: np.ndarray) -> Sound:
    return Sound((samples * 0.5 / max(float(np.abs(samples).max()), 1e-9)).astype(np.float32), RATE_HZ)


def recording_of(file: Path) -> str:
    """The name under which a recording was graded: the files' names end in what a jury said."""
    return file.name.removesuffix(".f0s.txt").removesuffix("_pass").removesuffix("_fail")


def melody_of(file: Path) -> str:
    """Which melody a curve is of."""
    return "_".join(file.name.split("_")[:2])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--grade", type=int, choices=(1, 2, 3, 4), default=3)
    parser.add_argument("--most", type=int, default=10, help="performances of each melody")
    chosen = parser.parse_args()
    print(write_truth(chosen.out, build_set(chosen.source, chosen.out, chosen.grade, chosen.most)))


if __name__ == "__main__":
    main()
