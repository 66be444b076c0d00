"""Which parts of a long clip were listened to: spans within it, or the note is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.core.errors import RecordError
from index.ingest.clip_records import parts_of, parts_path
from index.store.home_files import HomeFiles


def read(folder: Path, spans: object) -> list[tuple[float, float]]:
    path = parts_path(folder, "a")
    path.write_text(json.dumps(spans), encoding="utf-8")
    return parts_of(HomeFiles(), path, 100.0)


@pytest.mark.parametrize("spans", [[], [[0, 10]], [[20.0, 40.0], [99.0, 100.0]]])
def test_parts_within_a_clip_are_read(spans: list[list[float]], tmp_path: Path) -> None:
    assert read(tmp_path, spans) == [tuple(span) for span in spans]


@pytest.mark.parametrize(
    "spans",
    [[[-1, 10]], [[10, 10]], [[20, 10]], [[90, 1000]], [[0, 10], [-5, 3]], [[0]], [["x", "y"]], 7, {"a": 1}],
)
def test_parts_that_are_none_of_the_clip_are_damage(spans: object, tmp_path: Path) -> None:
    with pytest.raises(RecordError):
        read(tmp_path, spans)


def test_a_clip_without_such_a_note_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        parts_of(HomeFiles(), parts_path(tmp_path, "a"), 100.0)
