"""The planner's answers about evidence: what a passage is like, why one was found, what two share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.agent.planner.answers.measured import measured
from app.agent.planner.answers.phrases import ALIKE, Data, by_nobody, key_name, named, say, span, where, word
from index.core.errors import printable

TOLD_FACTORS = 3
TOLD_FACTS = 2


def portrayed(data: Data, asked: Sequence[str] = ()) -> str:
    """What a passage is like; or nothing but the facts that were asked for."""
    moment = data["moment"]
    known = data.get("known") or {}
    kind = data.get("no_music")
    if kind and not (asked and kind == "tone"):
        return say(f"no_music_{kind}", query=f"“{printable(moment['name'])}”")
    if asked and known:
        return " ".join(_known(name, known, _passage(name, data)) for name in asked)
    return say(
        "description",
        name=f"“{printable(moment['name'])}”",
        span=span(moment["start_s"], moment["end_s"]),
        sentence=measured(data["description"]["sentence"]),
    )


SURE_KEY = 60.0
"""Per cent of certainty below which a key is told as a guess."""


_OF_A_PASSAGE = ("key", "tempo", "chord", "chords", "loudness")
"""Facts that are measured in the passage; the others are of the whole."""


def _passage(name: str, data: Data) -> str:
    """Which passage a fact is of, ", 0:20-0:30"; empty where it is of the whole."""
    if not name.endswith(_OF_A_PASSAGE) or data.get("whole", True):
        return ""
    moment = data["moment"]
    return f", {span(moment['start_s'], moment['end_s'])},"


def _known(name: str, known: Data, passage: str = "") -> str:
    """One fact in one sentence; that it is not known, where it is not."""
    title = f"“{printable(str(known['title']))}”{passage}"
    value = str(known.get(name) or "")
    if name == "key":
        return _key(title, value, known)
    if name.endswith(("chord", "chords")):
        return _chords(name, title, str(known.get("chords") or "").split())
    if name in ("composer", "artist") and value and (nobody := by_nobody(value)):
        return say("fact_author_unknown", name=title, value=nobody)
    if not value:
        return say(f"fact_no_{name}", name=title)
    return say(f"fact_{name}", name=title, value=measured(value) if name == "loudness" else printable(value))


def _key(title: str, value: str, known: Data) -> str:
    """The key, as sure as it is; of a passage that has none, that of the whole."""
    if value and "no clear" not in value:
        sure = float(known.get("key_certainty") or 0.0)
        told = {"name": title, "value": key_name(value)}
        if sure >= SURE_KEY:
            return say("fact_key", **told)
        return say("fact_key_perhaps", **told, certainty=f"{sure:.0f}")
    if whole := str(known.get("whole_key") or ""):
        return say("fact_key_of_whole", name=title, value=key_name(whole))
    return say("fact_no_key", name=title)


MOST_CHORDS = 12
"""Chords that are told one after the other."""


def _chords(name: str, title: str, chords: Sequence[str]) -> str:
    """The first chord, the last one, or all of them in a row."""
    if not chords:
        return say("fact_no_chords", name=title)
    row = ", ".join(chords[:MOST_CHORDS]) + (", …" if len(chords) > MOST_CHORDS else "")
    told = {"first_chord": chords[0], "last_chord": chords[-1], "chords": row}
    return say(f"fact_{name}", name=title, value=told[name])


def explained(data: Data) -> str:
    """Why a hit was found."""
    hit = f"#{data['hit']['rank']}, {where(data['hit'])}"
    if summary := data["explanation"].get("summary"):
        return say("explanation_summary", hit=hit, summary=measured(summary))
    parts = [part for part in data["explanation"]["parts"] if part["contribution"] > 0][:TOLD_FACTORS]
    told = [
        say(
            "explanation_part",
            name=_of(part["name"]),
            share=f"{100 * part['share']:.0f} %",
            facts=_facts(part),
        )
        for part in parts
    ]
    first = word("most of all {}").format(told[0]) if told else word("as the nearest there was")
    rest = "".join(f" {word('Then {}').format(part)}." for part in told[1:])
    first = f"{first}."
    return say("explanation", hit=f"{hit},", first=first, rest=rest)


def _of(name: str) -> str:
    """A factor is the hit's own; a word of a description is not."""
    if name.startswith(("“", "no ", "your ")):
        return _own_word(name)
    return word("its {}").format(word(name))


def _own_word(name: str) -> str:
    """A word of a description, in quotes: as the table has it, where it is not the user's own language."""
    return re.sub(r"“(.+)”", lambda match: f"“{measured(match[1])}”", name)


def compared(data: Data) -> str:
    """What two moments share most, and where they differ."""
    first, second = named(data["first"]), named(data["second"])
    if summary := data["comparison"].get("summary"):
        return say("comparison_summary", first=first, second=second, summary=measured(summary))
    parts = sorted(data["comparison"]["parts"], key=lambda part: -part["likeness"])
    most, least = parts[0], parts[-1]
    told = say("comparison", first=first, second=second, name=word(most["name"]), facts=_facts(most))
    here, there = _fact(least["query_facts"]), _fact(least["hit_facts"])
    if least is most or least["likeness"] >= ALIKE or not here or not there:
        return told
    return f"{told} {say('comparison_least', name=word(least['name']), here=here, there=there)}"


def _facts(part: Data) -> str:
    """What both have by a factor, or what each has."""
    shared = [fact["text"] for fact in part["shared"]]
    if shared:
        return f" ({'; '.join(measured(text) for text in shared[:TOLD_FACTS])})"
    here, there = _fact(part["query_facts"]), _fact(part["hit_facts"])
    return word(" ({}, and here {})").format(here, there) if here and there else ""


def _fact(facts: Sequence[Data]) -> str:
    return measured(str(facts[0]["text"])) if facts else ""
