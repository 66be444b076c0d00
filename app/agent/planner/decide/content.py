"""Where no rule speaks: what the words are made of. Changes to the last search, or music described."""

from __future__ import annotations

import re

from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.emphasis import read_emphasis
from app.agent.planner.parse.filters import has_composer, read_filters
from app.agent.planner.parse.lexicons import english_words
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import essence, singular
from app.agent.planner.parse.sounding import sounds
from app.agent.planner.parse.vocabulary import any_of, known_words, word_list
from index.core.filters import Filters
from index.words.lexicon import lexicon
from index.words.parse import understand

LONGEST_NAME, SHORTEST_NAME = 6, 5
"""Words of a bare title; letters of one that is a single word."""
_IN_NAMES = frozenset(["a", "the", "of", "in", "and", "with", "on", "to", "for", "at", "no", "e", "i"])
_UNSPEAKABLE = re.compile(r"[b-df-hj-np-tv-xz]{2,}|(?:asdf|qwer|zxcv|hjkl|sdfg|dfgh|uiop|yxcv)\w*")
"""No name is written like this: "zzz", "asdf"."""
_PLAYED = 3
"""Words of a bare description that names an instrument."""
LONGEST_DESCRIPTION = 12
"""Words; more of them is a story, no description."""
SHORTEST_REQUEST = 14
"""Letters around a title; fewer of them say nothing but the title."""


def only_changes(reading: Reading, intent: str | None, talk: Talk) -> bool:
    """Whether the words say nothing but how the last search shall be changed: "only works by Liszt"."""
    if talk.brought or intent not in ("search", "description", "recommend", "similar", None):
        return False
    before = reading.text
    if re.search(r"<[chtqmp]\d+>", before) or author_asked_after(before):
        return False
    if intent is not None and not found("content", "changes", before):
        return False
    read_filters(reading)
    _, left = read_emphasis(reading.text)
    if left == before and intent is not None:
        return False
    changing = word_list("changing")
    return all(word in changing or word.isdigit() for word in re.findall(r"[a-z0-9']+", left))


def by_content(reading: Reading, talk: Talk) -> str | None:
    """A clip alone is searched for; words about music are a description; a bare name is looked up."""
    text = reading.text
    if talk.brought and not found("content", "asks about a clip", text):
        return "similar"
    bare = len(re.sub(r"<\w+>|\W", "", text)) < SHORTEST_REQUEST
    if reading.all("m") and bare and found("content", "named", text):
        return "search"
    wish = None if found("content", "asks", text) else _wish(text)
    if wish == "description" and names_a_title(reading) and not found("calls", "likeness wanted", text):
        return "describe"  # "cue point for the chorus in “Yankee Doodle”"
    return wish


def names_a_title(reading: Reading) -> bool:
    """Whether a title is named that the library has, or one in quotes."""
    return bool(reading.all("q") or (reading.all("m") and re.search('[“"]', reading.raw)))


def begins_anew(text: str) -> bool:
    """Whether words are a wish complete in itself, whatever was searched for before."""
    return found("content", "a wish of its own", text) is not None


def leaves_open(text: str) -> bool:
    """Whether words that come with a clip do not say how it is to be searched for: "", "this one", "what is this?"."""
    return found("content", "leaves it open", text) is not None


def bare_name(reading: Reading) -> bool:
    """Whether there is nothing but a name that is no English: "maple leaf rag", "la donna e mobile"."""
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?", reading.text)
    if (
        len(words) > len(set(words)) * 2 - 1
        or len(words) > LONGEST_NAME
        or re.search(r"[<?!\d]|[^aeiouy\W\d]{5}", reading.text)
    ):
        return False
    if len(words) == 1:
        return len(words[0]) >= SHORTEST_NAME and is_strange(words[0])
    if len(words) <= _PLAYED and played_on(reading.text):
        return False  # "trumpet solos", "sparkling harpsichord runs"
    strange = [word for word in words if is_strange(word)]
    if len(words) == 2 and words[1] in ("minor", "major"):
        return False  # a mode is asked for, whatever the other word is
    if any(_UNSPEAKABLE.fullmatch(word) for word in strange):
        return False
    says = any(word in word_list("changing") and word not in _IN_NAMES for word in words)
    return len(strange) * 2 >= len(words) and not says and not found("content", "talks", reading.text)


