"""The built-in planner as a chat model of LangChain's: the same graph, tools and memory serve it as any other.

It reads the whole conversation, then either calls one tool or answers. It keeps nothing between calls. It is no
language model, and says so when asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from app.agent.planner.answers.answer import answer, say
from app.agent.planner.answers.extremes import among_results
from app.agent.planner.answers.hum import taken_for
from app.agent.planner.answers.kept import kept_from_before
from app.agent.planner.answers.left_out import left_out
from app.agent.planner.answers.not_here import by_sound, not_here
from app.agent.planner.answers.phrases import speaking, word
from app.agent.planner.answers.samey import after_samey, none_near
from app.agent.planner.answers.unweighed import unweighed
from app.agent.planner.decide.choices import carried, offers
from app.agent.planner.decide.intent_classifier import Likely
from app.agent.planner.decide.plan import Step, next_step
from app.agent.planner.decide.unfinished import FIND_WHAT, LIKE_WHAT
from app.agent.planner.parse.conversation import Talk, goes_on, read_talk
from app.agent.planner.parse.facts import facts_asked, of_library_asked
from app.agent.planner.parse.prepared import prepare
from tools.session import new_call_id

NOT_SURE = ("unclear", "outside", "no_sound")
"""Answers beside which wishes are offered to click."""
ASKED = (LIKE_WHAT, FIND_WHAT)
"""Questions that a name alone answers."""


class Planner(BaseChatModel):
    """Rules that can be read, and the text network where they are not sure."""

    _likely: Likely = PrivateAttr(default_factory=Likely)

    @property
    def _llm_type(self) -> str:
        return "reprise-planner"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Only tools that are bound are ever called."""
        names = [str(convert_to_openai_tool(tool)["function"]["name"]) for tool in tools]
        return self.bind(tools=names, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(
            generations=[ChatGeneration(message=self._reply(messages, kwargs.get("tools") or ()))]
        )

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages, kwargs.get("tools") or ())
        for chunk in _chunks(reply):
            if run_manager and chunk.text:
                run_manager.on_llm_new_token(chunk.text, chunk=ChatGenerationChunk(message=chunk))
            yield ChatGenerationChunk(message=chunk)

    def _reply(self, messages: Sequence[BaseMessage], tools: Sequence[str]) -> AIMessage:
        talk = read_talk(messages)
        whole = len(talk.done) == 1 and not goes_on(talk)
        with speaking(talk.language, talk.said if whole else ""):
            return self._answered(talk, tools)

    def _answered(self, talk: Talk, tools: Sequence[str]) -> AIMessage:
        """The next call, or the answer, to a conversation as it stands."""
        step = next_step(talk, tools, self._likely.intents)
        if step is None and (sounding := by_sound(talk)) and sounding.name in tools:
            step = Step(sounding)
        if step is not None and step.call is not None:
            call = {"name": step.call.name, "args": dict(step.call.args), "id": new_call_id()}
            return AIMessage("", tool_calls=[call], additional_kwargs=_rejected(step, talk))
        text = prepare(talk.words, talk).text
        asked, alone = facts_asked(text), of_library_asked(text)
        told = [answer(call, message, asked, alone) for call, message in talk.done]
        if step is not None:
            offered = {word(name): call for name, call in step.offered.items()}
            if step.phrase in NOT_SURE:
                offered = offered or dict.fromkeys(say("examples").split(" | "))
            said = "\n\n".join([*told, _worded(step, talk)])
            asked_back = {"asked": step.phrase} if step.phrase in ASKED else {}
            extra = {**carried(offered), **_rejected(step, talk), **asked_back}
            return AIMessage(said, additional_kwargs=extra)
        if not talk.done:
            return AIMessage(say("unclear"))
        offered = dict(offers(*talk.done[-1]))
        if taken := taken_for(talk):
            told.append(taken.words)
            offered.update(dict.fromkeys(taken.choices))
        varied, changes = after_samey(talk)
        if varied:
            told.append(varied)
            offered |= changes
        elif far := none_near(talk):
            told.append(far)
        if kept := kept_from_before(talk):
            told.append(kept)
        absent, instead = not_here(talk)
        if absent:
            told.insert(len(told) - 1 if len(told) > 1 else len(told), absent)
            offered |= instead
        note, search = unweighed(talk)
        if note:
            told.append(note)
            offered |= search
        if talk.unread:
            told.append(talk.unread)
        return AIMessage("\n\n".join(told), additional_kwargs=carried(offered))


def _worded(step: Step, talk: Talk) -> str:
    """What a step says that calls nothing."""
    if step.of_results:
        return among_results(step.of_results, talk.shown)
    names = {"names": left_out(step.gone)} if step.phrase == "complaint" else {}
    return say(step.phrase, **names, **step.variables)


def _rejected(step: Step, talk: Talk) -> dict[str, Any]:
    """What the user does not want to be shown again: the call that found it, and the ranks (none: all)."""
    if step.rejects is None or not talk.hits_of:
        return {}
    return {"rejected": {"call": talk.hits_of, "ranks": list(step.rejects)}}


def _chunks(reply: AIMessage) -> Iterator[AIMessageChunk]:
    """The reply in pieces: a tool call whole, an answer word by word."""
    import json

    if reply.tool_calls:
        made = reply.tool_calls[0]
        part = tool_call_chunk(name=made["name"], args=json.dumps(made["args"]), id=made["id"], index=0)
        yield AIMessageChunk(
            content="",
            tool_call_chunks=[part],
            additional_kwargs=reply.additional_kwargs,
            chunk_position="last",
        )
        return
    pieces = re.findall(r"\S+\s*|\s+", reply.text)
    for place, piece in enumerate(pieces):
        last = place == len(pieces) - 1
        yield AIMessageChunk(
            content=piece,
            additional_kwargs=reply.additional_kwargs if last else {},
            chunk_position="last" if last else None,
        )
