"""Composers and artists whose names are written with a slip: "bethovan" is Beethoven, where the library has him."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from index.core.filters import Filters, FilterValue
from index.core.tracks import Track
from index.text.titles import contains, names_in, words

AUTHORS = ("composer", "artist")
"""The filters that name somebody."""
_SHORTEST, _LONG = 5, 8
"""Letters of a word that is known with one slip in it, and with two."""
_PART = re.compile(r"[^\W\d_]+")


def authors_asked(filters: Filters) -> list[str]:
    """Which of the conditions name somebody."""
    return [name for name in filters.conditions if name.removeprefix("not_") in AUTHORS]


def as_spelled(filters: Filters, tracks: Sequence[Track]) -> Filters:
    """The filters with each author whom no track has as the one that he nearly is; others stay as they are."""
    authors = sorted(
        {name for track in tracks for tag in (track.composer, track.artist) for name in names_in(tag)}
    )
    spelled: dict[str, FilterValue] = dict(filters.conditions)
    for name in authors_asked(filters):
        values = [_nearest(str(value), authors) for value in Filters.values(filters.conditions[name])]
        spelled[name] = values if len(values) > 1 else values[0]
    return Filters(spelled)


def _nearest(wanted: str, authors: Sequence[str]) -> str:
    if any(contains(author, wanted) for author in authors):
        return wanted
    near = [
        (slips, name)
        for author in authors
        if (found := _missed_by(wanted, author))
        for slips, name in [found]
    ]
    return min(near)[1] if near else wanted


def _missed_by(wanted: str, author: str) -> tuple[int, str] | None:
    """By how many letters a name misses an author, and those of the author's names that are meant."""
    parts = {"".join(words(part)): part for part in _PART.findall(author)}
    slips, meant = 0, []
    for word in words(wanted):
        allowed = 0 if len(word) < _SHORTEST else 1 if len(word) < _LONG else 2
        near = [(OSA.distance(word, part), part) for part in parts if part[:1] == word[:1]]
        missed, part = min(near, default=(allowed + 1, ""))
        if missed > allowed:
            return None
        slips += missed
        meant.append(parts[part])
    return (slips, " ".join(meant)) if meant else None
