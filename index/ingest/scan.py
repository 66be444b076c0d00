"""Which files to add: everything under the paths that may be sound, in an order that is always the same."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.ingest.spelling import composed

_ENDINGS = """
    wav wave bwf rf64 w64 flac mp3 mp2 mpga ogg oga opus spx m4a m4b m4p aac aif aiff aifc wma ape wv mpc tta
    shn dff weba tak caf au snd ac3 eac3 dts dsf amr ra mka voc mp4 m4v mov mkv webm avi wmv asf flv mpg
    mpeg ts m2ts 3gp 3g2 ogv vob mxf rm
"""
SOUND_ENDINGS = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""Endings of files of sound and of video with sound."""
READ_BESIDE = frozenset({".cue"})
"""Endings of files that are no sound, but say what is in one."""
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
    listed: set[str] = field(default_factory=set)
    """Folders that were read to their end."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """How many files were not looked at, by their ending (with its dot, in small letters)."""


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
        if os.path.isdir(absolute):  # noqa: PTH112 (that of pathlib raises where a drive answers with an error)
            found.folders.append(absolute)
            files |= dict.fromkeys(_walk(Path(absolute), seen, found))
        elif os.path.lexists(absolute):
            files[absolute] = None
        else:
            found.refused[absolute] = "there is no such file"
    found.files = _without_doubles(files)
    return found


def _without_doubles(files: Iterable[str]) -> list[str]:
    """The paths, one of those that are one file whose name was met composed and decomposed."""
    kept: dict[tuple[str, tuple[int, int] | None], str] = {}
    for path in files:
        identity = None if path.isascii() else _identity(Path(path))
        kept.setdefault((composed(path) if identity else path, identity), path)
    return list(kept.values())


def _walk(folder: Path, seen: set[tuple[int, int]], found: Scan) -> Iterator[str]:
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
        found.refused[str(folder)] = f"the folder cannot be opened ({error.strerror})"
        return
    found.listed.add(str(folder))
    folders = []
    for entry in inside:
        try:
            if entry.is_dir():
                folders.append(Path(entry.path))
                continue
        except OSError as error:
            found.refused[entry.path] = _why_not(error)
            continue
        if _may_be_sound(Path(entry.path)):
            yield entry.path
        elif (ending := Path(entry.name).suffix.lower()) not in READ_BESIDE:
            found.passed_over[ending] += 1
    for each in folders:
        files = list(_walk(each, seen, found))
        yield from files
        if not files and each.suffix.lower() in SOUND_ENDINGS:
            found.refused[str(each)] = "it is a folder, not a file"


def _why_not(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link to itself"
    return f"the system says “{error.strerror}”"


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
