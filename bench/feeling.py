"""How well what is found feels like what was asked, where the same music is not in the library; beside MusiCNN alone.

    python -m bench.feeling --scores SET --albums SET [--font sf_GMbank]

Of a set of bench.feeling_sets: the share of ten pieces by the same composer, of the same period, and of the same
character, which is the cell of texture x tempo x mode x density x register that the notes themselves say, by another
composer. The work that is asked is left out. Of a set of bench.world.albums: the share of other tracks of the same
game or album. Every share is of what ten could be at best. `first` is the share of first hits that are right,
`beyond` how far the share is above that of MusiCNN alone on the same moments.

Two ceilings stand below: `best factor` takes for each moment the factor that did best (or MusiCNN), as nobody can who
does not know the answer; `the score` are the nearest by what the notes of the score say, in units of their deviation.
`random` are ten tracks drawn at random. `--composers learn` or `test` asks for half of the composers.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
RANDOM, BEST, SCORE = "random", "best factor", "the score"
FACTORS_ALONE = ("timbre", "harmony", "melody", "rhythm", "dynamics", "character")
MOMENTS_A_RECORDING = 2
DESCRIBED = ("polyphony", "together", "density", "register", "spread", "major", "chromatic", "bpm")
Side = Literal["", "learn", "test"]


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
    notes: np.ndarray | None = None
    """What the score says of the passage."""


class ByScore:
    """The nearest windows by what the notes of their scores say, each number in units of its deviation."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        rows = [
            (key, hop, numbers_of(window)) for key, i in items.items() for hop, window in enumerate(i.windows)
        ]
        table = np.array([row for _, _, row in rows])
        self._mean, self._deviation = np.nanmean(table, axis=0), np.nanstd(table, axis=0) + 1e-9
        self._keys = [(key, hop * Grid().hop_s) for key, hop, _ in rows]
        self._table = self.scaled(table)

    def scaled(self, numbers: np.ndarray) -> np.ndarray:
        """In units of their deviation; what is not known is as usual."""
        return np.asarray(np.nan_to_num((numbers - self._mean) / self._deviation))

    def find(self, asked: Question) -> list[tuple[str, float]]:
        """Ids and starts of ten moments, of ten tracks."""
        assert asked.notes is not None
        away = np.linalg.norm(self._table - self.scaled(asked.notes), axis=1)
        found: dict[str, float] = {}
        for index in np.argsort(away, kind="stable"):
            key, start_s = self._keys[index]
            if key in asked.open_to:
                found.setdefault(key, start_s)
            if len(found) == SHOWN:
                break
        return list(found.items())


class Ways:
    """The ways to search one library."""

    def __init__(self, tracks: Sequence[Track], frames: FrameStore, by_score: ByScore | None = None) -> None:
        shelf = Shelf.of(tracks, Grid())
        self._searcher = Searcher(shelf, None, frames, build(), FusionModel.load())
        self._rivals = Rivals(tracks, [frames.read(track.id) for track in tracks])
        self._ids = {track.title: track.id for track in tracks}
        self.by_score = by_score
        self._found: dict[tuple[str, str, float, frozenset[str]], list[tuple[str, float]]] = {}

    def find(self, way: str, asked: Question) -> list[tuple[str, float]]:
        """Ids and starts of ten moments, of ten tracks; what was found before is known."""
        key = (way, asked.passage.source.id, asked.passage.start_s, asked.open_to)
        if key not in self._found:
            self._found[key] = self._find(way, asked)
        return self._found[key]

    def _find(self, way: str, asked: Question) -> list[tuple[str, float]]:
        if way == SCORE and self.by_score is not None:
            return self.by_score.find(asked)
        if way in (PLAIN, RANDOM):
            given = self._rivals.find(way, asked.passage, SHOWN, asked.open_to)
            return [(self._ids[each.piece], each.start_s) for each in given]
        alone = {} if way == PRODUCT else {name: float(name == way) for name in build()}
        query = Query(asked.passage, k=SHOWN, emphasis=alone, exclude_same_track=False)
        hits = self._searcher.find(query, lambda track: track.id in asked.open_to).hits
        return [(hit.track.id, hit.moment.start_s) for hit in hits]


