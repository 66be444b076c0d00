"""What each assistant that calls the tools has brought and found, so that its `#2` and `clip:1` are its own.

Kept in memory only, for the conversations used last.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from index.core.tracks import Clip
from tools.session import Search

MOST = 100
"""Conversations remembered at once; the one that was not used for longest gives way."""
SEARCHES = 200
"""Searches remembered of one conversation."""


@dataclass
class Conversation:
    """Clips and searches, oldest first, and what a tool asked to have confirmed."""

    clips: list[Clip] = field(default_factory=list)
    searches: list[Search] = field(default_factory=list)
    pending: Mapping[str, Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def bring(self, clip: Clip) -> int:
        """Its number, from 1; a clip that was brought before keeps the one it has."""
        with self._lock:
            for number, known in enumerate(self.clips, 1):
                if known.id == clip.id:
                    return number
            self.clips.append(clip)
            return len(self.clips)

    def found(self, search: Search) -> None:
        """Note a search; its hits are `#1`, `#2`, ... from now on."""
        with self._lock:
            self.searches.append(search)
            del self.searches[:-SEARCHES]


class Conversations:
    """The conversations of one server, by a key that tells its clients apart."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: str) -> Conversation:
        """The conversation of a client; a new one where it has none."""
        with self._lock:
            conversation = self._kept.setdefault(key, Conversation())
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return conversation
