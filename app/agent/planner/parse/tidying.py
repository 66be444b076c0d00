"""What the glossed words make together: numbers, "of" by what stands beside it, and the order of English."""

from __future__ import annotations

import re

from app.agent.planner.parse.vocabulary import any_of

OF = "~of"
AS = "~as"
_ASKED_AFTER_A_TITLE = re.compile(
    r"^(?!.*\b(?:clip|this|the (?:first|second|third|fourth|fifth|last))\b)(?:of' |of )?"
    r"(?P<title>(?:[A-Z0-9“\"「『《«][^?!,]*?))"
    r"(?: of'| of| is| in|'s)*\s+(?P<asked>who wrote|how long|how fast|what key|what year|what tempo)\b[^A-Z]*$"
)
_COUNTED = "two|three|four|five|six|seven|eight|nine|ten"
_PARTS = re.compile(
    r"(?:beginning|end|part|key|tempo|length|opening|middle|the|of|is|piece|passage|moments)$"
)


def numbered(text: str) -> str:
    """Times, places and years as other scripts write them, as English does."""
    text = re.sub(
        r"(\d+)\s*(?:分|분|นาที)\s*(\d+)\s*(?:秒|초|วินาที)", lambda m: f" {m[1]}:{int(m[2]):02d} ", text
    )
    text = re.sub(r"(\d+)\s*(?:秒|초|วินาที)", r" at \1 seconds ", text)
    text = re.sub(r"第\s*(\d+)\s*(?:个|首|段)?", r" number \1 ", text)
    text = re.sub(r"(\d+)\s*(?:番目|番|번째|번)", r" number \1 ", text)
    return re.sub(r"(\d{3,4})\s*(?:年|년)", r" \1 ", text)


def resolved(pieces: list[str]) -> list[str]:
    """With "of" as by, from or of, after what stands beside it."""
    resolved: list[str] = []
    for place, piece in enumerate(pieces):
        following = pieces[place + 1] if place + 1 < len(pieces) else ""
        if piece == AS:  # German's "als" after a wish to save; else it is "than", "when"
            resolved += ["as"] if any(one.startswith("save") for one in resolved) else []
        elif piece != OF:
            resolved.append(piece)
        elif following[:1].isdigit():
            resolved.append("from")
        elif (following[:1].isupper() and not (resolved and _PARTS.search(resolved[-1]))) or (
            re.fullmatch(any_of("composers"), following.lower()) and not following.islower()
        ):
            resolved.append("by")
        else:
            resolved.append("of")
    return resolved


_ASKED_AFTER_A_RESULT = re.compile(
    r"^(?P<of>(?:the )?(?:first|second|third|fourth|fifth|last)(?: one| piece| track| song)?"
    r"|(?:number|result) \d+|(?:this|that)(?: (?:one|piece|track|song|music|tune|clip|passage))?|it)"
    r"(?: of'| of| is| in)*,? "
    r"(?P<asked>who wrote|how long(?: is)?|how fast(?: is)?|what key(?: is)?|what year(?: is)?|what tempo(?: is)?)\W*$"
)
"""What some languages ask at the end: "the second who wrote"."""


def _question(asked: str) -> str:
    return asked if asked == "who wrote" or asked.endswith("is") else f"{asked} is"


_TIDY = (
    (re.compile(r"\bwho wrote(?: the| it| this| that)? (?:written|played)\b"), "who wrote it"),
    (
        re.compile(rf"^(?P<n>(?:{any_of('instruments')}|{any_of('composers')})) without\W*$", re.IGNORECASE),
        r"without \g<n>",
    ),
    (_ASKED_AFTER_A_RESULT, lambda match: f"{_question(match['asked'])} {match['of']}?"),
    (re.compile(rf"\b({any_of('composers')})\s+of'", re.IGNORECASE), r"by \1"),
    (
        re.compile(
            r"^(?P<title>[A-Z0-9“\"「『《«][^?!,]*?)(?:'s| of)? "
            r"(?P<fact>tempo|key|length|year|composer|speed) (?:is )?what(?: is)?\W*$"
        ),
        r"what is the \g<fact> of \g<title>?",
    ),
    (_ASKED_AFTER_A_TITLE, lambda m: f"{m['asked']}{'' if 'who' in m['asked'] else ' is'} {m['title']}?"),
    (re.compile(r"^(when was [^?]+?)(?<!written)\??$"), r"\1 written?"),
    (re.compile(r"\bof'"), ""),
    (re.compile(r"\b(something|anything) of (?!\w+ (?:and|or)\b)(?=[a-z])"), r"\1 "),
    (
        re.compile(rf"\b(?:the )?({_COUNTED}|\d{{1,2}}) (?:the )?(first|last)\b(?! (?:century|movement))"),
        r"the \2 \1",
    ),
    (re.compile(r"\b(\d{3,4})\s*(?:'\w+)?\s+(before|after)\b"), r"\2 \1"),
    (re.compile(r"\bcentury\s+(\d{1,2}|[ivxIVX]+)\b"), r"\1 century"),
    (
        re.compile(r"\b(\d{1,2})(?:\.|e|eme|o|st|nd|rd|th)?\s+century"),
        lambda m: f"{_ordinal(int(m[1]))} century",
    ),
    (re.compile(r"\b([ivxIVX]+)(?:\.|e|eme|o)?\s+century"), lambda m: f"{_ordinal(_roman(m[1]))} century"),
    (
        re.compile(
            r"^(?!.*\b(?:find|similar)\b)(.+?)\s+like\s+(?:moments|piece|music|passage|pieces)\b(.*)$"
        ),
        r"find moments like \1 \2",
    ),
    (re.compile(r"\s+([,.?!;])"), r"\1"),
    (re.compile(r"[？]"), "?"),
    (re.compile(r"[、，。]"), ", "),
    (re.compile(r"\s+"), " "),
)


def tidy(text: str) -> str:
    """The glossed words in the order and the forms of English."""
    for pattern, new in _TIDY:
        text = pattern.sub(new, text)
    return text.strip(" ,")


def _ordinal(number: int) -> str:
    return (
        f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10 if number not in (11, 12, 13) else 0, 'th') }"
    )


def _roman(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10}[char] for char in text.lower()]
    return sum(
        -value if place + 1 < len(values) and value < values[place + 1] else value
        for place, value in enumerate(values)
    )
