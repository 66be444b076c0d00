"""Performances by people at the piano, from MIDI files, as scores that `demo.render` plays.

The files of `CPJKU/asap-dataset` (CC BY-NC-SA 4.0; COMPOSER/WORK.../PIANIST.mid) are the source. The sustain pedal is
played: a note lasts until the pedal is released or the same key is struck again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from demo.scores import Bar, Note, Part, Score

RESERVED = ("Bach", "Haydn", "Schubert")
"""Composers whose performances are kept for the last test."""
_PEDAL, _DOWN = 64, 64


def works(source: Path) -> dict[str, list[Path]]:
    """The performances of each work ("Chopin/Ballades/1"), sorted; none of reserved composers, no written scores."""
    found: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(source.rglob("*.mid")):
        work = file.parent.relative_to(source).as_posix()
        if file.stem != "midi_score" and work.split("/")[0] not in RESERVED:
            found[work].append(file)
    return dict(found)


def read_performance(file: Path) -> Score:
    """The notes of a performance, in seconds, with what the pedal holds; its "bars" are the annotated beats."""
    notes: list[Note] = []
    held: dict[int, tuple[float, int]] = {}
    released: set[int] = set()
    down = False

    def end(key: int, at_s: float) -> None:
        begin_s, velocity = held.pop(key)
        released.discard(key)
        notes.append(Note(begin_s, max(at_s, begin_s + 0.02), key, velocity))

    at_s = 0.0
    for at_s, kind, first, second in _events(file):
        if kind == "on":
            if first in held:
                end(first, at_s)
            held[first] = (at_s, second)
        elif kind == "off" and first in held:
            if down:
                released.add(first)
            else:
                end(first, at_s)
        elif kind == "pedal":
            down = second >= _DOWN
            if not down:
                for key in sorted(released):
                    end(key, at_s)
    for key in sorted(held):
        end(key, at_s)
    begin_s = min((note.start_s for note in notes), default=0.0)
    played = sorted(
        note._replace(start_s=note.start_s - begin_s, end_s=note.end_s - begin_s) for note in notes
    )
    part = Part("piano", 0, tuple(played))
    beats = tuple(
        Bar(low - begin_s, high - begin_s, number)
        for number, (low, high) in enumerate(pairwise(_beats_s(file)), start=1)
    )
    return Score(str(file), file.stem, file.parts[-3], None, "", (part,), beats, 120.0, 0, "")


def _beats_s(file: Path) -> list[float]:
    """The beats that were annotated, in seconds; none where there is no annotation."""
    table = file.with_name(f"{file.stem}_annotations.txt")
    if not table.is_file():
        return []
    return [float(line.split("\t")[0]) for line in table.read_text("utf-8").splitlines() if line.strip()]


def _events(file: Path) -> Iterator[tuple[float, str, int, int]]:
    """(seconds, "on" | "off" | "pedal", key or controller, velocity or value) in order."""
    from music21.midi import MidiFile

    midi = MidiFile()
    midi.open(str(file))
    try:
        midi.read()
    finally:
        midi.close()
    timed: list[tuple[int, int, Any]] = []
    for track in midi.tracks:
        tick = 0
        for event in track.events:
            if event.type == "DeltaTime":
                tick += event.time
            else:
                timed.append((tick, len(timed), event))
    tick_s, before, now_s = 0.5 / midi.ticksPerQuarterNote, 0, 0.0
    for tick, _, event in sorted(timed, key=lambda each: each[:2]):
        now_s, before = now_s + (tick - before) * tick_s, tick
        kind = getattr(event.type, "name", "")
        if kind == "SET_TEMPO":
            tick_s = int.from_bytes(event.data, "big") / 1e6 / midi.ticksPerQuarterNote
        elif kind == "NOTE_ON" and event.velocity:
            yield now_s, "on", event.pitch, event.velocity
        elif kind in ("NOTE_ON", "NOTE_OFF"):
            yield now_s, "off", event.pitch, 0
        elif kind == "CONTROLLER_CHANGE" and event.parameter1 == _PEDAL:
            yield now_s, "pedal", _PEDAL, event.parameter2
