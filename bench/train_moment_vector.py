"""Train the moment vector: one 128-number vector that finds a passage in any key and at any tempo.

A small convolutional network over note activations folded into three registers of twelve pitch classes:
circular over the pitch classes and pooled over them, so a transposition changes nothing, and pooled over
time, so a passage of three to ten seconds matches the window that holds it. It is trained contrastively
(InfoNCE): a window of a library rendering against the same music by other instruments, in another key, at
another tempo, cut elsewhere and damaged.

    python -m bench.training_pairs PAIRS --works 600      # renders and listens, about half an hour
    python -m bench.train_moment_vector PAIRS --steps 1200

Only a network of notes at 5 Hz and 128 numbers is what index.models.moment_vector opens; others are for
comparison (bench.ablation).

References
----------
van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding", 2018 (InfoNCE).
Chang et al., "Neural audio fingerprint for high-specific audio retrieval based on contrastive learning", ICASSP 2021.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.training_windows import (
    FRAMES_PER_S,
    KEYS,
    WINDOW_S,
    Batches,
    Pair,
    fewest_frames,
    load_pairs,
    stretched,
)
from index.models.moment_vector import DIMENSIONS, REGISTERS

SEED = 20261122
TEMPERATURE = 0.07
VALIDATION_SHARE = 0.08
COARSEST_FRAMES_PER_S = 2.5


class MomentNet(nn.Module):
    """(n, planes, 12, t) activations to (n, 128) unit vectors; t is 50 for ten seconds at 5 Hz, any length
    will do.

    The pool after the first layer brings every rate to COARSEST_FRAMES_PER_S: the later layers reach equally
    far in seconds, and the first sees at least half a second.
    """

    def __init__(
        self,
        width: int = 32,
        dimensions: int = DIMENSIONS,
        planes: int = REGISTERS,
        frames_per_s: float = FRAMES_PER_S,
    ) -> None:
        super().__init__()
        self.planes, self.frames_per_s = planes, frames_per_s
        self._pool = round(frames_per_s / COARSEST_FRAMES_PER_S)
        self._reach = max(3, self._pool + 1)
        self.first = nn.Conv2d(planes, width, (12, self._reach))
        self.second = nn.Conv2d(width, 2 * width, (5, 5))
        self.third = nn.Conv2d(2 * width, 3 * width, (3, 5), stride=(1, 2))
        self.fourth = nn.Conv2d(3 * width, 4 * width, (3, 3))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width * size) for size in (1, 2, 3, 4))
        self.out = nn.Linear(16 * width, dimensions)

    def forward(self, notes: torch.Tensor) -> torch.Tensor:
        """Unit vectors."""
        x = torch.relu(self.norms[0](self.first(_around(notes, 12, self._reach))))
        x = nn.functional.avg_pool2d(x, (1, self._pool), ceil_mode=True)
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


def loss_of(windows: torch.Tensor, queries: torch.Tensor, forbidden: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE; pairs marked as repeats are neither positive nor negative."""
    likeness = (queries @ windows.T) / TEMPERATURE
    likeness = likeness.masked_fill(forbidden, -1e4)
    target = torch.arange(len(likeness))
    cross = nn.functional.cross_entropy
    return (cross(likeness, target) + cross(likeness.T, target)) / 2


class Windows:
    """All windows of the library renderings of some pairs, and their vectors by one network."""

    def __init__(self, net: MomentNet, pairs: list[Pair], hop_s: float = 2.0) -> None:
        self._net = net
        windows, owners, starts_s = [], [], []
        for index, pair in enumerate(pairs):
            for start_s in np.arange(0, pair.library_s - WINDOW_S, hop_s):
                windows.append(self._stretch(pair, pair.library, start_s, WINDOW_S))
                owners.append(index)
                starts_s.append(start_s)
        self._owner, self._start_s = np.array(owners), np.array(starts_s)
        self._vectors = torch.cat(
            [self._net(torch.from_numpy(np.array(windows[i : i + 256]))) for i in range(0, len(windows), 256)]
        )

    def __len__(self) -> int:
        return len(self._owner)

    def rank(self, index: int, pair: Pair, at_s: float, length_s: float = WINDOW_S) -> int:
        """How many windows lie nearer to a passage of pair `index`'s other rendering than the first right
        one.

        Right is a window of the pair that begins within two seconds of where the passage does.
        """
        query = torch.from_numpy(self._stretch(pair, pair.other, at_s, length_s))
        order = (self._vectors @ self._net(query[None])[0]).argsort(descending=True).numpy()
        near = np.abs(self._start_s[order] - at_s * pair.ratio) <= 2.0
        right = (self._owner[order] == index) & near
        return int(np.argmax(right)) if right.any() else len(order)

    def _stretch(self, pair: Pair, notes: np.ndarray, start_s: float, length_s: float) -> np.ndarray:
        rate = pair.frames_per_s
        frames = max(fewest_frames(rate), int(length_s * rate))
        return stretched(notes, start_s, length_s, frames, rate).astype(np.float32)


