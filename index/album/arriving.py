"""Files that hold several tracks, on their way into the library: which of them are there, and when all are done."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from index.album.cue_sheet import CueSheet
from index.album.parts import parts_by_sheets, sheets_beside
from index.audio.tags import Tags
from index.catalogue.values import KnownFile
from index.core.tracks import Track


@dataclass
class Album:
    """A file that holds several tracks, while they are added one by one."""

    waiting: int
    """How many of them are not done."""
    places: list[KnownFile] = field(default_factory=list)
    """Those that are in the library."""
    reasons: list[str] = field(default_factory=list)
    """Why others could not be added."""
    audio_s: float = 0.0
    """Seconds analysed."""
    added: bool = False
    """Whether some of them are new in the library."""
    retagged: bool = False

    def done(self, place: KnownFile | None = None, reason: str = "") -> bool:
        """One track is done; whether that was the last one."""
        self.waiting -= 1
        if place is not None:
            self.places.append(place)
        else:
            self.reasons.append(reason)
        return self.waiting == 0

    def as_it_was(self, before: tuple[KnownFile, ...] | None) -> bool:
        """Whether the file held just these tracks before."""
        return before is not None and {_where(each) for each in before} == {
            _where(each) for each in self.places
        }


def _where(place: KnownFile) -> tuple[str, float, float | None]:
    return place.track_id, place.start_s, place.end_s


def is_in_parts(held: tuple[KnownFile, ...]) -> bool:
    """Whether a file is known to hold several tracks."""
    return len(held) > 1 or any(each.is_title for each in held)


class SheetWatch:
    """Finds files that are as they were, but whose CUE sheet is new, was changed, or is gone."""

    def __init__(self, track: Callable[[str], Track | None]) -> None:
        self._track = track
        self._sheets: dict[Path, list[CueSheet]] = {}

    def changed(self, path: str, held: tuple[KnownFile, ...]) -> bool:
        """Whether the sheets beside a file say something else of it than what is known."""
        folder = Path(path).parent
        if folder not in self._sheets:
            self._sheets[folder] = sheets_beside(folder)
        sheets = self._sheets[folder]
        if not sheets:
            return is_in_parts(held)
        parts = parts_by_sheets(Path(path), Tags(), sheets)
        if not parts:
            return is_in_parts(held)
        known = {round(1000 * each.start_s): self._track(each.track_id) for each in held}
        told = {round(1000 * part.start_s): part.tags.title for part in parts}
        titles = {start: track.title if track else "" for start, track in known.items()}
        return _composed(told) != _composed(titles)


def _composed(titles: dict[int, str]) -> dict[int, str]:
    return {start: unicodedata.normalize("NFC", title) for start, title in titles.items()}
