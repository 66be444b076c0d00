"""What other assistants may read: the library, a track, a moment's sound, and the conversations held here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from app.mcp.sounds import wav_of
from index.core.errors import RepriseError, UnknownTrackError, clock

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from app.agent.assistant import Assistant
    from index.core.tracks import Track
    from index.protocol import MusicLibrary

JSON = "application/json"
MOST_TRACKS = 1000
"""Tracks listed at once; `search_library` finds the others."""


class Readable:
    """The resources of a server."""

    def __init__(self, library: MusicLibrary, assistant: Callable[[], Assistant]) -> None:
        self._library = library
        self._assistant = assistant

    def mount(self, server: MCPServer[Any]) -> None:
        """Register all of them."""
        resources = (
            ("library", self.library, JSON, "What the library holds"),
            ("tracks", self.tracks, JSON, "The tracks"),
            ("track/{track_id}", self.track, JSON, "One track"),
            ("moment/{track_id}/{span}.wav", self.moment, "audio/wav", "A moment's sound"),
            ("conversations", self.conversations, JSON, "The conversations held here"),
            ("conversation/{thread_id}", self.conversation, "text/markdown", "One conversation"),
        )
        for place, read, kind, title in resources:
            server.resource(f"reprise://{place}", title=title, mime_type=kind)(_told(read))

    def library(self) -> str:
        """How many tracks, hours and windows, by whom, what is being added and what failed."""
        return json.dumps(asdict(self._library.status()))

    def tracks(self) -> str:
        """Title, author, year and length of each track, by author and title."""
        tracks = self._library.tracks()
        return json.dumps(
            {"total": len(tracks), "tracks": [_listed(track) for track in tracks[:MOST_TRACKS]]}
        )

    def track(self, track_id: str) -> str:
        """The tags of a track, and the passages that stand for it."""
        track = self._exactly(track_id)
        passages = self._library.characteristic(track, 3)
        return json.dumps({**asdict(track), "characteristic": [list(span) for span in passages]})

    def moment(self, track_id: str, span: str) -> bytes:
        """A span of a track, START-END in seconds, as a WAV file."""
        start, _, end = span.partition("-")
        try:
            times = float(start), float(end)
        except ValueError as error:
            raise ResourceNotFoundError("A span is written START-END, in seconds.") from error
        return wav_of(self._library, self._exactly(track_id).id, *times)

    def conversations(self) -> str:
        """Names and ids of the conversations, the newest first."""
        threads = self._assistant().threads()
        return json.dumps(
            [
                {"id": each.id, "name": each.name, "updated_at": each.updated_at.isoformat()}
                for each in threads
            ]
        )

    def conversation(self, thread_id: str) -> str:
        """What was said in a conversation, and found."""
        assistant = self._assistant()
        if not assistant.exists(thread_id):
            raise ResourceNotFoundError("There is no such conversation.")
        lines = [f"# {next(each.name for each in assistant.threads() if each.id == thread_id)}"]
        for entry in assistant.history(thread_id):
            said = {"user": "You", "tool": entry.name, "assistant": "Reprise"}[entry.role]
            lines += ["", f"**{said}:** {entry.text}"]
        return "\n".join(lines)

    def _exactly(self, track_id: str) -> Track:
        """The track with this very id; titles are for `search_library`."""
        if (track := self._library.with_id(track_id)) is None:
            raise UnknownTrackError(track_id)
        return track


def _told(read: Callable[..., Any]) -> Callable[..., Any]:
    """A reader whose refusals are sentences to the client."""
    import functools

    @functools.wraps(read)
    def reader(**given: Any) -> Any:
        try:
            return read(**given)
        except RepriseError as error:
            raise ResourceNotFoundError(str(error)) from error

    return reader


def _listed(track: Track) -> dict[str, Any]:
    return {
        "id": track.id,
        "title": track.title,
        "author": track.author,
        "year": track.year,
        "length": clock(round(track.duration_s)),
    }
