"""Which files to add: everything under the paths that may be sound, in an order that is always the same."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_ENDINGS = """
    wav wave bwf rf64 w64 flac mp3 mp2 mpga ogg oga opus spx m4a m4b m4p aac aif aiff aifc wma ape wv mpc tta
    tak caf au snd ac3 eac3 dts dsf amr ra mka voc mp4 m4v mov mkv webm avi wmv asf flv mpg mpeg ts m2ts 3gp
    3g2 ogv vob mxf rm
"""
SOUND_ENDINGS = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""Endings of files of sound and of video with sound."""
_MAGIC = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM", b"MAC ", b"wvpk", b"caff", b".snd", b"#!AMR")


@dataclass
class Scan:
    """What was found under some paths."""

    files: list[str] = field(default_factory=list)
    """Absolute paths of files to add, in order, without repetition."""
    refused: dict[str, str] = field(default_factory=dict)
    """Absolute paths of what cannot be added, and why."""
    folders: list[str] = field(default_factory=list)
    """Folders that were asked for."""


def scan(paths: Sequence[Path], leave_out: Sequence[Path] = ()) -> Scan:
    """Files under folders, and files that are named themselves.

    In folders, hidden files and everything that is clearly not sound are passed over in silence, and each
    folder is entered once even where links lead to it again. A file that is named is taken, whatever it is.
    """
    found = Scan()
    files: dict[str, None] = {}
    seen = {each for path in leave_out if (each := _identity(path)) is not None}
    for path in paths:
        absolute = os.path.abspath(path)  # noqa: PTH100 (resolve() would follow links)
        if Path(absolute).is_dir():
            found.folders.append(absolute)
            files |= dict.fromkeys(_walk(Path(absolute), seen, found.refused))
        elif os.path.lexists(absolute):
            files[absolute] = None
        else:
            found.refused[absolute] = "there is no such file"
    found.files = list(files)
    return found


def _walk(folder: Path, seen: set[tuple[int, int]], refused: dict[str, str]) -> Iterator[str]:
    """Files of sound under a folder, by name, its own files before those of its folders."""
    identity = _identity(folder)
    if identity is None or identity in seen:
        return
    seen.add(identity)
    try:
        with os.scandir(folder) as entries:
            inside = sorted(
                (entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name
            )
    except OSError as error:
        refused[str(folder)] = f"the folder cannot be opened ({error.strerror})"
        return
    folders = [Path(entry.path) for entry in inside if entry.is_dir()]
    for entry in inside:
        if not entry.is_dir() and _may_be_sound(Path(entry.path)):
            yield entry.path
    for each in folders:
        files = list(_walk(each, seen, refused))
        yield from files
        if not files and each.suffix.lower() in SOUND_ENDINGS:
            refused[str(each)] = "it is a folder, not a file"


def _may_be_sound(path: Path) -> bool:
    ending = path.suffix.lower()
    if ending in SOUND_ENDINGS:
        return True
    if ending and ending[1:].isalpha() and len(ending) < 6:
        return False  # a picture, a text, a list: anything that says what it is
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head.startswith(_MAGIC) or head[4:8] == b"ftyp"


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
