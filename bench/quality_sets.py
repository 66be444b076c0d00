"""A query set opened: its library and its queries analysed
(once, kept in the set's folder), with their answers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from index.audio.reading import content_hash
from index.core.frames import Frames
from index.core.moments import Passage
from index.core.tracks import Clip, Track
from index.store.frame_store import FrameStore

if TYPE_CHECKING:
    from index.analysis.analyser import Analyser

ENOUGH_OVERLAP = 0.5


@dataclass(frozen=True)
class TrueQuery:
    """A query whose answer is known."""

    kind: str
    piece: str
    passage: Passage
    spans: tuple[tuple[float, float], ...]
    """Where the piece has what the query plays: the span itself and its exact repeats, in seconds."""

    def overlap(self, start_s: float, end_s: float) -> float:
        """The best intersection over union of a span with a true one."""
        return max(
            max(0.0, min(end_s, high) - max(start_s, low)) / (max(end_s, high) - min(start_s, low))
            for low, high in self.spans
        )

    def is_right(self, piece: str, start_s: float, end_s: float) -> bool:
        """Whether a moment is the right one: the piece, and an overlap of at least half."""
        return piece == self.piece and self.overlap(start_s, end_s) >= ENOUGH_OVERLAP


@dataclass(frozen=True)
class QuerySet:
    """The library and the queries of a set, analysed."""

    folder: Path
    tracks: tuple[Track, ...]
    frames: FrameStore
    queries: tuple[TrueQuery, ...]


class Several(FrameStore):
    """The frames of several sets; what is made from them lies in a folder."""

    def __init__(self, stores: Mapping[str, FrameStore], folder: Path) -> None:
        super().__init__(folder)
        self._stores = stores

    def read(self, sound_id: str) -> Frames:
        """The frames of a sound, from the set that it belongs to."""
        return self._stores[sound_id].read(sound_id)


def together(sets: Sequence[QuerySet]) -> QuerySet:
    """Several sets as one library, asked with all their queries; its folder is the first one's."""
    stores = {track.id: each.frames for each in sets for track in each.tracks}
    tracks = {track.id: track for each in sets for track in each.tracks}
    queries = tuple(query for each in sets for query in each.queries)
    return QuerySet(
        sets[0].folder, tuple(tracks.values()), Several(stores, sets[0].folder / "together"), queries
    )


def open_set(folder: Path, workers: int = 0) -> QuerySet:
    """Read truth.json of a set and analyse every file that has not been yet."""
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    files = sorted((folder / "library").iterdir()) + [folder / q["file"] for x in truth for q in x["queries"]]
    frames = FrameStore(folder / "frames")
    ids = {file: content_hash(file) for file in files}
    missing = [file for file in files if not frames.has(ids[file])]
    if missing:
        with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
            list(pool.map(_analyse, missing, [folder / "frames"] * len(missing)))
    tracks = tuple(
        Track(ids[file], str(file), file.stem, "", "", "", "", None, frames.read(ids[file]).duration_s)
        for file in sorted((folder / "library").iterdir())
    )
    queries = []
    for piece in truth:
        for query in piece["queries"]:
            file = folder / query["file"]
            heard = frames.read(ids[file])
            clip = Clip(ids[file], str(file), file.name, heard.duration_s)
            spans = ((query["a_start_s"], query["a_end_s"]), *(tuple(span) for span in query.get("also", [])))
            passage = Passage(clip, heard, 0.0, heard.duration_s)
            queries.append(TrueQuery(query["kind"], piece["piece"], passage, spans))
    return QuerySet(folder, tracks, frames, tuple(queries))


def _analyse(file: Path, folder: Path) -> None:
    """Analyse a file and keep its frames."""
    FrameStore(folder).write(content_hash(file), _analyser().analyse_file(file))


@lru_cache(maxsize=1)
def _analyser() -> Analyser:
    from index.analysis.analyser import Analyser

    return Analyser(threads=1)
