"""What is written in another language, in the words that the rules know: "etwas Ruhiges" is "something calm".

languages/*.txt hold the words of fifteen languages. It is no translation: names and titles stay as they are written,
and what is not in the list stays too. A phrase goes before its words, the longest first.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.agent.planner.parse.keys import keys_in_english
from app.agent.planner.parse.lexicons import (
    ENGLISH,
    LATIN,
    LONGEST,
    QUOTED,
    TOKENS,
    WITHOUT_SPACES,
    Lexicon,
    fold,
    language_of,
    lexicon_of,
)
from app.agent.planner.parse.tidying import AS, numbered, resolved, tidy
from app.agent.planner.parse.vocabulary import any_of, names, word_list

_PARTICLES = ("에서", "으로", "을", "를", "이", "가", "은", "는", "의", "에", "로", "도", "만")
_ARTICLES = ("وال", "بال", "لل", "ال", "و", "ب", "ل")
_WITH_ARTICLES = ("de", "fr", "es", "it", "pt", "nl")
_BARE_ORDINAL = re.compile(
    r"(?<!the )\b(first|second|third|fourth|fifth|last)\b(?! (?:century|seconds?|half|movement))"
)
_CONTRACTED_ORDINAL = re.compile(rf"(?<=\b(?:of|to|in) ){_BARE_ORDINAL.pattern}(?=\W*$)")
"""Its article went into a preposition: "da terceira" is "of third"."""
_ASKS_OF_A_TITLE = re.compile(
    r"who wrote|(?:what key|how fast|how long|what year) is|(?:what is )?the tempo of|when was|what tempo is"
)
_VERB_AT_THE_END = ("ja", "ko", "tr")
_VERB_LAST = re.compile(
    r"^(?!.*\blike\b)(?P<rest>[^,.?!]+?) (?P<verb>i want to hear|play me|show me|give me|find|forget)\W*$"
)
_FOR_FIRST = re.compile(
    r"^(?P<verb>play me |find |give me )?(?P<occasion>study|studying|sleep|sleeping|work|working|reading|running"
    r"|cooking|driving|cleaning|dancing|relaxing|dinner|breakfast|party) for (?P<rest>.+)$"
)
"""What it is for, said first: "study for quiet piece"."""
_MARKS = str.maketrans({"؟": "?", "،": ",", "؛": ";"})
_COMPOUND = re.compile(r"(\w{4,})(?:musik|stuck|stucke|lied|lieder|klange|klang)")
"""Music written together with what it is for or on: "beerdigungsmusik", "orgelstucke"."""
_SUFFIX = {
    "tr": re.compile(r"(\w)['’](?:[ndy]?[aeıiuü]n?|n[ıiuü]n|[dt][ae]n?)\b"),
    "ko": re.compile(r"([A-Za-z0-9])(?:에서|으로|을|를|이|가|은|는|의|에|로)(?=\s|$)"),
}
"""What is written together with a name, and is no part of it."""


@dataclass(frozen=True)
class Glossed:
    """The words in English, and the language that they were written in."""

    text: str
    language: str


def gloss(words: str, before: str = "") -> Glossed:
    """The words in those of the rules; as they are where they are English, or no language can be told.

    `before` is the language of the conversation so far, for words that may be of several.
    """
    language = language_of(words, before)
    if language == ENGLISH:
        return Glossed(words, ENGLISH)
    lexicon = lexicon_of(language)
    words = keys_in_english(words, language)
    words = (
        _SUFFIX[language].sub(r"\1", words.translate(_MARKS))
        if language in _SUFFIX
        else words.translate(_MARKS)
    )
    text = numbered(words) if language not in LATIN else words
    pieces = (
        _without_spaces(text, lexicon)
        if language in WITHOUT_SPACES
        else _with_spaces(text, lexicon, language)
    )
    text = tidy(" ".join(resolved(pieces)))
    if language in _VERB_AT_THE_END:
        text = _VERB_LAST.sub(r"\g<verb> \g<rest>", text)
        text = _FOR_FIRST.sub(r"\g<verb>\g<rest> for \g<occasion>", text)
        text = re.sub(rf"\b({any_of('instruments')}) without\b", r"without \1", text)
    bare = _CONTRACTED_ORDINAL if language in _WITH_ARTICLES else _BARE_ORDINAL
    text = bare.sub(r"the \1", text)
    return Glossed(text, language)


# --- languages that part their words -----------------------------------------------------------------------


def _with_spaces(text: str, lexicon: Lexicon, language: str) -> list[str]:
    """Each phrase's meaning, and what has none as it is written."""
    quoted = [match.span() for match in QUOTED.finditer(text)]
    tokens = list(TOKENS.finditer(text))
    kept = _titles(tokens, lexicon, language)
    pieces: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if span := next((span for span in quoted if span[0] <= token.start() < span[1]), None):
            pieces.append(text[span[0] : span[1]])
            at = next((i for i in range(at, len(tokens)) if tokens[i].start() >= span[1]), len(tokens))
            continue
        meaning, taken = "", 0
        if at not in kept and token[0][0].isalpha():
            meaning, taken = _phrase(tokens, at, kept, lexicon, language)
        if taken:
            pieces.extend([meaning] if meaning else [])
            at += taken
            saves = any(piece.startswith("save") for piece in pieces)
            if meaning == "called" or (saves and meaning in (AS, "as")):  # what it is called stays as it is
                end = next((i for i in range(at, len(tokens)) if tokens[i][0] in ",?!;."), len(tokens))
                if end > at:
                    pieces.append(text[tokens[at].start() : tokens[end - 1].end()])
                at = end
            elif (
                pieces
                and _ASKS_OF_A_TITLE.fullmatch(pieces[-1])
                and at < len(tokens)
                and tokens[at][0][0].isupper()
            ):
                end = next((i for i in range(at, len(tokens)) if tokens[i][0] in ",?!;"), len(tokens))
                while end - 1 > at and _is_said_after_a_title(tokens[end - 1][0], lexicon):
                    end -= 1
                    tokens.pop(end)
                pieces.append(text[tokens[at].start() : tokens[end - 1].end()])
                at = end
            continue
        joined = bool(pieces) and at > 0 and tokens[at - 1].end() == token.start()
        if joined and not _glossed(tokens[at - 1], pieces):
            pieces[-1] += token[0]
        elif token[0] in "¿¡'’-" and not joined:
            pass
        else:
            pieces.append(token[0])
        at += 1
    return pieces


