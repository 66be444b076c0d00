"""Tool calls that a model wrote into its text instead of making them: found, and taken out of what is shown.

Models are trained on many forms: Hermes' and Qwen's <tool_call>, Llama's {"name", "parameters"} and <function=...>,
Mistral's [TOOL_CALLS], ReAct's Action, Python's own call, JSON in a fence or bare. A text is only a call if it names a
tool (or, where it is nothing but an object, wants to).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.agent.llm.lenient_json import blocks, read_object, read_value
from app.agent.llm.tool_names import known_tool

_NAMES = ("name", "tool", "tool_name", "function", "function_name", "action", "recipient_name", "call")
_ARGS = (
    "arguments",
    "args",
    "parameters",
    "params",
    "input",
    "tool_input",
    "action_input",
    "kwargs",
    "tool_args",
)
_LISTS = ("tool_calls", "calls", "tools", "function_calls")
_THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning|scratchpad)>.*?(?:</\1>|\Z)|^.*?</(?:think|thinking|thought|reasoning)>",
    re.DOTALL | re.IGNORECASE,
)
_XML = re.compile(r"<function[= ]\"?([\w.-]+)\"?>(.*?)(?:</function>|\Z)", re.DOTALL)
_XML_ARGUMENT = re.compile(r"<parameter[= ]\"?(\w+)\"?>\s*(.*?)\s*</parameter>", re.DOTALL)
_REACT = re.compile(
    r"Action:\s*`?([\w.-]+)`?\s*(?:\n\s*)?Action Input:\s*(.*?)(?:\nObservation|\Z)", re.DOTALL
)
_WRAPPING = re.compile(
    r"</?(?:tool_call|tool_calls|function_call|tools?|tool_code)>|<\|[\w▁]+\|>|<｜[\w▁]+｜>|\[/?TOOL_CALLS\]|\[/?ARGS\]"
    r"|```[\w-]*|^\s*(?:json|tool_code|functools)\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_MARKS = re.compile(
    r"[{`<]|\[(?=\s*[{A-Z])|\bAction:|\bfunctools\b|\bto=functions\b|｜|\[TOOL"
    r"|^\s*\[?[\w.]+\((?=\w*\s*=|\)|[\"'])",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Spoken:
    """What a text holds: calls, and the words around them."""

    words: str
    calls: tuple[tuple[str, Any], ...] = ()
    """(name as written, arguments as written: an object, or a text where that could not be read)."""


def without_thoughts(text: str) -> str:
    """The text without what a model thinks aloud between <think> and </think>; an unfinished thought is one too."""
    return _THOUGHT.sub("", text)


def may_be_call(text: str) -> int:
    """Where in a text a tool call may begin; its length if nowhere."""
    found = _MARKS.search(text)
    return found.start() if found else len(text)


def spoken_calls(text: str, tools: Collection[str]) -> Spoken:
    """Calls in a text. `tools` are the names there are.

    A bare object that names a tool nobody knows counts as a call only if it is all that was said.
    """
    text = without_thoughts(text).strip()
    if may_be_call(text) == len(text):
        return Spoken(text)
    for read in (_xml, _react, _python, _objects):
        calls, left = read(text, tools)
        if calls:
            return Spoken(_tidy(left), tuple(calls))
    return Spoken(_tidy(text) if _only_marks(text) else text)


_Found = tuple[list[tuple[str, Any]], str]


def _xml(text: str, tools: Collection[str]) -> _Found:
    calls: list[tuple[str, Any]] = []
    for match in _XML.finditer(text):
        parts = {part[1]: part[2] for part in _XML_ARGUMENT.finditer(match[2])}
        calls.append((match[1], parts or _arguments(match[2])))
    return calls, _XML.sub("", text)


def _react(text: str, tools: Collection[str]) -> _Found:
    match = _REACT.search(text)
    if match and known_tool(match[1], tools):
        return [(match[1], _arguments(_WRAPPING.sub("", match[2])))], text[: match.start()].replace(
            "Thought:", ""
        )
    return [], text


def _python(text: str, tools: Collection[str]) -> _Found:
    """`find_similar_moments(moment="clip", k=5)`, one or several, in brackets or not."""
    calls: list[tuple[str, Any]] = []
    left = text
    for name in tools:
        for match in re.finditer(rf"(?:\w+\.)*\b{re.escape(name)}\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
            inside = match[1].strip()
            if inside and "=" not in inside and ":" not in inside and not inside.startswith(("'", '"')):
                continue  # words in brackets after a tool's name
            positional = read_value(inside) if inside.startswith(("'", '"')) else None
            calls.append((name, positional if isinstance(positional, str) else _arguments(inside)))
            left = left.replace(match[0], "")
    return calls, re.sub(r"\[\s*,?\s*\]|print\(\s*\)", "", left)


def _objects(text: str, tools: Collection[str]) -> _Found:
    """JSON in the text, bare or in a fence."""
    calls: list[tuple[str, Any]] = []
    left = text
    spans = list(blocks(text))
    alone = len(spans) == 1 and not _tidy(text[: spans[0][0]] + text[spans[0][1] :])
    for start, end in spans:
        value = read_value(text[start:end])
        if value is None and text[start] == "{":
            value = read_object(text[start:end])
        named = _name_before(text[:start], tools) if isinstance(value, dict) else ""
        made = [(named, value)] if named and not _call(value, tools, anything=False) else []
        made = made or [call for each in _several(value) if (call := _call(each, tools, anything=alone))]
        if made:
            calls += made
            left = left.replace(text[start:end], "")
            left = re.sub(rf"[\w.]*\b{re.escape(named)}\b\s*$", "", left) if named else left
    return calls, left


def _name_before(text: str, tools: Collection[str]) -> str:
    """A tool's name right before its arguments, as Mistral and DeepSeek write it."""
    match = re.search(r"([\w.]+)\s*(?:\[ARGS\]|<｜tool▁sep｜>|```json|:|\s)*$", text)
    return match[1] if match and match[1] in tools else ""


def _several(value: Any) -> list[Any]:
    if isinstance(value, dict):
        for name in _LISTS:
            if isinstance(value.get(name), list):
                return list(value[name])
        return [value]
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _call(value: Any, tools: Collection[str], *, anything: bool) -> tuple[str, Any] | None:
    """One object as a call, in any of its shapes. With `anything` an unknown tool counts too."""
    if not isinstance(value, Mapping):
        return None
    if isinstance(inner := value.get("function"), Mapping):
        return _call(inner, tools, anything=anything)
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
    given = next((key for key in _ARGS if key in value), "")
    if name and (known_tool(name, tools) or (anything and given)):
        rest = {key: part for key, part in value.items() if key not in (*_NAMES, "type", "id")}
        return name, _arguments(value[given]) if given else rest
    if len(value) == 1:  # {"find_similar_moments": {"moment": "clip"}}
        ((name, args),) = value.items()
        if known_tool(str(name), tools):
            return str(name), _arguments(args)
    return None


def _arguments(written: Any) -> Any:
    """Arguments as an object; as the text they are where that cannot be read."""
    if isinstance(written, str):
        read = read_object(written)
        return written.strip() if read is None else read
    return {} if written is None else written


def _only_marks(text: str) -> bool:
    return not re.search(r"\w", _WRAPPING.sub("", text))


def _tidy(text: str) -> str:
    """Words around a call, without what wrapped it."""
    text = _WRAPPING.sub("", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip(" \n\t,;")
