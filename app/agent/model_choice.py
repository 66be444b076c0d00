"""The model in use, as the graph asks it: the built-in planner, or the language model of the turn or the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse

from app.agent.llm.model_step import Speaker
from app.agent.llm.providers import context_of, explain, open_model, own_server, settings_for
from app.agent.llm.server_quirks import Talents
from app.agent.llm.streaming import reply
from app.agent.llm.tool_prompts import tool_schemas
from app.agent.middleware import ConversationState
from app.agent.turn import Turn
from prompts import prompt
from tools import ToolFunction

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from app.settings import Settings

ANOTHER_ANSWER = 0.8
"""Temperature where the same words are asked again, on servers of one's own."""


class ChosenModel(AgentMiddleware[ConversationState, Any, Any]):
    """Asks the model of the turn; its failures become one sentence."""

    state_schema = ConversationState

    def __init__(
        self, settings: Settings, functions: Mapping[str, ToolFunction], model: BaseChatModel | None = None
    ) -> None:
        super().__init__()
        self.settings = settings
        self.functions = dict(functions)
        self._given = model
        self._opened: dict[str, BaseChatModel] = {}
        self._talents: dict[str, Talents] = {}
        self._opening = threading.Lock()

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """The next message. The graph's own way to the model is not taken: a reply must be one that can be left."""
        turn: Turn = request.runtime.context or Turn(lasts_s=self.settings.model_timeout_s)
        write = request.runtime.stream_writer

        def say(text: str, anew: bool) -> None:
            write({"text": text, "anew": anew})

        name = "given" if self._given and not turn.model else turn.model or self.settings.model
        if turn.stopped:
            turn.check()
        if name == "builtin":
            heard = reply(
                self._model(name),
                request.messages,
                turn,
                tools=tool_schemas(list(self.functions.values())),
                heard=lambda text: say(text, False),
            )
            return ModelResponse([heard])
        settings = settings_for(self.settings, turn.model)
        try:
            speaker = self._speaker(name, settings, request, turn, say)
            turn.begin()
            return ModelResponse([speaker.next_message()])
        except Exception as error:
            told = explain(error, settings)
            if told is error:
                raise
            raise told from error

    def _speaker(
        self,
        name: str,
        settings: Settings,
        request: ModelRequest[Any],
        turn: Turn,
        say: Callable[[str, bool], None],
    ) -> Speaker:
        model = self._model(name)
        clips: list[dict[str, Any]] = request.state.get("clips") or []  # type: ignore[assignment]
        with self._opening:
            talents = self._talents.setdefault(name, Talents(context_of(model, settings)))
        return Speaker(
            model=model,
            planner=self._model("builtin"),
            functions=self.functions,
            talents=talents,
            turn=turn,
            messages=request.messages,
            system=prompt("system", today=f"{date.today():%A, %d %B %Y}"),
            clips=[str(clip["name"]) for clip in clips],
            say=say,
            options={"temperature": ANOTHER_ANSWER} if turn.again and own_server(settings) else {},
        )

    def _model(self, name: str) -> BaseChatModel:
        """A model, opened when it is first called."""
        if name == "given" and self._given is not None:
            return self._given
        with self._opening:
            if name not in self._opened:
                self._opened[name] = open_model(settings_for(self.settings, name))
            return self._opened[name]
