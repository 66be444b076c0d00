"""The ways in which a path may be spelled: each of its names composed or decomposed (NFC, NFD)."""

from __future__ import annotations

import unicodedata
from itertools import product
from typing import Literal

_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_MOST_MIXED = 6
"""Of a path with more names that have two spellings, those are tried that spell all of them in one way."""


def spellings(path: str) -> list[str]:
    """Every way in which a path may be spelled, but for the one that it has."""
    if path.isascii():
        return []
    names = [
        list(dict.fromkeys(unicodedata.normalize(form, name) for form in _FORMS)) for name in path.split("/")
    ]
    if sum(len(each) > 1 for each in names) > _MOST_MIXED:
        found = [unicodedata.normalize(form, path) for form in _FORMS]
    else:
        found = ["/".join(each) for each in product(*names)]
    return [each for each in dict.fromkeys(found) if each != path]
