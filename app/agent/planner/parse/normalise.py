"""The user's words, prepared for reading: lower case, slips of the keyboard mended, things named set aside.

A Reading is rewritten step by step (a path becomes `<p0>`, a time `<t0>`), while every character remembers
where it came from: a title is found in the prepared text and taken from what the user really wrote.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

_QUOTED = re.compile(
    r"“([^”]+)”|„([^“”]+)[“”]|«\s*([^»]+?)\s*»|「([^」]+)」|『([^』]+)』|《([^》]+)》|(?<!\d)\"([^\"]+)\"|(?<!\w)'([^']{2,}?)'(?!\w)|‘([^’]{2,})’(?!\w)"
)
_PATH = re.compile(
    r"(?<![\w<])(?:~|\.{1,2})?/[^\s,;?!]+|(?<!\w)[a-zA-Z]:\\[^\s,;?!]*|(?<![\w/])~(?=[\s,;?!]|$)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class Reading:
    """Text under preparation, each character tied to the place in the original that it stands for."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.named: dict[str, Any] = {}
        """What the placeholders stand for."""
        self._chars: list[str] = []
        self._from: list[tuple[int, int]] = []
        for place, char in enumerate(raw):
            plain = _plain(char)
            self._chars += plain
            self._from += [(place, place + 1)] * len(plain)

    @property
    def text(self) -> str:
        """The prepared text."""
        return "".join(self._chars)

    def original(self, start: int, end: int) -> str:
        """What the user wrote where the prepared text has [start, end)."""
        if start >= end or start >= len(self._from):
            return ""
        return self.raw[self._from[start][0] : self._from[min(end, len(self._from)) - 1][1]]

    def put(self, start: int, end: int, new: str) -> None:
        """Rewrite [start, end) as `new`."""
        origin = (self._from[start][0], self._from[end - 1][1]) if end > start else (0, 0)
        self._chars[start:end] = list(new)
        self._from[start:end] = [origin] * len(new)

    def name(self, pattern: re.Pattern[str], letter: str, value: Callable[[re.Match[str]], Any]) -> None:
        """Set aside what `pattern` finds (its group `what`, if it has one).

        `value` says what it is, or None to leave it.
        """
        place = 0
        group = "what" if "what" in pattern.groupindex else 0
        while match := pattern.search(self.text, place):
            found = value(match)
            start, end = match.span(group)
            if found is None or end <= start:
                place = max(match.end(), match.start() + 1)
                continue
            key = f"<{letter}{len(self.named)}>"
            self.named[key] = found
            self.put(start, end, key)
            place = start + len(key)

    def all(self, letter: str) -> list[tuple[int, str, Any]]:
        """(place, placeholder, value) of everything set aside under a letter, in reading order."""
        return [
            (match.start(), match[0], self.named[match[0]])
            for match in re.finditer(rf"<{letter}\d+>", self.text)
            if match[0] in self.named
        ]


def read(raw: str) -> Reading:
    """The words with quotes and paths set aside and slips mended."""
    reading = Reading(_spelled_out(unicodedata.normalize("NFC", raw.strip())))
    reading.name(_QUOTED, "q", lambda match: reading.original(*_inner(match)))
    reading.name(_PATH, "p", lambda match: reading.original(match.start(), match.end()))
    _without_chatter(reading)
    _mend(reading)
    return reading


_CHATTER = re.compile(
    r"\b(?:lol|lmao|rofl|haha+|hehe+|xd|tbh|imo|imho|btw|omg|bro|bruh|dude|mate|yo|fam|ngl|asap|fyi)\b[ ,.!]*"
    r"|(?<=\w)\s*[:;]-?[)(dpo](?=\s|$)"
)


_SHORT = (
    (re.compile(r"(?<!\w)w/o(?=\s|$)", re.IGNORECASE), "without"),
    (re.compile(r"(?<!\w)w/(?=\s)", re.IGNORECASE), "with"),
    (re.compile(r"\b(get|me|want|have|need) like (?=\d)", re.IGNORECASE), r"\1 "),
)
"""Abbreviations, and a "like" that only fills: "can i get like 12"."""


