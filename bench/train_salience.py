"""Trains index/analysis/salience.npz: which of the detected notes is the melody.

    python -m bench.train_salience PAIRS [--bands BANDS] [--minutes 2] [--begin salience.npz]

PAIRS is the folder of bench.training_pairs (made with --alone, or without): works of the training split, transcribed
by basic-pitch. The tune of a work is the top voice of its highest part (bench.humming), which the score knows. BANDS
is a set of the same split as bench.bands makes it, where others play above, below and beside the tune; what
basic-pitch hears of it is kept in its folder. Every fifth work is held out and scored. The small network sees 24
features of each note and is trained to name the tune's pitch class in each frame; --begin goes on from weights that
are there.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.bands import tune_of as band_tune
from bench.humming import top_voice, tune_part
from bench.training_pairs import LENGTH_S, heard
from bench.works import all_works, side
from demo.scores import ScoreError, load_score
from index.analysis.melody_salience import FEATURES, note_features
from index.audio.reading import read_sound
from index.core.frames import LOWEST_MIDI, NOTE_HZ, PITCHES

FRAMES_PER_WORK = 200
HIDDEN = 24
BATCH = 384
RATE = 0.01
DOUBT = 0.03
_CLASSES = (torch.arange(PITCHES) + LOWEST_MIDI) % 12


def tune_of(work: str, frames: int) -> np.ndarray:
    """(frames,) int16: the pitch (0 is A0) of the tune in
    each frame of a pair's first side, -1 where it rests.
    """
    score = load_score(work)
    draw = random.Random(f"x{work}")
    start_s = 0.0 if score.duration_s < LENGTH_S + 10 else draw.uniform(0, score.duration_s - LENGTH_S)
    tune = np.full(frames, -1, np.int16)
    for note in top_voice(score, tune_part(score)):
        low, high = round((note.start_s - start_s) * NOTE_HZ), round((note.end_s - start_s) * NOTE_HZ)
        tune[max(0, low) : max(0, high)] = note.midi - LOWEST_MIDI
    return tune


def played_alone(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each work of the training split its notes, (n, 88) uint8, and the pitch of its tune, as `tune_of`."""
    sides = {work.path: side(work.name) for work in all_works()}
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as pair:
            work, notes = str(pair["work"]), pair["a"]
        if sides.get(work) != "train":
            continue
        try:
            yield notes, tune_of(work, len(notes))
        except ScoreError:
            continue


def played_by_bands(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same of what bands play of the training split."""
    sides = {work.path: side(work.name) for work in all_works()}
    for piece in json.loads((folder / "truth.json").read_text("utf-8")):
        if sides.get(piece["work"]) != "train":
            continue
        kept = folder / "notes" / f"{piece['piece']}.npy"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            sound = read_sound(folder / "library" / f"{piece['piece']}.flac")
            np.save(kept, heard(sound, "a")["a"])
        notes = np.load(kept)
        tune = np.full(len(notes), -1, np.int16)
        for verse_s in piece["verses_s"]:
            for note in band_tune(load_score(piece["work"])):
                low, high = (
                    max(0, round((at_s / piece["tempo_ratio"] + verse_s) * NOTE_HZ))
                    for at_s in (note.start_s, note.end_s)
                )
                tune[low:high] = note.midi + piece["semitones"] - LOWEST_MIDI
        yield notes, tune


def examples(
    played: Iterable[tuple[np.ndarray, np.ndarray]], rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features (n, 88, 24) float16, the tune's pitch class (n,), and whether the work is held out (n,)."""
    features, classes, held = [], [], []
    for number, (notes, tune) in enumerate(played):
        known = np.flatnonzero((tune >= 0) & (tune < PITCHES))
        if len(known) < 20:
            continue
        chosen = rng.choice(known, min(len(known), FRAMES_PER_WORK), replace=False)
        features.append(note_features(notes)[chosen].astype(np.float16))
        classes.append((tune[chosen].astype(int) + LOWEST_MIDI) % 12)
        held.append(np.full(len(chosen), number % 5 == 0))
    return (
        torch.tensor(np.concatenate(features)),
        torch.tensor(np.concatenate(classes)),
        torch.tensor(np.concatenate(held)),
    )


def class_log_odds(logits: torch.Tensor) -> torch.Tensor:
    """(n, 12) log-probability of each pitch class, smoothed with a small uniform part."""
    chances = torch.softmax(logits, dim=1)
    folded = torch.stack([chances[:, c == _CLASSES].sum(dim=1) for c in range(12)], dim=1)
    return torch.log((1 - DOUBT) * folded + DOUBT / 12)


def train(
    features: torch.Tensor,
    classes: torch.Tensor,
    held: torch.Tensor,
    *,
    minutes: float,
    begin: Path | None = None,
) -> nn.Sequential:
    """The network after so many minutes, from these weights on or from random ones."""
    network = nn.Sequential(
        nn.Linear(FEATURES, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, HIDDEN // 2),
        nn.ReLU(),
        nn.Linear(HIDDEN // 2, 1),
    )
    if begin is not None:
        with np.load(begin) as kept, torch.no_grad():
            for number, parameter in enumerate(network.parameters()):
                parameter.copy_(torch.tensor(kept[f"{('weight', 'bias')[number % 2]}{number // 2}"]))
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    own, began = torch.where(~held)[0], time.monotonic()
    while (done := (time.monotonic() - began) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - done) + 1e-4
        batch = own[torch.randint(len(own), (BATCH,))]
        likely = class_log_odds(network(features[batch].float())[..., 0])
        loss = -likely.gather(1, classes[batch][:, None]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network


def told(network: nn.Sequential, features: torch.Tensor, classes: torch.Tensor) -> None:
    """Print the score on works held out."""
    with torch.no_grad():
        parts = [class_log_odds(network(part.float())[..., 0]) for part in features.split(2000)]
    likely = torch.cat(parts)
    right = (likely.argmax(dim=1) == classes).float().mean()
    fit = likely.gather(1, classes[:, None]).mean()
    print(f"held out: {float(right):.3f} of frames right, log-likelihood {float(fit):.3f}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--bands", type=Path)
    parser.add_argument("--begin", type=Path)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--out", type=Path, default=Path("index/analysis/salience.npz"))
    chosen = parser.parse_args()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    of = [examples(played_alone(chosen.pairs), rng)]
    if chosen.bands:
        of.append(examples(played_by_bands(chosen.bands), rng))
    everything = (torch.cat([part[number] for part in of]) for number in range(3))
    network = train(*everything, minutes=chosen.minutes, begin=chosen.begin)
    for features, classes, held in of:
        told(network, features[held], classes[held])
    numbers = [parameter.detach().numpy() for parameter in network.parameters()]
    layers = range(len(numbers) // 2)
    weights = {f"weight{i}": numbers[2 * i] for i in layers} | {
        f"bias{i}": numbers[2 * i + 1] for i in layers
    }
    np.savez(chosen.out, allow_pickle=False, **weights)


if __name__ == "__main__":
    main()
