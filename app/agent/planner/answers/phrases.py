"""The phrase book (prompts/answers.md), and how names, spans and numbers are said in it.

What is said within `speaking("de")` comes from prompts/answers.de.md, where that has it, else it is English.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from index.core.errors import clock, printable
from index.core.filters import Filters, FilterValue
from prompts import has, phrase

Data = Mapping[str, Any]

ALIKE = 0.5
"""A factor's likeness from here on is more than that of most random pairs."""
_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve"
_CONDITIONS = {
    "year_from": "from {}", "year_to": "up to {}", "tempo_min": "at least {} bpm", "tempo_max": "at most {} bpm",
    "key_mode": "in {}", "instrument": "with {}", "album": "on {}", "genre": "{}", "composer": "by {}",
    "artist": "by {}",
}  # fmt: skip


ENGLISH = "en"
_LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)
"""Of the answer that is being worded: of this call alone, whatever other threads say meanwhile."""


_SAID: ContextVar[str] = ContextVar("said", default="")
"""What the user wrote, in another language than the one that is searched in."""


@contextmanager
def speaking(language: str, said: str = "") -> Iterator[None]:
    """Word everything within in a language, where its phrase book has it; a search is called what was `said`."""
    before, said_before = _LANGUAGE.set(language), _SAID.set("" if language == ENGLISH else said)
    try:
        yield
    finally:
        _LANGUAGE.reset(before)
        _SAID.reset(said_before)


def spoken_language() -> str:
    """The language of the answer that is being worded."""
    return _LANGUAGE.get()


def say(section: str, /, **variables: object) -> str:
    """A phrase, each paragraph on one line."""
    book = f"answers.{_LANGUAGE.get()}"
    told = phrase(book if has(book, section) else "answers", section, **variables)
    return re.sub(r"(?<!\n)\n(?![\n-])", " ", told)


def word(english: str) -> str:
    """A few words that stand within phrases, in the language of the answer."""
    return _small_words(_LANGUAGE.get()).get(english, english)


@functools.lru_cache(maxsize=32)
def _small_words(language: str) -> dict[str, str]:
    book = f"answers.{language}"
    lines = phrase(book, "words") if has(book, "words") else ""
    return dict(re.findall(r"^- “(.*?)” = “(.*)”$", lines, re.MULTILINE))


def number(value: int) -> str:
    """A small number in words, a large one in figures."""
    words = word(_NUMBERS).split(" ")
    return words[value] if value < len(words) else str(value)


def has_small_words() -> bool:
    """Whether the language of the answer has its own words for "and", "two": some know a few sentences only."""
    return _LANGUAGE.get() == ENGLISH or word("and") != "and"


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return f"{', '.join(parts[:-1])} {word('and')} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def are_moments(count: int) -> str:
    """ "is one moment", "are five moments"."""
    return word("is one moment") if count == 1 else word("are {} moments").format(number(count))


def span(start_s: float, end_s: float) -> str:
    """ "1:23-1:33", in whole seconds."""
    return f"{clock(round(start_s))}-{clock(round(end_s))}"


def named(record: Data) -> str:
    """A passage: its title or the clip's name, and its span."""
    return word("“{}” at {}").format(printable(record["name"]), span(record["start_s"], record["end_s"]))


def where(hit: Data) -> str:
    """A hit: title, author, and where it starts."""
    return named_track(hit["track"]) + word(", at {}").format(clock(round(hit["moment"]["start_s"])))


def named_track(track: Data) -> str:
    """A track: title and author."""
    author = track["composer"] or track["artist"]
    by = word(" by {}").format(printable(author)) if author else ""
    if author and (nobody := by_nobody(author)):
        by = f" ({nobody})"
    return f"“{printable(track['title'])}”{by}"


def by_nobody(author: str) -> str:
    """What the tags say of music without an author ("Traditional, American"); empty for the name of one."""
    if not re.match(r"(?:trad(?:itional|\b)|anon(?:ymous|\b)|unknown\b)", author, re.IGNORECASE):
        return ""
    return printable(re.sub(r"\s*\((.*)\)$", r", \1", author))


