"""Conditions on what may be found: "only Bach", "before 1800", "leave out Mozart", "in a minor key", "with piano".

Read by the patterns in filters.txt; a heading there names the filter and how its value is read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.agent.planner.parse.patterns import Expression, sections
from app.agent.planner.parse.patterns import found as found_pattern
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import any_of, in_full

Filters = dict[str, Any]
Value = Callable[[str, Reading, "re.Match[str]"], Filters]

_HEARD = ("instrument", "genre", "key_mode")
"""Filters that a description says in its own words."""
_EITHER = re.compile(r",?\s+(?:or|nor|and/or)\s+|\s*/\s*", re.IGNORECASE)
_AND = re.compile(r" (?:and|or|&) (?:by )?(?:the )?")
_JOINED = re.compile(r",?\s+(?:and also|and|or even|or|nor|and/or|plus)\s+|\s*[,&+/]\s*", re.IGNORECASE)
_ARTICLES = re.compile(
    r"^(?:(?:by|of|from|for|the|any|no|not|either|both|also|even|with|without|solo|an?)\s+)+", re.IGNORECASE
)
_CENTURIES = {
    "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "twenty-first": 21, "twenty first": 21,
}  # fmt: skip
_DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_PARTS = {
    "early": (0, 33), "mid": (33, 66), "middle": (33, 66), "late": (67, 100),
    "first half of the": (0, 50), "second half of the": (50, 100),
}  # fmt: skip


def read_filters(
    reading: Reading, before: Mapping[str, Any] | None = None, *, on_tags: bool = False
) -> Filters:
    """The conditions in the words; what they are read from is cut out of the reading.

    `before` are the conditions of the search that is changed: they stay, but for those that are said anew.
    `on_tags` leaves what can be heard (instruments, genre) where it is, as part of a description.
    """
    found: Filters = {}
    for name, pattern, value in _rules():
        if on_tags and name.removeprefix("not_") in _HEARD:
            continue
        place = 0
        while match := pattern.search(reading.text, place):
            if on_tags and name == "artist" and not _written(reading, match)[:1].isupper():
                place = match.end()
                continue
            conditions = value(name, reading, match)
            if not conditions:
                place = match.end()
                continue
            for key, condition in conditions.items():
                if key in found and key.startswith("not_"):
                    found[key] = _together(found[key], condition)
                found.setdefault(key, condition)
            reading.put(match.start(), _end(name, reading, match), " ; ")
            place = 0
    old = dict(before or {})
    for key in found:
        if key in old and (key.startswith("not_") or found_pattern("calls", "also", reading.raw.lower())):
            found[key] = _together(old[key], found[key])
    return {**_kept(old, found), **found}


def has_composer(text: str) -> bool:
    """Whether the words name a composer."""
    return re.search(rf"\b{any_of('composers')}\b", text) is not None


def _kept(before: Filters, found: Filters) -> Filters:
    """What stays of the conditions of before: another composer takes the place of the last one."""
    for key in found:
        base = key.removeprefix("not_")
        same = {base, "composer", "artist"} if base in ("composer", "artist") and key == base else {base}
        if key == base:
            before = {name: part for name, part in before.items() if name.removeprefix("not_") not in same}
    return before


@functools.lru_cache(maxsize=1)
def _rules() -> tuple[tuple[str, Expression, Value], ...]:
    """(filter, pattern, how its value is read), in the order in which they are tried."""
    rules = []
    for section in sections("filters"):
        name, kind = section.heading.split()
        rules += [(name, pattern, _VALUES[kind]) for pattern in section.lines]
    return tuple(rules)


# --- values -----------------------------------------------------------------------------------------------


def _written(reading: Reading, match: re.Match[str], text: str | None = None) -> str:
    """A name as the user wrote it."""
    if match["n"] in reading.named:
        return str(reading.named[match["n"]])
    written = reading.original(*match.span("n")) if text is None else text
    return re.sub(r"['’]s$", "", written.strip(" .'’-"))


def _name(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    return {name: _one_or_several(_parts(_written(reading, match), _EITHER))}


def _artists(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    """A band keeps its "and"; "or" stands between two."""
    text = reading.original(match.start("n"), _end(name, reading, match))
    return {name: _one_or_several(_parts(_written(reading, match, text), _EITHER))}


def _end(name: str, reading: Reading, match: re.Match[str]) -> int:
    """Where a condition ends: what follows an "and" or "or" belongs to an artist's name only in capitals."""
    joint = _AND.search(match["n"]) if name.removeprefix("not_") == "artist" else None
    if joint is None or reading.original(match.start("n") + joint.end(), match.end())[:1].isupper():
        return match.end()
    return match.start("n") + joint.start()


