"""Emphasis and filters as models write them: objects, lists, words, or several of these at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.agent.llm.lenient_json import read_object, read_value
from index.core.filters import Filters
from index.core.query import FACTORS

MORE, LESS = 2.0, 0.5
_FACTOR_ALSO = {
    "timbre": "sound instruments instrumentation instrument tone colour color texture",
    "harmony": "chords chord harmonies harmonic key tonality progression",
    "melody": "tune melodic theme line",
    "rhythm": "tempo beat pulse rhythmic groove timing speed",
    "dynamics": "loudness volume dynamic level intensity",
}
_STRENGTHS = {
    "more": MORE, "up": MORE, "high": MORE, "higher": MORE, "strong": MORE, "important": MORE, "double": MORE,
    "much": 3.0, "very": 3.0, "most": 3.0, "max": 3.0, "less": LESS, "down": LESS, "low": LESS, "lower": LESS,
    "weak": LESS, "half": LESS, "little": LESS, "ignore": 0.0, "none": 0.0, "no": 0.0, "off": 0.0, "without": 0.0,
    "zero": 0.0, "normal": 1.0, "default": 1.0, "medium": 1.0, "same": 1.0,
}  # fmt: skip
_FILTER_ALSO = {
    "key_mode": "mode key scale tonality",
    "tempo_min": "min_tempo tempo_from bpm_min min_bpm tempo_above",
    "tempo_max": "max_tempo tempo_to bpm_max max_bpm tempo_below",
    "year_from": "min_year year_min after since from_year from start_year year_after",
    "year_to": "max_year year_max before until to_year to end_year year_before",
    "instrument": "instruments instrumentation",
    "composer": "composers",
    "artist": "artists performer",
    "genre": "genres style",
    "album": "albums",
}
_NOTHING = (
    "",
    "any",
    "all",
    "none",
    "null",
    "*",
    "0",
    "unknown",
    "various",
    "string",
    "optional",
    "major|minor",
)
"""What small models fill in where there is no condition."""
_FACTORS = {also: name for name, words in _FACTOR_ALSO.items() for also in (name, *words.split())}
_FILTERS = {
    also: name
    for name in (*Filters.TEXT, *Filters.NUMBERS)
    for also in (name, *_FILTER_ALSO.get(name, "").split())
}


def is_factor(name: str) -> bool:
    """Whether an argument of this name is a weight that stands beside the emphasis."""
    return name in FACTORS


def is_filter(name: str) -> bool:
    """Whether an argument of this name is a condition that stands beside the filters."""
    return _bare(name) in _FILTERS or _bare(name) in ("year", "tempo", "bpm")


def emphasis_said(value: Any) -> dict[str, float]:
    """Weights: from {"harmony": "more"}, ["harmony"], "more harmony, less rhythm", or JSON in a text."""
    if isinstance(value, str):
        read = read_value(value)
        value = read if isinstance(read, (dict, list)) else value
    if isinstance(value, (list, tuple)):
        found: dict[str, float] = {}
        for part in value:
            named = isinstance(part, Mapping) and "factor" in part
            found |= emphasis_said({str(part["factor"]): part.get("weight", MORE)} if named else part)
        return found
    if isinstance(value, Mapping):
        weights = {_FACTORS.get(str(name).lower().strip(), ""): _weight(each) for name, each in value.items()}
        said = {name: weight for name, weight in weights.items() if name and weight is not None}
        return said if any(said.values()) else {}
    found, strength = {}, MORE
    for word, number in re.findall(r"([a-z]+)|(\d+(?:\.\d+)?)", str(value or "").lower()):
        if number and found:
            found[list(found)[-1]] = float(number)
        elif word in _STRENGTHS:
            strength = _STRENGTHS[word]
        elif word in _FACTORS:
            found[_FACTORS[word]] = strength
        elif word in ("and", "but"):
            continue
    return found


def _weight(value: Any) -> float | None:
    if isinstance(value, bool):
        return MORE if value else 0.0
    if isinstance(value, (int, float)):
        return max(0.0, float(value))
    said = str(value).strip().lower()
    if number := re.search(r"\d+(?:\.\d+)?", said):
        return float(number[0])
    return next((_STRENGTHS[word] for word in re.findall(r"[a-z]+", said) if word in _STRENGTHS), None)


def filters_said(value: Any) -> dict[str, Any]:
    """Conditions: from an object, JSON in a text, "composer=Bach", or a list of these. Unknown names stay: the tool
    says that they are none."""
    if isinstance(value, str):
        value = read_object(value)
    if isinstance(value, (list, tuple)):
        found: dict[str, Any] = {}
        for part in value:
            named = isinstance(part, Mapping) and "value" in part and ("name" in part or "field" in part)
            found |= filters_said(
                {str(part.get("name") or part.get("field")): part["value"]} if named else part
            )
        return found
    if not isinstance(value, Mapping):
        return {}
    found = {}
    for name, each in value.items():
        if each in (None, 0, [], {}) or (isinstance(each, str) and each.strip().lower() in _NOTHING):
            continue
        found |= _condition(str(name).strip().lower().replace(" ", "_").replace("-", "_"), each)
    return found


def _condition(name: str, value: Any) -> dict[str, Any]:
    bare, out = _bare(name), "not_" if _bare(name) != name else ""
    if (
        isinstance(value, str)
        and not out
        and (left := re.match(r"(?:not|!=?|no)\s+(.+)", value, re.IGNORECASE))
    ):
        out, value = "not_", left[1]
    if isinstance(value, Mapping):  # {"year": {"from": 1700, "to": 1750}}
        parts = {f"{bare}_{key}": part for key, part in value.items()}
        return {f"{out}{_FILTERS.get(key, key)}": part for key, part in parts.items()}
    if bare == "year":
        years = re.findall(r"\d{4}", str(value))
        if years:
            return {f"{out}year_from": float(years[0]), f"{out}year_to": float(years[-1])}
    if bare in ("tempo", "bpm"):
        found = re.findall(r"\d+(?:\.\d+)?", str(value))
        if len(found) == 2:
            return {"tempo_min": float(found[0]), "tempo_max": float(found[1])}
        if found:
            side = "max" if re.search(r"<|below|under|max|at most|slower", str(value)) else "min"
            return {f"tempo_{side}": float(found[0])}
    known = _FILTERS.get(bare, bare)
    if known == "key_mode" and (mode := re.search(r"major|minor", str(value).lower())):
        value = mode[0]
    elif (
        known in Filters.NUMBERS and isinstance(value, str) and (number := re.search(r"\d+(?:\.\d+)?", value))
    ):
        value = float(number[0])
    return {f"{out}{known}": value}


def _bare(name: str) -> str:
    return re.sub(r"^(?:not|exclude|without|no|except)_", "", name)
