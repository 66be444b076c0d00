"""What a tool may know of the conversation: the library, the clips brought, the results shown.

A Session is a value, made anew for each call out of the conversation; tools keep nothing in it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.catalogue.authors import as_spelled, authors_asked
from index.core.filters import Filters, FilterValue
from index.core.hits import Hit
from index.core.selection import same_passage
from index.core.tracks import Clip

if TYPE_CHECKING:
    from index.protocol import MusicLibrary

StartAdding = Callable[[Path, float], bool]
"""Adds a folder in the background: (folder, seconds to wait) -> True if it was done within them."""

_YES = re.compile(
    r"^\W*(yes|yep|yeah|yup|y|sure|ok|okay|of course|certainly|absolutely|go ahead|go on|do it|do so|please do"
    r"|confirm(ed)?|add (it|them)|correct|right|fine|agreed|by all means|ja|oui|si|sí|claro|vale|certo|sim|tak|jawohl"
    r"|evet|да|네|예|نعم)\b|^\W*(はい|是|好|ใช่)",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(no|not|don'?t|do not|never|stop|cancel|wait|nein|non|não|nie|nee|hayır|нет|아니요|لا)\b|いいえ|不|ไม่",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Search:
    """One tool call that returned hits: which call, what was asked, what was found."""

    call_id: str
    query: Mapping[str, Any]
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Session:
    """The conversation as the tools see it."""

    library: MusicLibrary
    clips: tuple[Clip, ...] = ()
    """Oldest first: `clip:1` is clips[0], `clip` is the last."""
    searches: tuple[Search, ...] = ()
    """Oldest first: `#n` means the last one."""
    rejected: tuple[Hit, ...] = ()
    """Results that the user did not want to be shown again."""
    said: str = ""
    """The user's newest words."""
    pending: Mapping[str, Any] | None = None
    """What the tool asked to have confirmed in the turn before this one."""
    start_adding: StartAdding | None = None
    """How a folder is added without keeping the conversation waiting."""

    def filters(self, asked: Mapping[str, FilterValue] | None) -> Filters:
        """The conditions that a tool was given, with authors as the library spells them. QueryError."""
        filters = Filters(asked or {})
        return as_spelled(filters, self.library.tracks()) if authors_asked(filters) else filters

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The results of the last search."""
        return self.searches[-1].hits if self.searches else ()

    def is_rejected(self, hit: Hit) -> bool:
        """Whether this passage, or one that is mostly the same, is not wanted."""
        return any(same_passage(hit.moment, other.moment) for other in self.rejected)

    def confirmed(self, question: Mapping[str, Any]) -> bool:
        """Whether exactly this was asked, and the user has just said yes."""
        return self.pending is not None and dict(self.pending) == dict(question) and says_yes(self.said)


def says_yes(words: str) -> bool:
    """Whether an answer to a question is a plain yes."""
    return bool(_YES.match(words)) and not _NO.search(words)


def says_no(words: str) -> bool:
    """Whether an answer to a question is a no."""
    return bool(_NO.search(words)) and not _YES.match(words)


def new_call_id() -> str:
    """A name for a tool call; short, since references may carry it."""
    return f"c{uuid.uuid4().hex[:8]}"
