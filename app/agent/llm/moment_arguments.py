"""References to moments and results as models write them, in the form that the tools read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.agent.planner.parse.vocabulary import ORDINALS, number_of
from index.core.errors import clock

_HASH = re.compile(r"#\s?(\d+)((?::[\w-]+)?)")
_RESULT = re.compile(
    r"(?:the\s+)?(?:(?:result|hit|match|number|no\.?|rank|moment)[\s_:#]*(\d{1,3})"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)?|({'|'.join(ORDINALS)}))"
    r"(?:\s+(?:result|one|hit|match|moment|track))?",
    re.IGNORECASE,
)
_CLIP = re.compile(
    r"(?:the |my |this |user'?s? |a |current |newest |latest |uploaded |attached )*"
    r"(?:clip|audio|recording|file|upload|hum|humming|sound|audio clip|sound clip)"
    r"(?:\s*[_:# ]\s*(\d+)|(\d+))?(?:\.\w{2,4})?",
    re.IGNORECASE,
)
_THIS = ("this", "it", "that", "current", "newest", "latest", "here", "input", "query", "none")
_TIME = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d+)?"
_AT = re.compile(
    rf"^(.*?)[\s,;(\[]*(?:\bat\b|\bfrom\b|@|,|\(|\[|\s)\s*({_TIME})(?:\s*(?:-|–|—|\bto\b|\buntil\b)\s*({_TIME}))?[)\]]?$",
    re.IGNORECASE,
)


def moment_said(value: Any, clips: Sequence[str] = ()) -> str:
    """A moment as the tools read it: "clip:2", "#3", "Title @ 1:23-1:33"."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    if isinstance(value, bool):
        return "clip"
    if isinstance(value, (int, float)):
        return f"#{int(value)}"
    if isinstance(value, Mapping):
        return _of_parts(value, clips)
    text = str(value).strip()
    for marks in ('""', "''", "“”", "<>", "[]"):
        if len(text) > 2 and text[0] == marks[0] and text[-1] == marks[1]:
            text = text[1:-1].strip()
    if "@" not in text and (at := _AT.match(text)) and at[1].strip():
        name = at[1].strip().strip("“”\"'")
        text = f"{name} @ {at[2]}" + (f"-{at[3]}" if at[3] else "")
    name, mark, time = text.rpartition(" @ ") if " @ " in text else (text, "", "")
    return _named(name.strip(), clips) + (f" @ {time}" if mark else "")


def _named(name: str, clips: Sequence[str]) -> str:
    lower = name.lower()
    for number, clip in reversed(list(enumerate(clips, 1))):
        if clip and lower in (clip.lower(), clip.lower().rsplit(".", 1)[0]):
            return f"clip:{number}"
    if lower in _THIS and clips:
        return "clip"
    if match := _CLIP.fullmatch(name):
        told = match[1] or match[2]
        return f"clip:{told}" if told else "clip"
    if match := _HASH.match(name):
        return f"#{match[1]}{match[2]}"
    return _hash(name) or name


def _of_parts(parts: Mapping[str, Any], clips: Sequence[str]) -> str:
    """{"title": ..., "start": 83, "end": 93} as a reference."""
    low = {str(key).lower(): part for key, part in parts.items() if part is not None}
    name = next(
        (
            low[key]
            for key in ("moment", "title", "track", "name", "clip", "id", "result", "source")
            if key in low
        ),
        "clip",
    )
    start = next((low[key] for key in ("start_s", "start", "start_time", "time", "at") if key in low), None)
    end = next((low[key] for key in ("end_s", "end", "end_time") if key in low), None)
    said = moment_said(name, clips)
    if start is None or "@" in said:
        return said
    return f"{said} @ {_clock(start)}" + (f"-{_clock(end)}" if end is not None else "")


def _clock(time: Any) -> str:
    try:
        return clock(round(float(time), 1))
    except (TypeError, ValueError):
        return str(time).strip()


def result_said(value: Any) -> str:
    """A result's number as the tools read it: "#2"."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("result", "rank", "number", "id", "index") if key in value), "")
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"#{int(value)}"
    text = str(value).strip()
    if match := _HASH.search(text):
        return f"#{match[1]}{match[2]}"
    return _hash(text) or text


def results_said(value: Any) -> str | list[str]:
    """Several results: "all", or a list of numbers."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        if any(str(each).strip().lower() in ("all", "*") for each in value) or not value:
            return "all"
        return [result_said(each) for each in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [f"#{int(value)}"]
    text = str(value).strip()
    if text.lower() in ("", "all", "*", "everything", "all results", "true", "last", "last search"):
        return "all"
    if span := re.fullmatch(r"#?(\d+)\s*(?:-|–|to)\s*#?(\d+)", text):
        return [f"#{number}" for number in range(int(span[1]), int(span[2]) + 1)][:100]
    found = [f"#{number}{call}" for number, call in _HASH.findall(text)] or [
        f"#{number}" for number in re.findall(r"\b\d+\b", text)
    ]
    return found or ([said] if (said := _hash(text)) else text)


def _hash(text: str) -> str:
    """ "#n" for a text that names a result in words; empty for any other."""
    match = _RESULT.fullmatch(text.strip())
    if not match:
        return ""
    return f"#{match[1] or match[2] or number_of(match[3].lower())}"
