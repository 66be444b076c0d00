"""What several test files need and takes long is made once a run, whichever process of pytest-xdist asks first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import portalocker
import pytest


def once_a_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, filled by the first who asks; others wait for it. Nobody writes into it later."""
    base = factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base  # a worker's folder lies in the run's
    folder, whole = shared / f"once-{name}", shared / f"once-{name}.whole"
    with portalocker.Lock(shared / f"once-{name}.lock", timeout=600):
        if not whole.exists():
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


def copy_of_home(home: Path, to: Path) -> Path:
    """A home to write into; what belongs to a running vector server stays behind."""
    return Path(shutil.copytree(home, to, ignore=shutil.ignore_patterns("server.json", "*.lock")))
