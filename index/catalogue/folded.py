"""What is kept of a track's tags to be searched and ordered by, so that no walk folds a hundred thousand names again.

A folded text is one string: " words of the title \\x01 of artist, composer and album \\x01 of genre and year ". A word
that begins with some letters stands in it after a space, so that a substring search, which is quick, finds it. Where
`index.text.titles.words` comes to read names in another way, what is kept has to be made anew by a migration.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.core.tracks import Track
from index.text.titles import words

_BETWEEN = "\x01"
_WORD_END = "\x02"


def folded(track: Track) -> str:
    """The words of all tags of a track."""
    parts = (track.title,), (track.artist, track.composer, track.album), (track.genre, str(track.year or ""))
    return (
        f" {f' {_BETWEEN} '.join(' '.join(word for tag in part for word in words(tag)) for part in parts)} "
    )


def order_key(track: Track) -> str:
    """Strings that are ordered as tracks are: by the words of the author, then by those of the title."""
    return _BETWEEN.join(_WORD_END.join(words(part)) for part in (track.author, track.title))


def title_and_context(text: str) -> str:
    """The words of the title, then those of artist, composer and album, of a folded text."""
    title, _, rest = text.partition(_BETWEEN)
    return " ".join(f"{title} {rest.partition(_BETWEEN)[0]}".split())


def entitled(name: str, texts: Sequence[str]) -> list[int]:
    """Which of the folded texts have exactly the words of a name as their title."""
    asked = words(name)
    start = f" {' '.join(asked)} {_BETWEEN}"
    return [place for place, text in enumerate(texts) if text.startswith(start)] if asked else []


def may_hold(wanted: str, texts: Sequence[str]) -> list[int]:
    """Which of the folded texts have a word that begins with each word of `wanted`, or the initial of one.

    All that `index.text.titles.contains` finds is among them.
    """
    places: Sequence[int] = range(len(texts))
    for word in words(wanted):
        begun, initial = f" {word}", f" {word[0]} "
        places = [place for place in places if begun in texts[place] or initial in texts[place]]
    return list(places)
