"""Calls the tools for other assistants: each call in a thread of its own, with progress, and given up when cancelled.

Besides what every tool takes, a moment may be a sound file of this computer, `file:/path/clip.wav @ 0:10-0:20`: it
becomes a clip of the caller's conversation. What changes the library or a folder of the user's is asked first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from app.mcp.conversations import Conversation
from app.mcp.outcomes import FoundMoment, outcome_of, refusal_of, result_of
from app.mcp.sounds import audio_of
from index.core.errors import AudioReadError, RepriseError, printable
from index.core.hits import Hit
from index.core.lengths import counted
from index.text.notation import parse_moment
from tools import ToolFunction
from tools.answer import ToolAnswer, plain
from tools.session import Search, Session, StartAdding, new_call_id

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context
    from mcp.types import AudioContent, CallToolResult

    from index.protocol import MusicLibrary

FILE = "file:"
_MOMENTS = ("moment", "first", "second")
_TELL_S = 1.0
_AGAIN = "Ask the user, and call the tool again with the same arguments once they have said yes."


@dataclass(frozen=True)
class Caller:
    """Makes the calls on one library."""

    library: MusicLibrary
    start_adding: StartAdding | None = None
    sounds: bool = False
    """Whether found moments go along as sound, for clients that take it."""

    async def call(
        self, function: ToolFunction, args: Mapping[str, Any], conversation: Conversation, context: Context
    ) -> CallToolResult:
        """Make one call, tell how it goes, and give what came out; a refusal is a result, too."""
        made = partial(self._made, function, dict(args), conversation)
        async with anyio.create_task_group() as group:
            group.start_soon(self._tell, function.__name__, context)
            result = await anyio.to_thread.run_sync(made, abandon_on_cancel=True)
            group.cancel_scope.cancel()
        return result

    def _made(
        self, function: ToolFunction, args: dict[str, Any], conversation: Conversation
    ) -> CallToolResult:
        try:
            args = {name: self._brought(name, value, conversation) for name, value in args.items()}
            answer = self._asked_first(function.__name__, args, conversation) or function(
                self._session(conversation, args), **args
            )
            call_id = new_call_id()
            answer = ToolAnswer(answer.text, plain(answer.data))
            hits = _hits(answer, conversation, call_id)
            conversation.pending = (
                answer.data.get("pending") if answer.data.get("kind") == "question" else None
            )
            outcome = outcome_of(_with_advice(answer), hits, call_id)
            return result_of(outcome, self._sound if self.sounds else None)
        except RepriseError as error:
            return refusal_of(error)

    def _session(self, conversation: Conversation, args: Mapping[str, Any]) -> Session:
        source = str(args.get("source", ""))
        return Session(
            library=self.library,
            clips=tuple(conversation.clips),
            searches=tuple(conversation.searches),
            said=f"yes {source}".strip(),
            pending=conversation.pending,
            start_adding=self.start_adding,
        )

    def _brought(self, name: str, value: Any, conversation: Conversation) -> Any:
        """A moment of a sound file, as a moment of a clip; everything else as it is."""
        if name not in _MOMENTS or not isinstance(value, str) or not value.strip().startswith(FILE):
            return value
        named = parse_moment(value.strip()).name
        path = Path(named.removeprefix(FILE).removeprefix("//")).expanduser()
        if not path.is_file():
            raise AudioReadError(path, "there is no such file")
        number = conversation.bring(self.library.clip(path, path.name))
        return value.strip().replace(named, f"clip:{number}", 1)

    def _asked_first(
        self, name: str, args: Mapping[str, Any], conversation: Conversation
    ) -> ToolAnswer | None:
        """The question before a file is added; tools themselves ask before they take a folder."""
        source = str(args.get("source", "")).strip()
        if name != "add_to_library" or not Path(source).expanduser().is_file():
            return None
        pending = {"tool": name, "source": source}
        if conversation.pending == pending:
            return None
        question = f"Add {printable(source)} to your library?"
        return ToolAnswer(question, {"kind": "question", "question": question, "pending": pending})

    def _sound(self, hit: FoundMoment) -> AudioContent:
        return audio_of(self.library, hit.track_id, hit.start_s, hit.end_s)

    async def _tell(self, name: str, context: Context) -> None:
        """Report progress while a call goes on: files where something is added, else seconds."""
        seconds = 0.0
        while True:
            await anyio.sleep(_TELL_S)
            seconds += _TELL_S
            job = (
                await anyio.to_thread.run_sync(self.library.catalogue.job)
                if name == "add_to_library"
                else None
            )
            if job is not None:
                await context.report_progress(
                    job.done, job.total, f"{job.done} of {counted(job.total, 'file')}"
                )
            else:
                await context.report_progress(seconds, None, f"{seconds:.0f} s")


def _hits(answer: ToolAnswer, conversation: Conversation, call_id: str) -> list[Hit]:
    """The hits of an answer, noted as the newest of the conversation."""
    if answer.data.get("kind") != "hits":
        return []
    hits = [Hit.from_record(record) for record in answer.data["hits"]]
    conversation.found(Search(call_id, answer.data["query"], tuple(hits)))
    return hits


def _with_advice(answer: ToolAnswer) -> ToolAnswer:
    """A question tells the assistant how to go on."""
    if answer.data.get("kind") != "question":
        return answer
    return replace(answer, text=f"{answer.data['question']} {_AGAIN}")
