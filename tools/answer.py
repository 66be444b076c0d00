"""What a tool gives back: words for the model, and data for whoever draws it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from index.core.errors import RepriseError, UnknownTrackError


@dataclass(frozen=True)
class ToolAnswer:
    """The outcome of a tool.

    `text` holds measured facts only, short, for a language model to phrase. `data` is plain JSON with a
    "kind": hits, explanation, description, words, comparison, tracks, status, added, playlist, question or error.
    """

    text: str
    data: dict[str, Any] = field(default_factory=dict)


def error_data(error: RepriseError) -> dict[str, Any]:
    """The data of a refusal: which error, its sentence, and the nearest names where a name was unknown."""
    data: dict[str, Any] = {
        "kind": "error",
        "error": type(error).__name__,
        "message": str(error),
        "nearest": [],
    }
    if isinstance(error, UnknownTrackError):
        data |= {"name": error.name, "nearest": list(error.nearest)}
    return data


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """Data as JSON keeps it: what is kept with a conversation must be readable by any later program."""

    def other(value: Any) -> Any:
        if hasattr(value, "tolist"):  # NumPy's numbers and arrays
            return value.tolist()
        return str(value)

    return dict(json.loads(json.dumps(data, default=other)))
