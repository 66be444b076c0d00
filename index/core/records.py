"""Saved records (tracks, moments, hits, clips) read back, whichever version of this program wrote them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from index.core.errors import RecordError

T = TypeVar("T")


def read_record(kind: type[T], record: Any) -> T:
    """A dataclass out of the mapping that `asdict` made of it.

    What a newer version added is passed over; what an older one did not have yet gets its default.

    Raises
    ------
    RecordError
        If it is no mapping, or something is missing that has no default.
    """
    noun = kind.__name__.lower()
    if not isinstance(record, Mapping):
        raise RecordError(noun, "it is damaged")
    fields = [field for field in dataclasses.fields(kind) if field.init]  # type: ignore[arg-type]
    missing = [
        field.name
        for field in fields
        if field.name not in record
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise RecordError(noun, f"it does not say its {' and its '.join(missing)}")
    values = {field.name: record[field.name] for field in fields if field.name in record}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise RecordError(noun, "it is damaged") from error
