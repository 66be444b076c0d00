"""Which files have to be looked at, which are as they were, and which are missing: before anything is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.catalogue.values import KnownFile, Stamp
from index.ingest.reach import Missing, Reach
from index.ingest.scan import Scan
from index.ingest.spelling import composed

NO_STAMP = Stamp(0, 0, None)


@dataclass
class Survey:
    """The files of one run."""

    files: dict[str, Stamp] = field(default_factory=dict)
    """To be looked at, in order."""
    unchanged: list[str] = field(default_factory=list)
    missing: dict[str, Missing] = field(default_factory=dict)
    """Known files that were not met."""


def survey(
    found: Scan,
    known: Mapping[str, tuple[KnownFile, ...]],
    reach: Reach,
    *,
    lacking: set[str],
    everything: bool = False,
) -> Survey:
    """Go through what was found, and what was there before.

    Parameters
    ----------
    lacking : ids of tracks that have to be analysed again
    everything : whether files are looked at that seem unchanged
    """
    result = Survey()
    spelled = _spelled(known)
    for path in found.files:
        name = spelled.get(composed(path), path)
        path = name if name != path and _same_file(name, path) else path  # noqa: PLW2901
        stamp = _stamp(path)
        if not everything and _as_it_was(stamp, known.get(path, ()), lacking):
            result.unchanged.append(path)
        else:
            result.files[path] = stamp
    taken_over = [path for path in result.files if path in known and known[path][0].sound is None]
    result.files = {path: result.files[path] for path in [*taken_over, *result.files]}
    roots = tuple(folder.rstrip(os.sep) + os.sep for folder in (*found.folders, *found.refused))
    met = {*result.files, *result.unchanged}
    for path, held in sorted(known.items()):
        lacks = any(each.track_id in lacking for each in held)
        if path in met or not (path.startswith(roots) or lacks):
            continue
        missing = reach.missing(path)
        if missing is not None:
            result.missing[path] = missing
        elif lacks:
            result.files[path] = _stamp(path)
    return result


def _stamp(path: str) -> Stamp:
    """The stamp of a file; of one that cannot be looked at, one that nothing has: reading it tells why."""
    try:
        return Stamp.of(path)
    except (OSError, ValueError):
        return NO_STAMP


def _as_it_was(stamp: Stamp, held: tuple[KnownFile, ...], lacking: set[str]) -> bool:
    return bool(held) and all(
        stamp.content_as(each)
        and stamp.ctime_ns == each.ctime_ns
        and each.sound is not None
        and each.track_id not in lacking
        for each in held
    )


def _spelled(known: Mapping[str, object]) -> dict[str, str]:
    """Known paths by their composed form, where that is another one or may be met in another."""
    return {composed(path): path for path in known if not path.isascii()}


def _same_file(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False