def _spelled_out(raw: str) -> str:
    for pattern, full in _SHORT:
        raw = pattern.sub(full, raw)
    return raw


def _without_chatter(reading: Reading) -> None:
    """Take out what says nothing ("lol", "btw"), where something else is said."""
    if not re.search(r"\w", _CHATTER.sub("", reading.text)):
        return
    for match in reversed(list(_CHATTER.finditer(reading.text))):
        reading.put(match.start(), match.end(), " ")


def _inner(match: re.Match[str]) -> tuple[int, int]:
    group = match.lastindex or 0
    return match.span(group)


def _plain(char: str) -> str:
    """Lower case, straight quotes, no angle brackets; accents are dropped so that patterns need not know them."""
    if char in "’‘`´":
        return "'"
    if char in "–—−":
        return "-"
    if char in "<>\t\n\r\u00a0":
        return " "
    if char == "…":
        return "..."
    if char in "“”„«»":
        return char
    decomposed = unicodedata.normalize("NFKD", char).lower()
    return "".join(part for part in decomposed if not unicodedata.combining(part)) or " "


_LONG_ENOUGH = 6
"""Letters; shorter words are too near to one another to be mended."""

# --- slips of the keyboard --------------------------------------------------------------------------------

_SLIPS = {
    "fnd": "find", "fid": "find", "finf": "find", "fidn": "find", "lik": "like", "liek": "like", "lke": "like",
    "ths": "this", "tis": "this", "thsi": "this", "htis": "this", "teh": "the", "hte": "the", "adn": "and",
    "wht": "what", "waht": "what", "wat": "what", "whta": "what", "plz": "please", "pls": "please",
    "plese": "please", "moer": "more", "mor": "more", "wich": "which", "whcih": "which", "whihc": "which",
    "clp": "clip", "cilp": "clip", "clpi": "clip", "whit": "with", "wiht": "with", "wth": "with", "wehre": "where",
    "whre": "where", "u": "you", "r": "are", "ur": "your", "smth": "something", "sth": "something", "wy": "why",
    "hwy": "why", "whi": "why", "bah": "bach", "bahc": "bach", "mozrt": "mozart", "anotehr": "another", "sond": "sound",
    "tehm": "them", "thme": "them", "olny": "only", "onyl": "only", "agin": "again", "agian": "again",
    "frist": "first", "fisrt": "first", "firts": "first", "scond": "second", "secnd": "second", "sedond": "second",
    "thrid": "third", "tihrd": "third", "moments's": "moments", "momnt": "moment", "momnts": "moments",
    "mroe": "more", "shwo": "show", "sohw": "show", "sav": "save", "svae": "save", "tune's": "tune",
    "whats": "what's", "wheres": "where's", "whos": "who's", "hows": "how's", "thats": "that's", "heres": "here's",
    "im": "i'm", "ive": "i've", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "isnt": "isn't",
    "arent": "aren't", "cant": "can't", "wont": "won't", "youre": "you're", "theyre": "they're", "smthg": "something",
    "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to", "gotta": "got to",
    "somethin": "something", "sumthing": "something", "anythin": "anything", "cuz": "because",
    "abit": "a bit", "alot": "a lot", "sum": "some", "sumthin": "something", "smthn": "something",
    "diff": "different", "wdym": "what do you mean",
    "idk": "i don't know", "y": "why", "ya": "you", "k": "ok", "bc": "because",
    "tho": "though", "thx": "thanks", "tnx": "thanks", "abt": "about", "ppl": "people", "rn": "now",
}  # fmt: skip
_YES = re.compile(r"\W*y\W*")
"""Alone it says yes, and no why: that is "y?" or "y is it there"."""


def _mend(reading: Reading) -> None:
    """Mend words that are one slip (two in long ones) away from a word that matters here."""
    names = known_words()
    if _YES.fullmatch(reading.text) and "?" not in reading.text:
        return
    for match in reversed(list(_WORD.finditer(reading.text))):
        word = match[0]
        written = reading.original(match.start(), match.end())
        if match.start() and reading.text[match.start() - 1] in "<@#/.":
            continue
        if word in _SLIPS and (written.islower() or match.start() == 0):
            reading.put(match.start(), match.end(), _SLIPS[word])
        elif len(word) >= 5 and word not in names and (written.islower() or match.start() == 0):
            better = _nearest(word)
            if better:
                reading.put(match.start(), match.end(), better)


