"""Slips of the keyboard and what people write short, mended: "fnd", "hapier", "harpsicord", "w/", "lol"."""

from __future__ import annotations

import functools
import re

from rapidfuzz.distance import OSA

from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import any_of, comparatives, known_words, names, word_list

_CHATTER = re.compile(
    r"\b(?:lol|lmao|rofl|haha+|hehe+|xd|tbh|imo|imho|btw|omg|bro|bruh|dude|mate|yo|fam|ngl|asap|fyi)\b[ ,.!]*"
    r"|(?<=\w)\s*[:;]-?[)(dpo](?=\s|$)"
)


_SOME_MUSIC = "music|songs?|tunes?|something|smth|sth|somethin|anything|stuff|playlist|tracks?|pieces?"
_DOING = (
    "dance|sleep|listen|hear|relax|work|study|chill|cry|run|wake|fall|get|cook|drive|read|focus|find|know|play"
    "|calm|cheer|unwind|dream|think|walk|clean|paint|write|code|celebrate|go"
)
_SHORT = (
    (re.compile(r"(?<!\w)w/o(?=\s|$)", re.IGNORECASE), "without"),
    (re.compile(r"(?<!\w)w/(?=\s)", re.IGNORECASE), "with"),
    (
        re.compile(
            r"\b(get|me|want|have|need|gimme|lemme|show|say|just|maybe|before|after|over|under|above|below|least"
            r"|most|than|around|about|from|since|until|only|i|in|at|save|keep)"
            r" like (?=(?:the )?(?:\d|two|three|four|five)\b|\d)",
            re.IGNORECASE,
        ),
        r"\1 ",
    ),
    (re.compile(r"\bdiff(?:erence)?(s?) (?:btw|between)(?= )", re.IGNORECASE), r"difference\1 between"),
    (re.compile(r"(?<=\w )w(?= [a-z])"), "with"),
    (re.compile(r"(?:(?<=[a-z] )|^)n(?= [a-z])"), "and"),
    (re.compile(r"(?<=[a-z] )'?em(?=[ ,.!?]|$)"), "them"),
    (re.compile(r"\b(out|lot|kind|sort)ta(?= )", re.IGNORECASE), r"\1 of"),
    (re.compile(r"(?<=[a-z] )b4(?= \w)"), "before"),
    (re.compile(rf"\b({_SOME_MUSIC}|good) 4 (?=[a-z])", re.IGNORECASE), r"\1 for "),
    (re.compile(rf"\b({_DOING}) 2(?=[ ?!.]*$)", re.IGNORECASE), r"\1 to"),
    (re.compile(rf"\b({_SOME_MUSIC}|want|need|listen|like|good) 2 (?={_DOING}\b)", re.IGNORECASE), r"\1 to "),
)
"""Abbreviations, and a "like" that only fills: "can i get like 12"."""


_WHY_NOT = re.compile(r"\W*(?:and |but |so )?why not (?:try )?", re.IGNORECASE)


@functools.lru_cache(maxsize=1)
def _proposed() -> re.Pattern[str]:
    """What "why not" proposes, where it asks for no reason: "why not Haydn?"."""
    kinds = "|".join(any_of(kind) for kind in ("composers", "instruments", "genres"))
    return re.compile(rf"(?:some|something|a bit of|more|less)\b|(?:some )?(?:{kinds})\b")


def spelled_out(raw: str) -> str:
    """The words with what is written short written out."""
    for pattern, full in _SHORT:
        raw = pattern.sub(full, raw)
    if (proposal := _WHY_NOT.match(raw)) and _proposed().match(raw[proposal.end() :].lower()):
        raw = f"how about {raw[proposal.end() :]}"
    return raw


def without_chatter(reading: Reading) -> None:
    """Take out what says nothing ("lol", "btw"), where something else is said."""
    if not re.search(r"\w", _CHATTER.sub("", reading.text)):
        return
    for match in reversed(list(_CHATTER.finditer(reading.text))):
        reading.put(match.start(), match.end(), " ")


