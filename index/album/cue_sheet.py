"""CUE sheets as text: which tracks begin where in which files. Knows no files itself.

References
----------
CDRWIN user's guide, appendix A, "Cue sheet commands".
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from index.text.encodings import clean, repaired

FRAMES_A_SECOND = 75
MOST_BYTES = 1 << 20
_ENCODINGS = ["cp1252", "cp1250", "cp1251", "cp1253", "cp932", "gb18030", "big5", "euc_kr", "cp949"]
"""What sheets are written in that are not Unicode, for the guess."""
_LINE = re.compile(r'\s*(\w+)\s+(?:"(.*)"|(\S.*?))(?:\s+(\S+))?\s*$')
_REMARK = re.compile(r'\s*REM\s+(\w+)\s+"?(.*?)"?\s*$', re.IGNORECASE)
_TIME = re.compile(r"(\d{1,4}):([0-5]?\d):(\d{1,2})$")


@dataclass
class SheetTrack:
    """One track of a sheet."""

    number: int
    audio: bool
    start_s: float | None = None
    """Where INDEX 01 lies in its file."""
    title: str = ""
    performer: str = ""
    songwriter: str = ""


@dataclass
class SheetFile:
    """A file that a sheet names, with the tracks that begin in it."""

    name: str
    tracks: list[SheetTrack] = field(default_factory=list)


@dataclass
class CueSheet:
    """What a sheet says."""

    files: list[SheetFile] = field(default_factory=list)
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    genre: str = ""
    date: str = ""
    stem: str = ""
    """What the sheet itself is called, without its ending; empty for one in a tag."""


def decoded(data: bytes) -> str:
    """The text of a sheet in whichever encoding: with a mark, UTF-8, or the most plausible encoding of its letters."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8")
    from charset_normalizer import from_bytes

    plain = data.decode("latin-1")
    mended = "\n".join(repaired(line) for line in plain.splitlines())
    if mended.splitlines() != plain.splitlines():
        return mended
    guess = from_bytes(data, cp_isolation=_ENCODINGS).best()
    return str(guess) if guess is not None else data.decode("cp1252", "replace")


def parse(text: str) -> CueSheet:
    """A sheet; lines that mean nothing are passed over."""
    sheet = CueSheet()
    track: SheetTrack | None = None
    for command, value, last in _commands(text):
        if command == "FILE":
            sheet.files.append(SheetFile(value))
        elif command == "TRACK" and sheet.files:
            track = SheetTrack(int(value) if value.isdecimal() else 0, last.upper() == "AUDIO")
        elif command == "INDEX" and track is not None and value.isdecimal() and int(value) == 1:
            track.start_s = _seconds(last)
            if track.start_s is not None:
                sheet.files[-1].tracks.append(track)
        elif command in ("TITLE", "PERFORMER", "SONGWRITER"):
            setattr(sheet if track is None else track, command.lower(), clean(value))
        elif command in ("GENRE", "DATE") and track is None:
            setattr(sheet, command.lower(), clean(value))
    return sheet


def _commands(text: str) -> Iterator[tuple[str, str, str]]:
    """Command, its value, and a last word where there is one; remarks by the name that they have."""
    for line in text.splitlines():
        if remark := _REMARK.match(line):
            yield remark[1].upper(), remark[2], ""
        elif found := _LINE.match(line):
            command = found[1].upper()
            value = found[2] if found[2] is not None else found[3]
            last = found[4] or ""
            if found[2] is None and last and command not in ("FILE", "TRACK", "INDEX"):
                value, last = f"{value} {last}", ""
            yield command, value, last


def _seconds(time: str) -> float | None:
    """mm:ss:ff as seconds; minutes count on beyond the hour."""
    found = _TIME.match(time)
    if found is None or int(found[3]) >= FRAMES_A_SECOND:
        return None
    return int(found[1]) * 60 + int(found[2]) + int(found[3]) / FRAMES_A_SECOND
