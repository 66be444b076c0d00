"""Files of a home that are kept in a bucket, with copies of some of them on the disk of this machine.

An object has the key that the file's path in the home is. A copy is named after the object's tag as well: it never
changes, so that processes share it and nothing stale is read. What lay in the home before there was a bucket is taken
over when it is first needed. Objects are only deleted by their name: what lies there of no track may be another home's.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from index.store.bucket import About, Bucket
from index.store.home_files import HomeFiles, OpenedFile
from index.system.files import write_durably

COPIES = "cached"
"""The folder of a home in which copies are."""
_TRUSTED_S = 60.0
_KNOWN = 65536
_AT_ONCE = 16
_WHOLE_SHARE = 8
"""Of a file of which more than one eighth was read in parts, all is fetched."""
_FEW_PARTS = 3
_LEFT_SHARE = 0.9


class BucketFiles(HomeFiles):
    """Files in a bucket; copies take at most so many bytes on this machine's disk."""

    shared = True
    look_again_s = _TRUSTED_S

    def __init__(self, home: Path, bucket: Bucket, most_bytes: int) -> None:
        self._home = home
        self._bucket = bucket
        self._copies = _Copies(home / COPIES, most_bytes)
        self._known: OrderedDict[str, tuple[About, float]] = OrderedDict()
        self._parts: dict[str, int] = {}
        self._lock = threading.Lock()

    def opened(self, path: Path) -> OpenedFile:
        """A file, to be read in parts: from its copy, or by ranges of bytes while few of them are wanted."""
        key = self._key(path)
        return _InBucket(self, key, self._about(key))

    def identity(self, path: Path) -> Hashable:
        """What tells an object from another one under its key."""
        return self._about(self._key(path))

    def at_hand(self, path: Path) -> Path:
        """The copy of a file; fetched where there is none."""
        key = self._key(path)
        copy = self._copies.found(key, self._about(key))
        return copy or self._fetched(key)[0]

    def has(self, path: Path) -> bool:
        """Whether there is such an object, or a file that is still to be taken over."""
        try:
            self._about(self._key(path))
        except FileNotFoundError:
            return False
        return True

    def write(self, path: Path, content: bytes) -> None:
        """Keep an object; when this returns it is kept in the bucket."""
        key = self._key(path)
        about = self._bucket.write(key, content)
        self._note(key, about)
        self._copies.keep(key, about, content)

    def take(self, path: Path, source: Path) -> None:
        """Keep another file's content as an object."""
        key = self._key(path)
        self._note(key, self._bucket.write(key, source))

    def delete(self, path: Path) -> None:
        """Take an object away, and the file that it was taken over from."""
        key = self._key(path)
        self._bucket.delete(key)
        path.unlink(missing_ok=True)
        with self._lock:
            self._known.pop(key, None)

    def renewed(self, path: Path) -> bool:
        """Give up a copy that was found damaged; whether there was one."""
        key = self._key(path)
        with suppress(FileNotFoundError):
            copy = self._copies.found(key, self._about(key))
            if copy is not None:
                copy.unlink(missing_ok=True)
                return True
        return False

    def fetch(self, paths: Iterable[Path]) -> None:
        """Fetch copies of files that will be read soon, several at a time."""

        def fetch(path: Path) -> None:
            with suppress(FileNotFoundError):
                self.at_hand(path)

        wanted = [path for path in paths if not self._is_here(self._key(path))]
        if wanted:
            with ThreadPoolExecutor(min(_AT_ONCE, len(wanted)), "fetch") as threads:
                list(threads.map(fetch, wanted))

    def having(self, folder: Path, ending: str, stems: Collection[str]) -> set[str]:
        """Those of the names of which there is a file in the bucket, or one to be taken over: by one list."""
        there = set(self._bucket.keys(self._key(folder)))
        paths = {stem: folder / stem[:2] / f"{stem}{ending}" for stem in stems}
        return {stem for stem, path in paths.items() if self._key(path) in there or self._taken_over(path)}

    def stems(self, folder: Path, ending: str) -> set[str]:
        """Names of the files below a folder; of the home those that were taken over."""
        return {path.name.removesuffix(ending) for path in self.all_in(folder, ending)}

    def all_in(self, folder: Path, ending: str) -> list[Path]:
        """The files with this ending below a folder, sorted; of the home those that were taken over."""
        keys = self._bucket.keys(self._key(folder))
        return sorted(self._home / key for key in keys if key.endswith(ending))

    def in_folder(self, folder: Path, ending: str) -> list[Path]:
        """The files with this ending in a folder itself, sorted; those that are still to be taken over as well."""
        there = {path for path in self.all_in(folder, ending) if path.parent == folder}
        return sorted(there.union(super().in_folder(folder, ending)))

    def holds_any(self, folder: Path) -> bool:
        """Whether anything lies below a folder, or is still to be taken over."""
        return self._bucket.holds_any(self._key(folder)) or next(folder.rglob("*.*"), None) is not None

    def part(self, key: str, about: About, offset: int, count: int) -> bytes:
        """A range of an object; all of it is fetched once a good part of it was read."""
        copy = self._copies.found(key, about)
        if copy is None:
            with self._lock:
                parts = self._parts[key] = self._parts.get(key, 0) + 1
            if parts <= _FEW_PARTS and count * _WHOLE_SHARE <= about.size:
                return self._bucket.read_range(key, offset, count)
            with self._lock:
                self._parts.pop(key, None)
            return self._fetched(key)[1][offset : offset + count]
        with copy.open("rb") as file:
            file.seek(offset)
            return file.read(count)

    def _fetched(self, key: str) -> tuple[Path, bytes]:
        content, about = self._bucket.read(key)
        self._note(key, about)
        return self._copies.keep(key, about, content), content

    def _is_here(self, key: str) -> bool:
        """Whether a copy is here that need not be looked after."""
        known = self._known.get(key)
        return known is not None and _is_fresh(known) and self._copies.found(key, known[0]) is not None

    def _about(self, key: str) -> About:
        """What is known of an object, looked at now and then. FileNotFoundError."""
        known = self._known.get(key)
        if known is not None and _is_fresh(known):
            return known[0]
        try:
            about = self._bucket.about(key)
        except FileNotFoundError:
            if not self._taken_over(self._home / key):
                raise
            return self._known[key][0]
        return self._note(key, about)

    def _note(self, key: str, about: About) -> About:
        with self._lock:
            self._known[key] = about, time.monotonic()
            self._known.move_to_end(key)
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)
        return about

    def _taken_over(self, path: Path) -> bool:
        """Whether a file lay in the home, which is in the bucket now as well."""
        if not path.is_file():
            return False
        self.take(path, path)
        return True

    def _key(self, path: Path) -> str:
        return path.relative_to(self._home).as_posix()


