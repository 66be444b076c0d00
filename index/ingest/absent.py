"""Known files that were not met in a run: which of them were moved, which were deleted, which cannot be reached."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from index.catalogue.files import Files
from index.core.errors import LibraryError
from index.ingest.holdings import Holdings
from index.ingest.reach import Missing
from index.ingest.stores import Stores
from index.system.presence import Presence

_LOG = logging.getLogger("reprise.add")


class Absent:
    """The files that are missing in one run."""

    def __init__(
        self, stores: Stores, held: Holdings, missing: Mapping[str, Missing], folders: Sequence[str]
    ) -> None:
        """`folders`: those that were asked for."""
        self._stores = stores
        self._held = held
        self._missing = dict(missing)
        self._moved: set[str] = set()
        self._roots = {folder: [path for path in held.known if _below(path, folder)] for folder in folders}

    def note(self, met: Sequence[str]) -> None:
        """Note which files cannot be reached, and that those that were met can."""
        files = self._stores.catalogue.files_of
        away = [path for path, missing in self._missing.items() if missing.why]
        files.out_of_reach(away)
        before = {each.path for each in files.unreachable()}
        files.reached([path for path in met if path in before])
        note_what_is_back(files, but=self._missing)

    def lost(self, path: str, reason: str) -> None:
        """A file that was met turned out to be unreadable just now."""
        self._missing[path] = Missing(reason, False)
        self._stores.catalogue.files_of.out_of_reach([path])

    def below(self, path: str) -> bool:
        """Whether files are missing at or below a path."""
        return any(each == path or _below(each, path) for each in self._missing)

    def moved(self, track_id: str) -> list[str]:
        """Files of a track that are not where they were: it was met elsewhere, so they were moved."""
        places = self._stores.catalogue.places_of(track_id)
        paths = [each.path for each in places if each.path in self._missing]
        moved = [path for path in paths if self._missing[path].vanished]
        self._moved.update(moved)
        return moved

    def settle(self) -> int:
        """Take out what was deleted, once everything was looked at; how many tracks left the library by that."""
        left = {path for path, missing in self._missing.items() if not missing.why} - self._moved
        for folder, known in self._roots.items():
            if len(known) > 1 and left.issuperset(known):
                for path in known:
                    self._missing[path] = Missing(f"everything in {folder} is missing at once", True)
                self._stores.catalogue.files_of.out_of_reach(known)
                left.difference_update(known)
        return sum(self._leave(path) for path in sorted(left))

    def _leave(self, path: str) -> int:
        """Take out a file that was deleted; how many tracks left by that."""
        try:
            gone = self._stores.clear(self._stores.catalogue.forget([path]))
        except (LibraryError, OSError) as error:
            _LOG.warning("%s was not taken out; the next run does that", path, exc_info=error)
            return 0
        self._held.gone(gone)
        self._held.forget([path])
        self._moved.add(path)
        return len(gone)

    def unreachable(self) -> dict[str, int]:
        """How many files cannot be reached, by the reason."""
        away = [missing.why for path, missing in self._missing.items() if path not in self._moved]
        return dict(Counter(why for why in away if why))


def note_what_is_back(files: Files, but: Collection[str] = ()) -> None:
    """Note that files can be reached again, wherever they lie; one that does not answer at once is left as it is."""
    away = [each.path for each in files.unreachable() if each.path not in but]
    if back := Presence().of(away):
        files.reached(sorted(back))


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
