"""What the user points at: "my first clip", "number two", "the last one", "the top three", "this".

Clips become `<c0>` (worth "clip" or "clip:2"), results `<h0>` (worth a tuple of numbers). Whether they exist is
not asked here: the tool resolves them, and says so if they do not.
"""

from __future__ import annotations

import re

from app.agent.planner.conversation import Talk
from app.agent.planner.words import Reading

_ORDER = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9, "10th": 10,
}  # fmt: skip
_COUNT = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "couple": 2, "pair": 2,
}  # fmt: skip
ORDINAL = "|".join(_ORDER)
COUNT = rf"(?:\d{{1,3}}|{'|'.join(_COUNT)})"
_CLIP_NOUN = (
    r"(?:(?:audio |sound |uploaded |music )?(?:clips?|files?|recordings?|uploads?|samples?|snippets?)"
    r"|(?:audio|attachment|excerpt|fragment)\b)"
)
_HIT_NOUN = (
    r"(?:ones?|results?|hits?|match(?:es)?|moments?|passages?|tracks?|songs?|pieces?|cards?|suggestions?"
    r"|recommendations?|finds?|places?|entry|entries|items?|answers?|options?|pick)"
)
_NO_TIME = (
    r"(?! ?(?:seconds?|minutes?|secs?|mins?|half|movement|theme|bars?|beats?|part|verse|chorus|section|violin|time|symphony|century"
    r"|quarter|notes?|measures?|of all\b|and foremost|name|thing|voice|edition|try|person|inversion|degree|ten|few seconds|album"
    r"|clips?|files?|recordings?|uploads?|piano|sonata|suite|concerto|quartet|prelude|act|aria))"
)


def number_of(word: str) -> int:
    """The number that a word or figure stands for."""
    return _ORDER.get(word) or _COUNT.get(word) or int(re.sub(r"\D", "", word) or 0)


def name_references(reading: Reading, talk: Talk) -> None:
    """Set aside every clip and every result that the words point at."""
    _name_clips(reading, talk)
    _name_results(reading, talk)


def _name_clips(reading: Reading, talk: Talk) -> None:
    def numbered(match: re.Match[str]) -> str | None:
        return f"clip:{number_of(match['n'])}"

    def both(match: re.Match[str]) -> tuple[str, str]:
        return (f"clip:{max(1, talk.clips - 1)}", f"clip:{max(2, talk.clips)}")

    def earlier(match: re.Match[str]) -> str:
        return f"clip:{talk.clips - 1}" if talk.clips > 1 else "clip"

    own = r"(?:(?:the|my|this|that|your|our)\s+)?(?:very )?"
    steps = (
        (
            rf"\b(?:both|(?:these|those|my|the)(?: last)? two|the two) (?:of (?:my |the |these )?)?{_CLIP_NOUN}",
            both,
        ),
        (
            rf"\b{own}clip[ :]*(?:number |no\.? ?|nr\.? ?|#)?(?P<n>\d{{1,2}}|{'|'.join(_COUNT)})\b(?! ?(?:seconds?|minutes?|more|moments?))",
            numbered,
        ),
        (rf"\b{own}(?P<n>{ORDINAL})(?: of my| of the)? {_CLIP_NOUN}\b", numbered),
        (
            rf"\b(?:the |my |that )?(?:other|previous|earlier|former|old|older|one before|original) {_CLIP_NOUN}\b",
            earlier,
        ),
        (
            rf"\b(?:the|my|this|that|these|those|our|an?)(?: (?:same|last|latest|newest|new|most recent|current|uploaded|attached|short|little|small|audio|second))*"
            rf" {_CLIP_NOUN}\b(?! (?:library|folder|collection|called|named|failed|could|format|size|names?|were|that (?:failed|could)|types?))",
            lambda match: "clip" if not re.search(r"\bfiles\b|^an?\b", match[0]) else None,
        ),
        (r"(?<![\w.])clip\b(?! (?:library|folder))", lambda match: "clip"),
        (
            r"\bmy (?:voice memo|voice note|playing|improvisation|idea|riff)\b",
            lambda match: "clip",
        ),
        (
            r"\b(?:what|the (?:thing|song|piece|music|passage|moment)) (?:that )?i(?:'ve| have)?(?: just)? (?:uploaded|sent|recorded|brought|dropped|attached|gave you|played you|hummed|sang|whistled)\b",
            lambda match: "clip",
        ),
    )
    for pattern, value in steps:
        reading.name(re.compile(pattern), "c", value)  # type: ignore[arg-type]


