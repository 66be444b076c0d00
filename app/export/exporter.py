"""What can be exported, where to, and the writing: saved moments, playlists that were made, conversations."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.memory.kept import readable
from app.view.saved import NAME, Saved
from index.core.errors import RepriseError, printable
from index.core.hits import Hit
from index.core.moments import TrackMoment
from index.playlists.files import (
    FORMATS,
    Written,
    endings,
    free_folder,
    free_path,
    known_format,
    write_playlist,
)
from index.system.files import write_durably

if TYPE_CHECKING:
    from app.agent.assistant import Assistant
    from index.protocol import MusicLibrary

SAVED = "saved"
MARKDOWN = "markdown"


@dataclass(frozen=True)
class Source:
    """What is to be exported."""

    name: str
    items: tuple[TrackMoment, ...]
    thread_id: str = ""
    """Of a conversation."""


@dataclass(frozen=True)
class Target:
    """Where it goes, and as what."""

    folder: Path
    file: Path | None
    """A file that was named."""
    form: str


@dataclass(frozen=True)
class Listed:
    """What can be exported."""

    saved: int
    """Moments."""
    playlists: tuple[dict[str, Any], ...]
    """Each with its name and number of moments."""
    conversations: tuple[dict[str, Any], ...]
    """Each with its id and name."""


class Exporter:
    """Exports out of one home folder."""

    def __init__(self, library: MusicLibrary) -> None:
        self._library = library
        self._home = Path(library.options.home)

    def listed(self) -> Listed:
        """What can be exported."""
        playlists = self._library.catalogue.playlists.all()
        threads = self._assistant.threads() if self._assistant else []
        return Listed(
            saved=len(self._saved()),
            playlists=tuple({"name": each.name, "moments": len(each.items)} for each in playlists),
            conversations=tuple({"id": thread.id, "name": thread.name} for thread in threads),
        )

    def place(self, to: str, form: str) -> Target:
        """Where it goes, and in which format; nothing that is there is ever overwritten.

        Raises
        ------
        QueryError, RepriseError
            If there is no such format, the file is there already, or its name does not end as the format
            does.
        """
        if form.lower() in (MARKDOWN, "md", "zip"):
            form = MARKDOWN
        elif form:
            form = known_format(form)
        if not to:
            return Target(self._home / "playlists", None, form or FORMATS[0])
        path = Path(to).expanduser().absolute()
        if path.is_dir() or to.endswith(("/", os.sep)) or not path.suffix:
            return Target(path, None, form or FORMATS[0])
        fitting = [each for each in FORMATS if path.name.lower().endswith(endings(each)[0])]
        fitting += [MARKDOWN] if path.suffix.lower() == ".zip" else []
        if not fitting or (form and form not in fitting):
            wanted = ".zip" if form == MARKDOWN else endings(form)[0] if form else "the name of a format"
            raise RepriseError(f"{printable(path.name)} should end in {wanted}; a folder's name ends in /.")
        if path.exists():
            raise RepriseError(f"{printable(str(path))} is there already: name another file, or a folder.")
        return Target(path.parent, path, form or fitting[-1])

    def source(self, what: str) -> Source:
        """The moments that a name refers to: saved ones, a playlist's, or the last results of a conversation.

        Raises
        ------
        RepriseError
            If it refers to nothing.
        """
        wanted = what.strip().casefold()
        if wanted in (SAVED, NAME.casefold()):
            if not (items := self._saved()):
                raise RepriseError("No moments are saved yet: save some with the heart on their cards.")
            return Source(NAME, tuple(items))
        if playlist := self._library.catalogue.playlists.find(what):
            return Source(playlist.name, playlist.items)
        for thread in self._assistant.threads() if self._assistant else ():
            if wanted in (thread.id, thread.name.casefold()):
                return Source(thread.name, tuple(self._last_results(thread.id)), thread.id)
        raise RepriseError(
            f"There is no playlist and no conversation called “{printable(what)}”: "
            "`reprise export --list` shows them."
        )

    def write(self, source: Source, place: Target) -> Written:
        """Write it.

        Raises
        ------
        RepriseError
            If there is nothing to write, or it cannot be written.
        """
        if place.form == MARKDOWN:
            return self._transcript(source, place)
        if not source.items:
            raise RepriseError(
                f"No moments were found in “{printable(source.name)}”, so there is nothing to write."
            )
        target = place.file or free_path(place.folder, source.name, place.form)
        return write_playlist(target, place.form, source.name, source.items)

    def _transcript(self, source: Source, place: Target) -> Written:
        """A conversation as a folder of Markdown and sounds, or the same in a ZIP file."""
        from app.export.markdown import write_transcript, zipped

        if not source.thread_id or self._assistant is None:
            raise RepriseError(f"“{printable(source.name)}” is no conversation; only those become Markdown.")
        entries = self._assistant.history(source.thread_id)
        try:
            if place.file:
                content, failed = zipped(source.name, entries, self._library.clip_file)
                write_durably(place.file, content, shared=True)
                return Written(place.file, None, failed)
            folder = free_folder(place.folder, source.name)
            failed = write_transcript(source.name, entries, folder, self._library.clip_file)
            return Written(folder, None, failed)
        except OSError as error:
            raise RepriseError(
                f"“{printable(source.name)}” could not be written: {error.strerror}."
            ) from error

    def _saved(self) -> list[Hit]:
        return Saved(self._home, self._library.catalogue.history).hits()

    def _last_results(self, thread_id: str) -> list[Hit]:
        entries = self._assistant.history(thread_id) if self._assistant else []
        found = [entry.artifact.get("hits") for entry in entries if entry.artifact.get("kind") == "hits"]
        return readable(found[-1]) if found else []

    @cached_property
    def _assistant(self) -> Assistant | None:
        """The conversations; None where there never was one."""
        from app.settings import load_settings
        from app.wiring import open_assistant
        from index.catalogue.database import is_server

        settings = load_settings(home=self._home)
        if not is_server(settings.database_url) and not (self._home / "threads.sqlite").exists():
            return None
        return open_assistant(settings, self._library)
