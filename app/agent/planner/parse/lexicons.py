"""The words of other languages (languages/*.txt), and by which of them a language is told."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.vocabulary import comparatives, names, superlatives, word_list

ENGLISH = "en"
LATIN = ("de", "fr", "es", "it", "pt", "nl", "pl", "tr")
WITHOUT_SPACES = ("ja", "zh", "th")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
_FOREIGN = re.compile(r"[¿¡ßñçãõœæäöüàâèéêëîïôûùòìłęąśżźćńşğıåøß]", re.IGNORECASE)
TOKENS = re.compile(r"[^\W\d_]+|\d+|\S")
QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』|《[^》]*》|\"[^\"]*\"")
LONGEST = 6
"""Words of a phrase."""
_SMALL_WORTH = 0.6


@dataclass(frozen=True)
class Lexicon:
    """The words of a language."""

    forms: dict[tuple[str, ...], str] = field(default_factory=dict)
    beginnings: dict[str, str] = field(default_factory=dict)
    """Of words that may end in any way."""
    small: frozenset[str] = frozenset()

    def meaning(self, words: tuple[str, ...]) -> str | None:
        """What a phrase means; None for one that is not in the list."""
        if (found := self.forms.get(words)) is not None:
            return found
        if len(words) > 1:
            head, last = words[:-1], words[-1]
            for cut in range(len(last), 2, -1):
                if (found := self.beginnings.get(" ".join((*head, last[:cut])))) is not None:
                    return found
            return None
        for cut in range(len(words[0]), 1, -1):
            if (found := self.beginnings.get(words[0][:cut])) is not None:
                return found
        return None


def language_of(words: str, before: str = "") -> str:
    """The language of the words; English where nothing tells another."""
    plain = QUOTED.sub(" ", words)
    if tune := found("content", "syllables", plain.lower()):
        plain = f"{plain[: tune.start()]} {plain[tune.end() :]}"
    for language, script in _SCRIPTS:
        if script.search(plain):
            return language
    if re.search("[¿¡]", plain):
        return "es"
    tokens = [fold(token) for token in TOKENS.findall(plain) if token[0].isalpha()]
    if not tokens:
        return before or ENGLISH
    bonus = 0.6 if _FOREIGN.search(plain) else 0.0
    english = sum(token in english_words() for token in tokens)
    best, most = ENGLISH, float(english)
    for language in LATIN:
        worth, telling = _worth(tokens, lexicon_of(language))
        worth += bonus + (0.5 if language == before else 0.0)
        if (telling or language == before) and worth > most + 0.05:
            best, most = language, worth
    return best


def _worth(tokens: list[str], lexicon: Lexicon) -> tuple[float, bool]:
    """How much of the words a language has, and whether any of them is more than a small word."""
    worth, telling, at = 0.0, False, 0
    while at < len(tokens):
        for length in range(min(LONGEST, len(tokens) - at), 0, -1):
            phrase = tuple(tokens[at : at + length])
            if lexicon.meaning(phrase) is None:
                continue
            small = length == 1 and phrase[0] in lexicon.small
            shared = length == 1 and phrase[0] in english_words()
            worth += _SMALL_WORTH if small else float(length)
            telling = telling or not (small or shared)
            at += length
            break
        else:
            at += 1
    return worth, telling


@functools.lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Words of English that are said about music here."""
    lists = ("vocabulary", "changing", "commands", "searching", "joining english")
    known = {
        part for kind in ("moods", "instruments", "genres") for name in names()[kind] for part in name.split()
    }
    return frozenset(known.union(comparatives(), superlatives(), *(word_list(name) for name in lists)))


@functools.lru_cache(maxsize=32)
def lexicon_of(language: str) -> Lexicon:
    """The list of a language: "english = form, form*" a line; what stands under [small] tells no language."""
    path = Path(__file__).parent / "languages" / f"{language}.txt"
    forms: dict[tuple[str, ...], str] = {}
    beginnings: dict[str, str] = {}
    small: set[str] = set()
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif "=" in line and not line.startswith("#"):
            meaning, _, written = line.partition("=")
            for form in written.split(","):
                begins = form.strip().endswith("*")
                key = _key(form.strip().rstrip("*"), language)
                if not key:
                    continue
                if begins:
                    beginnings.setdefault(" ".join(key), meaning.strip())
                else:
                    forms.setdefault(key, meaning.strip())
                if section == "small":
                    small.update(key if len(key) == 1 else ())
    return Lexicon(forms, beginnings, frozenset(small))


def _key(form: str, language: str) -> tuple[str, ...]:
    if language in WITHOUT_SPACES:
        return (unicodedata.normalize("NFKC", form),) if form else ()
    return tuple(fold(token) for token in TOKENS.findall(form) if token[0].isalpha())


def fold(text: str) -> str:
    """Lower case without accents and vowel signs."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).replace("ı", "i").replace("ł", "l")
    return "".join(char for char in decomposed if not unicodedata.combining(char))
