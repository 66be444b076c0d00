"""Code that numba compiles is compiled at set-up, not while somebody waits for an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path


def compile_once(folder: Path, report: Callable[[str], None]) -> None:
    """Compile the search for tunes; nothing happens where a note in `folder` says that this was done."""
    source = Path(__file__).with_name("warping.py")
    made_of = f"{hashlib.sha256(source.read_bytes()).hexdigest()} {source} numba {version('numba')}"
    note = folder / "compiled.txt"
    if note.exists() and note.read_text("utf-8") == made_of:
        return
    report("compiling the search for tunes")
    from index.warping import compile_all

    compile_all()
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(made_of, "utf-8")
