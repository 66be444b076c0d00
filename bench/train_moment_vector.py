"""Train the moment vector: one 128-number vector that finds a passage in any key and at any tempo.

A small convolutional network over note activations folded into three registers of twelve pitch classes: circular over
the pitch classes and pooled over them, so a transposition changes nothing, and pooled over time, so a passage of three
to ten seconds meets the window that holds it. It is trained by contrast (InfoNCE): a window of a library rendering
against the same music by other instruments, in another key, at another tempo, cut elsewhere and damaged.

    python -m bench.training_pairs PAIRS --works 600      # renders and listens, about half an hour
    python -m bench.train_moment_vector PAIRS --steps 1200

References
----------
van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding", 2018 (InfoNCE).
Chang et al., "Neural audio fingerprint for high-specific audio retrieval based on contrastive learning", ICASSP 2021.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from index.models.moment_vector import DIMENSIONS, FEWEST_FRAMES, REGISTERS, fold_registers
from index.models.moment_vector import FRAMES_HZ as FRAMES_PER_S

WINDOW_S = 10.0
SEED = 20261122
BATCH = 192
WINDOWS_A_WORK = 3
TEMPERATURE = 0.07
SAME_MUSIC = 0.86
"""Cosine of two windows' chroma above which windows of one work count as repeats, not as negatives."""
VALIDATION_SHARE = 0.08


class MomentNet(nn.Module):
    """(n, 3, 12, t) note activations to (n, 128) unit vectors; t is 50 for ten seconds, any length will do."""

    def __init__(self, width: int = 32, dimensions: int = DIMENSIONS) -> None:
        super().__init__()
        self.first = nn.Conv2d(REGISTERS, width, (12, 3))
        self.second = nn.Conv2d(width, 2 * width, (5, 5))
        self.third = nn.Conv2d(2 * width, 3 * width, (3, 5), stride=(1, 2))
        self.fourth = nn.Conv2d(3 * width, 4 * width, (3, 3))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width * size) for size in (1, 2, 3, 4))
        self.out = nn.Linear(16 * width, dimensions)

    def forward(self, notes: torch.Tensor) -> torch.Tensor:
        """Unit vectors."""
        x = torch.relu(self.norms[0](self.first(_around(notes, 12, 3))))
        x = nn.functional.avg_pool2d(x, (1, 2), ceil_mode=True)
        x = torch.relu(self.norms[1](self.second(_around(x, 5, 5))))
        x = torch.relu(self.norms[2](self.third(_around(x, 3, 5))))
        x = torch.relu(self.norms[3](self.fourth(_around(x, 3, 3))))
        highest, mean = x.amax(dim=2), x.mean(dim=2)
        by_time = torch.cat([highest, mean], dim=1)
        pooled = torch.cat([by_time.amax(dim=2), by_time.mean(dim=2)], dim=1)
        return nn.functional.normalize(self.out(pooled), dim=1)


