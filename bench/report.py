"""The results of the contest as a page of tables (Markdown), JSON and a picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import described

REACH: Mapping[str, tuple[float, float]] = {
    "cover_sound": (0.97, 1.0),
    "cover_instruments": (0.93, 0.99),
    "cover_all": (0.90, 0.97),
    "clean": (0.99, 1.0),
    "clean5": (0.95, 1.0),
    "clean3": (0.85, 0.97),
    "noise5": (0.98, 1.0),
    "noise0": (0.95, 1.0),
    "room": (0.93, 0.99),
    "phone": (0.93, 0.99),
    "pitch": (0.97, 1.0),
    "speed": (0.97, 1.0),
    "stretch": (0.97, 1.0),
}
"""What is meant to be reached: moment recall at 1, piece recall at 10."""


def write(found: dict[str, Any], name: str, results: Path, pictures: Path) -> str:
    """Write name.json, name.md and name.png; returns the page."""
    results.mkdir(parents=True, exist_ok=True)
    pictures.mkdir(parents=True, exist_ok=True)
    found = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "machine": described()} | found
    (results / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    page = as_page(found)
    (results / f"{name}.md").write_text(page, "utf-8")
    if found["kinds"]:
        draw(found, pictures / f"{name}.png")
    return page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_page(found: dict[str, Any]) -> str:
    """All tables."""
    library = found["library"]
    kinds: dict[str, Any] = found["kinds"]
    ways = list(next(iter(kinds.values()))["ways"]) if kinds else []
    parts = [
        f"{library['pieces']} pieces, {library['hours']:.1f} h, {library['windows']:,} windows, "
        f"{found['queries']} queries; {found['when'][:10]}, {found['machine']['cpu']}.\n",
        "Moment recall at 1, every way (the best simple way or factor in bold where the fusion is below it):\n",
        table(["query", "n", *ways], [_side_by_side(kind, each) for kind, each in kinds.items()]),
        "The fusion, with 95 % intervals, and what is meant to be reached:\n",
        table(
            [
                "query",
                "moment@1",
                "reach",
                "moment@10",
                "piece@1",
                "piece@10",
                "reach",
                "MRR",
                "start error, s",
                "calibration error",
                "nothing there",
            ],
            [
                [*_fusion(kind, each["ways"]["fusion"]), *_trust_of(kind, found["trust"])]
                for kind, each in kinds.items()
            ],
        ),
        _trust(found["trust"]),
        "Moments of the library itself:\n",
        table(
            ["way", "hub skew", "never found", "same composer in 10", "same instruments in 10"],
            [
                [
                    way,
                    f"{hub['skew']:.2f}",
                    f"{hub['never_found']:.2f}",
                    _estimate(found["composer"].get(way)),
                    _estimate(found["instruments"].get(way)),
                ]
                for way, hub in found["hubs"].items()
            ],
        ),
        table(
            ["diversity", "distinct authors in 10", "score against closest"],
            [
                [way, _estimate(each["authors"]), f"{each['score']:.3f}"]
                for way, each in found["diversity"].items()
            ],
        ),
    ]
    return "\n".join(parts)


def _side_by_side(kind: str, each: dict[str, Any]) -> list[str]:
    values = {way: figures["moment@1"]["value"] for way, figures in each["ways"].items()}
    best = max(values, key=lambda way: values[way])
    beaten = values[best] > values["fusion"]
    cells = [
        f"**{value:.2f}**" if beaten and way == best else f"{value:.2f}" for way, value in values.items()
    ]
    return [kind, str(each["queries"]), *cells]


def _fusion(kind: str, figures: dict[str, Any]) -> list[str]:
    reach = REACH.get(kind)
    error_s = figures["start_error_s"]
    return [
        kind,
        _estimate(figures["moment@1"]),
        f"{reach[0]:.2f}" if reach else "",
        _estimate(figures["moment@10"]),
        f"{figures['piece@1']['value']:.2f}",
        _estimate(figures["piece@10"]),
        f"{reach[1]:.2f}" if reach else "",
        f"{figures['mrr']['value']:.2f}",
        "" if error_s is None else f"{error_s:.2f}",
    ]


def _trust(trust: dict[str, Any]) -> str:
    auroc = trust["nothing_there_auroc"]
    return (
        f"Confidence over {trust['hits']} first hits, with and without the piece in the library: calibration error "
        f"{trust['calibration_error']:.3f} (reach 0.05), Brier {trust['brier']:.3f}; area under the curve of “nothing "
        f"there” {auroc['confidence']:.3f} by confidence, {auroc['score']:.3f} by score (reach 0.95).\n"
    )


def _trust_of(kind: str, trust: dict[str, Any]) -> list[str]:
    parts = ("calibration_error_by_kind", "nothing_there_auroc_by_kind")
    return [f"{trust[part][kind]:.3f}" for part in parts]


def _estimate(value: dict[str, float] | None) -> str:
    return f"{value['value']:.2f} [{value['low']:.2f}, {value['high']:.2f}]" if value else ""


def draw(found: dict[str, Any], path: Path) -> None:
    """Moment recall at 1 for every kind of query and way,
    with intervals; and the confidence against what came true.
    """
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    import numpy as np

    kinds: dict[str, Any] = found["kinds"]
    ways = list(next(iter(kinds.values()))["ways"])
    colours = dict(zip(ways, mpl.color_sequences["tab20"], strict=False))
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(13, 1.2 + 0.42 * len(kinds)), width_ratios=(3, 1), layout="constrained"
    )
    at = np.arange(len(kinds))[::-1]
    for place, way in enumerate(ways):
        value, low, high = (
            np.array([each["ways"][way]["moment@1"][what] for each in kinds.values()])
            for what in ("value", "low", "high")
        )
        if way == "fusion":
            bars = np.clip([value - low, high - value], 0, None)
            left.errorbar(value, at, xerr=bars, fmt="D", color="black", label=way, zorder=5)
        else:
            left.plot(
                value, at + 0.3 - 0.6 * place / len(ways), "o", color=colours[way], alpha=0.8, label=way
            )
    reach = [REACH.get(kind, (np.nan, 0))[0] for kind in kinds]
    left.plot(reach, at, "|", color="tab:red", markersize=16, markeredgewidth=2, label="to reach")
    left.set(yticks=at, yticklabels=list(kinds), xlim=(-0.03, 1.03), xlabel="right moment first")
    left.grid(axis="x", alpha=0.3)
    left.legend(
        loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=len(ways) + 1, frameon=False, fontsize=8
    )
    bins = np.array(found["trust"]["bins"] or np.zeros((0, 3)))
    right.plot([0, 1], [0, 1], color="grey", linewidth=1)
    right.scatter(bins[:, 0], bins[:, 1], s=20 + 3 * np.sqrt(bins[:, 2]) ** 2, color="black")
    right.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that was right")
    figure.savefig(path, dpi=110)
    plt.close(figure)
