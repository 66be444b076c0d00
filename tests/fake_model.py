"""A chat model that plays a script: each reply is a text, a tool call, or an exception to raise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field


class ScriptedModel(BaseChatModel):
    """Replies in the order of the script: "text", ("tool", {"arg": 1}) or an exception."""

    script: list[Any] = Field(default_factory=list)
    heard: list[list[BaseMessage]] = Field(default_factory=list)
    """The messages of each call."""
    bound: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, Any]:
        self.bound[:] = [convert_to_openai_tool(tool)["function"]["name"] for tool in tools]
        return self

    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        self.heard.append(list(messages))
        reply = self.script.pop(0) if self.script else "end of the script"
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, str):
            return AIMessage(reply)
        name, args = reply
        return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call{len(self.heard)}"}])

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        import json

        reply = self._next(messages)
        if reply.tool_calls:
            made = reply.tool_calls[0]
            part = tool_call_chunk(name=made["name"], args=json.dumps(made["args"]), id=made["id"], index=0)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[part]))
            return
        for word in reply.text.split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word + " "))
