"""What a large library takes, over the number of its windows, as one picture: measured points, and what is meant.

    python -m bench.scale.picture [--label now]

draws docs/pictures/scale.svg from bench/results/scale.json, which `python -m bench.scale` writes.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.scale.tables import REACH, SIZES, flat

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "pictures" / "scale.svg"
_COLUMNS, _WIDTH, _HEIGHT = 3, 320, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 34, 30
_LEGEND = 34
_SMALLEST, _LARGEST = 30_000, 20_000_000
_CLOCK, _PROCESSOR, _MEANT = "#1f6fb2", "#c2691b", "#2b8a3e"
_WINDOWS = ((47_392, "47 k"), (200_000, "200 k"), (1_000_000, "1 M"), (12_000_000, "12 M"))


class Panel(NamedTuple):
    """One measure: by the clock, of the processor, and by how much its number is divided for its unit."""

    title: str
    clock: str
    processor: str
    divided: float = 1.0
    unit: str = "s"


PANELS = (
    Panel("search by moment, middle", "by_moment.p50_ms", "by_moment.cpu_ms", 1000),
    Panel("search by hum, middle", "by_hum.p50_ms", "by_hum.cpu_ms", 1000),
    Panel("the first search by words", "by_words.first_s", "by_words.first_cpu_s"),
    Panel("other words, middle", "by_words.p50_ms", "by_words.cpu_ms", 1000),
    Panel("from start to the first answer", "first_answer.s", "first_answer.cpu_s"),
    Panel("memory, all processes", "resident.after_hum_mb", "", 1000, "GB"),
    Panel("adding nothing new", "add_unchanged.s", "add_unchanged.cpu_s"),
    Panel("status, in a running process", "status.inside_s", "status.inside_cpu_s"),
    Panel("one more track of 30 s added", "one_more.added_s", "one_more.added_cpu_s"),
)


def as_svg(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The picture of what one label has, by size as `bench.scale.tables.keep` notes it."""
    rows = -(-len(PANELS) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT + _LEGEND
    found = {int(size): flat(numbers) for size, numbers in measured.items()}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="11" fill="#333">',
        "<title>Seconds and memory over the number of windows</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
    ]
    for number, panel in enumerate(PANELS):
        x, y = _WIDTH * (number % _COLUMNS), _HEIGHT * (number // _COLUMNS)
        lines.append(f'<g transform="translate({x} {y})">{_drawn(panel, found)}</g>')
    lines.append(_legend(height - _LEGEND / 2))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _drawn(panel: Panel, found: Mapping[int, Mapping[str, float]]) -> str:
    """One panel: both axes logarithmic."""
    clock, processor = (_points(name, panel.divided, found) for name in (panel.clock, panel.processor))
    meant = [(size, each / panel.divided) for size, each in zip(SIZES, REACH[panel.clock], strict=True)]
    values = [value for _, value in (*clock, *processor, *meant) if value > 0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def x(size: float) -> float:
        return _LEFT + (right - _LEFT) * math.log(size / _SMALLEST) / math.log(_LARGEST / _SMALLEST)

    def y(value: float) -> float:
        return bottom - (bottom - _TOP) * (math.log10(value) - low) / max(1, high - low)

    parts = [f'<text x="{_LEFT}" y="22" font-size="13" font-weight="bold">{panel.title}, {panel.unit}</text>']
    for decade in range(low, max(high, low + 1) + 1):
        at = y(10.0**decade)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>')
    for size, name in _WINDOWS:
        parts.append(f'<path d="M{x(size):.1f} {_TOP}V{bottom}" stroke="#eee"/>')
        parts.append(f'<text x="{x(size):.1f}" y="{bottom + 16}" text-anchor="middle">{name}</text>')
    for points, colour, dashes in ((processor, _PROCESSOR, "4 3"), (clock, _CLOCK, "none")):
        path = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6" '
            f'stroke-dasharray="{dashes}"/>'
        )
        parts += [
            f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}">'
            f"<title>{size:,} windows: {value:.3g} {panel.unit}</title></circle>"
            for size, value in points
        ]
    for size, value in meant:
        parts.append(_diamond(x(size), y(value), f"meant at {size:,} windows: {value:g} {panel.unit}"))
    return "".join(parts)


def _points(name: str, divided: float, found: Mapping[int, Mapping[str, float]]) -> list[tuple[int, float]]:
    return [(size, found[size][name] / divided) for size in sorted(found) if found[size].get(name, 0) > 0]


def _diamond(x: float, y: float, title: str = "") -> str:
    told = f"<title>{title}</title>" if title else ""
    return (
        f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="#fff" stroke="{_MEANT}" '
        f'stroke-width="1.6">{told}</path>'
    )


def _legend(y: float) -> str:
    return (
        f'<circle cx="70" cy="{y}" r="3" fill="{_CLOCK}"/><text x="80" y="{y + 4}">by the clock</text>'
        f'<circle cx="200" cy="{y}" r="3" fill="{_PROCESSOR}"/>'
        f'<text x="210" y="{y + 4}">of the processor, all processes</text>'
        f'{_diamond(420, y)}<text x="432" y="{y + 4}">meant, by the clock</text>'
        f'<text x="580" y="{y + 4}">windows from left to right, both axes logarithmic</text>'
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale.picture")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results" / "scale.json")
    parser.add_argument("--label", default="now")
    parser.add_argument("--into", type=Path, default=PICTURE)
    chosen = parser.parse_args(arguments)
    chosen.into.write_text(as_svg(json.loads(chosen.results.read_text("utf-8"))[chosen.label]), "utf-8")


if __name__ == "__main__":
    main()