def _around(x: torch.Tensor, pitches: int, frames: int) -> torch.Tensor:
    """Padded circularly over the pitch classes and by zeros over time."""
    above = pitches // 2
    below = pitches - 1 - above
    x = torch.cat([x[:, :, 12 - below :], x, x[:, :, :above]], dim=2)
    return nn.functional.pad(x, (frames // 2, frames // 2))


@dataclass(frozen=True)
class Pair:
    """One work heard twice: as the library has it, and as somebody else plays it."""

    work: str
    library: np.ndarray
    """(3, 12, n) float32 at FRAMES_PER_S."""
    other: np.ndarray
    ratio: float
    """A second t of the library rendering is heard at t / ratio in the other."""


def load_pairs(folder: Path, without: frozenset[str] = frozenset()) -> list[Pair]:
    """Every pair of a folder made by bench.training_pairs, works in `without` left out."""
    pairs = []
    for file in sorted(folder.glob("*.npz")):
        data = np.load(file)
        if str(data["work"]) in without or len(data["a"]) < 130 or len(data["b"]) < 130:
            continue
        pairs.append(
            Pair(
                str(data["work"]), fold_registers(data["a"]), fold_registers(data["b"]), float(data["ratio"])
            )
        )
    return pairs


def stretched(notes: np.ndarray, start_s: float, length_s: float, frames: int) -> np.ndarray:
    """A stretch of (3, 12, n) at FRAMES_PER_S as (3, 12, frames), linearly interpolated, zeros outside."""
    at = (start_s + (np.arange(frames) + 0.5) * length_s / frames) * FRAMES_PER_S - 0.5
    low = np.floor(at).astype(int)
    part = (at - low).astype(np.float32)
    inside = (low >= 0) & (low + 1 < notes.shape[2])
    low = np.clip(low, 0, notes.shape[2] - 2)
    return (notes[:, :, low] * (1 - part) + notes[:, :, low + 1] * part) * inside


class Batches:
    """Batches of windows and queries, drawn at random."""

    def __init__(self, pairs: list[Pair], rng: np.random.Generator) -> None:
        self._pairs = pairs
        self._rng = rng

    def draw(self, size: int = BATCH) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(windows, queries, forbidden): `forbidden` marks pairs that are repeats of one another."""
        rng = self._rng
        frames = int(WINDOW_S * FRAMES_PER_S)
        short = rng.random() < 0.4
        query_s = float(rng.uniform(3, 10)) if short else WINDOW_S
        query_frames = max(FEWEST_FRAMES, int(query_s * FRAMES_PER_S))
        windows, queries, plain, owner = [], [], [], []
        for index in rng.choice(len(self._pairs), size // WINDOWS_A_WORK, replace=False):
            pair = self._pairs[index]
            for _ in range(WINDOWS_A_WORK):
                last_s = max(0.1, pair.library.shape[2] / FRAMES_PER_S - WINDOW_S)
                start_s = float(rng.uniform(0, last_s))
                window = stretched(pair.library, start_s, WINDOW_S, frames)
                total_ratio = float(np.clip(2 ** rng.normal(0, 0.22), 0.75, 1.33))
                covers_s = query_s * total_ratio
                room_s = max(0.0, WINDOW_S - covers_s)
                place_s = start_s + float(rng.uniform(0, room_s)) + float(rng.uniform(-1, 1))
                if rng.random() < 0.8:
                    query = stretched(pair.other, place_s / pair.ratio, covers_s / pair.ratio, query_frames)
                else:
                    query = stretched(pair.library, place_s, covers_s, query_frames)
                plain.append(window.sum(axis=0).ravel())
                windows.append(np.roll(self._damaged(window, 0.3), int(rng.integers(12)), axis=1))
                queries.append(np.roll(self._damaged(query, 1.0), int(rng.integers(12)), axis=1))
                owner.append(index)
        flat = np.array(plain)
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
        same_work = np.equal.outer(owner, owner)
        forbidden = same_work & (flat @ flat.T > SAME_MUSIC)
        np.fill_diagonal(forbidden, False)
        as_tensor = lambda arrays: torch.from_numpy(np.array(arrays, np.float32))  # noqa: E731
        return as_tensor(windows), as_tensor(queries), torch.from_numpy(forbidden)

    def _damaged(self, notes: np.ndarray, amount: float) -> np.ndarray:
        """Lost, added and smeared notes, another balance of the registers, another contrast."""
        rng = self._rng
        notes = notes * rng.uniform(1 - 0.6 * amount, 1, (REGISTERS, 1, 1)).astype(np.float32)
        notes = np.maximum(notes, 0) ** np.float32(rng.uniform(1 - 0.35 * amount, 1 + 0.5 * amount))
        if rng.random() < 0.6 * amount:
            notes = notes * (rng.random(notes.shape) > rng.uniform(0, 0.35))
        if rng.random() < 0.6 * amount:
            noise = rng.random(notes.shape) ** 4 * rng.uniform(0, 0.7)
            notes = np.maximum(notes, noise)
        if rng.random() < 0.4 * amount:
            notes = 0.6 * notes + 0.4 * np.roll(notes, 1, axis=2)
        if rng.random() < 0.2 * amount:
            gone = int(rng.integers(notes.shape[2]))
            notes[:, :, gone : gone + int(rng.integers(1, 8))] = 0
        return notes.astype(np.float32)


def loss_of(windows: torch.Tensor, queries: torch.Tensor, forbidden: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE; pairs marked as repeats are neither positive nor negative."""
    likeness = (queries @ windows.T) / TEMPERATURE
    likeness = likeness.masked_fill(forbidden, -1e4)
    target = torch.arange(len(likeness))
    cross = nn.functional.cross_entropy
    return (cross(likeness, target) + cross(likeness.T, target)) / 2


@torch.no_grad()
def recall(net: MomentNet, pairs: list[Pair], hop_s: float = 2.0) -> dict[str, float]:
    """Recall of the right window (within 2 s) among all windows of all pairs, by 10 s of the other rendering."""
    net.eval()
    frames = int(WINDOW_S * FRAMES_PER_S)
    windows, owners, starts = [], [], []
    for index, pair in enumerate(pairs):
        for start_s in np.arange(0, pair.library.shape[2] / FRAMES_PER_S - WINDOW_S, hop_s):
            windows.append(stretched(pair.library, start_s, WINDOW_S, frames))
            owners.append(index)
            starts.append(start_s)
    table = torch.cat(
        [
            net(torch.from_numpy(np.array(windows[i : i + 256], np.float32)))
            for i in range(0, len(windows), 256)
        ]
    )
    owner, start = np.array(owners), np.array(starts)
    rng = np.random.default_rng(1)
    ranks = []
    for index, pair in enumerate(pairs):
        length_s = pair.other.shape[2] / FRAMES_PER_S
        for at_s in rng.uniform(0, max(0.1, length_s - WINDOW_S), 3):
            query = stretched(pair.other, float(at_s), WINDOW_S, frames)
            order = (
                (table @ net(torch.from_numpy(query[None].astype(np.float32)))[0])
                .argsort(descending=True)
                .numpy()
            )
            right = (owner[order] == index) & (np.abs(start[order] - at_s * pair.ratio) <= 2.0)
            ranks.append(int(np.argmax(right)) if right.any() else len(order))
    net.train()
    found = np.array(ranks)
    return {f"@{n}": float(np.mean(found < n)) for n in (1, 10, 50, 200)} | {
        "windows": len(owner),
        "queries": len(ranks),
    }


def train(pairs: list[Pair], steps: int, width: int, report: Path | None = None) -> MomentNet:
    """Train for so many batches, the same for the same seed; prints the validation recall as it goes."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(pairs))
    held = max(8, int(VALIDATION_SHARE * len(pairs)))
    validation = [pairs[i] for i in order[:held]]
    batches = Batches([pairs[i] for i in order[held:]], rng)
    net = MomentNet(width)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.06)
    started, running = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        windows, queries, forbidden = batches.draw()
        loss = loss_of(net(windows), net(queries), forbidden)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        running = loss.item() if step == 1 else 0.95 * running + 0.05 * loss.item()
        if step % 100 == 0:
            spent = (time.monotonic() - started) / 60
            print(f"{spent:5.1f} min  step {step}  loss {running:.3f}  {recall(net, validation)}", flush=True)
    result = recall(net, validation)
    print(f"done: {steps} steps, {result}")
    if report:
        report.write_text(json.dumps({"steps": steps, "works": len(pairs), "seed": SEED, **result}, indent=1))
    return net.eval()


def export(net: MomentNet, path: Path) -> None:
    """The network as a graph for onnxruntime, any number of windows of any length."""
    example = torch.zeros(2, REGISTERS, 12, int(WINDOW_S * FRAMES_PER_S))
    torch.onnx.export(
        net,
        (example,),
        path,
        input_names=["notes"],
        output_names=["vector"],
        dynamic_axes={"notes": {0: "n", 3: "t"}, "vector": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--without", type=Path, help="a file of works to leave out, one a line")
    parser.add_argument("--out", type=Path, default=Path("index/models/moment_vector.onnx"))
    chosen = parser.parse_args()
    without = frozenset(chosen.without.read_text().split()) if chosen.without else frozenset()
    pairs = load_pairs(chosen.pairs, without)
    print(f"{len(pairs)} works")
    net = train(pairs, chosen.steps, chosen.width, chosen.out.with_suffix(".json"))
    export(net, chosen.out)
    print(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
