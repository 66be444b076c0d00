"""What the user wants: rules that can be read (rules.txt), and the text network where no rule speaks."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.agent.planner.conversation import Talk
from app.agent.planner.words import any_of

Condition = Callable[[str, Talk], bool]


@dataclass(frozen=True)
class Rule:
    """One section of rules.txt."""

    intent: str
    found: re.Pattern[str]
    not_found: tuple[re.Pattern[str], ...]
    also_found: tuple[re.Pattern[str], ...]
    conditions: tuple[Condition, ...]

    def matches(self, text: str, talk: Talk) -> bool:
        """Whether the words, in this conversation, fall under the rule."""
        return (
            self.found.search(text) is not None
            and not any(pattern.search(text) for pattern in self.not_found)
            and all(pattern.search(text) for pattern in self.also_found)
            and all(condition(text, talk) for condition in self.conditions)
        )


def match_rules(text: str, talk: Talk) -> str | None:
    """The intent of the first rule that matches, or None where no rule speaks."""
    for rule in rules():
        if rule.matches(text, talk):
            return rule.intent
    return None


@functools.lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The sections of rules.txt, in their order."""
    text = Path(__file__).with_name("rules.txt").read_text(encoding="utf-8")
    macros = {"MOOD": any_of("moods"), "COMPOSER": any_of("composers"), "GENRE": any_of("genres")}
    sections: list[tuple[str, dict[str, list[str]]]] = []
    for line in text.splitlines():
        if definition := re.match(r"([A-Z]+) = (.+)", line):
            macros[definition[1]] = _expanded(definition[2], macros)
        elif heading := re.match(r"\[(\w+)\]", line):
            sections.append((heading[1], {"": [], "!": [], "&": [], "@": []}))
        elif line.strip() and not line.startswith("#"):
            mark = line[0] if line[:2] in ("! ", "& ", "@ ") else ""
            sections[-1][1][mark].append(line[2:] if mark else line)
    return tuple(
        Rule(
            intent,
            re.compile("|".join(_expanded(pattern, macros) for pattern in lines[""])),
            tuple(re.compile(_expanded(pattern, macros)) for pattern in lines["!"]),
            tuple(re.compile(_expanded(pattern, macros)) for pattern in lines["&"]),
            tuple(_CONDITIONS[name.strip()] for name in lines["@"]),
        )
        for intent, lines in sections
    )


def _expanded(pattern: str, macros: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z]+)\}", lambda match: macros[match[1]], pattern)


# --- conditions that need the conversation ----------------------------------------------------------------


def _about_results(text: str, talk: Talk) -> bool:
    """A "why" is about a match: its words say so, or there is nothing else in it."""
    if re.search(r"\b(?:sky|life|universe|world|you (?:here|exist|called)|people|weather)\b", text):
        return False
    bare = r"\W*(?:(?:but|and|so|hm+|ok|okay|please),? )*(?:why|how come|explain|reasons?|because|how so|what for|for what reason|the reason|why so|evidence)(?:,? (?:please|then|so|though))?\W*"
    named = r"<[hcm]\d+>|\b(?:it|this|that|these|those|they|them|one|ones|match\w*|found|find|chosen|choose|chose|pick(?:ed)?|results?|similar|list|listed|there|here|rank\w*|include\w*|hits?|come up|came up|on top|show\w*|return\w*|suggest\w*|recommend\w*|select\w*|same|top|best|like)\b"
    return re.search(named, text) is not None or re.fullmatch(bare, text) is not None


def _hums(text: str, talk: Talk) -> bool:
    """The user hums, rather than describing music in which somebody sings."""
    if talk.brought:
        return True
    mine = re.search(r"\b(?:i|i'm|im|i've|me|my|myself|mine)\b|<c\d+>", text)
    if mine:
        return not re.search(
            r"\b(?:find|show|give|get) (?:me )?(?:\w+ ){0,3}(?:with|where|of|featuring) ", text
        )
    return (
        re.search(r"\b(?:this|that|the|a|by) (?:hum\w*|hummed|whistl\w+|sung|melody|tune)\b", text)
        is not None
    )


def _saves_results(text: str, talk: Talk) -> bool:
    """A playlist of what was found; not "a playlist of happy songs" before anything was found."""
    wished = re.search(
        r"\bplaylist (?:of|with|for|full of) (?!(?:this|that|these|those|them|it|all|the|my|<)\b)", text
    )
    return talk.searched or not wished


def _recorded(text: str, talk: Talk) -> bool:
    return talk.recorded


def _points_or_clip(text: str, talk: Talk) -> bool:
    return bool(talk.brought) or re.search(r"<[cht]\d+>|\b(?:it|this|that|these|those)\b", text) is not None


def _recommending(text: str, talk: Talk) -> bool:
    return talk.last is not None and talk.last.name == "recommend_moments"


def _no_clip_now(text: str, talk: Talk) -> bool:
    return not talk.brought


_CONDITIONS: dict[str, Condition] = {
    "about_results": _about_results,
    "hums": _hums,
    "saves_results": _saves_results,
    "recorded": _recorded,
    "points_or_clip": _points_or_clip,
    "recommending": _recommending,
    "no_clip_now": _no_clip_now,
}