def _is_said_after_a_title(word: str, lexicon: Lexicon) -> bool:
    """Whether a word ends a question about a title: "wer hat Der Lindenbaum geschrieben"."""
    return not word[0].isupper() and lexicon.meaning((fold(word),)) in ("written", "played")


def _glossed(before: re.Match[str], pieces: list[str]) -> bool:
    """Whether what stands before was put in other words, so that nothing may be joined to it."""
    return not pieces[-1].endswith(before[0])


def _phrase(
    tokens: list[re.Match[str]], at: int, kept: set[int], lexicon: Lexicon, language: str
) -> tuple[str, int]:
    """The meaning of the longest phrase that begins here, and how many tokens it has; 0 where there is none."""
    words: list[tuple[int, str]] = []
    for place in range(at, len(tokens)):
        if place in kept or len(words) == LONGEST:
            break
        if tokens[place][0][0].isalpha():
            words.append((place, fold(tokens[place][0])))
        elif tokens[place][0] not in "'’-":
            break
    for length in range(len(words), 0, -1):
        meaning = _lacking(words[0][1], lexicon, language) if length == 1 else None
        meaning = meaning or lexicon.meaning(tuple(word for _, word in words[:length]))
        if meaning is None and length == 1:
            meaning = _bent(words[0][1], lexicon, language)
        if meaning is not None:
            return meaning, words[length - 1][0] - at + 1
    return "", 0


