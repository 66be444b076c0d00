"""Files dropped or recorded in the input, as the assistant takes them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.agent.events import Brought

LONGEST_STEM = 60
LONGEST_SUFFIX = 12


class Upload(Protocol):
    """An uploaded file, as Streamlit hands it over."""

    name: str

    def getbuffer(self) -> memoryview:
        """Its bytes."""


def file_name(name: str) -> str:
    """A name that any file system takes, as near to the given one as can be: errors name the file by it."""
    given = Path("".join(char if char.isprintable() and char not in '/\\:*?"<>|' else "_" for char in name))
    return (given.stem[:LONGEST_STEM] or "file") + given.suffix[:LONGEST_SUFFIX]


class Uploads:
    """Uploaded files, kept in a folder until `forget`: in `folder`, which goes with them, or in one of their own."""

    def __init__(
        self, files: Sequence[Upload] = (), recording: Upload | None = None, folder: Path | None = None
    ) -> None:
        self._folder = folder
        self.brought: tuple[Brought, ...] = ()
        if files or recording is not None:
            self._folder = folder or Path(tempfile.mkdtemp(prefix="reprise-"))
            self.brought = tuple(self._kept(self._folder, files, recording))

    @property
    def names(self) -> tuple[str, ...]:
        """What the files are called."""
        return tuple(file.name for file in self.brought)

    def forget(self) -> None:
        """Delete the files; the assistant has its own copies of those it could read."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def _kept(folder: Path, files: Sequence[Upload], recording: Upload | None) -> Iterable[Brought]:
        from app.agent.events import Brought

        for number, upload in enumerate([*files, *([recording] if recording is not None else [])]):
            recorded = upload is recording
            path = folder / str(number) / file_name(upload.name)
            path.parent.mkdir()
            path.write_bytes(upload.getbuffer())
            yield Brought(path, name="recording" if recorded else upload.name, recorded=recorded)
