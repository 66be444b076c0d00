"""The order in which bars are played: repeat signs, endings, da capo, dal segno, fine, coda.

Knows nothing of music21. Repeats after a da capo are not taken, as players do. Nested repeats are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MAX_BARS = 6000
"""A written-out piece longer than this is a misread one."""


@dataclass(frozen=True)
class Jump:
    """A da capo or dal segno, obeyed once, after its bar was played."""

    bar: int
    back_to: Literal["start", "segno"] = "start"
    until: Literal["end", "fine", "coda"] = "end"


@dataclass(frozen=True)
class RepeatSigns:
    """What a score says about the order of its bars; bars are counted from 0."""

    starts: frozenset[int] = frozenset()
    ends: Mapping[int, int] = field(default_factory=dict)
    """Bar with a closing repeat sign -> how often the section is played (2 where nothing is said)."""
    endings: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Bar under a bracket -> the passes in which it is played: {1}, {2}, {1, 2} ..."""
    jump: Jump | None = None
    segno: int | None = None
    fine: int | None = None
    codas: tuple[int, ...] = ()
    """Bars with a coda sign: where to leave from, and where to go on."""


def play_order(n_bars: int, signs: RepeatSigns) -> list[int]:
    """Indices of the bars as they are played.

    Raises
    ------
    ValueError
        If the signs never let the piece end.
    """
    order: list[int] = []
    bar = section = 0
    turn = 1
    returning = False
    while bar < n_bars:
        if len(order) > MAX_BARS:
            raise ValueError("the repeat signs lead in a circle")
        ending = signs.endings.get(bar)
        if bar in signs.starts and bar != section:
            section, turn = bar, 1
        if ending is None and bar > 0 and bar - 1 in signs.endings and bar != section:
            section, turn = bar, 1
        if ending is not None and not _plays(signs, bar, turn, returning):
            bar += 1
            continue
        order.append(bar)
        if returning and signs.jump:
            if signs.jump.until == "fine" and bar == signs.fine:
                break
            if signs.jump.until == "coda" and len(signs.codas) > 1 and bar == signs.codas[0]:
                bar = signs.codas[-1]
                continue
            bar += 1
            continue
        if bar in signs.ends:
            if turn < max(signs.ends[bar], _last_pass(signs, bar)):
                turn += 1
                bar = section
                continue
            section, turn = bar + 1, 1 if bar + 1 not in signs.endings else turn
        if signs.jump and bar == signs.jump.bar:
            returning = True
            bar = (signs.segno or 0) if signs.jump.back_to == "segno" else 0
            continue
        bar += 1
    return order


def _plays(signs: RepeatSigns, bar: int, turn: int, returning: bool) -> bool:
    wanted = _last_pass(signs, bar) if returning else turn
    return wanted in signs.endings[bar]


def _last_pass(signs: RepeatSigns, bar: int) -> int:
    """The highest pass of the group of endings that `bar` belongs to; 0 outside endings."""
    if bar not in signs.endings:
        return 0
    first = last = bar
    while first - 1 in signs.endings:
        first -= 1
    while last + 1 in signs.endings:
        last += 1
    return max(max(signs.endings[i]) for i in range(first, last + 1))
