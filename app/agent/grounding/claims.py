"""Words that claim something about the music: keys, instruments, tempo and loudness, titles, composers.

Each claim is looked up in the words that tools returned or the user said; the words of one meaning stand for each
other (index/words/lexicon.md). What is none of these is not judged here.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from index.text.judgements import WITHOUT_RULE
from index.words.lexicon import lexicon

_MEASURES = ("slow", "fast", "loud", "quiet", "bright", "dark", "dissonant")
"""Meanings of the lexicon that are said of a moment's sound and of little else."""
_EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        "clear sharp plain dull quick quickly racing rushing lingering dragging grave black piano silent subdued keys "
        "string horn bell bells pipes whistle recorder sing sings woman women alto bow bows wind reeds beat beats "
        "plucked chime pipe brilliant harmonica lyrics orchestra chorus experimental ambiguous open shiny "
        "bold cold driving exciting flowing grand heavy intense powerful rich smooth thick thin",
    )
)
"""Words of these meanings that say other things as well; they are not held against a sentence."""
_KEY = re.compile(r"\b([A-G])(?:[ -]?(flat|sharp)|([b#♭♯]))?[ -](major|minor)\b")
_QUOTED = re.compile(r"“([^”]{3,120})”|\"([^\"]{3,120})\"")
_SAYING = re.compile(r"\b(?:say|ask|try|type|tell me|or)\b[^“\"]*$", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def judgements(sentence: str, told: str, said: frozenset[str], *, offer: bool = False) -> list[str]:
    """The claims of a sentence that neither a tool nor the user made. `told`: all their words, lower case.

    Of an `offer` ("shall I look for ...?") only a key is held to be a claim.
    """
    wrong = [match[0] for match in _KEY.finditer(sentence) if not _key_told(match, told)]
    if offer:
        return wrong
    for match in _QUOTED.finditer(sentence):
        quoted = (match[1] or match[2]).strip(" .,!?").lower()
        if quoted not in told and not _SAYING.search(sentence, 0, match.start()):
            wrong.append(match[0])
    bare = _QUOTED.sub(" ", sentence)
    for word in _LETTERS.findall(bare):
        lower = word.lower()
        meaning = _meanings().get(lower)
        invented = word[0].isupper() and lower in _composers() and lower not in said
        unmeasured = meaning is None and lower in _unmeasured() and lower not in said
        if invented or unmeasured or (meaning is not None and not (meaning & said)):
            wrong.append(word)
    return wrong


@functools.cache
def _unmeasured() -> frozenset[str]:
    """Words of judgement that nothing measures ("haunting"), but for those that are said of anything."""
    return frozenset(WITHOUT_RULE.split()) - _EVERYDAY


def words_in(text: str) -> frozenset[str]:
    """The words of a lower-case text."""
    return frozenset(part for word in _LETTERS.findall(text) for part in (word, *re.split(r"['’-]", word)))


def _key_told(match: re.Match[str], told: str) -> bool:
    tonic = match[1].lower()
    turn = match[2] or {"b": "flat", "♭": "flat", "#": "sharp", "♯": "sharp"}.get(match[3] or "", "")
    signs = {"flat": ("-flat", " flat", "b", "♭"), "sharp": ("-sharp", " sharp", "#", "♯")}.get(turn, ("",))
    return any(re.search(rf"\b{tonic}{re.escape(sign)}[ -]{match[4]}", told) for sign in signs)


@functools.lru_cache(maxsize=1)
def _meanings() -> dict[str, frozenset[str]]:
    """Each judging word, and all words of its meaning."""
    found: dict[str, frozenset[str]] = {}
    for meaning in lexicon().meanings:
        if meaning.kind == "sound" or meaning.name in _MEASURES:
            parts = frozenset(part for phrase in (*meaning.words, meaning.name) for part in phrase.split())
            for word in meaning.words:
                if " " not in word and word not in _EVERYDAY:
                    found[word] = found.get(word, frozenset()) | parts
    return found


@functools.lru_cache(maxsize=1)
def _composers() -> frozenset[str]:
    """Last names of composers that are no everyday words."""
    path = Path(__file__).parents[1] / "planner" / "parse" / "names.json"
    names = json.loads(path.read_text(encoding="utf-8"))["composers"]
    everyday = {
        "beach",
        "barber",
        "field",
        "wolf",
        "child",
        "bridge",
        "glass",
        "cage",
        "young",
        "reich",
        "bull",
        "byrd",
    }
    return frozenset(name.split()[-1].lower() for name in names) - everyday
