"""The tools as LangChain knows them: words to the model, data (the artifact) to the page.

The functions in tools/ stay plain Python. Here each gets a schema from its signature, and a Session made
from the state of the conversation in which it is called.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from langchain.tools import ToolRuntime
from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool
from pydantic import ConfigDict, Field, create_model

from app.agent.memory.kept import clips_of, readable
from app.agent.turn import Turn
from index.core.hits import Hit
from index.core.lengths import Measured
from index.workers.listening import Listened
from tools import ToolFunction
from tools.answer import plain
from tools.session import Search, Session, StartAdding

if TYPE_CHECKING:
    from index.protocol import MusicLibrary


def make_tools(
    functions: Sequence[ToolFunction], library: MusicLibrary, start_adding: StartAdding | None = None
) -> list[BaseTool]:
    """The functions, wrapped for the agent."""

    def session(state: Mapping[str, Any]) -> Session:
        return session_from(state, library, start_adding)

    return [_wrapped(function, session, library) for function in functions]


def _wrapped(
    function: ToolFunction, session: Callable[[Mapping[str, Any]], Session], library: MusicLibrary
) -> BaseTool:
    def run(runtime: ToolRuntime, **args: Any) -> tuple[str, dict[str, Any]]:
        with library.watched(_watch(runtime)):
            answer = function(session(runtime.state), **args)
        return answer.text, plain(answer.data)

    run.__annotations__["runtime"] = ToolRuntime  # the class itself, not its name: LangChain looks for it
    hints = typing.get_type_hints(function)
    fields: dict[str, Any] = {
        name: (hints[name], ... if default is inspect.Parameter.empty else default)
        for name, default in _arguments(function).items()
    }
    # No argument of the model's; but a tool whose schema is empty would be called without its runtime.
    fields["runtime"] = (Annotated[Any, InjectedToolArg()], Field(default=None, exclude=True))
    schema = create_model(function.__name__, __config__=ConfigDict(extra="ignore"), **fields)
    return StructuredTool.from_function(
        run,
        name=function.__name__,
        description=inspect.cleandoc(function.__doc__ or ""),
        args_schema=schema,
        response_format="content_and_artifact",
    )


def _watch(runtime: ToolRuntime) -> Callable[[Any], None]:
    """Tells how far a tool is that listens to a part of a clip, and ends it when the turn is stopped."""

    def watch(told: Any) -> None:
        if isinstance(runtime.context, Turn):
            runtime.context.check()
        if isinstance(told, Listened):
            news = {"name": "", "done_s": told.done_s, "total_s": told.total_s}
            runtime.stream_writer({"listening": news})
        if isinstance(told, Measured):
            counts: dict[str, Any] = {"name": "", "done_s": told.done, "total_s": told.total}
            runtime.stream_writer({"listening": counts | {"tracks": True, "what": told.what}})

    return watch


def _arguments(function: ToolFunction) -> dict[str, Any]:
    """Public arguments of a tool and their defaults, as the signature has them."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {parameter.name: parameter.default for parameter in parameters}


def complete_args(
    functions: Mapping[str, ToolFunction], name: str, args: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a call with the defaults filled in, in the order of the signature."""
    if name not in functions:
        return dict(args)
    given = dict(args)
    complete = {}
    for argument, default in _arguments(functions[name]).items():
        if argument in given:
            complete[argument] = given.pop(argument)
        elif argument in ("emphasis", "filters"):
            complete[argument] = {}
        elif default is not inspect.Parameter.empty:
            complete[argument] = default
    return {**complete, **given}


def session_from(
    state: Mapping[str, Any], library: MusicLibrary, start_adding: StartAdding | None = None
) -> Session:
    """The conversation as the tools see it."""
    messages: Sequence[BaseMessage] = state["messages"]
    return Session(
        library=library,
        clips=tuple(clips_of(state.get("clips") or ())),
        searches=tuple(searches(messages)),
        rejected=tuple(rejected(messages)),
        said=_newest_words(messages),
        pending=pending(messages),
        start_adding=start_adding,
    )


def searches(messages: Sequence[BaseMessage]) -> list[Search]:
    """Every tool call that returned hits, oldest first."""
    found = []
    for message in messages:
        if isinstance(message, ToolMessage):
            artifact = message.artifact
            if isinstance(artifact, Mapping) and artifact.get("kind") == "hits":
                hits = tuple(readable(artifact.get("hits")))
                found.append(Search(message.tool_call_id, artifact.get("query") or {}, hits))
    return found


def rejected(messages: Sequence[BaseMessage]) -> list[Hit]:
    """The results that the user did not want to be shown again."""
    found = {search.call_id: search.hits for search in searches(messages)}
    marks = [message.additional_kwargs.get("rejected") for message in messages]
    return [
        hit
        for mark in marks
        if isinstance(mark, Mapping)
        for hit in found.get(str(mark.get("call")), ())
        if not mark.get("ranks") or hit.rank in mark["ranks"]
    ]


def pending(messages: Sequence[BaseMessage]) -> dict[str, Any] | None:
    """What a tool asked in the turn before the newest words of the user."""
    asked: dict[str, Any] | None = None
    for message in messages[: _newest_human(messages)]:
        if isinstance(message, HumanMessage):
            asked = None
        elif isinstance(message, ToolMessage):
            artifact = message.artifact
            if isinstance(artifact, Mapping) and artifact.get("kind") == "question":
                asked = dict(artifact.get("pending") or {}) or None
    return asked


def _newest_human(messages: Sequence[BaseMessage]) -> int:
    places = [place for place, message in enumerate(messages) if isinstance(message, HumanMessage)]
    return places[-1] if places else 0


def _newest_words(messages: Sequence[BaseMessage]) -> str:
    place = _newest_human(messages)
    return words_of(messages[place]) if messages else ""


def words_of(message: BaseMessage) -> str:
    """What the user wrote, without the note on clips that the model is given."""
    return str(message.additional_kwargs.get("words", message.text))
