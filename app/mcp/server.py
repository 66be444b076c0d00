"""The server that other assistants speak to: thirteen tools, the library and conversations to read, common wishes.

A call from outside is the tool itself, never a turn of our planner. Tools come with their own names, arguments and
words; what differs for such a caller is in `app.mcp.caller`.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, ToolAnnotations

from app.mcp.caller import Caller
from app.mcp.conversations import Conversation, Conversations
from app.mcp.outcomes import Outcome
from app.mcp.reading import Readable
from prompts import phrase, sections, variables_of
from tools import ToolFunction

if TYPE_CHECKING:
    from app.agent.assistant import Assistant

WRITING = ("make_playlist", "add_to_library")
"""Tools that change something; all others only read."""
_PROMPTS = "wishes"
_SESSION = "mcp-session-id"


def build_server(
    functions: Sequence[ToolFunction], caller: Caller, assistant: Callable[[], Assistant]
) -> MCPServer[Any]:
    """A server of the tools on one library. `assistant` gives the conversations, when they are asked for."""
    server: MCPServer[Any] = MCPServer(
        "reprise",
        title="Reprise",
        description="Finds ten-second moments in the music of this computer, and says why they match.",
        instructions=phrase(_PROMPTS, "instructions"),
        version=_version(),
        log_level="WARNING",
    )
    conversations = Conversations()
    for function in functions:
        server.add_tool(
            _tool(function, caller, conversations),
            name=function.__name__,
            description=inspect.cleandoc(function.__doc__ or ""),
            annotations=ToolAnnotations(
                read_only_hint=function.__name__ not in WRITING,
                destructive_hint=False,
                open_world_hint=False,
            ),
        )
    Readable(caller.library, assistant).mount(server)
    for name in sections(_PROMPTS):
        if name != "instructions":
            server.prompt(name=name, description=phrase(_PROMPTS, name, **_named(name)))(_wish(name))
    return server


def _tool(function: ToolFunction, caller: Caller, conversations: Conversations) -> Callable[..., Any]:
    """A function of tools/ as the server calls it: its own arguments, and a result with typed data."""

    async def call(context: Context, **args: Any) -> CallToolResult:
        return await caller.call(function, args, _conversation(conversations, context), context)

    hints = typing.get_type_hints(function)
    parameters = [
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
    own = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=Context)
    result = Annotated[CallToolResult, Outcome]
    call.__name__ = function.__name__
    call.__signature__ = inspect.Signature([own, *parameters], return_annotation=result)  # type: ignore[attr-defined]
    call.__annotations__ = {"context": Context, **{each.name: each.annotation for each in parameters}}
    call.__annotations__["return"] = result
    return call


def _conversation(conversations: Conversations, context: Context) -> Conversation:
    """What the caller found before. One process serves one client by standard streams; by HTTP a session is told
    by its id, and where the protocol has no sessions, by the client's name: there only pinned hits are sure."""
    if session_id := (context.headers or {}).get(_SESSION):
        return conversations.of(f"session {session_id}")
    client = context.session.client_params
    return conversations.of(f"client {client.client_info.name if client else ''}")


def _wish(name: str) -> Callable[..., str]:
    """A common wish, with its blanks as arguments."""

    def filled(**blanks: str) -> str:
        return phrase(_PROMPTS, name, **blanks)

    blanks = sorted(variables_of(_PROMPTS, name))
    filled.__name__ = name
    filled.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY, annotation=str) for each in blanks],
        return_annotation=str,
    )
    filled.__annotations__ = {**dict.fromkeys(blanks, str), "return": str}
    return filled


def _named(name: str) -> dict[str, str]:
    """Each blank of a wish with its own name in it, for its description."""
    return {blank: f"<{blank}>" for blank in variables_of(_PROMPTS, name)}


def _version() -> str:
    try:
        return version("reprise")
    except PackageNotFoundError:
        return "0"
