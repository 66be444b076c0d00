"""Ablation of the moment vector: its size, its frame rate, and its input.

    python -m bench.training_pairs PAIRS --works 400
    python -m bench.ablation PAIRS

One thing at a time is changed of the network that ships, and each variant is trained for the same number of
steps on the same works. The works held out (all movements of a work with it) are asked for by ten and by five
seconds of their other rendering: another soundfont, instruments, key and tempo, a third of them spoilt. Right
is a window of the library rendering that begins within two seconds of where the passage does; a repeat
elsewhere counts as wrong. Intervals of 95 % are bootstrapped over works. Far fewer steps than the shipped
weights had: rows are to be compared with one another, and with the row of another seed, not with what ships.

Rows are kept in bench/results/ablation.json as they are made; one that stands there is not made again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.machine import described
from bench.metrics import Estimate, bootstrap
from bench.train_moment_vector import SEED, MomentNet, Windows, export, fit
from bench.training_windows import FRAMES_PER_S, WINDOW_S, Batches, Pair, load_pairs
from bench.works import all_works
from index.models.moment_vector import DIMENSIONS
from index.models.weights import session

RESULTS = Path(__file__).with_name("results")
LENGTHS_S = (10.0, 5.0)
DEPTHS = (1, 10, 50)
QUERIES_A_WORK = 8
COARSE_S = 0.4
"""A frame at the slowest rate. Passages are drawn from whole ones, so that every rate is asked the same."""
AT_ONCE = 50


@dataclass(frozen=True)
class Variant:
    """A network to train; what is not named is as shipped."""

    name: str
    width: int = 24
    dimensions: int = DIMENSIONS
    parts: tuple[str, ...] = ("notes",)
    frames_per_s: float = FRAMES_PER_S
    seed: int = SEED


SHIPPED = Variant("as shipped")
VARIANTS = (
    SHIPPED,
    Variant("another seed", seed=SEED + 1),
    Variant("width 12", width=12),
    Variant("width 48", width=48),
    Variant("2.5 Hz", frames_per_s=2.5),
    Variant("10 Hz", frames_per_s=10.0),
    Variant("onsets", parts=("onsets",)),
    Variant("contours", parts=("contours",)),
    Variant("notes and onsets", parts=("notes", "onsets")),
    Variant("32 numbers", dimensions=32),
)


@dataclass(frozen=True)
class Passage:
    """A stretch of a held-out work's other rendering."""

    index: int
    at_s: float
    length_s: float


def split(pairs: Sequence[Pair], held: int) -> tuple[list[Pair], list[Pair]]:
    """(learned from, held out): at least `held` pairs out, all movements of a work on one side."""
    names = {work.path: work.name for work in all_works()}
    name_of = [names.get(pair.work, pair.work) for pair in pairs]
    out: set[str] = set()
    for name in np.random.default_rng(SEED).permutation(sorted(set(name_of))):
        if sum(each in out for each in name_of) >= held:
            break
        out.add(str(name))
    sides = [name in out for name in name_of]
    return (
        [pair for pair, is_out in zip(pairs, sides, strict=True) if not is_out],
        [pair for pair, is_out in zip(pairs, sides, strict=True) if is_out],
    )


def passages(pairs: Sequence[Pair]) -> list[Passage]:
    """QUERIES_A_WORK of each length from each pair, the same at every frame rate."""
    rng = np.random.default_rng(SEED)
    found = []
    for index, pair in enumerate(pairs):
        frames = int(pair.other.shape[2] / pair.frames_per_s / COARSE_S + 1e-6)
        last_s = max(0.1, frames * COARSE_S - WINDOW_S)
        for at_s in rng.uniform(0, last_s, QUERIES_A_WORK):
            found += [Passage(index, float(at_s), length_s) for length_s in LENGTHS_S]
    return found


