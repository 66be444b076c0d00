"""What an index is made with, apart from the stores that it is kept in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from index.core.options import MUSICNN
from index.workers.analyse_file import Analyses


@dataclass(frozen=True)
class IndexSpec:
    """An index as adding makes it."""

    folder: Path
    """Where it lies."""
    fingerprint: str
    """The name of all the settings below: what an index holds is made with the same."""
    embedder: str = MUSICNN
    home: Path | None = None
    """The home that it lies in, where that is another folder."""
    make_analyser: Callable[[], Analyses] | None = None
    """Makes what hears a file, in each worker; None is the analyser of the network."""

    @property
    def is_slow(self) -> bool:
        """Whether a worker takes several times the memory and the time: it runs another network than MusiCNN."""
        return self.embedder != MUSICNN

    def analyser(self) -> Callable[[], Analyses]:
        """What makes the analyser of a worker."""
        return self.make_analyser or partial(_analyser, self.embedder)


def _analyser(embedder: str) -> Analyses:
    from index.analysis.analyser import Analyser

    return Analyser(embedder=embedder)
