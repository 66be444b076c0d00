"""The graph: LangChain's agent over our tools, our state, and a memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent

from app.agent.llm.model_step import CALLS_A_TURN
from app.agent.middleware import Buttons, ConversationState, OurErrors, WrongCalls
from app.agent.model_choice import ChosenModel
from app.agent.planner.model import Planner
from app.agent.toolbox import make_tools
from app.agent.turn import Turn

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

    from app.settings import Settings
    from index.protocol import MusicLibrary
    from tools import ToolFunction
    from tools.session import StartAdding

STEPS_A_TURN = 2 * CALLS_A_TURN + 5
"""Never reached by a model, whose calls are counted; a fault of ours ends here."""


def build_graph(
    functions: Sequence[ToolFunction],
    library: MusicLibrary,
    settings: Settings,
    saver: BaseCheckpointSaver[str],
    *,
    start_adding: StartAdding | None = None,
    model: BaseChatModel | None = None,
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The agent, ready for turns.

    The model that the settings name (or `model`) is opened when it is first called: without its key or its
    server the graph still stands, and says so in the conversation.
    """
    by_name = {function.__name__: function for function in functions}
    return create_agent(
        Planner(),
        make_tools(functions, library, start_adding),
        middleware=[
            Buttons(by_name),
            ChosenModel(settings, by_name, model),
            WrongCalls(by_name),
            OurErrors(),
        ],
        state_schema=ConversationState,
        context_schema=Turn,
        checkpointer=saver,
    )
