"""Who is meant by "the same composer", "him", "whoever that is": put into the words, before any rule reads them.

The composer of a result that is named or was spoken of, else the one who was named last in the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.agent.planner.parse.vocabulary import ORDINALS, any_of, number_of, plain

_ROLE = "(?:composer|author|artist|writer|guy|person|man|woman|lady|dude|chap|bloke|fellow|musician)"
_REF = (
    r"(?:(?:the |that |this )?(?:"
    + "|".join(ORDINALS)
    + r"|last|1st|2nd|3rd|[4-9]th)(?: one| piece| track| song)?"
    r"|(?:number |no\.? ?|result |#)\d{1,2}|it|that(?: one)?|this(?: one)?)"
)
_NUMBERED = re.compile(rf"\d|{'|'.join(ORDINALS)}|last", re.IGNORECASE)
"""A result that is named by its number."""
_MEANT = re.compile(
    rf"\b(?:by|from|of) (?:(?:the |that |this )?same {_ROLE}|(?:that|this) (?:same )?{_ROLE}"
    rf"|(?:him|her|his|hers)(?=\W*$| (?:please|too|as well|instead|then|now|only|here|that)\b)"
    rf"|(?:whoever|who(?:\s?ever)?) (?:(?:that|this|it) is|(?:wrote|made|composed|did|is behind) (?P<a>{_REF}))"
    rf"|(?:the |its )?{_ROLE} (?:of|who (?:wrote|made|composed|did)|behind) (?P<b>{_REF})"
    rf"|(?P<c>{_REF})'s {_ROLE})"
    rf"|\b(?:what|anything|something) else (?:did|has|have) (?P<s>(?:he|she|they|the same {_ROLE}|that {_ROLE}"
    rf"|(?P<d>{_REF})'s {_ROLE})) (?:write|written|compose|composed|make|made|do|done)"
    rf"|\b(?:his|her|their) (?:other )?(?=(?:stuff|music|pieces?|works?|songs?|tracks?|things)\b)",
    re.IGNORECASE,
)


def names_somebody(text: str) -> bool:
    """Whether the words mean a composer whom they do not name."""
    return _MEANT.search(text) is not None


def with_names(text: str, named: str, mentioned: str, shown: Sequence[Mapping[str, Any]]) -> str:
    """The words with the composer in place of the pronoun; as they are where nobody knows who it is."""

    def name(match: re.Match[str]) -> str:
        referred = match["a"] or match["b"] or match["c"] or match["d"] or ""
        who = _of_result(referred, mentioned, shown)
        if not _NUMBERED.search(referred):
            who = who or named or _of_result("it", mentioned, shown)
        if not who:
            return match[0]
        return f"what else by {who}" if match["s"] else f"{who} " if match[0].endswith(" ") else f"by {who}"

    return _MEANT.sub(name, text)


def composer_in(text: str) -> str:
    """The last composer that the words name, as it is written there; empty where they name none."""
    spans = list(re.finditer(rf"\b{any_of('composers')}\b", "".join(plain(char)[:1] or " " for char in text)))
    return text[slice(*spans[-1].span())] if spans else ""


def result_in(text: str) -> str:
    """The last result that a remark points at, "the 3rd one": "#3"; empty where it points at none."""
    found = re.findall(
        rf"\b({'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th)) (?:one|result|track|song|piece|hit|match)\b"
        r"|(?:#|\bnumber |\bno\.? ?)(\d{1,2})\b",
        text.lower(),
    )
    if not found:
        return ""
    ordinal, number = found[-1]
    return f"#{number_of(ordinal or number)}"


def _of_result(referred: str, mentioned: str, shown: Sequence[Mapping[str, Any]]) -> str:
    """Who wrote the result that is referred to; empty where it is none, or its tags do not say."""
    if not referred:
        return ""
    said = referred.lower()
    rank = next((place for place, word in enumerate(ORDINALS, 1) if word in said), 0)
    digits = re.search(r"\d+", said if not rank and re.search(r"\d", said) else mentioned)
    if "last" in said:
        rank = len(shown)
    if not rank and digits:
        rank = int(digits[0])
    if not 0 < rank <= len(shown):
        return ""
    track = shown[rank - 1].get("track") or {}
    return str(track.get("composer") or track.get("artist") or "")
