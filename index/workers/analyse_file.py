"""What a worker does with a file that is added: everything about it, or the reason why that cannot be.

Nothing heavy is imported before a file is analysed.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.workers.messages import Tell

if TYPE_CHECKING:
    import numpy as np

    from index.audio.tags import Tags
    from index.core.frames import Frames
    from index.core.moments import Grid
    from index.store.descriptors import Descriptors


class Analyses(Protocol):
    """What listens to a file; `index.analysis.analyser.Analyser`, or something simpler in a test."""

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        """The frames of a file, or of a span of it."""
        ...

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        """The vectors of its windows, by collection."""
        ...


@dataclass(frozen=True)
class Analysed:
    """What a worker found out about a file."""

    tags: Tags
    frames: Frames
    vectors: dict[str, np.ndarray]
    descriptors: Descriptors | None = None
    """What searches by words and by humming compare, as it is kept."""
    note: str = ""
    """What has to be said of the file: "read to 0:05 of 0:10"."""


@dataclass(frozen=True)
class Refused:
    """Why a worker could not analyse a file."""

    reason: str
    trace: str = ""
    """For the log: where it was a mistake of ours, its traceback."""


@dataclass(frozen=True)
class AnalyseFile:
    """A file that is to be added."""

    path: Path
    grid: Grid
    start_s: float = 0.0
    """Where the track begins in it; of a track that begins before the file does, the beginning is silence."""
    end_s: float | None = None
    """Where the track ends in it; None is the file's end."""

    def run(self, parts: Analyses, tell: Tell) -> Analysed | Refused:
        """Everything about it; whatever goes wrong becomes a reason."""
        return analyse(self.path, self.grid, parts, (self.start_s, self.end_s))


def analyse(
    path: Path, grid: Grid, analyser: Analyses, span: tuple[float, float | None] = (0.0, None)
) -> Analysed | Refused:
    """Everything about one file, or a span of it; whatever goes wrong becomes a reason."""
    from index.audio.promised import shortfall
    from index.audio.tags import read_tags
    from index.core.errors import AudioReadError, ClipTooShortError, RepriseError
    from index.store.descriptors import described
    from index.workers.parts import placed

    try:
        start_s, end_s = span
        part = (max(0.0, start_s), end_s)
        frames = analyser.analyse_file(path) if part == (0.0, None) else analyser.analyse_file(path, *part)
        if start_s < 0:
            frames = placed(frames, -start_s, frames.duration_s - start_s)
        vectors = analyser.vectors(frames, grid)
        reached_s = start_s + frames.duration_s
        note = shortfall(path, reached_s) if end_s is None or reached_s < end_s - 1 else ""
        return Analysed(read_tags(path), frames, vectors, described(path, frames, grid), note)
    except AudioReadError as error:
        return Refused(error.reason)
    except ClipTooShortError as error:
        return Refused(f"it lasts {error.duration_s:.2f} s, and at least one second is needed")
    except RepriseError as error:
        return Refused(str(error).rstrip("."))
    except MemoryError:
        return Refused("there is not enough memory for it")
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else ""
        reason = f"an error of ours, {type(error).__name__}: {said} (logs/reprise.log says more)"
        return Refused(reason, traceback.format_exc())
