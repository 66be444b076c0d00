"""What numba asks where compiled code is (see `index.system.compiled_code`). Only numba imports this module."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llvmlite import binding
from numba.core import caching

from index.system.compiled_code import MAKING, compile_in_child, ready_folder

FORMS = 3
"""Counts up when other functions, or other forms of them, are compiled by `index.humming.warm_up`."""
SOURCES = ("humming/dtw.py", "humming/rigid_scan.py", "humming/sketch.py", "descriptors/coincidences.py")
"""Our own files of which something is compiled, below index/."""


class CompiledOnce(caching._SourceFileBackedLocatorMixin, caching._CacheLocator):
    """Finds code that was compiled once. What is missing there is compiled in memory, and not written."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._py_file = py_file
        self._lineno = py_func.__code__.co_firstlineno
        self._cache_path = str(_folder()[0] / _name(py_file))

    def ensure_cache_path(self) -> None:
        """Whoever only reads needs no folder that can be written."""
        if not _folder()[1]:
            super().ensure_cache_path()

    def get_cache_path(self) -> str:
        """Where the code of one source file is."""
        return self._cache_path


@cache
def _folder() -> tuple[Path, bool]:
    """The folder of this process, and whether others read it too."""
    if making := os.environ.get(MAKING):
        return Path(making), False
    folder, shared = ready_folder(code_key(), compile_in_child)
    if shared:
        setattr(caching.IndexDataCacheFile, "save", _not_kept)  # noqa: B010 (to the type checker, a method)
    return folder, shared


@cache
def _name(py_file: str) -> str:
    """The place of a source file's code in it, determined by the file's content, wherever it lies."""
    path = Path(py_file)
    said = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{path.parent.name}.{path.stem}-{said[:16]}"


def _not_kept(self: Any, key: Any, data: Any) -> None:
    """In place of numba's own way to keep what it compiled: a folder that others read is never written."""


def code_key() -> str:
    """What compiled code depends on, in a few letters."""
    told = [
        f"forms {FORMS}",
        sys.version,
        *(f"{name} {version(name)}" for name in ("numba", "llvmlite", "librosa", "numpy")),
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        *(_name(str(Path(__file__).parents[1] / file)) for file in SOURCES),
    ]
    return f"code-{hashlib.blake2b(chr(10).join(told).encode(), digest_size=8).hexdigest()}"
