"""Playlists as files: which formats there are, a path that nothing has yet, and the writing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.audio.mixdown import AUDIO, Joined
from index.core.errors import QueryError, RepriseError, printable
from index.core.moments import TrackMoment
from index.playlists.formats import ENDINGS, WRITERS
from index.system.files import write_durably
from index.workers.guard import Guard
from index.workers.messages import Setup
from index.workers.reading import Join, ReadMoment

if TYPE_CHECKING:
    from index.audio.reading import Sound

FORMATS = (*WRITERS, *AUDIO)
"""All formats, the default first."""
_ALSO_CALLED = {"m3u": "m3u8", "edl": "mpv", "audio": "m4a", "aac": "m4a", "vlc": "m3u8"}
_LONGEST_BYTES = 180
_MIX_BYTES = 1_200_000_000
_NEVER_IN_NAMES = '/\\:*?"<>|'


class PlaylistError(RepriseError):
    """A playlist that could not be written."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    path: Path
    twin: Path | None
    """The same for mpv, which does not know VLC's times; beside every M3U8."""
    failed: tuple[str, ...]
    """A sentence for each moment that could not be read, or whose file is not there now."""


def known_format(name: str) -> str:
    """The format of this name.

    Raises
    ------
    QueryError
        With the formats that there are.
    """
    plain = name.strip().lower().removeprefix(".")
    found = _ALSO_CALLED.get(plain, plain)
    if found not in FORMATS:
        raise QueryError(f"Playlists are written as {', '.join(FORMATS)}, not as “{printable(name)}”.")
    return found


def endings(form: str) -> tuple[str, ...]:
    """How the files of a format end, the playlist itself first."""
    if form == "m3u8":
        return (ENDINGS["m3u8"], ENDINGS["mpv"])
    return (ENDINGS.get(form, f".{form}"),)


def file_stem(name: str, default: str = "Playlist") -> str:
    """A name as a file system takes it, as near to the given one as can be."""
    plain = "".join("_" if char in _NEVER_IN_NAMES else char for char in printable(name))
    short = plain.encode(errors="replace")[:_LONGEST_BYTES].decode(errors="ignore")
    return short.strip(" .") or default


def free_path(folder: Path, name: str, form: str) -> Path:
    """A path in the folder for a playlist of this name, such that nothing of it is there yet."""
    return _free(folder, file_stem(name), endings(form))


def free_folder(folder: Path, name: str) -> Path:
    """A path in the folder for a folder of this name that is not there yet."""
    return _free(folder, file_stem(name, "Conversation"), ("",))


def _free(folder: Path, stem: str, ends: tuple[str, ...]) -> Path:
    number = 1
    while True:
        numbered = f"{stem} {number}" if number > 1 else stem
        if not any((folder / f"{numbered}{end}").exists() for end in ends):
            return folder / f"{numbered}{ends[0]}"
        number += 1


def write_playlist(path: Path, form: str, name: str, items: Sequence[TrackMoment]) -> Written:
    """Write a playlist to a path that ends as its format does.

    Raises
    ------
    QueryError
        If the format cannot hold these moments, or no sound could be read.
    PlaylistError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if form in AUDIO:
            return Written(path, None, _joined(name, items, path).failed)
        _write(path, WRITERS[form](name, items))
        twin = None
        if form == "m3u8":
            twin = path.with_name(path.name.removesuffix(ENDINGS["m3u8"]) + ENDINGS["mpv"])
            _write(twin, WRITERS["mpv"](name, items))
    except OSError as error:
        raise PlaylistError(f"{printable(str(path))} could not be written: {error.strerror}.") from error
    return Written(path, twin, tuple(_missing(items)))


@contextmanager
def guarded_moments() -> Iterator[Callable[[TrackMoment], Sound]]:
    """Reads moments as their files have them, in a process of its own: their files may hurt whoever reads them."""
    with closing(Guard(Setup(dict, memory_bytes=_MIX_BYTES), Path(os.devnull), most=1)) as guard:
        yield lambda item: cast("Sound", guard.run(ReadMoment(item), item.track.path))


def _joined(name: str, items: Sequence[TrackMoment], path: Path) -> Joined:
    """Moments in one sound file, written by a process of its own: their files may hurt whoever reads them."""
    guard = Guard(Setup(dict, memory_bytes=_MIX_BYTES), Path(os.devnull), most=1)
    with closing(guard):
        return cast(Joined, guard.run(Join(name, items, path), path))


def _write(path: Path, text: str) -> None:
    write_durably(path, text.encode(), shared=True)


def _missing(items: Sequence[TrackMoment]) -> list[str]:
    gone = dict.fromkeys(item.track.path for item in items if not Path(item.track.path).is_file())
    return [f"{printable(path)} is not there now." for path in gone]
