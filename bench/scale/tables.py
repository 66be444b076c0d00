"""What was measured of libraries of several sizes, as JSON, as a table with slopes, and as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import table

REACH: Mapping[str, tuple[float, float]] = {
    "by_moment.p50_ms": (60, 150),
    "by_moment.p99_ms": (200, 500),
    "by_hum.p50_ms": (1000, 3000),
    "by_words.first_s": (2, 10),
    "by_words.p50_ms": (50, 200),
    "resident.after_hum_mb": (2500, 10_000),
    "first_answer.s": (6, 20),
    "add_unchanged.s": (10, 90),
    "status.inside_s": (0.3, 1),
    "one_more.added_s": (2, 5),
}
"""What is meant to be reached at 1,000,000 and at 12,000,000 windows."""
SIZES = (1_000_000, 12_000_000)


def keep(file: Path, label: str, windows: int, measured: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Note what was measured under a label ("before", "after") and a size, beside what is noted already."""
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    here = found.setdefault(label, {}).setdefault(str(windows), {})
    here.update({name: dict(numbers) for name, numbers in measured.items()})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    return found


def as_page(found: Mapping[str, Any]) -> str:
    """A table a label: a column for each size, and the slope between the smallest and the largest."""
    parts = []
    for label, by_size in found.items():
        sizes = sorted(map(int, by_size))
        flat = {size: _flat(by_size[str(size)]) for size in sizes}
        names = sorted({name for each in flat.values() for name in each})
        rows = [
            [
                name,
                *(_number(flat[size].get(name)) for size in sizes),
                _slope([(size, flat[size][name]) for size in sizes if name in flat[size]]),
                " / ".join(f"{each:g}" for each in REACH.get(name, ())),
            ]
            for name in names
        ]
        head = [label, *(f"{size:,}" for size in sizes), "a million windows more", "1 M / 12 M to reach"]
        parts.append(table(head, rows))
    return "\n".join(parts)


def draw(found: Mapping[str, Any], file: Path) -> None:
    """The search by moment, by clip and the memory over the number of windows, each label a line."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    names = ("by_moment.p50_ms", "by_moment.p99_ms", "by_clip.p50_ms", "resident.after_hum_mb")
    figure, axes = pyplot.subplots(1, len(names), figsize=(4 * len(names), 3.5))
    for axis, name in zip(axes, names, strict=True):
        for label, by_size in found.items():
            flat = {int(size): _flat(each) for size, each in by_size.items()}
            points = sorted((size, each[name]) for size, each in flat.items() if name in each)
            if points:
                axis.plot(*zip(*points, strict=True), "o-", label=label)
        if name in REACH:
            axis.plot(SIZES, REACH[name], "k:", label="to reach")
        axis.set(xscale="log", yscale="log", title=name, xlabel="windows")
        axis.legend(fontsize=8)
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _flat(measured: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{name}.{key}": value for name, numbers in measured.items() for key, value in numbers.items()}


def _slope(points: list[tuple[int, float]]) -> str:
    """How much more for each million windows, by least squares."""
    if len(points) < 2:
        return ""
    sizes, values = np.array(points).T
    return _number(float(np.polyfit(sizes / 1e6, values, 1)[0]))


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
