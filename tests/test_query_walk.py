"""A query on its way through the rooms of index/: no room is entered again on one way, nothing is prepared anew."""

from __future__ import annotations

import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from index.core.frames import Frames
from index.core.moments import Grid, Moment, Passage, Span
from index.core.query import Query
from index.core.selection import apart
from index.factors import build
from index.placement.prepared import PreparedQuery
from index.search import candidates
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher

INDEX = Path(candidates.__file__).parents[1]
PROJECT = tomllib.loads((INDEX.parent / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Call:
    """A function of index/ that was handed the query or its sound."""

    rooms: tuple[str, ...]
    """The rooms of those who called each other down to it, neighbours of one room told once."""
    function: str
    handed: tuple[Any, ...]
    """Its arguments: what carries the query by what it is, anything else by its text."""
    of_sound: bool
    """Whether it was handed the sound of the query, to make something of it."""


@cache
def room_of(file_name: str) -> str:
    """The room of index/ that a file of code is in; empty for others' code. Asked at every call that is made."""
    path = Path(file_name)
    return path.relative_to(INDEX).parts[0] if path.is_relative_to(INDEX) else ""


@contextmanager
def watched(query: Query) -> Iterator[list[Call]]:
    """The calls that carry the query, of all threads that begin meanwhile."""
    sound, calls = query.passage.frames, list[Call]()
    of_frames: dict[int, tuple[Frames, str]] = {}
    """What is in the frames of other sounds, by where they are: hundreds of passages are of a few."""

    def as_text(value: Any) -> str:
        if isinstance(value, (list, tuple)):
            return f"{type(value).__name__}({', '.join(as_text(part) for part in value)})"
        if isinstance(value, (Passage, Span)):
            rest = [getattr(value, each.name) for each in fields(value) if each.name != "frames"]
            return f"{type(value).__name__}({as_text(value.frames)}, {as_text(rest)})"
        if isinstance(value, Frames):
            if id(value) not in of_frames:
                of_frames[id(value)] = (value, repr(value))  # held, so that no other is there later
            return of_frames[id(value)][1]
        return repr(value)

    def carried(value: Any) -> Any:
        if value is query or isinstance(value, PreparedQuery):
            return "the query"
        if value is sound:
            return "its sound"
        if isinstance(value, (Passage, Span)) and value.frames is sound:
            return "its sound", value.start_s, value.end_s
        if isinstance(value, (list, tuple)):
            parts = tuple(carried(part) for part in value)
            return parts if any(parts) else None
        return None

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not room_of(code.co_filename):
            return
        given = [frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]]
        handed = [carried(value) for value in given]
        if not any(handed):
            return
        rooms, caller = list[str](), frame
        while caller is not None:
            if room := room_of(caller.f_code.co_filename):
                rooms.append(room)
            caller = caller.f_back  # type: ignore[assignment]
        told = tuple(
            kept
            or (as_text(value) if isinstance(value, (str, int, float, tuple, list)) else type(value).__name__)
            for kept, value in zip(handed, given, strict=True)
        )
        way = tuple(room for room, _ in groupby(reversed(rooms)))
        name = f"{Path(code.co_filename).relative_to(INDEX).with_suffix('')}.{code.co_qualname}"
        calls.append(Call(way, name, told, "its sound" in str(told)))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.fixture(params=["all windows", "vectors"])
def searcher(request: pytest.FixtureRequest, small: Any, monkeypatch: pytest.MonkeyPatch) -> Searcher:
    """Of a small library, whose windows are all compared, and as in a large one, whose vectors are asked."""
    if request.param == "vectors":
        monkeypatch.setattr(candidates, "SCAN_WINDOWS", 0)
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    return Searcher(shelf, small.vectors, small.store, build(), FusionModel.load())


@pytest.fixture
def clip(as_clip: Callable[..., Passage], made: Any) -> Passage:
    """Long enough to be asked for by two windows."""
    return as_clip(made["Song in C"].span(4.0, 20.0))


def layers() -> list[str]:
    """The rooms from above, as import-linter holds them."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    return next(each["layers"] for each in contracts if each.get("containers") == ["index"])


def test_on_its_way_down_a_query_enters_each_room_once(searcher: Searcher, clip: Passage) -> None:
    query = Query(clip, k=3)
    with watched(query) as calls:
        assert searcher.find(query).hits
    above = layers()
    for call in calls:
        order = [above.index(room) for room in call.rooms]
        assert order == sorted(set(order)), f"{' > '.join(call.rooms)}: {call.function}"
    entered = {call.rooms[-1] for call in calls}
    assert entered == {"search", "factors", "placement", "core"}


def test_nothing_is_made_of_a_query_twice(searcher: Searcher, clip: Passage) -> None:
    query = Query(clip, k=3)
    with watched(query) as calls:
        searcher.find(query)
    made = Counter(
        (call.function, call.handed) for call in calls if call.of_sound and call.rooms[-1] != "core"
    )
    assert {"placement/bits.bits_of", "placement/chroma.chroma_pair"} <= {name for name, _ in made}
    assert {name.split("/")[1] for name, _ in made if name.endswith(".measure")} >= {
        f"{factor}.{type(each).__name__}.measure"
        for factor, each in build().items()
        if hasattr(each, "measure")
    }
    assert not {what: times for what, times in made.items() if times > 1}


def test_the_watch_sees_a_room_entered_again_and_a_thing_made_twice(small: Any) -> None:
    passage = small.passage("Song in C", 0, 10)
    timbre, query = build()["timbre"], Query(passage)
    with watched(query) as calls:
        for _ in range(2):
            timbre.similarity(PreparedQuery(query), [small.passage("Cadence in D").span])
        apart(
            [query],
            lambda each: Moment("", 0.0, 1.0),
            track=lambda each: "",
            admits=lambda each: bool(len(timbre.vectors(each.passage.frames, [(0.0, 10.0)]))),
        )
    made = Counter((call.function, call.handed) for call in calls if call.of_sound)
    assert 2 in {times for (name, _), times in made.items() if name == "factors/timbre.Timbre.measure"}
    assert ("core", "factors") in {call.rooms for call in calls}
