"""Writing files that survive a crash: a reader, or a power cut, never sees half of one.

A file is written beside its place under a name that begins with a dot and ends in `.part`, brought to the
disk, and then takes its place. What a killed program leaves behind carries the number of its process and the mark of
its machine, and is swept; what another machine wrote last an hour ago as well.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
PART = ".part"
_OUR_PART = re.compile(r"\.(?P<pid>\d+)-((?P<host>[0-9a-f]{6})-)?[0-9a-f]{8}\.part$")
_OLDER_PART = re.compile(r"(tmp\w{8}|lexicon-[0-9a-f]+|saved|[0-9a-f]{20}(-\w+)?)\.part$")
_OLD_S = 3600.0
"""Whether an older version's part, or another machine's, is still written cannot be seen; after an hour it is not."""


def write_durably(
    path: Path, content: bytes | Callable[[IO[bytes]], object], *, shared: bool = False
) -> None:
    """Write a file whole or not at all; when this returns, it is on the disk.

    Parameters
    ----------
    content
        The bytes, or a function that writes them to an open file (which may seek).
    shared : bool
        Whether others may read the file as far as they may read its folder; else it is the owner's alone.

    Raises
    ------
    OSError
        What was there before is still there then, and nothing else is left.
    """
    with replacing(path, shared=shared) as partial, partial.open("r+b") as file:
        if callable(content):
            content(file)
        else:
            file.write(content)


@contextmanager
def replacing(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """A file beside `path`, for those who want a path to write to; it takes its place at the end of the
    context.

    Where the context is left by an exception, `path` stays as it was.
    """
    folder = path.parent
    made = _missing_folders(folder)
    folder.mkdir(mode=0o777 if shared else PRIVATE_FOLDER, parents=True, exist_ok=True)
    partial = folder / f".{path.stem[:40]}.{os.getpid()}-{_host()}-{secrets.token_hex(4)}{PART}"
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    try:
        yield partial
        if shared:
            partial.chmod(folder.stat().st_mode & 0o666)
        _to_disk(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    for each in (folder, *(folder.parent for folder in made)):
        _to_disk(each)


def private_folder(folder: Path) -> Path:
    """The folder, made where it is missing, for the owner alone; one that is there keeps its permissions."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return folder


def private_from_now_on() -> None:
    """Files and folders that this process and its children
    make are for their owner alone, whoever makes them.
    """
    os.umask(0o077)


def stale_parts(folder: Path) -> list[Path]:
    """What programs that were killed left half written in a folder and all below it."""
    found = [
        Path(parent, name) for parent, _, names in os.walk(folder) for name in names if name.endswith(PART)
    ]
    return [path for path in found if path.is_file() and _is_stale(path)]


def stems(folder: Path, suffix: str) -> set[str]:
    """Names without their suffix of the files with it in the folders of a folder; quick, where there are very many."""
    found: set[str] = set()
    try:
        with os.scandir(folder) as below:
            parents = [each.path for each in below if each.is_dir()]
    except FileNotFoundError:
        return found
    for parent in parents:
        found.update(name.removesuffix(suffix) for name in os.listdir(parent) if name.endswith(suffix))  # noqa: PTH208
    return found


def sweep_parts(folder: Path) -> int:
    """Remove what programs that were killed left half written in a folder and all below it; how many files."""
    stale = stale_parts(folder)
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _host() -> str:
    """The mark of this machine: several may share a folder, and number their processes alike."""
    return hashlib.blake2b(platform.node().encode(), digest_size=3).hexdigest()


def _is_stale(path: Path) -> bool:
    import psutil

    ours = _OUR_PART.search(path.name)
    if ours and ours["host"] in (None, _host()):
        pid = int(ours["pid"])
        return pid != os.getpid() and not psutil.pid_exists(pid)
    if not ours and not _OLDER_PART.fullmatch(path.name):
        return False
    try:
        return time.time() - path.stat().st_mtime > _OLD_S
    except FileNotFoundError:
        return False


def _missing_folders(folder: Path) -> list[Path]:
    """The folder and those above it that are not there yet."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    return missing


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk; not every system can do that to a folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():
            return  # Windows
        raise
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(handle)