_LONG_ENOUGH = 6
"""Letters; shorter words are too near to one another to be mended."""
_VERY_LONG = 9
"""Letters of a composer who is known with two slips: "mendelson"."""


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
    "gimme": "give me", "cmp": "compare", "lemme": "let me", "wanna": "want to", "gonna": "going to", "gotta": "got to",
    "somethin": "something", "sumthing": "something",
    "smthing": "something", "somthing": "something", "anythin": "anything", "cuz": "because",
    "abit": "a bit", "alot": "a lot", "sum": "some", "sumthin": "something", "smthn": "something",
    "diff": "different", "wdym": "what do you mean",
    "idk": "i don't know", "slo": "slow", "bout": "about", "hw": "how",
    "kinda": "kind of", "sorta": "sort of", "dunno": "don't know",
    "wud": "would", "cud": "could", "shud": "should", "da": "the", "dis": "this", "dat": "that", "tht": "that",
    "y": "why", "ya": "you", "k": "ok", "bc": "because",
    "tho": "though", "thx": "thanks", "tnx": "thanks", "abt": "about", "ppl": "people", "rn": "now",
    "bt": "but", "2nite": "tonight", "tonite": "tonight",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_YES = re.compile(r"\W*y\W*")
"""Alone it says yes, and no why: that is "y?" or "y is it there"."""


def mend(reading: Reading) -> None:
    """Mend words that are one slip (two in long ones) away from a word that matters here."""
    names = known_words()
    if _YES.fullmatch(reading.text) and "?" not in reading.text:
        return
    tune = found("content", "syllables", reading.text)
    for match in reversed(list(_WORD.finditer(reading.text))):
        word = match[0]
        if tune and tune.start() <= match.start() < tune.end():  # "da da da dum" is sung as it is written
            continue
        written = reading.original(match.start(), match.end())
        if match.start() and reading.text[match.start() - 1] in "<@#/.":
            continue
        if word in _SLIPS and (written.islower() or match.start() == 0):
            reading.put(match.start(), match.end(), _SLIPS[word])
        elif len(word) >= 5 and word not in names and (written.islower() or match.start() == 0):
            better = _nearest(word)
            if better:
                reading.put(match.start(), match.end(), better)
                if better in _sounds() or len(better) < _LONG_ENOUGH:
                    reading.mended[written] = better


@functools.lru_cache(maxsize=4096)
def _nearest(word: str) -> str | None:
    allowed = 1 if len(word) < 8 else 2
    best = None
    for candidate in word_list("vocabulary"):
        if len(candidate) < 5 or abs(len(candidate) - len(word)) > allowed:
            continue
        if candidate[0] != word[0] and candidate[:2] != word[1::-1]:
            continue
        slips = OSA.distance(word, candidate)
        if slips <= allowed and (best is None or slips < best[0]):
            best = (slips, candidate)
    return best[1] if best else _nearest_sound(word)


def _nearest_sound(word: str) -> str | None:
    """A mood, an instrument or a composer that a longer word misses by one slip: "harpsicord", "schuman"."""
    if word in names()["not_slips"]:
        return None
    if len(word) < _LONG_ENOUGH:
        return _swapped(word)
    near = [
        sound
        for sound in (*_sounds(), *_composers())
        if sound[0] == word[0] and abs(len(sound) - len(word)) <= 1
    ]
    if best := next((sound for sound in near if OSA.distance(word, sound) == 1), None):
        return best
    long = [
        name
        for name in (*_composers(), *_sounds())
        if name[:2] == word[:2] and max(len(name), len(word)) >= _VERY_LONG and len(word) >= _VERY_LONG - 1
    ]
    return next((name for name in long if OSA.distance(word, name) == 2), None) or _doubled(word)


def _doubled(word: str) -> str | None:
    """What a word is that has a double letter for a single one beside another slip: "peacfull"."""
    single = re.sub(r"(.)\1", r"\1", word)
    if single == word:
        return None
    return next((sound for sound in _sounds() if OSA.distance(single, sound) == 1), None)


def _swapped(word: str) -> str | None:
    """A short mood or instrument of which two letters changed places ("paino"), or one is missing ("gitar")."""
    short = {name for kind in ("moods", "instruments") for name in names()[kind]}
    swapped = [f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(len(word) - 1)]
    filled = [
        f"{word[:at]}{letter}{word[at:]}"
        for at in range(1, len(word))
        for letter in dict.fromkeys(f"aeiou{word[at]}")
    ]
    return next((name for name in (*swapped, *filled) if name in short), None)


@functools.lru_cache(maxsize=1)
def _sounds() -> tuple[str, ...]:
    """Moods, instruments and their comparatives, as single words."""
    single = {name for kind in ("moods", "instruments") for name in names()[kind] if " " not in name}
    return tuple(sorted(word for word in single | set(comparatives()) if len(word) >= _LONG_ENOUGH))


@functools.lru_cache(maxsize=1)
def _composers() -> tuple[str, ...]:
    """Composers of one word that are long enough to be known with a slip in them."""
    return tuple(
        sorted({name for name in names()["composers"] if name.isalpha() and len(name) >= _LONG_ENOUGH - 1})
    )
