"""The errors of Reprise, as a tree. Each carries what is needed to act on it.

RepriseError
├── AudioReadError          a file is not sound that can be read
│   └── ReadingEndedError       the process that read it ended
├── ClipTooShortError       less than a second of sound
├── LibraryError            the library cannot answer
│   ├── EmptyLibraryError       nothing is indexed yet
│   ├── FingerprintError        the index was made with other settings
│   ├── DamagedFramesError      what was measured of a sound cannot be read
│   ├── OutdatedIndexError      another version made the index; it can be upgraded
│   ├── StoreUnavailableError   the vector store does not answer
│   │   └── StoreDamagedError       what it kept cannot be read
│   ├── DatabaseUnavailableError   the database at a server does not answer
│   │   └── BrokenOffError          it went away in the middle of something, which did not happen
│   ├── LibraryBusyError        another program is indexing and did not finish in time
│   └── RecordError             something saved by another version cannot be read
├── PointsNowhereError      a name, a number or a time that points at nothing
│   ├── UnknownTrackError
│   ├── UnknownClipError
│   ├── UnknownHitError
│   └── TimeOutsideTrackError
├── QueryError              a filter, a weight or a choice that does not exist
└── WeightsError            a pretrained network is missing or is not what it should be
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


class RepriseError(Exception):
    """Root of all errors that a user can act on; its text is one clear sentence."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As it travels between processes: not by its arguments, which each child names in its own way."""
        return _revived, (type(self), self.args, dict(self.__dict__))


def _revived(kind: type[RepriseError], args: tuple[Any, ...], carried: dict[str, Any]) -> RepriseError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(carried)
    return error


class AudioReadError(RepriseError):
    """A file that could not be read as sound."""

    def __init__(self, path: str | Path, reason: str) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"{printable(Path(path).name)} could not be read: {reason}.")


class ReadingEndedError(AudioReadError):
    """A file during whose reading the process that read it came to an end; `how` says how, and `advice` what to do."""

    def __init__(self, path: str | Path, how: str, advice: str = "") -> None:
        super().__init__(path, f"the process that read it ended {how}")
        self.how = how
        name = printable(Path(path).name)
        self.args = (
            f"Reading {name} ended the process that read it, {how}: nothing else is lost. "
            + (advice or "If it happens again, the file is damaged in a way that no decoder here survives."),
        )


class ClipTooShortError(RepriseError):
    """A clip shorter than one second."""

    def __init__(self, name: str, duration_s: float) -> None:
        self.name = name
        self.duration_s = duration_s
        super().__init__(f"{printable(name)} lasts {duration_s:.2f} s; bring at least one second of sound.")


class LibraryError(RepriseError):
    """The library cannot answer."""


class EmptyLibraryError(LibraryError):
    """Nothing is indexed yet."""

    def __init__(self) -> None:
        super().__init__(
            "The library is empty: add music with `reprise add FOLDER`, or make the demo library with `reprise demo`."
        )


class FingerprintError(LibraryError):
    """The index was made with other settings than the ones now in force."""

    def __init__(self, indexed: str, current: str) -> None:
        self.indexed = indexed
        self.current = current
        super().__init__(
            f"This library was indexed with {indexed}, but the settings now say {current}: "
            "set them back, or use another REPRISE_HOME and run `reprise add` there."
        )


class DamagedFramesError(LibraryError):
    """The file that holds what was measured of a sound cannot be read, or is not what it should be."""

    def __init__(self, path: str | Path, reason: str) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(
            f"{printable(str(path))}, which holds what was measured of a sound, cannot be read: {reason}; "
            "`reprise check --repair` makes it anew."
        )


class OutdatedIndexError(LibraryError):
    """Another version made the index; what is stale in it can be made anew."""

    def __init__(self) -> None:
        super().__init__(
            "Another version of Reprise made this library: run `reprise upgrade` once; what was measured of the "
            "sound is kept."
        )


class StoreUnavailableError(LibraryError):
    """The vector store does not answer."""


class StoreDamagedError(StoreUnavailableError):
    """The vector store is damaged: its server ends when it is asked, or cannot read what it kept."""


class DatabaseUnavailableError(LibraryError):
    """The database at a server does not answer."""


class BrokenOffError(DatabaseUnavailableError):
    """The database went away in the middle of something: that did not happen, and may be done again."""


class LibraryBusyError(LibraryError):
    """Another program holds the library for indexing."""


class RecordError(LibraryError):
    """Something that another version saved, and that this one cannot read."""

    def __init__(self, noun: str, reason: str) -> None:
        self.noun = noun
        self.reason = reason
        super().__init__(f"A {noun} that another version of Reprise saved cannot be read: {reason}.")


class PointsNowhereError(RepriseError):
    """A name, a number or a time that points at nothing."""


class UnknownTrackError(PointsNowhereError):
    """No track has this name; `nearest` are titles that come close."""

    def __init__(self, name: str, nearest: Sequence[str] = ()) -> None:
        self.name = name
        self.nearest = tuple(nearest)
        offer = (
            f" Did you mean {' or '.join(f'“{title}”' for title in self.nearest)}?" if self.nearest else ""
        )
        super().__init__(f"No track called “{printable(name)}” is in the library.{offer}")


class AmbiguousTrackError(UnknownTrackError):
    """Several tracks may be meant by this name; `nearest` are their titles."""

    MOST = 5

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        super().__init__(name, nearest[: self.MOST])
        offer = " or ".join(f"“{printable(title)}”" for title in self.nearest)
        more = f" There are {len(nearest) - self.MOST} more." if len(nearest) > self.MOST else ""
        self.args = (f"“{printable(name)}” may be {offer}: which one?{more}",)


class UnknownClipError(PointsNowhereError):
    """A clip was meant, but that many were not brought."""

    def __init__(self, number: int, have: int) -> None:
        self.number = number
        self.have = have
        super().__init__(
            "Bring a clip first: drop a sound file here, or record one."
            if not have
            else f"There is no clip {number}; you have brought {have}."
        )


class UnknownHitError(PointsNowhereError):
    """A hit was meant, but the last search found fewer."""

    def __init__(self, number: int, have: int) -> None:
        self.number = number
        self.have = have
        super().__init__(
            f"There is no result #{number} yet: search first."
            if not have
            else f"There is no result #{number}; the last search found {have}."
        )


class TimeOutsideTrackError(PointsNowhereError):
    """A time past the end of the track or clip."""

    def __init__(self, name: str, start_s: float, duration_s: float) -> None:
        self.name = name
        self.start_s = start_s
        self.duration_s = duration_s
        super().__init__(
            f"{clock(start_s)} is past the end of “{printable(name)}”, which lasts {clock(duration_s)}."
        )


class QueryError(RepriseError):
    """A filter, a weight, a time or a choice that does not exist."""


class WeightsError(RepriseError):
    """A pretrained network is missing or is not what it should be."""


def printable(text: str) -> str:
    """`text` on one line: control characters (a newline in a file's name) become spaces."""
    return "".join(char if char.isprintable() else " " for char in text)


def clock(seconds: float) -> str:
    """Seconds as a clock shows them: 83.0 is "1:23", 83.5 is "1:23.5", 3683 is "1:01:23"."""
    tenths = round(seconds * 10)
    whole, tenth = divmod(tenths, 10)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    return f"{text}.{tenth}" if tenth else text
