"""How well what is found feels like what was asked, where the same music is not in the library; beside MusiCNN alone.

    python -m bench.feeling --scores SET --albums SET [--font sf_GMbank]

Of a set of bench.feeling_sets: the share of ten pieces by the same composer, of the same period, and of the same
character, which is the cell of texture x tempo x mode x density x register that the notes themselves say, by another
composer. The work that is asked is left out. Of a set of bench.world.albums: the share of other tracks of the same
game or album. Every share is of what ten could be at best. `first` is the share of first hits that are right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.feeling_notes import cell
from bench.feeling_sets import Item, load_items
from bench.metrics import bootstrap
from bench.rivals import Rivals
from bench.world.albums import load_recordings
from index.core.moments import Grid, Passage
from index.core.query import Query
from index.core.tracks import Track
from index.factors import build
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store.frame_store import FrameStore

SHOWN = 10
PRODUCT, PLAIN = "reprise", "MusiCNN"
FACTORS_ALONE = ("timbre", "harmony", "character")
MOMENTS_A_RECORDING = 2


@dataclass(frozen=True)
class Question:
    """What is asked, what may be found, and what of it is right: by window, since a piece changes its character."""

    passage: Passage
    open_to: frozenset[str]
    right: Callable[[str, float], bool]
    """Of a track's id and the second at which a moment begins."""
    possible: int
    """So many tracks have a right moment."""
    group: str


class Ways:
    """The ways to search one library."""

    def __init__(self, tracks: Sequence[Track], frames: FrameStore, plain: bool = True) -> None:
        shelf = Shelf.of(tracks, Grid())
        self._searcher = Searcher(shelf, None, frames, build(), FusionModel.load())
        self._rivals = Rivals(tracks, [frames.read(track.id) for track in tracks]) if plain else None
        self._ids = {track.title: track.id for track in tracks}

    def find(self, way: str, asked: Question) -> list[tuple[str, float]]:
        """Ids and starts of ten moments, of ten tracks."""
        if way == PLAIN:
            assert self._rivals is not None
            given = self._rivals.find(PLAIN, asked.passage, SHOWN, asked.open_to)
            return [(self._ids[each.piece], each.start_s) for each in given]
        alone = {} if way == PRODUCT else {name: float(name == way) for name in build()}
        query = Query(asked.passage, k=SHOWN, emphasis=alone, exclude_same_track=False)
        hits = self._searcher.find(query, lambda track: track.id in asked.open_to).hits
        return [(hit.track.id, hit.moment.start_s) for hit in hits]


def measure(ways: Ways, questions: Sequence[Question], names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Precision at ten of what is possible, and of the first hit, with intervals, by way."""
    table: dict[str, dict[str, str]] = {}
    groups = [asked.group for asked in questions]
    for way in names:
        ten, first = [], []
        for asked in questions:
            right = [asked.right(*each) for each in ways.find(way, asked)]
            ten.append(sum(right) / min(SHOWN, asked.possible))
            first.append(bool(right) and right[0])
        table[way] = {"in ten": str(bootstrap(ten, groups)), "first": str(bootstrap(first, groups))}
    return table


def of_scores(folder: Path, font: str, limit: int) -> dict[str, dict[str, dict[str, str]]]:
    """Composer, period and character."""
    frames, items = FrameStore(folder / "frames"), load_items(folder)
    tracks = [_track(f"{item.name}-library", item.duration_s) for item in items]
    ways = Ways(tracks, frames)
    of_track = {track.id: item for track, item in zip(tracks, items, strict=True)}
    asked = [(item, each) for item in items for each in item.asked if each.font == font]
    asked = [asked[i] for i in np.random.default_rng(0).permutation(len(asked))[: limit or None]]
    kinds: dict[str, list[Question]] = {"composer": [], "period": [], "character": []}
    for item, each in asked:
        heard = frames.read(each.sound)
        passage = Passage(_track(each.sound, heard.duration_s), heard, 0.0, heard.duration_s)
        others = {key: other for key, other in of_track.items() if _work(other) != _work(item)}
        for kind in ("composer", "period"):
            alike = {key for key, other in others.items() if getattr(other, kind) == getattr(item, kind)}
            if alike and item.period:
                kinds[kind].append(_question(passage, others, alike, item))
        own = cell(each.notes)
        strangers = {key: other for key, other in others.items() if other.composer != item.composer}
        if own is not None:
            cells = {key: [cell(window) for window in other.windows] for key, other in strangers.items()}
            possible = sum(own in found for found in cells.values())
            if possible:
                right = _same_cell(cells, own)
                kinds["character"].append(
                    Question(passage, frozenset(strangers), right, possible, item.composer)
                )
    return {
        f"same {kind} ({len(found)})": measure(ways, found, (PRODUCT, PLAIN, *FACTORS_ALONE))
        for kind, found in kinds.items()
        if found
    }


def _question(passage: Passage, others: Mapping[str, Item], alike: set[str], item: Item) -> Question:
    return Question(passage, frozenset(others), lambda key, start_s: key in alike, len(alike), item.composer)


def _same_cell(cells: Mapping[str, Sequence[object]], own: object) -> Callable[[str, float], bool]:
    def right(key: str, start_s: float) -> bool:
        place = min(round(start_s / Grid().hop_s), len(cells[key]) - 1)
        return cells[key][place] == own

    return right


def of_albums(folder: Path, side: str) -> dict[str, dict[str, dict[str, str]]]:
    """The same game, other tracks."""
    frames = FrameStore(folder / "frames")
    recordings = [each for each in load_recordings(folder) if side in ("", each.side)]
    tracks = [_track(each.name, each.duration_s) for each in recordings]
    album = {each.name: each.album for each in recordings}
    questions = []
    for number, (track, own) in enumerate(zip(tracks, recordings, strict=True)):
        others = frozenset(album) - {own.name}
        alike = {name for name in others if album[name] == own.album}
        rng = np.random.default_rng(number)
        for _ in range(MOMENTS_A_RECORDING if alike else 0):
            start_s = float(rng.uniform(0, max(0.01, own.duration_s - 10)))
            passage = Passage(track, frames.read(own.name), start_s, min(start_s + 10, own.duration_s))
            right = _among(alike)
            questions.append(Question(passage, others, right, len(alike), own.name))
    names = (PRODUCT, PLAIN, *FACTORS_ALONE)
    return {f"same game or album ({len(questions)})": measure(Ways(tracks, frames), questions, names)}


def _among(alike: set[str]) -> Callable[[str, float], bool]:
    return lambda key, start_s: key in alike


def _track(name: str, duration_s: float) -> Track:
    return Track(name, name, name, "", "", "", "", None, duration_s)


def _work(item: Item) -> str:
    return item.work.split("/movement")[0]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=Path, help="a set of bench.feeling_sets")
    parser.add_argument("--font", default="sf_GMbank", help="the soundfont that plays what is asked")
    parser.add_argument("--albums", type=Path, help="a set of bench.world.albums")
    parser.add_argument("--side", choices=("", "tune", "test"), default="", help="of the albums' recordings")
    parser.add_argument("--limit", type=int, default=0, help="at most so many moments of scores")
    chosen = parser.parse_args()
    found = of_scores(chosen.scores, chosen.font, chosen.limit) if chosen.scores else {}
    found |= of_albums(chosen.albums, chosen.side) if chosen.albums else {}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