class _InBucket:
    """An object that is read in parts; its beginning, where it says what it holds, is read once."""

    def __init__(self, files: BucketFiles, key: str, about: About) -> None:
        self._files, self._key, self._about = files, key, about
        self.size = about.size
        self.identity: Hashable = about

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from there; fewer at the end."""
        if not count:
            return b""
        return self._files.part(self._key, self._about, offset, count)

    def close(self) -> None:
        """Nothing is held."""


class _Copies:
    """Copies of objects in a folder, up to a number of bytes: of more those go that were not used for longest."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._bytes = -1
        self._lock = threading.Lock()

    def found(self, key: str, about: About) -> Path | None:
        """The copy of an object as it is now; None where there is none."""
        path = self._path(key, about)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def keep(self, key: str, about: About, content: bytes) -> Path:
        """Keep a copy; where there is no room for it, it is not kept, and only its place is said."""
        path = self._path(key, about)
        try:
            write_durably(path, content)
        except OSError as error:
            logging.getLogger("reprise.store").warning("%s is not kept here: %s", key, error)
            return path
        with self._lock:
            if self._bytes >= 0:
                self._bytes += len(content)
            if self._bytes < 0 or self._bytes > self._most_bytes:
                self._sweep(path)
        return path

    def _sweep(self, newest: Path) -> None:
        """Count what there is, and let the oldest go where that is too much."""
        found = []
        for path in self._folder.rglob("*"):
            with suppress(OSError):
                status = path.stat()
                if path.is_file():
                    found.append((status.st_mtime_ns, status.st_size, path))
        self._bytes = sum(size for _, size, _ in found)
        if self._bytes <= self._most_bytes:
            return
        for _, size, path in sorted(found):
            if path != newest:
                path.unlink(missing_ok=True)
                self._bytes -= size
            if self._bytes <= self._most_bytes * _LEFT_SHARE:
                break

    def _path(self, key: str, about: About) -> Path:
        tag = hashlib.blake2b(f"{about.tag} {about.size}".encode(), digest_size=6).hexdigest()
        place = self._folder / key
        return place.with_name(f"{tag}-{place.name}")


def _is_fresh(known: tuple[About, float]) -> bool:
    return time.monotonic() - known[1] < _TRUSTED_S
