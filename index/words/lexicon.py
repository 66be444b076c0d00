"""The lexicon: what each word asks of the measurements. Its rows are in lexicon.md, to be read and extended.

A phrase of the table is found by its letters first, then by its stem, then with a slip of the pen; what is
not in it is placed by the text network beside the nearest row, if one is near enough.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index.core.errors import WeightsError
from index.system.files import write_durably

KINDS = ("sound", "measure", "mood", "activity", "style", "image")
LISTS = ("not", "very", "rather", "a bit", "passed over")
NEAR = 0.53
"""Below this cosine no row of the table is near enough to a word."""
NEAR_SOUND = 0.6
"""The same for an instrument or a voice: the network takes words that are written alike for akin ("window", winds)."""
_ENDINGS = (
    "iness", "ness", "ingly", "ically", "ally", "ily", "iest", "ier", "ies", "ing", "est", "ish", "ed", "er", "ly",
    "es", "s", "y", "e",
)  # fmt: skip
SHIPPED = Path(__file__).with_name("lexicon.npz")
"""Vectors of the table's texts by the text network, in bytes."""
_WORD = re.compile(r"[a-z0-9#]+(?:'[a-z]+)?|[,;.:!?]")
_STEPS = 400.0
_SLIP = 88.0
"""Least similarity of a slip of the pen, in percent; only words of six letters and more."""


@dataclass(frozen=True)
class Ask:
    """One measurement that a meaning asks for: the best of some properties, high or low, or near the middle."""

    properties: tuple[str, ...]
    weight: float
    middle: bool = False


@dataclass(frozen=True)
class Meaning:
    """A row of the table."""

    name: str
    kind: str
    asks: tuple[Ask, ...]
    words: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Lexicon:
    """All meanings, and where a phrase is found."""

    meanings: tuple[Meaning, ...]
    by_phrase: dict[tuple[str, ...], Meaning]
    by_stem: dict[tuple[str, ...], Meaning]
    longest: int
    lists: Mapping[str, frozenset[str]]
    """Words that turn or grade what follows: "not", "very", "rather", "a bit"; and "passed over"."""

    @cached_property
    def passed(self) -> frozenset[str]:
        """Words that have no meaning of their own."""
        return frozenset().union(*self.lists.values())

    def exact(self, words: Sequence[str]) -> Meaning | None:
        """The meaning of exactly these words."""
        return self.by_phrase.get(tuple(words))

    def stemmed(self, words: Sequence[str]) -> Meaning | None:
        """The meaning of words with these stems."""
        return self.by_stem.get(tuple(stem(word) for word in words))

    def misspelt(self, word: str) -> Meaning | None:
        """The meaning of a single word that is nearly this one."""
        if len(word) < 6:
            return None
        from rapidfuzz import fuzz, process

        singles = [phrase[0] for phrase in self.by_phrase if len(phrase) == 1]
        found = process.extractOne(word, singles, scorer=fuzz.ratio, score_cutoff=_SLIP)
        return self.by_phrase[(found[0],)] if found else None


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The table that ships with the product."""
    return parse(Path(__file__).with_name("lexicon.md").read_text("utf-8"))


def parse(text: str) -> Lexicon:
    """Read the tables of a Markdown file: a heading names the kind, each row is a meaning."""
    kind, meanings = "", []
    lists: dict[str, set[str]] = {name: set() for name in LISTS}
    for line in text.splitlines():
        if line.startswith("## "):
            kind = line[3:].strip()
        elif line.startswith("- ") and kind in LISTS:
            lists[kind].update(word.strip() for word in line[2:].split(","))
        elif line.startswith("| ") and kind and not line.startswith(("| meaning |", "|---")):
            name, measured, words, description = (cell.strip() for cell in line.strip().strip("|").split("|"))
            if kind not in KINDS:
                raise ValueError(f"lexicon.md has a section “{kind}”; there are {', '.join(KINDS)}")
            asks = tuple(_ask(part.strip()) for part in measured.split(","))
            meanings.append(
                Meaning(name, kind, asks, tuple(each.strip() for each in words.split(",")), description)
            )
    exact: dict[tuple[str, ...], Meaning] = {}
    stems: dict[tuple[str, ...], Meaning] = {}
    for meaning in meanings:
        for phrase in meaning.words:
            parts = tuple(split_words(phrase))
            exact.setdefault(parts, meaning)
            stems.setdefault(tuple(stem(part) for part in parts), meaning)
    return Lexicon(
        tuple(meanings),
        exact,
        stems,
        max(len(phrase) for phrase in exact),
        {n: frozenset(w) for n, w in lists.items()},
    )


def _ask(text: str) -> Ask:
    names, _, weight = text.rpartition(" ")
    middle = weight.startswith("~")
    return Ask(tuple(name.strip() for name in names.split(" / ")), float(weight.removeprefix("~")), middle)


def split_words(text: str) -> list[str]:
    """Words in small letters without accents, and marks that end a phrase, as single strings."""
    return _WORD.findall(_plain(text))


def split_lines(texts: Sequence[str]) -> list[list[str]]:
    """The same of many texts at once: a hundred thousand names take a second."""
    together = "\n".join(text if text.isprintable() else " ".join(text.split()) for text in texts)
    lines = _plain(together).split("\n") if texts else []
    if len(lines) != len(texts):
        return [split_words(text) for text in texts]
    return [_WORD.findall(line) for line in lines]


def _plain(text: str) -> str:
    """A text in small letters without accents."""
    lower = text.lower().replace("’", "'").replace("♯", "#").replace("♭", "b")
    if lower.isascii():
        return lower.replace("-", " ")
    plain = unicodedata.normalize("NFKD", lower)
    return "".join(char for char in plain if not unicodedata.combining(char)).replace("-", " ")


def stem(word: str) -> str:
    """A word without its commonest endings: "calmly" and "calmest" are "calm"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            base = word[: -len(ending)]
            return base[:-1] if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "ls" else base
    return word


