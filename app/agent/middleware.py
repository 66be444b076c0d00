"""What stands between the graph and the model or a tool: today's date, our errors, buttons, time limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from app.agent.models import explain, open_model
from app.agent.toolbox import complete_args, new_call_id
from index.errors import RepriseError, printable
from prompts import prompt
from tools import ToolFunction
from tools.answer import error_data

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.types import Command

    from app.settings import Settings


def _appended(old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [*(old or []), *(new or [])]


class ConversationState(AgentState[Any]):
    """What is kept of a conversation, beside its messages: the clips brought, oldest first."""

    clips: NotRequired[Annotated[list[dict[str, Any]], _appended]]


class ChosenModel(AgentMiddleware[ConversationState, Any, Any]):
    """Asks the model that the settings name, with today's system prompt; its failures become one sentence."""

    state_schema = ConversationState

    def __init__(self, settings: Settings, model: BaseChatModel | None = None) -> None:
        super().__init__()
        self.settings = settings
        self._model = model

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Call the model."""
        if self._model is None:
            self._model = open_model(self.settings)
        clips: list[dict[str, Any]] = request.state.get("clips") or []  # type: ignore[assignment]
        listed = ", ".join(
            f"clip:{number} “{printable(clip['name'])}” ({clip['duration_s']:.0f} s)"
            for number, clip in enumerate(clips, 1)
        )
        text = prompt("system", today=f"{date.today():%A, %d %B %Y}", clips=listed or "none")
        try:
            return handler(request.override(model=self._model, system_message=SystemMessage(text)))
        except Exception as error:
            told = explain(error, self.settings)
            if told is error:
                raise
            raise told from error


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


class OurErrors(AgentMiddleware[ConversationState, Any, Any]):
    """Our errors become the tool's answer; anything else is a bug and shows."""

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Run the tool."""
        try:
            return handler(request)
        except RepriseError as error:
            return ToolMessage(
                str(error),
                artifact=error_data(error),
                name=request.tool_call["name"],
                tool_call_id=request.tool_call["id"],
                status="error",
            )
