"""The tool add_to_library: takes a clip into the library at once, a folder after asking."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from index.core.errors import AudioReadError, LibraryError, QueryError, printable
from index.core.keeping import keeping
from index.core.lengths import counted
from index.core.tracks import Clip
from index.system.files import private_folder, replacing
from tools.answer import ToolAnswer
from tools.resolve import find_clip
from tools.session import Session

WAIT_S = 15.0
"""How long the conversation waits for a folder before it goes on in the background."""

_CLIP = re.compile(r"(?:the |my |this )?clip(?:\s*:?\s*(\d+))?", re.IGNORECASE)


def add_to_library(session: Session, source: str = "clip") -> ToolAnswer:
    """Add music to the library: a clip that was brought, a file, or a folder (the user is asked first).

    source: "clip" (the newest), "clip:2", or the path of a file or folder.
    """
    if clip := _CLIP.fullmatch(source.strip()):
        path = _keep(session, find_clip(session, int(clip[1]) if clip[1] else None))
        return _add_file(session, path)
    path = Path(source.strip()).expanduser().absolute()
    if path.is_file():
        return _add_file(session, path)
    if not path.is_dir():
        raise QueryError(f"There is no file or folder {printable(str(path))} on this machine.")
    question = {"tool": "add_to_library", "source": str(path)}
    if not session.confirmed(question):
        text = f"Add {printable(str(path))} and everything in it to your library?"
        data = {"kind": "question", "question": text, "pending": question, "choices": ["yes", "no"]}
        return ToolAnswer(f"Ask the user before going on: {text}", data)
    return _add_folder(session, path)


def _keep(session: Session, clip: Clip) -> Path:
    """A copy of the clip among the user's music, under its own name."""
    folder = session.library.options.home / "music"
    private_folder(folder)
    given, stored = Path(printable(clip.name)), session.library.clip_file(clip)
    stem = "".join(char for char in given.stem if char not in '/\\:*?"<>|').strip(" .")[:100] or "Clip"
    ending = stored.suffix or given.suffix
    path, number = folder / f"{stem}{ending}", 2
    while path.exists() and path.read_bytes() != stored.read_bytes():
        path, number = folder / f"{stem} {number}{ending}", number + 1
    if not path.exists():
        with keeping(f"“{printable(clip.name)}”"), replacing(path) as partial:
            shutil.copyfile(stored, partial)
    return path


def _add_file(session: Session, path: Path) -> ToolAnswer:
    report = session.library.add([path])
    if report.failed:
        reason = report.failed[0].reason
        if reason[:1].isupper():  # a sentence of its own, about a disk or a server
            raise LibraryError(reason)
        raise AudioReadError(path, reason.rstrip("."))
    data: dict[str, Any] = {
        "kind": "added",
        "path": str(path),
        "running": False,
        "added": report.added,
        "unchanged": report.unchanged,
        "failed": [],
    }
    name = printable(path.name)
    if known := getattr(report, "other_files", {}).get(str(path)):
        said = f"“{name}” is the same recording as “{printable(Path(known).name)}”: it is kept as another file of it."
        return ToolAnswer(said, data)
    if report.added or getattr(report, "replaced", 0):
        return ToolAnswer(f"“{name}” is in the library now.", data)
    return ToolAnswer(f"“{name}” was in the library already.", data)


def _add_folder(session: Session, folder: Path) -> ToolAnswer:
    if session.start_adding is None:
        report = session.library.add([folder])
        return ToolAnswer(
            f"{printable(str(folder))}: {counted(report.added, 'track')} added, "
            f"{counted(report.unchanged, 'was', 'were')} there already, "
            f"{counted(len(report.failed), 'file')} could not be read.",
            {
                "kind": "added",
                "path": str(folder),
                "running": False,
                "added": report.added,
                "unchanged": report.unchanged,
                "failed": [{"path": failure.path, "reason": failure.reason} for failure in report.failed],
            },
        )
    before = session.library.status().tracks
    done = session.start_adding(folder, WAIT_S)
    added = session.library.status().tracks - before
    data = {
        "kind": "added",
        "path": str(folder),
        "running": not done,
        "added": added,
        "unchanged": 0,
        "failed": [],
    }
    if done:
        return ToolAnswer(f"{printable(str(folder))} is indexed: {counted(added, 'new track')}.", data)
    return ToolAnswer(f"{printable(str(folder))} is being indexed in the background.", data)