def _lacking(word: str, lexicon: Lexicon, language: str) -> str | None:
    """The meaning of a Turkish word that says what is missing: "piyanosuz"."""
    without = re.fullmatch(r"(\w{3,})s[iu]z", word) if language == "tr" else None
    meaning = lexicon.meaning((without[1],)) if without else None
    return f"without {meaning}" if meaning in names()["instruments"] else None


def _bent(word: str, lexicon: Lexicon, language: str) -> str | None:
    """The meaning of a word without a particle or article that is written together with it."""
    if language == "ko":
        for particle in map(fold, _PARTICLES):
            if word.endswith(particle) and len(word) > len(particle):
                meaning = lexicon.meaning((word[: -len(particle)],))
                if meaning is not None:
                    return f"only {meaning}" if particle == fold("만") else meaning
    if language == "de" and (compound := _COMPOUND.fullmatch(word)):
        for part in (compound[1], compound[1].removesuffix("s"), compound[1].removesuffix("n")):
            if (meaning := lexicon.meaning((part,))) and " " not in meaning:
                return f"{meaning} music"
    if language == "ar":
        for article in map(fold, _ARTICLES):
            if word.startswith(article) and len(word) > len(article) + 1:
                meaning = lexicon.meaning((word[len(article) :],))
                if meaning is not None:
                    return meaning
    return None


def _titles(tokens: list[re.Match[str]], lexicon: Lexicon, language: str) -> set[int]:
    """Places of words that belong to a name: those with a capital in the midst of a sentence, and what joins them.

    German writes every noun with a capital: there a name begins with a small word that has one ("Der Lindenbaum"),
    or with a noun that is not in the list.
    """
    kept: set[int] = set()
    at = 1
    while at < len(tokens):
        word = tokens[at][0]
        meaning = lexicon.meaning((fold(word),))
        known = meaning is not None
        small = fold(word) in lexicon.small
        begins = word[0].isupper() and tokens[at - 1][0] not in ".?!:¿¡"
        if meaning is not None and re.search("[A-Z]", meaning):  # a composer
            begins = False
        if begins and language == "de":
            begins = not known or (small and at + 1 < len(tokens) and word.lower() not in ("sie", "ihnen"))
        if not begins:
            at += 1
            continue
        end = at
        while end < len(tokens) and _goes_on(tokens, end, at):
            kept.add(end)
            end += 1
        at = end + 1
    return kept


def _goes_on(tokens: list[re.Match[str]], place: int, start: int) -> bool:
    word = tokens[place][0]
    if place == start or word[0].isupper():
        return True
    following = [token[0] for token in tokens[place + 1 : place + 3]]
    if fold(word) in ("no", "nr", "op", "n", "."):
        return any(following_word.isdigit() for following_word in following)
    joins = fold(word) in word_list("joining") or word in "'’-"
    return joins and any(following_word[0].isupper() for following_word in following)


# --- languages that do not ---------------------------------------------------------------------------------


def _without_spaces(text: str, lexicon: Lexicon) -> list[str]:
    """The text cut into the longest words of the list, with what lies between them as it is."""
    text = unicodedata.normalize("NFKC", text)
    longest = max((len(key[0]) for key in lexicon.forms), default=1)
    quoted = {match.start(): match.end() for match in QUOTED.finditer(text)}
    pieces: list[str] = []
    left = ""
    at = 0
    while at < len(text):
        if at in quoted:
            pieces += [left, text[at : quoted[at]]]
            left, at = "", quoted[at]
            continue
        for length in range(min(longest, len(text) - at), 0, -1):
            meaning = lexicon.forms.get((text[at : at + length],))
            if meaning is not None:
                pieces += [left, meaning]
                left = ""
                at += length
                break
        else:
            left += text[at]
            at += 1
    return [piece.strip() for piece in [*pieces, left] if piece.strip()]