def _names(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    parts = _parts(_written(reading, match), _JOINED)
    return {name: _one_or_several([in_full(part) for part in parts])}


def _plain(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    """Instruments or genres. Those that shall sound together stay one condition: "violin and piano"."""
    text = re.sub(r"^(?:(?:solo|a|an|the|some|any|either|both) )+", "", match["n"])
    together = name == "instrument" and not _EITHER.search(text)
    return {name: text if together else _one_or_several(_parts(text, _JOINED))}


def _parts(text: str, joint: re.Pattern[str]) -> list[str]:
    """The names in a list of them."""
    parts = [_ARTICLES.sub("", part).strip(" .,'’-") for part in joint.split(text)]
    return list(dict.fromkeys(re.sub(r"['’]s$", "", part) for part in parts if part))


def _one_or_several(names: list[str]) -> str | list[str]:
    return names if len(names) > 1 else names[0]


def _together(one: Any, other: Any) -> Any:
    """Two conditions of the same kind as one; only names can be put together."""
    both = [name for value in (one, other) for name in (value if isinstance(value, list) else [value])]
    if not all(isinstance(name, str) for name in both):
        return other
    return _one_or_several(list({name.casefold(): name for name in both}.values()))


def _number(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    return {name: int(match["n"])}


def _span(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    low, high = ("year_from", "year_to") if name == "year" else ("tempo_min", "tempo_max")
    return {low: int(match["n"]), high: int(match["m"])}


_TEMPI = range(40, 251)
"""Beats a minute; a number outside is none, where no unit is said."""


def _tempo(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    """A number without a unit that can be a tempo."""
    return {name: int(match["n"])} if int(match["n"]) in _TEMPI else {}


def _range(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    """Two numbers without a unit that can be tempi, and not the numbers of results."""
    low, high = int(match["n"]), int(match["m"])
    return {"tempo_min": low, "tempo_max": high} if low in _TEMPI and high in _TEMPI and low < high else {}


def _about(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    """Within five per cent of a tempo."""
    tempo = int(match["n"])
    return {"tempo_min": round(tempo * 0.95), "tempo_max": round(tempo * 1.05)}


def _once(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    return {"year_from": int(match["n"]), "year_to": int(match["n"])}


def _mode(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    negative = re.match(r"(?:not|no|without|except|leave out|but not|other than|nothing)\b", match[0])
    mode = {"moll": "minor", "dur": "major"}.get(match["n"], match["n"])
    return {"not_key_mode" if negative else "key_mode": mode}


def _century(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    """The years of a century, of a part of it, or the year before or after which it lies."""
    named = _CENTURIES[match["w"]] if match["w"] else int(match["h"] or 0) + 1
    number = int(match["c"]) if match["c"] else named
    first = (number - 1) * 100
    if name == "year_to":
        return {"year_to": first}
    if name == "year_from":
        return {"year_from": first + 101}
    if match["h"] and not match["part"]:  # "the 1700s"
        return {"year_from": first, "year_to": first + 99}
    start, end = _PARTS.get(match["part"] or "", (0, 100))
    return {"year_from": first + max(1, start), "year_to": first + end}


def _decade(name: str, reading: Reading, match: re.Match[str]) -> Filters:
    if match["d"]:
        first = int(match["d"]) * 100 + int(match["e"]) * 10
    else:
        first = 1900 + (int(match["f"]) * 10 if match["f"] else 20 + 10 * _DECADES.index(match["g"]))
    return {"year_from": first, "year_to": first + 9}


_VALUES: dict[str, Value] = {
    "name": _name,
    "names": _names,
    "artists": _artists,
    "plain": _plain,
    "number": _number,
    "span": _span,
    "about": _about,
    "once": _once,
    "tempo": _tempo,
    "range": _range,
    "mode": _mode,
    "century": _century,
    "decade": _decade,
}
