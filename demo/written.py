"""From the page to the ear: written notes in quarters become notes in seconds, in the order played.

Knows nothing of music21. Times of the page are in quarter notes from its start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from demo.scores import Bar, Note

GRACE_S = 0.09
STACCATO = 0.55
SOUNDING = 0.96
"""Share of its written length that a note sounds, so that repeated notes are heard apart."""


@dataclass(frozen=True)
class Written:
    """A note on the page; times in quarter notes from the start of the page."""

    start_q: float
    length_q: float
    midi: int
    velocity: int
    tie: str
    graces: int
    """0 for a common note, else how many grace notes before the main note this one stands."""
    short: bool


class Page:
    """The grid that all parts share: where bars begin, and the tempi. Tells when a place is heard."""

    def __init__(self, bars_q: list[float], end_q: float, tempi: list[tuple[float, float]]) -> None:
        self.bars_q = bars_q
        self.end_q = end_q
        self._from_q = [start for start, _ in tempi]
        self._quarter_s = [60.0 / bpm for _, bpm in tempi]
        self._from_s = [0.0]
        for i in range(1, len(tempi)):
            step_s = (self._from_q[i] - self._from_q[i - 1]) * self._quarter_s[i - 1]
            self._from_s.append(self._from_s[-1] + step_s)

    @property
    def quarter_bpm(self) -> float:
        """The first tempo."""
        return 60.0 / self._quarter_s[0]

    def seconds(self, at_q: float) -> float:
        """When a place on the page is heard, played straight through."""
        i = max(0, bisect_right(self._from_q, at_q) - 1)
        return self._from_s[i] + (at_q - self._from_q[i]) * self._quarter_s[i]

    def bar(self, at_q: float) -> int:
        """Index of the bar that a place lies in."""
        return max(0, bisect_right(self.bars_q, at_q + 1e-6) - 1)


def played_bars(page: Page, order: list[int]) -> tuple[Bar, ...]:
    """The bars in the order played; a bar's number is its place on the page, from 1."""
    edges = [page.seconds(q) for q in [*page.bars_q, page.end_q]]
    now = 0.0
    bars = []
    for i in order:
        length = edges[i + 1] - edges[i]
        bars.append(Bar(round(now, 4), round(now + length, 4), i + 1))
        now += length
    return tuple(bars)


def played_notes(written: Sequence[Written], page: Page, order: list[int]) -> tuple[Note, ...]:
    """The notes of a part in the order played, in seconds, ties joined."""
    by_bar: dict[int, list[Written]] = {}
    for note in written:
        by_bar.setdefault(page.bar(note.start_q), []).append(note)
    sounding: list[list[float]] = []
    open_ties: dict[int, int] = {}
    for bar, i in zip(played_bars(page, order), order, strict=True):
        zero = page.seconds(page.bars_q[i])
        for note in by_bar.get(i, ()):
            start = bar.start_s + page.seconds(note.start_q) - zero
            if note.graces:
                at = max(0.0, start - GRACE_S * note.graces)
                sounding.append([at, at + GRACE_S, note.midi, note.velocity])
                continue
            length = page.seconds(note.start_q + note.length_q) - page.seconds(note.start_q)
            held = open_ties.pop(note.midi, None) if note.tie in ("stop", "continue") else None
            if held is not None and abs(sounding[held][1] - start) < 0.05:
                sounding[held][1] = start + length
            else:
                held = len(sounding)
                sounding.append(
                    [start, start + length * (STACCATO if note.short else 1.0), note.midi, note.velocity]
                )
            if note.tie in ("start", "continue"):
                open_ties[note.midi] = held
    return _apart(sounding)


def _apart(sounding: list[list[float]]) -> tuple[Note, ...]:
    """Each key once at a time: a note struck again ends the one before; unisons become one note."""
    notes: list[list[float]] = []
    last: dict[float, list[float]] = {}
    for note in sorted(sounding):
        before = last.get(note[2])
        if before is not None and note[0] < before[1] - 1e-6:
            if note[0] - before[0] < 0.03:
                before[1] = max(before[1], note[1])
                continue
            note[1] = max(note[1], before[1])
            before[1] = note[0]
        notes.append(note)
        last[note[2]] = note
    return tuple(
        Note(round(s, 4), round(s + max(0.03, (e - s) * SOUNDING), 4), int(midi), int(velocity))
        for s, e, midi, velocity in notes
    )