@functools.lru_cache(maxsize=4096)
def _nearest(word: str) -> str | None:
    allowed = 1 if len(word) < 8 else 2
    best = None
    for candidate in word_list("vocabulary"):
        if len(candidate) < 5 or abs(len(candidate) - len(word)) > allowed:
            continue
        if candidate[0] != word[0] and candidate[:2] != word[1::-1]:
            continue
        slips = _distance(word, candidate)
        if slips <= allowed and (best is None or slips < best[0]):
            best = (slips, candidate)
    return best[1] if best else _nearest_sound(word)


def _nearest_sound(word: str) -> str | None:
    """A mood or an instrument that a longer word misses by one slip: "hapier", "harpsicord"."""
    if len(word) < _LONG_ENOUGH or word in names()["not_slips"]:
        return None
    near = [sound for sound in _sounds() if sound[0] == word[0] and abs(len(sound) - len(word)) <= 1]
    return next((sound for sound in near if _distance(word, sound) == 1), None)


@functools.lru_cache(maxsize=1)
def _sounds() -> tuple[str, ...]:
    """Moods, instruments and their comparatives, as single words."""
    single = {name for kind in ("moods", "instruments") for name in names()[kind] if " " not in name}
    return tuple(sorted(word for word in single | set(comparatives()) if len(word) >= _LONG_ENOUGH))


def _distance(one: str, other: str) -> int:
    """Damerau-Levenshtein distance: letters missing, added, wrong or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


# --- names ------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def names() -> dict[str, list[str]]:
    """Composers, genres, instruments and moods as plain lower-case text; and words that are no slips."""
    data = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
    return {
        kind: ["".join(_plain(char) for char in name) for name in values] for kind, values in data.items()
    }


@functools.lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Words that are right as they are."""
    parts = {part for values in names().values() for name in values for part in re.split(r"[^a-z]+", name)}
    return frozenset(parts | word_list("vocabulary") | set(superlatives()) | set(comparatives()))


@functools.lru_cache(maxsize=16)
def word_list(name: str) -> frozenset[str]:
    """A list of plain words out of words.txt."""
    text = Path(__file__).with_name("words.txt").read_text(encoding="utf-8")
    match = re.search(rf"^\[{name}\]\n((?:(?!\[).*\n?)*)", text, re.MULTILINE)
    lines = match[1].splitlines() if match else []
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@functools.lru_cache(maxsize=8)
def any_of(kind: str) -> str:
    """A regular expression for any name of a kind, the longest first."""
    ordered = sorted(set(names()[kind]), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(name) for name in ordered) + ")"


_MEASURABLE = (
    "fast",
    "slow",
    "loud",
    "quiet",
    "soft",
    "busy",
    "dense",
    "high",
    "deep",
    "noisy",
    "weird",
    "pretty",
)
"""Adjectives that stand for no mood and have a superlative."""


@functools.lru_cache(maxsize=1)
def superlatives() -> dict[str, str]:
    """Superlatives of what music can be, and their plain forms: "happiest" is "happy"."""
    return {most: plain for plain in {*names()["moods"], *_MEASURABLE} for most in _most(plain)}


@functools.lru_cache(maxsize=1)
def comparatives() -> dict[str, str]:
    """Comparatives of what music can be, and their plain forms: "happier" is "happy"."""
    pairs = {
        re.sub("est$", "er", most): plain for most, plain in superlatives().items() if most.endswith("est")
    }
    return {more: plain for more, plain in pairs.items() if more not in ("lower", "downer", "funer")}


def _most(plain: str) -> list[str]:
    ended = (
        f"{plain[:-1]}iest" if plain.endswith("y") else f"{plain}st" if plain.endswith("e") else f"{plain}est"
    )
    doubled = f"{plain}{plain[-1]}est" if re.search(r"[^aeiou][aeiou][bdgnt]$", plain) else ended
    return [ended, doubled, f"most {plain}"]
