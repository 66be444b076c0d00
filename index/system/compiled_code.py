"""Where compiled code is kept: made once, under a lock, by a process of its own, and only read from then on.

numba keeps what it compiles in files, and any process that uses a function may write them. Several that begin
at once can mix up the code of one signature with that of another, which ends in a segmentation fault. So
nobody writes here: a folder is made whole, with a list of what is in it (hashes), and stands under a name
that says what it was made of. One that is damaged is made anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import portalocker

MAKING = "REPRISE_COMPILES_INTO"
"""Names the folder, in the process that fills it."""
CHOSEN = "NUMBA_CACHE_DIR"
LIST = "made.json"
KEPT = 4
"""So many folders are left standing: of other versions, other machines on one disk."""
LONGEST_S = 600.0
"""So much of a processor's time compiling may take, and so long it may get none: computers are slow, and busy."""
_WAITED_S = 3600.0
"""So long for another process that compiles; when one dies, the system takes its lock back."""
_LOOK_S = 0.2

Build = Callable[[Path], None]
"""Fills an empty folder; raises where it cannot."""


def roots() -> Iterator[Path]:
    """Folders that may hold compiled code, the best first:
    as set, beside the networks, the user's, the system's.
    """
    from platformdirs import user_cache_path

    from index.system.prepared import prepared_dir

    if chosen := os.environ.get(CHOSEN):
        yield Path(chosen)
    yield prepared_dir() / "compiled"
    yield user_cache_path("reprise", appauthor=False) / "compiled"
    yield Path(tempfile.gettempdir()) / f"reprise-compiled-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


@dataclass(frozen=True)
class CompiledCode:
    """Compiled code in a folder below `root`; `key` says what it is made of."""

    root: Path
    key: str

    @property
    def folder(self) -> Path:
        """Where it is, once it is whole."""
        return self.root / self.key

    def whole(self) -> bool:
        """Whether everything that was made is there, byte for byte, and nobody else could have put it there."""
        try:
            if not _private(self.root):
                return False
            listed = json.loads((self.folder / LIST).read_bytes())
            return all(_hash(self.folder / name) == told for name, told in listed.items())
        except (OSError, ValueError, AttributeError):
            return False

    def make(self, build: Build) -> None:
        """Make it, unless it is whole; whoever comes meanwhile waits for the one who is at it.

        Raises
        ------
        OSError
            If it cannot be written here, or another process takes too long.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _private(self.root):
            raise PermissionError(f"{self.root} belongs to somebody else")
        with _alone(self.root / "compiling.lock"):
            if self.whole():
                return
            for left in self.root.glob(".*.part"):
                shutil.rmtree(left, ignore_errors=True)
            partial = Path(tempfile.mkdtemp(prefix=f".{self.key}.", suffix=".part", dir=self.root))
            try:
                build(partial)
                _list(partial)
                if self.folder.exists():
                    self.folder.rename(self.root / f".{self.key}.{time.time_ns()}.part")
                partial.rename(self.folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            self._forget_old()

    def _forget_old(self) -> None:
        made = sorted(self.root.glob(f"*/{LIST}"), key=lambda each: -each.stat().st_mtime)
        for old in made[KEPT:]:
            shutil.rmtree(old.parent, ignore_errors=True)


def ready_folder(key: str, build: Build, places: Callable[[], Iterator[Path]] = roots) -> tuple[Path, bool]:
    """The folder to take compiled code from, made if it has to be; and whether others read it too.

    Where no folder can be written or nothing can be made, it is one for this process alone.
    """
    kept = [CompiledCode(root, key) for root in places()]
    for each in kept:
        if each.whole():
            return each.folder, True
    log = logging.getLogger("reprise.compiled")
    for each in kept:
        try:
            log.info("code is being compiled once, for %s", each.folder)
            each.make(build)
        except OSError as error:
            log.info("compiled code cannot be kept in %s: %s", each.root, error)
        except subprocess.SubprocessError as error:
            log.warning("code could not be compiled for keeping: %s", error)
            break
        else:
            return each.folder, True
    return _own_folder(), False


def compile_in_child(partial: Path, seconds: float = LONGEST_S) -> None:
    """Compile all that is used, in a process that ends with this one, into a folder.

    Raises
    ------
    subprocess.SubprocessError
        If it fails, takes more than so many seconds of a processor's time, or gets none for so long.
    """
    search = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, MAKING: str(partial), "PYTHONPATH": search}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.humming.warm_up"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        assert child.stdin is not None
        try:
            code = _ended(child, seconds)
        finally:
            child.kill()
            child.stdin.close()
        said.seek(0)
        if code:
            last = said.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise subprocess.SubprocessError(f"code {code}: {' '.join(last)}")


def _ended(child: subprocess.Popen[bytes], seconds: float) -> int:
    """The code with which a process ends that works."""
    import psutil

    used_s, worked = 0.0, time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            return child.wait(_LOOK_S)
        with suppress(psutil.Error):
            times = psutil.Process(child.pid).cpu_times()
            if times.user + times.system > used_s:
                used_s, worked = times.user + times.system, time.monotonic()
        if used_s > seconds:
            raise subprocess.SubprocessError(f"it took more than {seconds:.0f} s of a processor")
        if time.monotonic() - worked > seconds:
            raise subprocess.SubprocessError(f"nothing was done for {seconds:.0f} s")


def _own_folder() -> Path:
    import atexit

    own = Path(tempfile.mkdtemp(prefix="reprise-compiled-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def _private(root: Path) -> bool:
    """Whether only this user (or the system's) can have put code into a folder."""
    status = root.stat()
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid in (os.getuid(), 0) and not status.st_mode & 0o002


def _list(partial: Path) -> None:
    """Note what a folder holds, with hashes; all of it is on the disk then."""
    listed = {}
    for path in sorted(partial.rglob("*")):
        path.chmod(
            0o755 if path.is_dir() else 0o644
        )  # for whoever may read the folder, whatever the umask is
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
            listed[path.relative_to(partial).as_posix()] = _hash(path)
    with (partial / LIST).open("w", encoding="utf-8") as file:
        json.dump(listed, file)
        file.flush()
        os.fsync(file.fileno())
    (partial / LIST).chmod(0o644)
    partial.chmod(0o755)


def _hash(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock that the system takes back from a process that dies."""
    ends = time.monotonic() + _WAITED_S
    with lock.open("a") as file:
        while True:
            try:
                portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
                break
            except portalocker.LockException as error:
                if time.monotonic() > ends:
                    raise TimeoutError("another process has been compiling for too long") from error
                time.sleep(_LOOK_S)
        yield
