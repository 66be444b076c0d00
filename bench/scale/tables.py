"""What was measured of libraries of several sizes, as JSON, and as a table with slopes."""

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
        at = {size: flat(by_size[str(size)]) for size in sizes}
        names = sorted({name for each in at.values() for name in each})
        rows = [
            [
                name,
                *(_number(at[size].get(name)) for size in sizes),
                _slope([(size, at[size][name]) for size in sizes if name in at[size]]),
                " / ".join(f"{each:g}" for each in REACH.get(name, ())),
            ]
            for name in names
        ]
        head = [label, *(f"{size:,}" for size in sizes), "a million windows more", "1 M / 12 M to reach"]
        parts.append(table(head, rows))
    return "\n".join(parts)


def flat(measured: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Numbers by measure and name: "by_hum.p50_ms"."""
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