@torch.no_grad()
def recall(net: MomentNet, pairs: list[Pair]) -> dict[str, float]:
    """Recall of the right window (within 2 s) among all windows of all pairs, by 10 s of the other rendering."""
    net.eval()
    windows = Windows(net, pairs)
    rng = np.random.default_rng(1)
    ranks = []
    for index, pair in enumerate(pairs):
        length_s = pair.other.shape[2] / pair.frames_per_s
        for at_s in rng.uniform(0, max(0.1, length_s - WINDOW_S), 3):
            ranks.append(windows.rank(index, pair, float(at_s)))
    net.train()
    found = np.array(ranks)
    return {f"@{n}": float(np.mean(found < n)) for n in (1, 10, 50, 200)} | {
        "windows": len(windows),
        "queries": len(ranks),
    }


def fit(
    net: MomentNet, batches: Batches, steps: int, said: Callable[[int, float], None] = lambda step, loss: None
) -> None:
    """Train a network for so many batches; `said` hears of each step and the loss's running mean."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.06)
    running = 0.0
    for step in range(1, steps + 1):
        windows, queries, forbidden = batches.draw()
        loss = loss_of(net(windows), net(queries), forbidden)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        running = loss.item() if step == 1 else 0.95 * running + 0.05 * loss.item()
        said(step, running)


def train(
    pairs: list[Pair], steps: int, width: int, report: Path | None = None, dimensions: int = DIMENSIONS
) -> MomentNet:
    """Train for so many batches, the same for the same seed; prints the validation recall as it goes."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(pairs))
    held = max(8, int(VALIDATION_SHARE * len(pairs)))
    validation = [pairs[i] for i in order[:held]]
    batches = Batches([pairs[i] for i in order[held:]], rng)
    net = MomentNet(width, dimensions, len(pairs[0].library), pairs[0].frames_per_s)
    started = time.monotonic()

    def said(step: int, loss: float) -> None:
        if step % 100 == 0:
            spent = (time.monotonic() - started) / 60
            print(f"{spent:5.1f} min  step {step}  loss {loss:.3f}  {recall(net, validation)}", flush=True)

    fit(net, batches, steps, said)
    result = recall(net, validation)
    print(f"done: {steps} steps, {result}")
    if report:
        report.write_text(json.dumps({"steps": steps, "works": len(pairs), "seed": SEED, **result}, indent=1))
    return net.eval()


def export(net: MomentNet, path: Path) -> None:
    """The network as a graph for onnxruntime, any number of windows of any length."""
    example = torch.zeros(2, net.planes, 12, int(WINDOW_S * net.frames_per_s))
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
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    parser.add_argument("--input", default="notes", help=f"of {', '.join(KEYS)}, joined by +")
    parser.add_argument("--frames-per-s", type=float, choices=(2.5, 5.0, 10.0), default=FRAMES_PER_S)
    parser.add_argument("--without", type=Path, help="a file of works to leave out, one a line")
    parser.add_argument("--out", type=Path, default=Path("index/models/moment_vector.onnx"))
    chosen = parser.parse_args()
    without = frozenset(chosen.without.read_text().split()) if chosen.without else frozenset()
    pairs = load_pairs(chosen.pairs, without, chosen.input.split("+"), chosen.frames_per_s)
    print(f"{len(pairs)} works")
    report = chosen.out.with_suffix(".json")
    net = train(pairs, chosen.steps, chosen.width, report, chosen.dimensions)
    export(net, chosen.out)
    print(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
