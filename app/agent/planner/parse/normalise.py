"""From what the user wrote to a Reading: quotes and paths set aside, short forms spelled out, slips mended."""

from __future__ import annotations

import re
import unicodedata

from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slips import mend, spelled_out, without_chatter

_QUOTED = re.compile(
    r"“([^”]+)”|„([^“”]+)[“”]|«\s*([^»]+?)\s*»|「([^」]+)」|『([^』]+)』"
    r"|《([^》]+)》|(?<!\d)\"([^\"]+)\"|(?<!\w)'([^']{2,}?)'(?!\w)|‘([^’]{2,})’(?!\w)"
)
_PATH = re.compile(
    r"(?<![\w<])(?:~|\.{1,2})?/[^\s,;?!]+|(?<!\w)[a-zA-Z]:\\[^\s,;?!]*|(?<![\w/])~(?=[\s,;?!]|$)"
)


def read(raw: str) -> Reading:
    """The words with quotes and paths set aside and slips mended."""
    reading = Reading(spelled_out(unicodedata.normalize("NFC", raw.strip())))
    reading.name(_QUOTED, "q", lambda match: reading.original(*_inner(match)))
    reading.name(_PATH, "p", lambda match: reading.original(match.start(), match.end()))
    without_chatter(reading)
    mend(reading)
    return reading


def _inner(match: re.Match[str]) -> tuple[int, int]:
    group = match.lastindex or 0
    return match.span(group)