def is_strange(word: str) -> bool:
    """Whether a word is no English that the planner knows, and none of how music sounds."""
    return word not in known_words() and word not in english_words() and not sounds(word)


def word_looked_for(text: str) -> bool:
    """Whether something is asked after by a word that says nothing of the sound: "any irish ones?"."""
    return (
        found("content", "a word looked for", text) is not None
        and found("content", "a word of the sound", text) is None
    )


def author_asked_after(text: str) -> bool:
    """Whether works of somebody are asked after, whatever was searched for before: "what else did joplin write"."""
    return found("content", "an author asked after", text) is not None


def only_conditions(reading: Reading) -> bool:
    """Whether all that is said is how fast, or in which mode: "anything over 140 bpm", "something in minor"."""
    plain = read(reading.raw)
    filters = read_filters(plain)
    heard = {name.removeprefix("not_") for name in filters} & {"tempo_min", "tempo_max", "key_mode"}
    around = word_list("searching") | word_list("changing") | word_list("commands")
    return bool(heard) and all(word in around for word in re.findall(r"[a-z']+", plain.text))


def only_sounds(text: str) -> bool:
    """Whether all that is asked after is how something sounds: "got any guitar?", "have you some slow oboe"."""
    sounding = re.compile(rf"\b(?:{any_of('instruments')}|{any_of('moods')}|fast|slow|loud|quiet|solo)\b")
    left = re.findall(r"[a-z']+", sounding.sub(" ", text))
    around = word_list("searching") | word_list("commands") | {"solo"}
    return played_on(text) and "<" not in text and all(word in around for word in left)


def is_sound(text: str) -> bool:
    """Whether what would be looked up in titles says nothing but how music sounds: "woman voice"."""
    named = [
        word for word in re.findall(r"[a-z]+", text.lower()) if not re.fullmatch(any_of("instruments"), word)
    ]
    if any({word, singular(word) or word} & word_list("forms") for word in named):
        return False  # "fugues" stand in titles
    meant = understand(text)
    heard = [one for one in meant.understood if one.meaning.kind in ("sound", "mood", "measure")]
    return bool(heard) and not meant.unknown and len(heard) == len(meant.understood)


def played_on(text: str) -> bool:
    """Whether an instrument is named."""
    return re.search(rf"\b{any_of('instruments')}\b", text) is not None


def _wish(text: str) -> str | None:
    if found("content", "sought", text):
        if has_composer(text) and not found("content", "describes", text) and not essence(text):
            return "search"
        return "description" if len(text.split()) > 1 else None
    opening = found("content", "wished", text)
    wish = text[opening.end() :] if opening else text
    described = found("content", "describes", wish) or _all_known(wish)
    if described and not found("content", "personal", wish) and len(wish.split()) <= LONGEST_DESCRIPTION:
        return "description"
    return "search" if found("content", "composer alone", text) or _by_tags(text) else None


def _all_known(text: str) -> bool:
    """Whether every word is one of how music sounds, or a small one beside it: "spooky, kind of ghostly"."""
    if re.fullmatch(r"\W*the \w+ ones?\W*", text):
        return False  # it picks, of what was shown or asked
    words = re.findall(r"[a-z']+", text)
    around = word_list("searching") | word_list("changing") | word_list("joining english") | lexicon().passed
    heard = [word for word in words if sounds(word)]
    return bool(heard) and all(word in around or word in heard for word in words)


def _by_tags(text: str) -> bool:
    """Whether all that is said is what stands in tags: "stuff older than 1600", "something by Mozart"."""
    reading = read(text)
    filters = read_filters(reading)
    left = re.findall(r"[a-z']+", reading.text)
    known = word_list("searching") | word_list("changing")
    return bool(filters.keys() & set(Filters.TAGS)) and all(word in known for word in left)
