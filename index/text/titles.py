"""Names of music as people type them: without accents, with errors, in another order, "1" for "No. 1"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

JOINT = "; "
"""Stands between several artists, composers or genres of one track. (A comma, a slash or "&" belongs to a name.)"""
SURE = 0.8
"""Closeness from which a name is taken to mean the track; below it, tracks are offered."""
_ALIKE = 0.75
"""Two words less alike than this are two words."""
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "&": " and "}
    | dict.fromkeys("ʻʼʽʹʾʿ", "")  # letters that nobody types, as the first of "ʻOe"
)
_WORD = re.compile(r"\d+|[^\W\d_]+")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’`´](?=[^\W\d_])")
_NUMBERING = frozenset(["no", "nr", "num", "number", "numero", "n"])
_NAMED = {
    "opus": "op",
    "nummer": "no",
    "satz": "movement",
    "mvt": "movement",
    "mov": "movement",
    "mvmt": "movement",
    **dict.fromkeys(("menuetto", "menuett", "menuet", "minuetto"), "minuet"),
    **dict.fromkeys(("praeludium", "preludium", "preludio"), "prelude"),
    **dict.fromkeys(("fuge", "fuga"), "fugue"),
    **dict.fromkeys(("sinfonie", "sinfonia", "symphonie"), "symphony"),
    **dict.fromkeys(("quartett", "quartetto", "quatuor"), "quartet"),
    **dict.fromkeys(("walzer", "valse", "valzer"), "waltz"),
    **dict.fromkeys(("marsch", "marche", "marcia"), "march"),
    **dict.fromkeys(("missa", "messe", "messa"), "mass"),
}
"""What is said in several ways, and in the languages that titles are in."""
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_FIRST = re.compile(r"(?:(?<=[:,.(;] )|^)i(?=[.:)])")
"""A movement's "I": anywhere else it is a word."""
_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_ONES += " eighteen nineteen"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_IN_WORDS = {word: value for said in (_ONES, _ORDINALS) for value, word in enumerate(said.split(), 1)}
_IN_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_FILLERS = frozenset(
    [
        "movement",
        "movements",
        "track",
        "song",
        "op",
        "no",
        "the",
        "a",
        "an",
        "of",
        "in",
        "by",
        "from",
        "and",
        "for",
        "de",
        "la",
        "le",
        "der",
        "die",
        "das",
        "und",
    ]
)
_ROMANS = [
    "i",
    "ii",
    "iii",
    "iv",
    "v",
    "vi",
    "vii",
    "viii",
    "ix",
    "x",
    "xi",
    "xii",
    "xiii",
    "xiv",
    "xv",
    "xvi",
]
_ROMANS += ["xvii", "xviii", "xix", "xx", "xxi", "xxii", "xxiii", "xxiv"]
_NUMBER = {roman: str(number) for number, roman in enumerate(_ROMANS, 1) if len(roman) > 1}


def fold(text: str) -> str:
    """Lower case without accents: "Gymnopédie" is "gymnopedie"."""
    if text.isascii():
        return text.casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words and numbers of a name, folded: "Sonata No. II, K331" is sonata, 2, k, 331.

    Numbers in words are numbers: "second movement", "opus twenty-seven", "Gymnopédie three".
    """
    plain = _FIRST.sub("1", _ORDINAL.sub("", _APOSTROPHE.sub("", fold(text))))
    found = _counted([_NUMBER.get(word, _NAMED.get(word, word)) for word in _WORD.findall(plain)])
    kept = [
        word
        for place, word in enumerate(found)
        if not (word in _NUMBERING and place + 1 < len(found) and found[place + 1].isdecimal())
    ]
    return [str(int(word)) if word.isdecimal() else word for word in kept]


def _counted(found: list[str]) -> list[str]:
    """Words with the numbers among them in figures: twenty, seven is 27."""
    numbers: list[str] = []
    tens = False
    for word in found:
        value = _IN_WORDS.get(word)
        if value is not None and value < 10 and tens:
            numbers[-1] = str(int(numbers[-1]) + value)
        else:
            numbers.append(word if value is None else str(value))
        tens = value is not None and value >= 20
    return numbers


def names_in(text: str) -> list[str]:
    """The names of a tag that may hold several."""
    return [name for each in text.split(JOINT.strip()) if (name := each.strip())]


def contains(text: str, wanted: str) -> bool:
    """Whether every word of `wanted` is a prefix of a word of `text`; an initial matches a name, either way.

    "bach" is in "Johann Sebastian Bach" and not in "Offenbach"; "J.S. Bach" matches "Johann Sebastian Bach".
    """
    have, want = words(text), words(wanted)
    full = any(word in have for word in want) or any(
        there.startswith(word) for word in want for there in have if len(word) > 1
    )
    return full and all(
        any(there.startswith(word) or (len(there) == 1 and word.startswith(there)) for there in have)
        for word in want
    )


def closeness(name: str, title: str, context: str = "") -> float:
    """How well a typed name matches a title, 0 to 1.

    Words of the name may also come from the `context` (artist, composer, album), but some must come from the
    title. A number that is in the name and not in the title is another piece, however alike the words are.
    """
    asked, there = words(name), words(title)
    if not asked or not there:
        return float(bool(fold(name).strip()) and fold(name).strip() == fold(title).strip())
    if asked == there:
        return 1.0
    met = _coverage(there, asked)
    if met == 0:
        said = [word for word in asked if word not in _FILLERS]
        return 0.5 * _coverage(said or asked, words(context))
    strange = any(word.isdecimal() and word not in there and word not in words(context) for word in asked)
    heard = _coverage(asked, there + words(context))
    return min(0.75 if strange else 0.99, heard * (0.85 + 0.15 * met))


def nearest(
    name: str, choices: Sequence[tuple[str, str]], limit: int = 50, *, texts: Sequence[str] | None = None
) -> list[tuple[int, float]]:
    """Indices of the (title, context) pairs that come closest to a name, with their closeness, best first.

    `texts` are the words of each pair, where they are at hand.
    """
    asked = " ".join(words(name))
    if texts is None:
        texts = [" ".join(words(f"{title} {context}")) for title, context in choices]
    likely = process.extract(asked, texts, scorer=fuzz.WRatio, limit=limit, score_cutoff=30)
    judged = [(index, closeness(name, *choices[index])) for _, _, index in likely]
    return sorted(
        (pair for pair in judged if pair[1] > 0.2),
        key=lambda pair: (-pair[1], len(choices[pair[0]][0]), pair[0]),
    )


def _coverage(wanted: Sequence[str], available: Iterable[str]) -> float:
    """The share of the wanted words, by weight, that are available, give or take typing errors."""
    available = list(available)
    total = sum(_weight(word) for word in wanted)
    return sum(_weight(word) * _best(word, available) for word in wanted) / total if total else 0.0


def _best(word: str, available: Iterable[str]) -> float:
    if word in available:
        return 1.0
    if word.isdecimal() or len(word) < 3:
        return 0.0
    best = max((fuzz.ratio(word, other) / 100 for other in available if not other.isdecimal()), default=0.0)
    return best if best >= _ALIKE else 0.0


def _weight(word: str) -> float:
    if word in _FILLERS:
        return 0.1
    return 1.0 if word.isdecimal() else min(len(word), 6) / 6
