"""Trains index/analysis/salience.npz: which of the detected notes is the melody.

    python -m bench.train_salience PAIRS [--minutes 2]

PAIRS is the folder of bench.training_pairs: works of the training split, transcribed by basic-pitch. The tune
of a work is the top voice of its highest part (bench.humming), which the score knows; every fifth work is
held out and scored. The small network sees 24 features of each note and is trained to name the tune's pitch
class in each frame.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.humming import top_voice, tune_part
from bench.training_pairs import LENGTH_S
from bench.works import all_works, side
from demo.scores import ScoreError, load_score
from index.analysis.melody_salience import FEATURES, note_features
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


def examples(folder: Path, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features (n, 88, 24) float16, the tune's pitch class (n,), and whether the work is held out (n,)."""
    sides = {work.path: side(work.name) for work in all_works()}
    features, classes, held = [], [], []
    for number, file in enumerate(sorted(folder.glob("*.npz"))):
        with np.load(file) as pair:
            work, notes = str(pair["work"]), pair["a"]
        if sides.get(work) != "train":
            continue
        try:
            tune = tune_of(work, len(notes))
        except ScoreError:
            continue
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


def train(features: torch.Tensor, classes: torch.Tensor, held: torch.Tensor, minutes: float) -> nn.Sequential:
    """The network after so many minutes; prints its score on the works held out."""
    network = nn.Sequential(
        nn.Linear(FEATURES, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, HIDDEN // 2),
        nn.ReLU(),
        nn.Linear(HIDDEN // 2, 1),
    )
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
    with torch.no_grad():
        parts = [class_log_odds(network(part.float())[..., 0]) for part in features[held].split(2000)]
    likely = torch.cat(parts)
    right = (likely.argmax(dim=1) == classes[held]).float().mean()
    fit = likely.gather(1, classes[held][:, None]).mean()
    print(f"held out: {float(right):.3f} of frames right, log-likelihood {float(fit):.3f}")
    return network


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--out", type=Path, default=Path("index/analysis/salience.npz"))
    chosen = parser.parse_args()
    torch.manual_seed(0)
    network = train(*examples(chosen.pairs, np.random.default_rng(0)), chosen.minutes)
    numbers = [parameter.detach().numpy() for parameter in network.parameters()]
    layers = range(len(numbers) // 2)
    weights = {f"weight{i}": numbers[2 * i] for i in layers} | {
        f"bias{i}": numbers[2 * i + 1] for i in layers
    }
    np.savez(chosen.out, allow_pickle=False, **weights)


if __name__ == "__main__":
    main()
