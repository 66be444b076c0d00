"""What a guarded process works with: the networks that listen, each opened when it is first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.analysis.analyser import Analyser
    from index.analysis.transcriber import Transcriber


class Ear:
    """The networks of one process."""

    def __init__(self, embedder: str, threads: int = 2) -> None:
        self._embedder = embedder
        self._threads = threads
        self._transcribers: dict[str, Transcriber] = {}

    @cached_property
    def analyser(self) -> Analyser:
        """What analyses clips, as it analyses tracks."""
        from index.analysis.analyser import Analyser

        return Analyser(threads=self._threads, embedder=self._embedder)

    def transcriber(self, network: str) -> Transcriber:
        """What writes down words."""
        from index.analysis.transcriber import Transcriber

        if network not in self._transcribers:
            self._transcribers[network] = Transcriber(network)
        return self._transcribers[network]
