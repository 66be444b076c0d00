"""Arguments of a tool call put right where a model wrote them nearly right; what is left wrong is said in a sentence.

"5" is 5, `top_k` is `k`, "more harmony" is an emphasis, a composer beside the filters belongs into them. What an
argument means (a title, a result) stays as it was said: the tool resolves it.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.agent.llm.filter_arguments import emphasis_said, filters_said, is_factor, is_filter
from app.agent.llm.lenient_json import read_object, read_value
from app.agent.llm.moment_arguments import moment_said, result_said, results_said
from tools import ToolFunction

MOMENTS = ("moment", "first", "second")
_ALSO: dict[str, str] = {
    "k": "top_k topk n num count limit number max_results num_results number_of_results max size how_many amount",
    "moment": "clip query source reference track title song piece audio file input moment_id query_moment id target "
    "passage segment excerpt clip_id music time timestamp",
    "description": "query text prompt words describe mood style desc input search",
    "text": "query title name search words track keyword keywords term q",
    "result": "number rank index hit id result_id match match_id moment result_number n which",
    "results": "hits moments tracks ids result items songs selection",
    "first": "moment1 moment_1 a first_moment one moment_a left clip1 x",
    "second": "moment2 moment_2 b second_moment two moment_b right clip2 other y",
    "name": "title playlist_name playlist filename",
    "format": "type file_format extension",
    "source": "path folder file clip directory url input",
    "emphasis": "weights weight focus factors emphasize emphasise priority",
    "filters": "filter conditions where constraints criteria",
    "mood": "feeling emotion vibe",
    "activity": "occasion context situation",
    "exclude_same_track": "exclude_same exclude_track other_tracks_only",
    "diversity": "variety mode spread",
}
"""What models call our arguments."""
_NOTHING = ("", "none", "null", "n/a", "any", "undefined", "unknown", "optional")


@dataclass(frozen=True)
class Heard:
    """What a repair may know of the conversation: the names of the clips, oldest first."""

    clips: Sequence[str] = ()


@dataclass(frozen=True)
class Repaired:
    """Arguments as the tool wants them, and what is still wrong with them, for the model to read."""

    args: dict[str, Any]
    problem: str = ""


def repaired(function: ToolFunction, written: Any, heard: Heard | None = None) -> Repaired:
    """The arguments of a call of `function`, from whatever a model wrote."""
    heard = heard or Heard()
    wanted = _wanted(function)
    given = _as_object(written, wanted)
    args: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for key, value in given.items():
        name = (
            re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(key))
            .lower()
            .strip()
            .replace("-", "_")
            .replace(" ", "_")
        )
        if name in wanted and name not in args:
            args[name] = value
        else:
            left[name] = value
    _place(left, args, wanted)
    clean, wrong = {}, []
    for name, value in args.items():
        try:
            meant = _clean(name, value, wanted[name], heard)
        except ValueError as error:
            wrong.append(str(error))
            continue
        if meant is not None:
            clean[name] = meant
    missing = [n for n, p in wanted.items() if p.default is inspect.Parameter.empty and n not in clean]
    if missing and not wrong:
        example = ", ".join(f'"{name}": ...' for name in missing)
        wrong.append(f"{' and '.join(missing)} must be given, as in {{{example}}}")
    problem = f"{function.__name__}: {'; '.join(wrong)}." if wrong else ""
    return Repaired(clean, problem)


def _wanted(function: ToolFunction) -> dict[str, inspect.Parameter]:
    """The arguments after the session, with their real types."""
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {each.name: each.replace(annotation=hints.get(each.name, Any)) for each in parameters}


def _as_object(written: Any, wanted: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
    if isinstance(written, str):
        read = read_object(written)
        if read is not None and (not read or any(key in wanted or _other(key, wanted) for key in read)):
            written = read
        else:
            return {next(iter(wanted)): written} if wanted else {}
    if isinstance(written, (list, tuple)):
        if len(written) == 1 and isinstance(written[0], Mapping):
            return dict(written[0])
        return dict(zip(wanted, written, strict=False))
    if not isinstance(written, Mapping):
        return {next(iter(wanted)): written} if wanted and written is not None else {}
    for shell in ("arguments", "args", "parameters", "properties", "input", "kwargs"):
        inner = written.get(shell)
        if len(written) == 1 and shell not in wanted and isinstance(inner, (Mapping, str)):
            return _as_object(inner, wanted)
    return dict(written)


def _other(key: str, wanted: Mapping[str, Any]) -> str:
    return next((name for name in wanted if key in _ALSO.get(name, "").split()), "")


def _place(left: dict[str, Any], args: dict[str, Any], wanted: Mapping[str, Any]) -> None:
    """Arguments that go by another name, and conditions and weights that stand beside where they belong."""
    start = left.pop("start", left.pop("start_s", left.pop("start_time", None)))
    end = left.pop("end", left.pop("end_s", left.pop("end_time", None)))
    for key, value in left.items():
        if "filters" in wanted and is_filter(key):
            args["filters"] = {**filters_said(args.get("filters")), key: value}
        elif "emphasis" in wanted and is_factor(key):
            args["emphasis"] = {**emphasis_said(args.get("emphasis")), key: value}
        elif (name := _other(key, {n: 0 for n in wanted if n not in args})) and value not in (None, ""):
            args[name] = value
    if start is not None and isinstance(args.get("moment"), str) and "@" not in args["moment"]:
        args["moment"] = {"moment": args["moment"], "start": start, "end": end}


def _clean(name: str, value: Any, wanted: inspect.Parameter, heard: Heard) -> Any:  # noqa: PLR0911
    """One argument as the tool wants it; None where nothing was said. ValueError says what is wrong."""
    kind = wanted.annotation
    empty = value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING)
    if empty and (kind is not str or value is None or name in (*MOMENTS, "result")):
        return None
    if name == "filters":
        return filters_said(value)
    if name == "emphasis":
        return emphasis_said(value)
    if name in MOMENTS:
        return moment_said(value, heard.clips)
    if name == "result":
        return result_said(value)
    if name == "results":
        return results_said(value)
    if typing.get_origin(kind) is Literal:
        return _choice(name, value, typing.get_args(kind))
    if kind is bool:
        return _truth(name, value)
    if kind is int:
        return _whole(name, value)
    if kind is float:
        return _number(name, value)
    if kind is str or (isinstance(kind, types.UnionType) and str in typing.get_args(kind)):
        return _text(value)
    return value


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return "" if value.strip().lower() in _NOTHING else value.strip()
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(str(each) for each in value.values())
    return str(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    found = re.search(r"-?\d+(?:\.\d+)?", str(value))
    if not found:
        raise ValueError(f"{name} wants a number, not “{_short(value)}”")
    return float(found[0])


def _whole(name: str, value: Any) -> int:
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    if isinstance(value, str) and value.strip().lower() in words:
        return words.index(value.strip().lower())
    return round(_number(name, value))


def _truth(name: str, value: Any) -> bool:
    if isinstance(value, (bool, int, float)):
        return bool(value)
    said = str(value).strip().lower()
    if said in ("true", "yes", "1", "on", "y"):
        return True
    if said in ("false", "no", "0", "off", "n"):
        return False
    raise ValueError(f"{name} is true or false, not “{_short(value)}”")


def _choice(name: str, value: Any, choices: Sequence[Any]) -> Any:
    said = str(value).strip().lower()
    near = [choice for choice in choices if said == choice or (said and str(choice).startswith(said[:5]))]
    if near:
        return near[0]
    other = {
        "high": "adventurous",
        "diverse": "adventurous",
        "low": "closest",
        "none": "closest",
        "medium": "balanced",
    }
    if other.get(said) in choices:
        return other[said]
    raise ValueError(f"{name} is one of {', '.join(map(str, choices))}, not “{_short(value)}”")


def _short(value: Any) -> str:
    text = str(read_value(value) if isinstance(value, str) and value.startswith('"') else value)
    return text if len(text) <= 40 else text[:39] + "…"
