"""What conversations kept, read back, whichever version wrote it: what cannot be read is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from index.core.errors import RecordError, RepriseError
from index.core.hits import Hit
from index.core.records import read_record
from index.core.tracks import Clip

UNREADABLE_CLIP = "a clip that another version of Reprise kept"


def hit_of(record: Any) -> Hit:
    """A hit as it was written down.

    Raises
    ------
    RecordError
        If it is not one that this version can read.
    """
    try:
        return Hit.from_record(record)
    except RecordError:
        raise
    except (RepriseError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError("hit", "it is damaged") from error


def readable(records: Any) -> list[Hit]:
    """Those hits that this version can read."""
    hits: list[Hit] = []
    for record in records if isinstance(records, (list, tuple)) else ():
        with suppress(RecordError):
            hits.append(hit_of(record))
    return hits


def clips_of(records: Iterable[Any]) -> list[Clip]:
    """All clips of a conversation; one that cannot be read keeps its number, so that the others keep theirs."""
    clips = []
    for record in records:
        try:
            clips.append(read_record(Clip, record))
        except RecordError:
            clips.append(Clip("", "", UNREADABLE_CLIP, 0.0))
    return clips
