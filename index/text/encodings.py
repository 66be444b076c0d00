"""Text written in one encoding and read in another, put right where that is certain; and text made tame."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 300
_HIGH = re.compile(r"[\u0080-\u00ff]")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[\u0400-\u045f]+")
_VOWELS = frozenset("аеёиоуыэюяєії")
_NORTHERN = frozenset("æøåäöüéßÆØÅÄÖÜÉ")
"""Letters of the Nordic languages and of German: a word of them alone may well be meant as it stands."""
_FEWEST_LETTERS = 3
_KANA = re.compile(r"[\u3040-\u30ff]")
_KEPT_FORMATS = "\u200c\u200d"
"""Joiners: scripts and emoji need them."""


def clean(text: str) -> str:
    """One line of printable text of at most LONGEST characters, composed (NFC), spaces single."""
    kept = "".join(char if _printable(char) else " " for char in text[: 4 * LONGEST])
    return " ".join(unicodedata.normalize("NFC", kept).split())[:LONGEST].rstrip()


def repaired(text: str) -> str:
    """The text as it was meant.

    UTF-8 read as Latin-1 or Windows-1252 ("GymnopÃ©die"), Windows-1251 read as Latin-1 ("Ïðèâåò"), Shift-JIS
    read as Latin-1 where kana come out, and UTF-16 read with its bytes swapped. Anything less certain is
    left alone.
    """
    if (
        text
        and all(ord(char) & 0xFF == 0 for char in text if char != "\0")
        and any(ord(char) > 0xFF for char in text)
    ):
        return "".join(chr(ord(char) >> 8) for char in text)
    if text.isascii():
        return text
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    return _as_japanese(data) or _as_cyrillic(text, data) or text


def _as_cyrillic(text: str, data: bytes) -> str:
    """Windows-1251, if nearly all letters of the words in question would be Cyrillic: no Latin text is so.

    A play with letters ("øøøø") is: so there must be vowels and consonants, several letters, and letters that the
    Nordic languages and German do not have.
    """
    spelled = [word for word in _WORD.findall(text) if _HIGH.search(word)]
    letters = _HIGH.findall("".join(spelled))
    if len(letters) < 4 or len(letters) < 0.9 * sum(map(len, spelled)) or _NORTHERN.issuperset(letters):
        return ""
    meant = data.decode("cp1251", "replace")
    words = [word for word in _WORD.findall(meant) if not word.isascii()]
    sounds = {letter.lower() for word in words for letter in word}
    spoken = len(sounds) >= _FEWEST_LETTERS and sounds & _VOWELS and sounds - _VOWELS
    return meant if spoken and all(_CYRILLIC.fullmatch(word) for word in words) else ""


def _as_japanese(data: bytes) -> str:
    try:
        meant = data.decode("cp932")
    except UnicodeDecodeError:
        return ""
    foreign = [char for char in meant if ord(char) > 0x7F]
    return meant if len(_KANA.findall(meant)) >= max(2, len(foreign) / 2) else ""


def _printable(char: str) -> bool:
    return (
        unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or char in _KEPT_FORMATS
    )
