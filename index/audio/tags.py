"""What a file says of itself: title, artist, composer, album, genre, year; in every tag format, odd ones too.

Tags are data from strangers: control characters are taken out and lengths are capped, and of a file no more is read
than tags can need. Several artists, composers or genres are kept as several (`index.text.titles.JOINT`
between them). A file without tags is called what its name says ("Artist - Title"). Nothing in here ever fails
a file: tags that cannot be read are no tags.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.audio.decode_av import Nameless, open_container
from index.audio.stream import UnreadableError, open_regular
from index.audio.tag_file import file_tags
from index.core.errors import AudioReadError
from index.text.encodings import clean, repaired
from index.text.titles import JOINT

_FIELDS = {
    "title": ("TIT2", "title", "©nam", "Title", "INAM"),
    "artist": (
        "TPE1",
        "artist",
        "©ART",
        "Author",
        "TPE2",
        "albumartist",
        "album_artist",
        "aART",
        "WM/AlbumArtist",
    ),
    "composer": ("TCOM", "composer", "©wrt", "WM/Composer"),
    "album": ("TALB", "album", "©alb", "WM/AlbumTitle"),
    "genre": ("TCON", "genre", "©gen", "WM/Genre"),
    "date": (
        "TDRC",
        "TYER",
        "date",
        "year",
        "©day",
        "WM/Year",
        "TDOR",
        "TORY",
        "originaldate",
        "WM/OriginalReleaseTime",
    ),
}
_YEAR = re.compile(r"(?<!\d)(1[0-9]\d\d|20\d\d)(?=\d{4}(?!\d)|(?!\d))")
_NUMBER = re.compile(r"^(?:\d{1,2}[-.])?(?:\(?\d{1,3}\)?\s*[-–—.)]+\s*|0\d{1,2}\s+)(?=\S)")
_DASH = re.compile(r"\s+[-–—]\s+")
_SEPARATORS = {"artist": JOINT, "composer": JOINT, "genre": JOINT}
"""What stands between several values; in a title or an album nothing but a comma."""


@dataclass(frozen=True)
class Tags:
    """What a file says of itself; empty where it does not."""

    title: str = ""
    artist: str = ""
    composer: str = ""
    album: str = ""
    genre: str = ""
    year: int | None = None


def read_tags(path: Path) -> Tags:
    """The tags of a file; what is missing is taken from its name. The title is never empty."""
    found = _from_mutagen(path) or _from_container(path)
    return _completed(found, tags_of_name(path))


def tags_of_name(path: Path) -> Tags:
    """What the name of a file tells: "03 - Artist - Title.mp3", "Artist_-_Album_-_01_-_Title.ogg"."""
    stem = os.fsencode(path.stem)
    try:
        text = stem.decode("utf-8")
    except UnicodeDecodeError:
        text = repaired(stem.decode("latin-1"))
    text = clean(text.replace("_", " "))
    parts = [part for part in _DASH.split(_without_number(text)) if part]
    if len(parts) > 1 and re.fullmatch(r"1[0-9]\d\d|20\d\d", parts[0]):
        return replace(Tags(title=" - ".join(parts[1:])), year=int(parts[0]))
    parts = [part for part in parts if not part.isdecimal()] or parts
    if len(parts) < 2:
        return Tags(title=parts[0] if parts else text or "Untitled")
    album = _without_number(parts[1]) if len(parts) > 2 else ""
    return Tags(title=_without_number(parts[-1]), artist=parts[0], album=album)


def year_of(text: str) -> int | None:
    """The first year in a date of any form: "1888", "1888-05-01", "01.05.1888", "18880501", "c. 1888/89"."""
    found = _YEAR.search(text)
    return int(found[1]) if found else None


def _without_number(text: str) -> str:
    return _NUMBER.sub("", text, count=1)


def _completed(found: Tags | None, named: Tags) -> Tags:
    if found is None:
        return named
    if found.title:
        return found
    if found.artist or found.composer:
        return replace(found, title=named.title)
    return replace(found, title=named.title, artist=named.artist, year=found.year or named.year)


def _from_mutagen(path: Path) -> Tags | None:
    tags = file_tags(path).tags
    return None if tags is None else _tags(lambda name: _values(tags, name))


def _from_container(path: Path) -> Tags | None:
    """RIFF INFO, Matroska and others that mutagen does not know."""
    try:
        with open_regular(path) as file:
            source = Nameless(file)
            with open_container(source, metadata_encoding="latin-1", metadata_errors="strict") as container:
                kept: dict[str, str] = {}
                for stream in container.streams:
                    kept |= {name.lower(): value for name, value in stream.metadata.items()}
                kept |= {name.lower(): value for name, value in container.metadata.items()}
    except (AudioReadError, UnreadableError):
        return None
    found = _tags(lambda name: [kept[name]] if name in kept else [])
    return found if found != Tags() else None


def _tags(values: Callable[[str], Sequence[str]]) -> Tags:
    """Tags from a function that gives the values of a name in whichever format."""
    texts: dict[str, str] = {}
    for field, names in _FIELDS.items():
        separator = _SEPARATORS.get(field, ", ")
        texts[field] = next((text for name in names if (text := _joined(values(name), separator))), "")
    year = year_of(texts.pop("date"))
    return Tags(**texts, year=year)


def _values(tags: Mapping[str, Any], name: str) -> list[str]:
    """All values of a tag, as text."""
    try:
        found = tags[name]
    except (KeyError, ValueError):  # ValueError: not a name that this format can have
        return []
    if name == "TCON" and hasattr(found, "genres"):
        return [str(genre) for genre in found.genres]
    found = getattr(found, "text", found)
    if isinstance(found, (str, bytes)) or not isinstance(found, Sequence):
        found = [found]
    return [text for value in found for text in str(value).split("\0")]


def _joined(values: Sequence[str], separator: str) -> str:
    values = _utf16_in_disguise(values)
    whole = [text for value in values if (text := clean(repaired(value)))]
    return clean(separator.join(dict.fromkeys(whole)))


def _utf16_in_disguise(values: Sequence[str]) -> Sequence[str]:
    """UTF-16 that was declared to be Latin-1: its zero bytes look like separators between single letters."""
    values = [value for value in values if value]
    if values and values[0].startswith(("ÿþ", "þÿ")):
        data = "\0".join(values).encode("latin-1", "ignore")
        return [(data + b"\0" * (len(data) % 2)).decode("utf-16", "ignore")]
    if len(values) > 2 and all(len(value) == 1 for value in values):
        return ["".join(values)]
    return values