class NearestMeaning:
    """Places words that the table does not have; the network is loaded when it is first asked."""

    def __init__(self, folder: Path, encoder: Callable[[], Any] | None = None) -> None:
        self._folder = folder
        self._make = encoder
        self._encoder: Any = None
        self._vectors: np.ndarray | None = None
        self._known: dict[str, tuple[Meaning, float] | None] = {}

    def of(self, words: str) -> tuple[Meaning, float] | None:
        """The meaning nearest to some words, and how near
        (cosine); None where none is, or there is no network.
        """
        if words not in self._known:
            try:
                self._known[words] = self._nearest(words)
            except (WeightsError, FileNotFoundError, ImportError):
                self._known[words] = None
        return self._known[words]

    def _nearest(self, words: str) -> tuple[Meaning, float] | None:
        texts, owners = _texts()
        if self._vectors is None:
            self._vectors = self._kept(texts)
        closeness = self._vectors @ self._network().encode([words])[0]
        best: dict[str, tuple[float, Meaning]] = {}
        for meaning in dict.fromkeys(owners):
            own = np.sort([value for value, owner in zip(closeness, owners, strict=True) if owner is meaning])
            best[meaning.name] = (float(own[-2:].mean()), meaning)
        nearness, meaning = max(best.values(), key=lambda each: each[0])
        enough = NEAR_SOUND if meaning.kind == "sound" else NEAR
        return (meaning, nearness) if nearness >= enough else None

    def _network(self) -> Any:
        if self._encoder is None:
            if self._make is None:
                from index.models.text import TextEncoder

                self._make = TextEncoder
            self._encoder = self._make()
        return self._encoder

    def _kept(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of the table's texts: those that ship
        with it, or computed once and kept where it was changed.
        """
        key = _key(texts)
        for file in (SHIPPED, self._folder / f"lexicon-{key}.npz"):
            try:
                with np.load(file) as kept:
                    if str(kept["key"]) == key:
                        return np.asarray(kept["vectors"], np.float32) / _STEPS
            except (OSError, KeyError, ValueError):
                continue
        vectors = np.asarray(self._network().encode(texts), np.float32)
        write_vectors(self._folder / f"lexicon-{key}.npz", key, vectors)
        return vectors


def write_vectors(file: Path, key: str, vectors: np.ndarray) -> None:
    """Keep vectors of unit length in bytes; the file appears whole or not at all."""
    steps = np.round(vectors * _STEPS).clip(-127, 127).astype(np.int8)
    write_durably(file, lambda target: np.savez_compressed(target, key=key, vectors=steps), shared=True)


def main() -> None:
    """Make the vectors that ship with the table: `python -m
    index.words.lexicon`, after every change of lexicon.md.
    """
    from index.models.text import TextEncoder

    texts, _ = _texts()
    write_vectors(SHIPPED, _key(texts), TextEncoder().encode(texts))


def _key(texts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1)
def _texts() -> tuple[tuple[str, ...], tuple[Meaning, ...]]:
    """What the network compares with: every word and description, and the meaning of each."""
    pairs: dict[str, Meaning] = {}
    for meaning in lexicon().meanings:
        pairs.setdefault(meaning.description, meaning)
        for word in meaning.words:
            pairs.setdefault(word, meaning)
    return tuple(pairs), tuple(pairs.values())


if __name__ == "__main__":
    main()
