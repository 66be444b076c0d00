"""What stands between the graph and the model or a tool: the model in use, buttons, wrong calls, our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from app.agent.llm.arguments import repaired
from app.agent.llm.tool_names import known_tool
from app.agent.llm.turn_state import WRONG_CALL, named_by_the_user
from app.agent.toolbox import complete_args
from app.agent.turn import TurnStoppedError
from index.core.errors import RepriseError, printable
from prompts import phrase
from tools import ToolFunction
from tools.answer import error_data
from tools.session import new_call_id

if TYPE_CHECKING:
    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.types import Command


def _appended(old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [*(old or []), *(new or [])]


class ConversationState(AgentState[Any]):
    """What is kept of a conversation, beside its messages: the clips brought, oldest first."""

    clips: NotRequired[Annotated[list[dict[str, Any]], _appended]]


class Buttons(AgentMiddleware[ConversationState, Any, Any]):
    """A button's call is made as it stands, whatever model is in use; and every call names all its arguments."""

    def __init__(self, functions: Mapping[str, ToolFunction]) -> None:
        super().__init__()
        self.functions = functions

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any] | AIMessage:
        """Make the call that came with the message, else ask the model."""
        newest = request.messages[-1]
        if isinstance(newest, HumanMessage) and (call := newest.additional_kwargs.get("call")):
            args = complete_args(self.functions, call["name"], call["args"])
            return AIMessage("", tool_calls=[{"name": call["name"], "args": args, "id": new_call_id()}])
        response = handler(request)
        for message in response.result:
            if isinstance(message, AIMessage):
                for made in message.tool_calls:
                    made["args"] = complete_args(self.functions, made["name"], made["args"])
        return response


class WrongCalls(AgentMiddleware[ConversationState, Any, Any]):
    """A call that cannot be made goes back with the reason; so does one that reaches for what the user never named."""

    def __init__(self, functions: Mapping[str, ToolFunction]) -> None:
        super().__init__()
        self.functions = functions

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Run the tool, if there is one and its arguments fit."""
        call = request.tool_call
        name, args = call["name"], call["args"]
        problem = ""
        if name not in self.functions:
            problem = phrase(
                "language", "no_such_tool", name=printable(name), tools=", ".join(self.functions)
            )
        elif wrong := repaired(self.functions[name], args).problem:
            problem = phrase("language", "wrong_arguments", problem=wrong)
        elif name == "add_to_library" and self._unnamed(
            str(args.get("source", "clip")), request.state["messages"]
        ):
            problem = phrase("language", "not_named", source=printable(str(args["source"])))
        if not problem:
            return handler(request)
        return ToolMessage(
            problem,
            artifact={"kind": WRONG_CALL, "message": problem},
            name=known_tool(name, self.functions) or name,
            tool_call_id=call["id"],
            status="error",
        )

    @staticmethod
    def _unnamed(source: str, messages: list[Any]) -> bool:
        clip = source.strip().lower().removeprefix("the ").startswith("clip") and "/" not in source
        return not clip and not named_by_the_user(source, messages)


class OurErrors(AgentMiddleware[ConversationState, Any, Any]):
    """Our errors become the tool's answer; anything else is a bug and shows."""

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Run the tool."""
        try:
            return handler(request)
        except TurnStoppedError:
            raise
        except RepriseError as error:
            return ToolMessage(
                str(error),
                artifact=error_data(error),
                name=request.tool_call["name"],
                tool_call_id=request.tool_call["id"],
                status="error",
            )
