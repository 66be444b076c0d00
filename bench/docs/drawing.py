"""The rooms of the code and who imports whom, as a drawing (SVG) and as a table, made from the imports themselves.

A room is a package right below `index` or `app`, or a module there; `tools` is one room. The drawing leaves out
what follows from other arrows (transitive reduction); the table shows every import.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from bench.docs.reference import room_docstring

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "tools", "index")

Rooms = Mapping[str, frozenset[str]]
"""What each room imports."""

_WIDTH, _ROW, _BOX, _MARGIN = 960, 78, 32, 24
_COLOURS = {"app": "#dbe9f6", "tools": "#fbe6c9", "index": "#e3efdc"}


@cache
def rooms() -> Rooms:
    """Every room and the other rooms that its modules import."""
    import grimp

    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        own = room_of(module)
        imported = {room_of(each) for each in graph.find_modules_directly_imported_by(module)}
        found.setdefault(own, set()).update(imported - {own})
    return {room: frozenset(below) for room, below in sorted(found.items()) if below or _used(room, found)}


def _used(room: str, found: Mapping[str, set[str]]) -> bool:
    return any(room in below for below in found.values())


def room_of(module: str) -> str:
    """The room of a module: "index.search" for "index.search.fusion"."""
    return module.split(".", maxsplit=1)[0] if module.startswith("tools") else ".".join(module.split(".")[:2])


def contract_order() -> list[str]:
    """The rooms of `index` from the top down, as the contract in pyproject.toml lists them."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each.get("containers") == ["index"])
    return [f"index.{name}" for name in layers]


def reduced(graph: Rooms) -> Rooms:
    """The arrows without those that follow from others.

    Raises
    ------
    ValueError
        If the rooms import each other in a circle.
    """
    below = {room: _reachable(graph, room) for room in graph}
    return {
        room: frozenset(
            each for each in direct if not any(each in below[other] for other in direct if other != each)
        )
        for room, direct in graph.items()
    }


def _reachable(graph: Rooms, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        room = waiting.pop()
        if room == start:
            raise ValueError(f"{start} is part of a circle of imports")
        if room not in seen:
            seen.add(room)
            waiting += graph[room]
    return seen


def floors(graph: Rooms) -> list[list[str]]:
    """The rooms in rows from the top down, each above all that it imports and as high as its users allow.

    The order within a row is the mean of its neighbours' (Sugiyama et al., "Methods for visual understanding of
    hierarchical system structures", IEEE Trans. SMC 1981), from above and from below, eight times.
    """
    height: dict[str, int] = {}

    def of(room: str) -> int:
        if room not in height:
            height[room] = 1 + max((of(each) for each in graph[room]), default=-1)
        return height[room]

    rows: list[list[str]] = [[] for _ in range(1 + max(of(room) for room in graph))]
    users = {room: [other for other in graph if room in graph[other]] for room in graph}
    for room in sorted(graph, key=lambda each: (-height[each], each)):
        height[room] = min((height[user] for user in users[room]), default=height[room] + 1) - 1
        rows[-1 - height[room]].append(room)
    for _ in range(8):
        for row, neighbours in [*((row, users) for row in rows), *((row, graph) for row in reversed(rows))]:
            place = {room: x for line in rows for room, x in zip(line, _centres(line), strict=True)}
            row.sort(key=lambda room: (_mean([place[each] for each in neighbours[room]], place[room]), room))
    return rows


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _centres(row: Sequence[str]) -> list[float]:
    """Where the boxes of a row stand, in pixels."""
    return [_WIDTH * (2 * i + 1) / (2 * len(row)) for i in range(len(row))]


def rooms_svg() -> str:
    """docs/pictures/rooms.svg: rooms as boxes, imports as arrows, all of them downward."""
    arrows = reduced(rooms())
    rows = floors(arrows)
    middle = {
        room: (x, _MARGIN + _BOX / 2 + i * _ROW)
        for i, row in enumerate(rows)
        for room, x in zip(row, _centres(row), strict=True)
    }
    height = 2 * _MARGIN + _BOX + (len(rows) - 1) * _ROW
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">',
        "<title>The rooms of Reprise and their imports</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#666"/></marker></defs>',
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#fff"/>',
    ]
    for room, direct in arrows.items():
        for other in sorted(direct):
            lines.append(_arrow(middle[room], middle[other]))
    for room, (x, y) in middle.items():
        lines.append(_box(room, x, y))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x, y), (to_x, to_y) = start, end
    y, to_y = y + _BOX / 2, to_y - _BOX / 2
    bend = min(60.0, (to_y - y) / 2)
    path = f"M{x:.0f} {y:.0f} C{x:.0f} {y + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"
    return f'<path d="{path}" fill="none" stroke="#888" stroke-width="1.2" marker-end="url(#tip)"/>'


def _box(room: str, x: float, y: float) -> str:
    package, _, name = room.partition(".")
    label = f"{package}/{name}" if name else package
    width = 8 * len(label) + 20
    return (
        f'<g><title>{escape(description(room))}</title><rect x="{x - width / 2:.0f}" y="{y - _BOX / 2:.0f}" '
        f'width="{width}" height="{_BOX}" rx="5" fill="{_COLOURS[package]}" stroke="#777"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}" font-size="14" text-anchor="middle" fill="#222">{label}</text></g>'
    )


def description(room: str) -> str:
    """What a room says about itself, in a line."""
    return room_docstring(ROOT.joinpath(*room.split(".")))


def rooms_page() -> str:
    """docs/reference/rooms.md: every room from the top down, what it holds and what it imports."""
    graph = rooms()
    order = {room: i for i, room in enumerate(each for row in floors(reduced(graph)) for each in row)}
    lines = [
        "# Rooms",
        "",
        "<!-- Made from the imports by `python -m bench.docs`; do not edit. -->",
        "",
        "From the top down; a room imports only rooms that stand below it. import-linter checks the order of "
        "`index/` against the contract in pyproject.toml. See the [drawing](../architecture.md).",
    ]
    for package in PACKAGES:
        lines += ["", f"## {package}/", "", "| room | holds | imports |", "|---|---|---|"]
        for room in sorted((each for each in graph if each.split(".")[0] == package), key=order.__getitem__):
            below = ", ".join(sorted(graph[room], key=order.__getitem__)).replace(f"{package}.", "")
            lines.append(f"| `{room}` | {description(room)} | {below} |")
    return "\n".join(lines) + "\n"


def arrows_upward() -> list[tuple[str, str]]:
    """Imports of `index` that go against the order in pyproject.toml; there should be none."""
    order = {room: i for i, room in enumerate(contract_order())}
    found = [(room, other) for room, below in rooms().items() for other in sorted(below)]
    return [(a, b) for a, b in found if a in order and b in order and order[a] >= order[b]]