def _name_results(reading: Reading, talk: Talk) -> None:
    size = talk.found or talk.asked_for

    def one(match: re.Match[str]) -> tuple[int, ...] | None:
        return (number_of(match["n"]),)

    def first_few(match: re.Match[str]) -> tuple[int, ...]:
        return tuple(range(1, number_of(match["n"]) + 1))

    def last_few(match: re.Match[str]) -> tuple[int, ...]:
        return tuple(range(max(1, size - number_of(match["n"]) + 1), size + 1))

    def last(match: re.Match[str]) -> tuple[int, ...]:
        return (size,)

    def before_last(match: re.Match[str]) -> tuple[int, ...]:
        return (max(1, size - 1),)

    def best(match: re.Match[str]) -> tuple[int, ...]:
        return (1,)

    the = r"(?:(?:the|my|your|that|this|its)\s+)"
    steps = (
        (r"(?<![\w#])#\s?(?P<n>\d{1,3})\b", one),
        (
            rf"\b(?:the )?(?:number|no\.?|nr\.?|num\.?|result|hit|match|moment|suggestion|recommendation|card|option|item)s? (?:number |no\.? ?|nr\.? ?)?(?P<n>\d{{1,3}}|{'|'.join(_COUNT)})\b"
            r"(?! ?(?:in [a-g]\b|op\b|major|minor|seconds?|more\b|of \w+s\b))",
            _not_in_a_title(reading, one),
        ),
        (
            rf"\b{the}?(?:first|top|best) (?P<n>{COUNT})\b(?: {_HIT_NOUN})?{_NO_TIME}(?! ?(?:%|bpm))",
            first_few if talk.found or talk.searched else lambda match: None,
        ),
        (
            rf"\b{the}last (?P<n>{COUNT})\b(?: {_HIT_NOUN})?{_NO_TIME}",
            last_few if talk.found or talk.searched else lambda match: None,
        ),
        (
            rf"\b{the}(?:second[- ]to[- ]last|next[- ]to[- ]last|last but one|penultimate)(?: {_HIT_NOUN})?\b",
            before_last,
        ),
        (rf"\b{the}(?P<n>{ORDINAL})(?: (?:best|closest|found))?(?: {_HIT_NOUN})?\b{_NO_TIME}", one),
        (rf"\b(?P<n>{ORDINAL}) {_HIT_NOUN}\b", one),
        (
            rf"\b(?:and|why|not|vs|like|with|than|from|save|keep|describe|explain|compare|about|to) (?P<what>(?P<n>{ORDINAL}))\b{_NO_TIME}",
            one,
        ),
        (
            r"\b(?:are|between|compare|save|export|keep|describe|explain|why|do|does|with|to|play|numbers?|results?|hits?) (?P<what>(?P<n>\d{1,2}))(?=,? (?:and|&|with|to|vs\.?|versus|or) (?:#|number )?\d{1,2}\b(?! ?(?:seconds?|minutes?|bpm|more|moments?|results?)))",
            one,
        ),
        (
            r"<h\d+>,? (?:and|&|with|to|vs\.?|versus|or|,) (?P<what>(?P<n>\d{1,2}))\b(?! ?(?:seconds?|minutes?|more|moments?|results?|bpm))",
            one,
        ),
        (
            r"\b(?:describe|explain|why|why was|like|keep|about|than) (?P<what>(?P<n>\d{1,2}))(?=\W*$| (?:found|here|there|matched|please|a match|in the list))",
            one,
        ),
        (
            rf"\b{the}(?:very )?(?:last|final|bottom|lowest)(?: {_HIT_NOUN}\b|(?=$|[,.;?!])|(?= (?:matched?|one|fit|found|there|and|with|to|in|sound|was|is|please|as)))",
            last,
        ),
        (
            rf"\b{the}(?:top|best|closest|nearest|strongest|highest)(?:[- ]ranked)? (?:one|result|hit|match|card|suggestion)\b",
            best if talk.searched else lambda match: None,
        ),
        (rf"\b(?P<n>\d{{1,2}})(?:st|nd|rd|th)\b{_NO_TIME}(?: {_HIT_NOUN})?(?!-| century)", one),
    )
    for pattern, value in steps:
        reading.name(re.compile(pattern), "h", value)  # type: ignore[arg-type]


def _not_in_a_title(reading: Reading, value):  # type: ignore[no-untyped-def]
    """A number is a result's only where it is no part of a title as "Symphony No. 5"."""

    def result(match: re.Match[str]) -> tuple[int, ...] | None:
        before = re.search(r"([\w.]+),? $", reading.text[: match.start()])
        if match[0].startswith(("no", "nr", "num")) and before:
            written = reading.original(before.start(), before.end())
            works = r"(?:symphon|concert|sonat|quartet|gymnop|gnossien|etude|nocturne|prelude|waltz|suite|ballade|mazurka|polonaise|dance|rhapsod|opus|invention|fug|trio|quintet|march|impromptu|scherzo|ecossaise)\w*"
            if re.search(works, before[1]) or (
                before[1][0].isalpha() and written[:1].isupper() and before.start() > 0
            ):
                return None
        return value(match)

    return result
