"""Parsing a description into query terms, each with a meaning, a degree, and whether it is wanted or
excluded.

Words without musical meaning are skipped; words that are not understood are reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.words.lexicon import Ask, Meaning, lexicon, split_words

_BOUNDARIES = {",", ";", ".", ":", "!", "?", "but", "with", "yet", "though"}
_ALL = {"anything", "everything", "all", "any"}
"""What precedes a "but" that excludes: "anything but piano"."""
_BPM = re.compile(r"\b(\d{2,3}) ?(?:bpm|beats (?:per|a) minute)")
_KEY = re.compile(
    r"\bin (?P<letter>[a-g])(?P<sign>#|b| sharp| flat)? (?P<mode>major|minor)\b(?! (?:key|mode|scale|chords?))"
)
_CLASSES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


@dataclass(frozen=True)
class Understood:
    """A query term: some words of a description, and what they were understood as."""

    words: str
    meaning: Meaning
    degree: str = ""
    """"" plain, "very", "rather", "a bit", "not too"."""
    wanted: bool = True
    nearness: float = 1.0
    """1 where the lexicon has the words; else the cosine at which the text network matched them."""

    @property
    def phrase(self) -> str:
        """As a description says it: "very slow", "no drums"; understood again as the same."""
        return f"{self.degree} {self.words}".strip() if self.wanted else f"no {self.words}"

    @property
    def text(self) -> str:
        """As an answer says it: "fiddle" as violin; "not drums"."""
        no = "no" if self.meaning.kind == "sound" else "not"
        said = f"{self.degree} {self.words}".strip() if self.wanted else f"{no} {self.words}"
        return f"“{said}”" + (f" as {self.meaning.name}" if self.meaning.name != self.words else "")


@dataclass(frozen=True)
class Understanding:
    """A description as query terms."""

    understood: tuple[Understood, ...]
    unknown: tuple[str, ...]
    """Words that were not understood."""


def understand(
    description: str,
    in_tags: Callable[[str], bool] = lambda word: False,
    nearest: Callable[[str], tuple[Meaning, float] | None] = lambda words: None,
) -> Understanding:
    """Parse a description into query terms.

    Parameters
    ----------
    in_tags : callable
        Whether a word is in the title, artist, composer, album or genre of some track.
    nearest : callable
        Where the text network places words that the lexicon does not have.
    """
    found, text = _numbers(description)
    words = split_words(text)
    unknown: list[str] = []
    waiting: list[str] = []
    wanted, degree, after_and = True, "", False
    at = 0

    def place_waiting() -> None:
        """Pass the words between known terms to the text network, first as a phrase, then one by one."""
        for phrase in ([" ".join(waiting)] if len(waiting) > 1 else []) + list(waiting):
            if not waiting:
                break
            if near := nearest(phrase):
                found.append(Understood(phrase, near[0], degree, wanted, round(near[1], 2)))
                waiting[:] = [] if phrase == " ".join(waiting) else [w for w in waiting if w != phrase]
        unknown.extend(waiting)
        waiting.clear()

    while at < len(words):
        word = words[at]
        meaning, length = _longest(words[at:])
        if meaning is not None:
            place_waiting()
            if after_and and not wanted and found and found[-1].meaning.kind != meaning.kind:
                wanted = True
            found.append(Understood(" ".join(words[at : at + length]), meaning, degree, wanted))
            degree, after_and = "", False
            at += length
            continue
        if word in _BOUNDARIES:
            place_waiting()
            leaves_out = word == "but" and at > 0 and words[at - 1] in _ALL
            wanted, degree, after_and = not leaves_out, "", False
        elif word in ("and", "or"):
            place_waiting()
            after_and = word == "and"
        elif word in lexicon().lists["not"]:
            place_waiting()
            wanted, degree = False, ""
        elif word == "free" and found and words[at - 1] != "free":
            found[-1] = Understood(found[-1].words, found[-1].meaning, wanted=False)
        else:
            degree, wanted = _degree(word, degree, wanted)
            if word not in lexicon().passed:
                if in_tags(word):
                    place_waiting()
                    found.append(Understood(word, written(word), "", wanted))
                    degree = ""
                elif not word.isdigit():
                    waiting.append(word)
        at += 1
    place_waiting()
    return Understanding(tuple(_once(found)), tuple(dict.fromkeys(unknown)))


def written(word: str) -> Meaning:
    """The meaning of a word that occurs only in the tracks' tags."""
    return Meaning(word, "tag", (Ask(("written",), 1.0),), (word,), "")


def _longest(words: Sequence[str]) -> tuple[Meaning | None, int]:
    """The longest prefix of these words that is in the lexicon, and its number of words."""
    table = lexicon()
    passed = table.passed
    for look in (table.exact, table.stemmed):
        for length in range(min(table.longest, len(words)), 0, -1):
            if length == 1 and words[0] in passed:
                continue
            if meaning := look(words[:length]):
                return meaning, length
    if words[0] not in passed | _BOUNDARIES and (meaning := table.misspelt(words[0])):
        return meaning, 1
    return None, 0


def _degree(word: str, degree: str, wanted: bool) -> tuple[str, bool]:
    lists = lexicon().lists
    if word in lists["very"]:
        return ("not too", True) if not wanted else ("very", wanted)
    if word in lists["rather"]:
        return "rather", wanted
    return ("a bit", wanted) if word in lists["a bit"] else (degree, wanted)


def _numbers(description: str) -> tuple[list[Understood], str]:
    """Tempi in bpm and keys by name, and the description without them."""
    found = []
    text = " ".join(split_words(description))
    for match in _BPM.finditer(text):
        ask = Ask((f"bpm:{match[1]}",), 1.0)
        found.append(Understood(match[0], Meaning(match[0], "measure", (ask,), (), "")))
    for match in _KEY.finditer(text):
        tonic = _CLASSES[match["letter"]]
        sign = (match["sign"] or "").strip()
        tonic += 1 if sign in ("#", "sharp") else -1 if sign in ("b", "flat") else 0
        ask = Ask((f"key:{tonic % 12}:{match['mode']}",), 1.0)
        found.append(Understood(match[0], Meaning(match[0].removeprefix("in "), "measure", (ask,), (), "")))
    return found, _KEY.sub(" ", _BPM.sub(" ", text))


def _once(found: Sequence[Understood]) -> list[Understood]:
    """Each meaning once; of duplicates the one with a degree."""
    kept: dict[tuple[str, bool], Understood] = {}
    for each in found:
        key = (each.meaning.name, each.wanted)
        if key not in kept or (each.degree and not kept[key].degree):
            kept[key] = each
    return list(kept.values())
