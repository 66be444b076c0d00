"""The tools as a language model is told of them: short, since small models have little room and less attention."""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from prompts import phrase
from tools import ToolFunction

_JSON = {str: "string", int: "integer", float: "number", bool: "boolean"}


def tool_schemas(functions: Sequence[ToolFunction]) -> list[dict[str, Any]]:
    """The tools in OpenAI's form; every provider's package reads it."""
    return [{"type": "function", "function": _schema(function)} for function in functions]


def _schema(function: ToolFunction) -> dict[str, Any]:
    hints = typing.get_type_hints(function)
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        properties[parameter.name] = _kind(hints.get(parameter.name, str))
        if parameter.default is inspect.Parameter.empty:
            needed.append(parameter.name)
        elif parameter.default not in (None, ""):
            properties[parameter.name]["default"] = parameter.default
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if needed:
        parameters["required"] = needed
    return {"name": function.__name__, "description": description(function), "parameters": parameters}


def description(function: ToolFunction) -> str:
    """A tool's docstring without its gaps."""
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    return "\n".join(line for line in lines if line.strip())


def _kind(hint: Any) -> dict[str, Any]:
    if typing.get_origin(hint) is Literal:
        return {"type": "string", "enum": list(typing.get_args(hint))}
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = [each for each in typing.get_args(hint) if each is not type(None)]
        return _kind(kinds[0]) if len(kinds) == 1 else _kind(next((k for k in kinds if k is not str), str))
    if typing.get_origin(hint) in (list, tuple) or _is(hint, Sequence):
        return {"type": "array", "items": {"type": "string"}}
    if _is(hint, Mapping):
        return {"type": "object"}
    return {"type": _JSON.get(hint, "string")}


def _is(hint: Any, kind: type) -> bool:
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, kind)


# --- for servers that know nothing of tools ----------------------------------------------------------------


def tools_in_words(functions: Sequence[ToolFunction]) -> str:
    """The tools and how to call one in text, as a part of the system prompt."""
    told = [
        f"{function.__name__}({', '.join(_arguments(function))})\n{description(function)}"
        for function in functions
    ]
    return phrase("language", "tools", tools="\n\n".join(told))


def _arguments(function: ToolFunction) -> list[str]:
    return [
        parameter.name
        if parameter.default is inspect.Parameter.empty
        else f"{parameter.name}={json.dumps({} if parameter.default is None else parameter.default)}"
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]


def in_plain_words(messages: Sequence[BaseMessage], *, merged: bool = False) -> list[BaseMessage]:
    """The messages for a server that knows only users and assistants, each speaking in turn.

    Calls become the JSON that the model was asked to write, tools' answers a message of the user's. With `merged` the
    system prompt stands at the head of the user's first words.
    """
    plain: list[BaseMessage] = []
    for message in messages:
        text, kind = str(message.text), type(message)
        if isinstance(message, AIMessage) and message.tool_calls:
            made = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
            text = "\n".join(json.dumps(each, ensure_ascii=False) for each in made)
        elif isinstance(message, ToolMessage) or (merged and isinstance(message, SystemMessage)):
            kind = HumanMessage
        if plain and type(plain[-1]) is kind:
            text = f"{plain.pop().text}\n\n{text}"
        plain.append(kind(text))
    return plain


def as_data(message: BaseMessage) -> BaseMessage:
    """A tool's answer marked as data: what it quotes from the user's files is nobody's instruction."""
    if not isinstance(message, ToolMessage):
        return message
    inside = message.text.replace("<result", "<_result").replace("</result", "</_result")
    return ToolMessage(
        f"<result>\n{inside}\n</result>",
        tool_call_id=message.tool_call_id,
        name=message.name,
        status=message.status,
    )
