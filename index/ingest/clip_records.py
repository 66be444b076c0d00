"""What is noted of a clip, in two files of JSON: its record, and the parts of a long one that were listened to."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from index.core.errors import RecordError
from index.core.records import read_record
from index.core.tracks import Clip
from index.store.home_files import HomeFiles
from index.workers.parts import GRID_S, Span

PARTS_ENDING = ".parts.json"
_Read = TypeVar("_Read")


def record_path(folder: Path, clip_id: str) -> Path:
    """Where the record of a clip is kept."""
    return folder / f"{clip_id}.json"


def parts_path(folder: Path, clip_id: str) -> Path:
    """Where it is noted which parts of a clip were listened to after its beginning."""
    return folder / f"{clip_id}{PARTS_ENDING}"


def written_record(clip: Clip) -> bytes:
    """The content of a clip's record."""
    return json.dumps(asdict(clip)).encode()


def written_parts(parts: list[Span]) -> bytes:
    """The content of the file of parts, which are spans in seconds."""
    return json.dumps(parts).encode()


def record_of(files: HomeFiles, path: Path) -> Clip:
    """The clip of a record.

    Raises
    ------
    FileNotFoundError
    RecordError
        If it is not what is written of a clip with this id.
    """

    def read(content: Any) -> Clip:
        clip = read_record(Clip, content)
        if clip.id != path.stem or not _is_sound(clip):
            raise ValueError("it is damaged")
        return clip

    return _read(files, path, "clip", read)


def parts_of(files: HomeFiles, path: Path, duration_s: float) -> list[Span]:
    """The parts of a clip of this length that were listened to, in seconds.

    Raises
    ------
    FileNotFoundError
    RecordError
        If they are no spans within the clip.
    """

    def read(content: Any) -> list[Span]:
        spans = [(float(start_s), float(end_s)) for start_s, end_s in content]
        if not all(0 <= start_s < end_s <= duration_s + GRID_S for start_s, end_s in spans):
            raise ValueError("a part is not within the clip")
        return spans

    return _read(files, path, "list of parts of a clip", read)


def _read(files: HomeFiles, path: Path, noun: str, read: Callable[[Any], _Read]) -> _Read:
    """What is read of a file of JSON; once more, where what was damaged is a copy of one that is elsewhere."""
    try:
        return _read_once(files, path, noun, read)
    except RecordError:
        if not files.renewed(path):
            raise
        return _read_once(files, path, noun, read)


def _read_once(files: HomeFiles, path: Path, noun: str, read: Callable[[Any], _Read]) -> _Read:
    try:
        return read(json.loads(files.at_hand(path).read_bytes()))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RecordError(noun, "it is damaged") from error


def _is_sound(clip: Clip) -> bool:
    """Whether every value is of its kind, and the lengths are lengths."""
    texts = (clip.path, clip.name, clip.noise, clip.kind)
    lengths = (clip.heard_s, clip.duration_s)
    return (
        all(isinstance(each, str) for each in texts)
        and bool(Path(clip.path).name)
        and isinstance(clip.recorded, bool)
        and all(isinstance(each, (int, float)) and math.isfinite(each) for each in lengths)
        and 0 <= clip.heard_s <= clip.duration_s
    )