def row_of(variant: Variant, pairs: Path, steps: int, held: int) -> dict[str, Any]:
    """Train and measure one variant."""
    began = time.process_time()
    learned, out = split(load_pairs(pairs, parts=variant.parts, frames_per_s=variant.frames_per_s), held)
    torch.manual_seed(variant.seed)
    net = MomentNet(variant.width, variant.dimensions, len(out[0].library), variant.frames_per_s)
    fit(net, Batches(learned, np.random.default_rng(variant.seed)), steps)
    trained_s = time.process_time() - began
    asked = passages(out)
    with torch.no_grad():
        windows = Windows(net.eval(), out)
        ranks = [windows.rank(each.index, out[each.index], each.at_s, each.length_s) for each in asked]
    megabytes, thousand_s = _cost(net)
    return {
        "name": variant.name,
        "weights": sum(each.numel() for each in net.parameters()),
        "mb": round(megabytes, 2),
        "thousand_vectors_s": round(thousand_s, 2),
        "trained_cpu_s": round(trained_s),
        "works": len(learned),
        "held_out": len(out),
        "windows": len(windows),
        "ranks": {
            f"{length_s:.0f} s": [
                [rank for each, rank in zip(asked, ranks, strict=True) if (each.index, each.length_s) == key]
                for key in ((index, length_s) for index in range(len(out)))
            ]
            for length_s in LENGTHS_S
        },
    }


def _cost(net: MomentNet) -> tuple[float, float]:
    """Megabytes of the graph, and processor seconds of a
    thousand ten-second windows on one thread, best of three.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "variant.onnx"
        export(net, path)
        graph = session(path)
        notes = np.random.default_rng(0).random((AT_ONCE, net.planes, 12, int(WINDOW_S * net.frames_per_s)))
        given = {"notes": notes.astype(np.float32)}
        graph.run(None, given)
        took_s = []
        for _ in range(3):
            began = time.process_time()
            for _ in range(1000 // AT_ONCE):
                graph.run(None, given)
            took_s.append(time.process_time() - began)
        return path.stat().st_size / 1e6, min(took_s)


def share(row: dict[str, Any], length: str, depth: int, less: dict[str, Any] | None = None) -> Estimate:
    """Share of passages whose right window is among `depth`;
    with `less`, by how much it exceeds another row's.
    """
    values = np.array(row["ranks"][length]) < depth
    numbers = values.astype(float) - (np.array(less["ranks"][length]) < depth if less else 0)
    works = np.repeat(np.arange(len(numbers)), numbers.shape[1])
    return bootstrap(numbers.ravel().tolist(), [str(each) for each in works])


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Rows in Markdown, compared with the row of what ships where it is among them."""
    shipped = next((row for row in rows if row["name"] == SHIPPED.name), None)
    yield (
        "| variant | weights | MB | 1,000 vectors, s | 10 s: first | against shipped | in ten / fifty "
        "| 5 s: first | against shipped | in ten / fifty |"
    )
    yield "|---" * 10 + "|"
    for row in rows:
        cells = [row["name"], f"{row['weights']:,}", f"{row['mb']:.1f}", f"{row['thousand_vectors_s']:.2f}"]
        for length in row["ranks"]:
            cells.append(str(share(row, length, 1)))
            apart = share(row, length, 1, shipped)
            compared = shipped is not None and row is not shipped
            value, low, high = (
                f"{round(each, 2) + 0.0:+.2f}" for each in (apart.value, apart.low, apart.high)
            )
            cells.append(f"{value} [{low}, {high}]" if compared else "–")
            cells.append(" / ".join(f"{share(row, length, depth).value:.2f}" for depth in DEPTHS[1:]))
        yield f"| {' | '.join(cells)} |"


def _kept(file: Path, how: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows that were made in the same way."""
    if not file.exists():
        return []
    before = json.loads(file.read_text("utf-8"))
    return before["rows"] if before["how"] == how else []


def _keep(file: Path, how: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """A row a line."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = f'"how": {json.dumps(how)},\n"machine": {json.dumps(described())}'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'{{{head},\n"rows": [\n{lines}\n]}}\n', "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.ablation", description=__doc__.split("\n", 1)[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--held", type=int, default=80, help="works held out, at least")
    parser.add_argument("--only", nargs="+", choices=[each.name for each in VARIANTS], help="default: all")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    file = chosen.results / "ablation.json"
    how = {"steps": chosen.steps, "held": chosen.held, "pairs": len(list(chosen.pairs.glob("*.npz")))}
    rows = {row["name"]: row for row in _kept(file, how)}
    for variant in VARIANTS:
        if variant.name in rows or (chosen.only and variant.name not in chosen.only):
            continue
        rows[variant.name] = row_of(variant, chosen.pairs, chosen.steps, chosen.held)
        rows = {each.name: rows[each.name] for each in VARIANTS if each.name in rows}
        _keep(file, how, list(rows.values()))
        print(f"{variant.name}: {rows[variant.name]['trained_cpu_s']} s of training", flush=True)
    print("\n".join(table(list(rows.values()))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
