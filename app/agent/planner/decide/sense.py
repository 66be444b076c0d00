"""Whether what would be searched for makes sense as that: a description of music, a name; or is it a sentence?

Where the rules took a sentence about something else for a wish, most of its words say nothing of any music and name
nothing. Then the search is not made: one question, with what the words may mean to click.
"""

from __future__ import annotations

import functools
import re

from app.agent.planner.parse.conversation import DEFAULT_K, Call
from app.agent.planner.parse.lexicons import ENGLISH, TOKENS, fold, lexicon_of
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import names, word_list
from index.words.lexicon import lexicon, split_words
from index.words.parse import understand

BY_SOUND, BY_NAME = "Search by how it sounds", "Look in titles and names"
LEAST_UNDERSTOOD = 0.25
"""Of the words that could mean something; with fewer understood, a description is none."""
OF_PEOPLE = 0.5
"""The same where people are spoken of: "my neighbour's trumpet keeps waking me"."""
MOST_UNKNOWN = 3
"""Words that nobody understands in a description that is one all the same: an image, a name."""
MOST_SMALL = 0.5
"""The share of small words from which on a name is a sentence; those that titles join with do not count."""
SHORTEST_SENTENCE = 3


def instead(call: Call, reading: Reading, language: str) -> dict[str, Call | None]:
    """What to offer in place of a search whose words were hardly understood; nothing where the search makes sense."""
    if call.name == "find_by_description" and is_sentence(str(call.args.get("description", ""))):
        sounding = _understood(str(call.args["description"]))
        by_sound = Call(call.name, {**call.args, "description": sounding})
        return {**({BY_SOUND: by_sound} if sounding else {}), BY_NAME: _named(call, "description")}
    if call.name == "search_library" and not reading.all("m") and not reading.all("q"):
        text = str(call.args.get("text", ""))
        if text and (names_nothing(text) or is_small_talk(text, language)):
            wish = {"description": text, "k": DEFAULT_K, "filters": dict(call.args.get("filters") or {})}
            return {BY_NAME: call, BY_SOUND: Call("find_by_description", wish)}
    return {}


def is_sentence(description: str) -> bool:
    """Whether a description is a sentence about something else: "5 are great, drop the rest"."""
    if not description or _says_of_something(description):
        return bool(description)
    meant = understand(description, lambda word: word in _parts_of_names())
    unknown = len([word for word in meant.unknown if word not in _COUNTED])
    understood = sum(len(split_words(one.words)) for one in meant.understood)
    if _PEOPLE & set(split_words(description)):
        return understood < OF_PEOPLE * (understood + unknown)
    return unknown > MOST_UNKNOWN and understood <= LEAST_UNDERSTOOD * (understood + unknown)


def names_nothing(text: str) -> bool:
    """Whether nothing but words of a request is to be looked for in titles and names: "kindly restrict"."""
    known = word_list("commands") | word_list("changing") | word_list("searching")
    words = re.findall(r"[^\W_]+(?:'[a-z]+)?", fold(text))
    return len(words) > 1 and all(word in known for word in words)


def is_small_talk(text: str, language: str) -> bool:
    """Whether a name would be made of small words for the most part, as sentences are and names are not."""
    words = [fold(token) for token in TOKENS.findall(text) if token[0].isalpha()]
    if len(words) < SHORTEST_SENTENCE:
        return False
    small = sum(word in _small_words(language) for word in words)
    return small >= MOST_SMALL * len(words)


_VERB = re.compile(r"(?:is|are|was|were|am)(?:n't|nt)?")
_SUBORDINATE = frozenset(
    ["where", "when", "that", "which", "who", "whose", "while", "as", "like", "what", "how", "why", "there", "it",
     "if", "with", "because", "until", "before", "after", "thats"]
)  # fmt: skip
"""What begins a clause that belongs to what is described: "where the drums are on their own"."""
_DEMONSTRATIVE = frozenset(["that", "it", "there"])
"""What begins a clause only behind a word: "that guitar was dear", but "music that is slow"."""
_PEOPLE = frozenset(
    ["i", "i'm", "my", "me", "we", "our", "us", "you", "your", "you're", "he", "she", "his", "her", "they", "their",
     "everybody", "everyone", "nobody"]
)  # fmt: skip
_COUNTED = frozenset(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])


def _says_of_something(description: str) -> bool:
    """Whether it is said of something what nobody can hear: "strings are ok", but not "the strings are slow"."""
    words = split_words(description)
    for place, word in enumerate(words):
        if word in _SUBORDINATE and (place or word not in _DEMONSTRATIVE):
            return False
        if place and _VERB.fullmatch(word):
            predicate = [one for one in words[place + 1 :] if one not in _degrees()]
            return bool(predicate) and predicate[0] not in _PLAYING and not _describes(predicate)
    return False


def _describes(predicate: list[str]) -> bool:
    """Whether a predicate, or what its prepositions lead to, is heard: "are far away in a big church"."""
    places = (place for place, word in enumerate(predicate) if word in _PREPOSITIONS)
    return _means(predicate) or any(_means(predicate[place:]) for place in places if place)


def _means(words: list[str]) -> bool:
    """Whether words begin with what is heard, or go on with it before another verb."""
    table = lexicon()
    length = min(table.longest, len(words))
    if any(table.exact(words[:many]) or table.stemmed(words[:many]) for many in range(length, 0, -1)):
        return words[0] not in table.passed or length > 1
    return len(words) > 1 and words[0] in _PREPOSITIONS | _ARTICLES and _means(words[1:])


_PREPOSITIONS = frozenset(["in", "on", "by", "for", "of", "with", "from", "at"])
_ARTICLES = frozenset(["a", "an", "the", "its", "big", "small"])
_PLAYING = frozenset(["played", "playing", "sung", "singing", "heard", "made", "performed"])


def _understood(description: str) -> str:
    meant = understand(description, lambda word: word in _parts_of_names())
    return ", ".join(one.phrase for one in meant.understood)


def _named(call: Call, argument: str) -> Call:
    filters = dict(call.args.get("filters") or {})
    return Call("search_library", {"text": str(call.args[argument]), "filters": filters})


@functools.lru_cache(maxsize=1)
def _degrees() -> frozenset[str]:
    lists = lexicon().lists
    return frozenset().union(*(lists[name] for name in ("not", "very", "rather", "a bit"))) | {
        "all",
        "just",
        "so",
    }


@functools.lru_cache(maxsize=1)
def _parts_of_names() -> frozenset[str]:
    kinds = ("composers", "genres", "instruments", "moods")
    return frozenset(part for kind in kinds for name in names()[kind] for part in name.split())


@functools.lru_cache(maxsize=16)
def _small_words(language: str) -> frozenset[str]:
    english = word_list("joining english") | word_list("changing")
    small = english if language == ENGLISH else lexicon_of(language).small
    return small - word_list("joining")