def clock_or_year(asked: str, track: Data) -> str:
    """A track's length or year, as it is said."""
    return str(track["year"]) if asked in ("oldest", "newest") else clock(round(float(track["duration_s"])))


def query_name(query: Data) -> str:
    """What was searched for."""
    if "source" not in query:
        description = _SAID.get().strip(" ?!.,;¿¡") or str(query.get("description") or "that")
        return f"“{printable(description)}”"
    return word("your clip") if query["source"] == "clip" else named(query)


def conditions(query: Data) -> str:
    """What a search was narrowed to, in brackets; empty where it was not."""
    said = all_conditions(query.get("filters") or {})
    said += [weight(name, value) for name, value in (query.get("emphasis") or {}).items()]
    return f" ({', '.join(said)})" if said else ""


def weight(name: str, value: float) -> str:
    """How much a factor counts, in words: "harmony weighted 2"."""
    return word("{} weighted {}").format(word(name), f"{value:g}")


_RANGES = {
    "year": (("year_from", "year_to"), "from {} to {}", "from the year {}"),
    "tempo": (("tempo_min", "tempo_max"), "{} to {} bpm", "at {} bpm"),
}


def all_conditions(filters: Mapping[str, FilterValue]) -> list[str]:
    """The filters in words; two ends of one range are said together, and one year is one year."""
    left, said = dict(filters), []
    for (low, high), between, once in _RANGES.values():
        if low in left and high in left:
            ends = f"{left.pop(low):g}", f"{left.pop(high):g}"
            said.append(word(once).format(ends[0]) if ends[0] == ends[1] else word(between).format(*ends))
    return [*(condition(name, value) for name, value in left.items()), *said]


def condition(name: str, value: FilterValue) -> str:
    """One filter in words; of several names one is enough: "by Haydn or Mozart"."""
    parts = [f"{part:g}" if isinstance(part, float) else str(part) for part in Filters.values(value)]
    shown = f"{', '.join(parts[:-1])} {word('or')} {parts[-1]}" if len(parts) > 1 else word(parts[0])
    base = name.removeprefix("not_")
    text = word(_CONDITIONS.get(base, base + " {}")).format(printable(shown))
    return word("not {}").format(text) if name.startswith("not_") else text


_NOTES = {
    "de": ("C D E F G A H", "is", "es", "{}-Dur", "{}-Moll"),
    "nl": ("C D E F G A B", "is", "es", "{} majeur", "{} mineur"),
    "fr": ("do ré mi fa sol la si", " dièse", " bémol", "{} majeur", "{} mineur"),
    "es": ("do re mi fa sol la si", " sostenido", " bemol", "{} mayor", "{} menor"),
    "it": ("do re mi fa sol la si", " diesis", " bemolle", "{} maggiore", "{} minore"),
    "pt": ("dó ré mi fá sol lá si", " sustenido", " bemol", "{} maior", "{} menor"),
    "ja": ("ハ ニ ホ ヘ ト イ ロ", "嬰", "変", "{}長調", "{}短調"),
}
"""How keys are called: the notes from C on, a sharp, a flat, major, minor."""
_CONTRACTED = {"Ees": "Es", "Aes": "As", "Hes": "B"}


def key_name(key: str) -> str:
    """A key as it is spoken: "A-flat major", "As-Dur", "la bémol majeur"."""
    tonic, _, mode = key.replace("♭", "-flat").replace("♯", "-sharp").partition(" ")
    if mode not in ("major", "minor"):
        return key
    language = spoken_language()
    if language not in _NOTES or tonic[:1] not in "CDEFGAB":
        return f"{tonic} {word(mode)}"
    names, sharp, flat, *modes = _NOTES[language]
    note = names.split(" ")["CDEFGAB".index(tonic[0])]
    turned = {"-sharp": sharp, "-flat": flat}.get(tonic[1:], "")
    western = _CONTRACTED.get(f"{note}{turned}", f"{note}{turned}")
    note = f"{turned}{note}" if language == "ja" else western
    if mode == "minor" and language in ("de", "nl"):
        note = note.lower()
    return modes[mode == "minor"].format(note)