def measure(ways: Ways, questions: Sequence[Question], brief: bool = False) -> dict[str, dict[str, str]]:
    """Precision at ten of what is possible, and of the first hit, with intervals, by way."""
    groups = [asked.group for asked in questions]
    alone = () if brief else FACTORS_ALONE
    names = (PRODUCT, PLAIN, *alone, RANDOM, *((SCORE,) if ways.by_score else ()))
    ten: dict[str, np.ndarray] = {}
    first: dict[str, np.ndarray] = {}
    for way in names:
        right = [[asked.right(*each) for each in ways.find(way, asked)] for asked in questions]
        possible = [min(SHOWN, asked.possible) for asked in questions]
        ten[way] = np.array([sum(each) / most for each, most in zip(right, possible, strict=True)])
        first[way] = np.array([float(bool(each) and each[0]) for each in right])
    for share in (ten, first):
        share[BEST] = np.max([share[way] for way in (PLAIN, *alone)], axis=0)
    return {
        way: {
            "in ten": str(bootstrap(ten[way].tolist(), groups)),
            "beyond": str(bootstrap((ten[way] - ten[PLAIN]).tolist(), groups)),
            "first": str(bootstrap(first[way].tolist(), groups)),
        }
        for way in ten
    }


def of_scores(
    folder: Path, font: str, limit: int, side: Side = "", brief: bool = False
) -> dict[str, dict[str, dict[str, str]]]:
    """Composer, period and character."""
    frames, items = FrameStore(folder / "frames"), load_items(folder)
    tracks = [_track(f"{item.name}-library", item.duration_s) for item in items]
    of_track = {track.id: item for track, item in zip(tracks, items, strict=True)}
    ways = Ways(tracks, frames, ByScore(of_track))
    asked = [
        (item, each)
        for item in items
        for each in item.asked
        if each.font == font and each.notes and side in ("", composer_side(item.composer))
    ]
    asked = [asked[i] for i in np.random.default_rng(0).permutation(len(asked))[: limit or None]]
    kinds: dict[str, list[Question]] = {"composer": [], "period": [], "character": []}
    for item, each in asked:
        heard = frames.read(each.sound)
        passage = Passage(_track(each.sound, heard.duration_s), heard, 0.0, heard.duration_s)
        others = {key: other for key, other in of_track.items() if _work(other) != _work(item)}
        for kind in ("composer", "period"):
            alike = {key for key, other in others.items() if getattr(other, kind) == getattr(item, kind)}
            if alike and item.period:
                kinds[kind].append(_question(passage, others, alike, item, each.notes))
        own = cell(each.notes)
        strangers = {key: other for key, other in others.items() if other.composer != item.composer}
        if own is not None:
            cells = {key: [cell(window) for window in other.windows] for key, other in strangers.items()}
            possible = sum(own in found for found in cells.values())
            if possible:
                right = _same_cell(cells, own)
                numbers = numbers_of(each.notes)
                kinds["character"].append(
                    Question(passage, frozenset(strangers), right, possible, item.composer, numbers)
                )
    return {
        f"same {kind} ({len(found)})": measure(ways, found, brief) for kind, found in kinds.items() if found
    }


def composer_side(composer: str) -> Side:
    """The half that a composer belongs to: what is learned from, and what is reported."""
    return "learn" if zlib.crc32(composer.encode()) % 2 else "test"


def numbers_of(notes: Mapping[str, float]) -> np.ndarray:
    """What the notes of a score say, in logarithms where it is how many or how often."""
    said = np.array([notes.get(name, np.nan) for name in DESCRIBED], float)
    said[[0, 1, 2, 7]] = np.log(np.maximum(said[[0, 1, 2, 7]], 0.1))
    return said


def _question(
    passage: Passage, others: Mapping[str, Item], alike: set[str], item: Item, notes: Mapping[str, float]
) -> Question:
    right = _among(alike)
    return Question(passage, frozenset(others), right, len(alike), item.composer, numbers_of(notes))


def _same_cell(cells: Mapping[str, Sequence[object]], own: object) -> Callable[[str, float], bool]:
    def right(key: str, start_s: float) -> bool:
        place = min(round(start_s / Grid().hop_s), len(cells[key]) - 1)
        return cells[key][place] == own

    return right


def of_albums(folder: Path, side: str, brief: bool = False) -> dict[str, dict[str, dict[str, str]]]:
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
    return {f"same game or album ({len(questions)})": measure(Ways(tracks, frames), questions, brief)}


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
    parser.add_argument("--composers", choices=("", "learn", "test"), default="", help="of the scores")
    parser.add_argument("--albums", type=Path, help="a set of bench.world.albums")
    parser.add_argument("--side", choices=("", "tune", "test"), default="", help="of the albums' recordings")
    parser.add_argument("--limit", type=int, default=0, help="at most so many moments of scores")
    parser.add_argument("--brief", action="store_true", help="without the factors alone")
    chosen = parser.parse_args()
    found = (
        of_scores(chosen.scores, chosen.font, chosen.limit, chosen.composers, chosen.brief)
        if chosen.scores
        else {}
    )
    found |= of_albums(chosen.albums, chosen.side, chosen.brief) if chosen.albums else {}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
