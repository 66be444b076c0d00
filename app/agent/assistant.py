"""The assistant: takes a message and clips, yields what happens, remembers the conversation.

One Assistant serves all windows and threads of a process. Turns of one conversation wait for each other;
turns of different conversations run side by side.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.event_stream import events_of
from app.agent.events import Answered, Brought, Entry, Event
from app.agent.inputs.clips import clips_of, names_of
from app.agent.inputs.message import message_of
from app.agent.inputs.speech import Spoken, read_aloud
from app.agent.inputs.titles import TitlesNamed
from app.agent.memory.conversations import Memory, Thread
from app.agent.memory.kept import clips_of as clips_kept
from app.agent.turn import Turn, TurnStoppedError
from index.core.errors import RepriseError
from index.core.tracks import Clip
from prompts import phrase

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.graph.state import CompiledStateGraph

    from app.settings import Settings
    from index.protocol import MusicLibrary
    from tools import ToolFunction
    from tools.session import StartAdding


class TurnRunningError(RepriseError):
    """Another window is still waiting for an answer in the same conversation."""


class Assistant:
    """Conversations over one library."""

    def __init__(
        self,
        settings: Settings,
        library: MusicLibrary,
        functions: Sequence[ToolFunction],
        memory: Memory,
        *,
        start_adding: StartAdding | None = None,
        model: BaseChatModel | None = None,
    ) -> None:
        self.settings = settings
        self.library = library
        self.memory = memory
        self._functions = tuple(functions)
        self._titles = TitlesNamed(library)
        self._start_adding = start_adding
        self._model = model
        self._building = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._at_work: dict[str, Turn] = {}
        self._models: dict[str, str] = {}

    @property
    def model_name(self) -> str:
        """ "builtin", or provider:model, as the settings say."""
        return self.settings.model

    def model_of(self, thread_id: str) -> str:
        """The model that answers in a conversation."""
        return self._models.get(thread_id) or self.settings.model

    def use_model(self, thread_id: str, model: str) -> None:
        """Let another model answer in a conversation, until the program ends; empty for the one of the settings."""
        self._models[thread_id] = model

    def new_thread(self) -> str:
        """A new conversation; it is kept from its first turn on."""
        return self.memory.new_id()

    def threads(self, text: str = "") -> list[Thread]:
        """All conversations, or those in which all words of `text` were said; newest first."""
        return self.memory.search(text) if text.strip() else self.memory.threads()

    def exists(self, thread_id: str) -> bool:
        """Whether this conversation has had a turn."""
        return self.memory.exists(thread_id)

    def rename(self, thread_id: str, name: str) -> None:
        """Give a conversation another name."""
        self.memory.rename(thread_id, name)

    def delete(self, thread_id: str) -> None:
        """Forget a conversation."""
        self.memory.delete(thread_id)

    def clips(self, thread_id: str) -> list[Clip]:
        """All clips brought to a conversation, oldest first."""
        return clips_kept(self._state(thread_id).get("clips") or ())

    def history(self, thread_id: str) -> list[Entry]:
        """Everything said, oldest first."""
        from app.agent.memory.entries import entries

        return entries(self._state(thread_id).get("messages") or (), self.clips(thread_id))

    def turn(self, thread_id: str, words: str, files: Sequence[Brought | Path] = ()) -> Iterator[Event]:
        """Say something, with or without sound files, and follow what happens; `Answered` comes last."""
        yield from self._exclusive(thread_id, words, files, None)

    def again(self, thread_id: str) -> Iterator[Event]:
        """Ask the newest message again: its answer, and what was looked up for it, give way to a new one."""
        yield from self._exclusive(thread_id, None, (), None)

    def stop(self, thread_id: str) -> None:
        """Stop the turn at work in a conversation, from any thread; it ends at once, and the conversation goes on."""
        if turn := self._at_work.get(thread_id):
            turn.stop()

    def press(self, thread_id: str, words: str, tool: str, args: Mapping[str, Any]) -> Iterator[Event]:
        """A button: make one tool call as given, then let the model word the answer."""
        yield from self._exclusive(thread_id, words, (), {"name": tool, "args": dict(args)})

    def _exclusive(
        self,
        thread_id: str,
        words: str | None,
        files: Sequence[Brought | Path],
        call: Mapping[str, Any] | None,
    ) -> Iterator[Event]:
        """One turn at a time in a conversation. Without `words` the newest message is asked again."""
        with self._building:
            lock = self._turns.setdefault(thread_id, threading.Lock())
        busy = "This conversation is still busy with another message: wait for its answer."
        if not lock.acquire(timeout=self.settings.model_timeout_s):
            yield Answered(busy, failed=True)
            return
        turn = Turn(
            self._models.get(thread_id, ""), again=words is None, lasts_s=self.settings.model_timeout_s
        )
        self._at_work[thread_id] = turn
        try:
            with self.memory.alone(thread_id, self.settings.model_timeout_s) as alone:
                if not alone:
                    yield Answered(busy, failed=True)
                elif words is None:
                    yield from self._again(thread_id, turn)
                else:
                    yield from self._turn(thread_id, turn, words, files, call)
        finally:
            self._at_work.pop(thread_id, None)
            lock.release()

    def _again(self, thread_id: str, turn: Turn) -> Iterator[Event]:
        from app.agent.memory.entries import newest_turn

        self._settle(thread_id)
        asked, out = newest_turn(self._state(thread_id).get("messages") or ())
        if asked is None:
            yield Answered(phrase("answers", "nothing_to_repeat"), failed=True)
            return
        self._graph.update_state(self._config(thread_id), {"messages": out}, as_node="model")
        inputs = {"messages": [asked], "clips": []}
        try:
            yield from self._stream(thread_id, inputs, turn)
        except RepriseError as error:
            yield self._broken_off(thread_id, error, inputs)
        finally:
            self.memory.turned(thread_id, "", again=True)

    def _turn(
        self,
        thread_id: str,
        turn: Turn,
        words: str,
        files: Sequence[Brought | Path],
        call: Mapping[str, Any] | None,
    ) -> Iterator[Event]:
        problems: list[RepriseError] = []
        brought_clips: list[Clip] = []
        spoken = Spoken(words, ())
        try:
            brought_clips, problems = yield from clips_of(self.library, files, turn)
            with self.library.watched(lambda _: turn.check()):
                spoken = read_aloud(self.library, words, brought_clips)
        except TurnStoppedError as stopped:
            problems = [stopped]
        words, clips = spoken.words or ("" if spoken.clips else names_of(files)), spoken.clips
        message = message_of(words, spoken, len(self.clips(thread_id)), call, self._titles.named_in(words))
        inputs = {"messages": [message], "clips": [asdict(clip) for clip in clips]}
        self._settle(thread_id)
        try:
            if problems:
                raise problems[0]
            yield from self._stream(thread_id, inputs, turn)
        except RepriseError as error:
            yield self._broken_off(thread_id, error, inputs)
        finally:
            self.memory.turned(thread_id, words)

    def _broken_off(self, thread_id: str, error: RepriseError, inputs: dict[str, Any]) -> Answered:
        """Keep and tell what ended a turn: a stop of the user's, or something that they can act on."""
        said = phrase("answers", "stopped") if isinstance(error, TurnStoppedError) else str(error)
        self._settle(thread_id, said, inputs)
        return Answered(said, failed=True)

    def _stream(self, thread_id: str, inputs: dict[str, Any], turn: Turn) -> Iterator[Event]:
        from langgraph.errors import GraphRecursionError

        answer: Answered | None = None
        stream: Any = self._graph.stream(
            inputs,
            self._config(thread_id),
            context=turn,
            stream_mode=["custom", "updates"],
            durability="sync",
        )
        try:
            answer = yield from events_of(stream)
        except GraphRecursionError:
            answer = Answered(phrase("answers", "too_many_calls"), failed=True)
        finally:
            stream.close()
        if answer is None or not answer.text:
            answer = Answered(phrase("answers", "empty_answer"), failed=True)
        if answer.failed:
            self._settle(thread_id, answer.text)
        yield answer

    @functools.cached_property
    def _graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        from app.agent.graph import build_graph

        return build_graph(
            self._functions,
            self.library,
            self.settings,
            self.memory.saver,
            start_adding=self._start_adding,
            model=self._model,
        )

    def _config(self, thread_id: str) -> Any:
        from app.agent.graph import STEPS_A_TURN

        return {"configurable": {"thread_id": thread_id}, "recursion_limit": STEPS_A_TURN}

    def _state(self, thread_id: str) -> dict[str, Any]:
        """What is kept of a conversation; read from the memory, so that it works without a model."""
        return self.memory.state(thread_id)

    def _settle(self, thread_id: str, answer: str = "", inputs: Mapping[str, Any] | None = None) -> None:
        """Close a turn that broke off: no tool call without its answer, no message without a reply."""
        from app.agent.memory.entries import closing

        state = self._state(thread_id)
        messages = list(state.get("messages") or ())
        update: dict[str, Any] = {"messages": []}
        if inputs and inputs["messages"][0].id not in [message.id for message in messages]:
            update = {**inputs, "messages": list(inputs["messages"])}
        update["messages"] += closing([*messages, *update["messages"]], answer)
        if update["messages"]:
            self._graph.update_state(self._config(thread_id), update, as_node="model")
