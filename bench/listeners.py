"""Simulated listeners: how well recommendations find what each of them likes, against three simple ways.

    python -m bench.listeners [--home DIR] [--listeners 20] [--rounds 8] [--seed 1]

A listener likes a few composers, or a region of the measured properties (tempo, level, mode, instruments
...), neither of which is what the taste is computed from (timbre). Each round ten moments are played: what is
liked is played to the end with a probability of 0.85, what is not with 0.15, else skipped; of the liked ones
a third gets a heart. All moments are open to all ways; none plays a moment twice to a listener.

    random      any moment
    similar     the moments most like what was last heard to the end, in timbre
    popular     what most other listeners heard to the end
    recommend   index.recommend.recommend, without a wish, at noon, with nothing but the history to lean on

Measured after the first three rounds: the share of liked moments among ten; artists not heard before; and for
recommend what the balance costs, the mean score against the ten best of its own list without any balance.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from app.settings import load_settings
from app.wiring import open_library
from bench.machine import described
from index.catalogue.catalogue import Catalogue
from index.catalogue.history import History
from index.core.errors import RepriseError
from index.core.frames import Frames
from index.core.hits import Hit
from index.core.moments import Moment
from index.recommend import recommend as recommending
from index.recommend.taste import timbres
from index.store.frame_store import FrameStore
from index.words.searcher import WordSearcher

K = 10
WARM_ROUNDS = 3
ENOUGH_NEW = 15
"""Artists not heard before: with fewer of them left, half of ten are not asked for."""
LIKED_SHARE = 0.15
FINISHES, FINISHES_ANYWAY, HEARTS = 0.85, 0.15, 0.33
NOON = datetime(2026, 5, 6, 12)
RESULTS = Path(__file__).with_name("results")


class HeldFrames(FrameStore):
    """Frames read once: all listeners have the same library."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._held: dict[str, Frames] = {}

    def read(self, track_id: str) -> Frames:
        """The frames of a track."""
        if track_id not in self._held:
            self._held[track_id] = super().read(track_id)
        return self._held[track_id]


@dataclass
class World:
    """The library as the listeners perceive it: one row per moment."""

    words: WordSearcher
    frames: FrameStore
    moments: list[Moment]
    authors: list[str]
    timbre: np.ndarray
    """(moments, 200)."""
    properties: np.ndarray
    """(moments, properties), each with mean 0 and deviation 1."""
    rows: dict[tuple[str, float], int] = field(default_factory=dict)


@dataclass
class Listener:
    """A simulated listener with a taste, and what was played to them so far."""

    likes: np.ndarray
    """(moments,) bool."""
    history: History
    heard: list[int] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)


Way = Callable[[Listener, datetime], list[int]]


def open_world(home: Path) -> World:
    """The moments of a library that do not overlap: every fifth window."""
    library = open_library(load_settings(home=home))
    words = library.searches.words()
    frames = HeldFrames(home / "frames")
    moments, authors, kept, at = [], [], [], 0
    for track in words.tracks:
        spans = library.options.grid.spans(track.duration_s)
        for number in range(0, len(spans), 5):
            moments.append(Moment(track.id, *spans[number]))
            authors.append(track.author.casefold())
            kept.append(at + number)
        at += len(spans)
    library.close()
    values = np.nan_to_num(words.table.values[kept].astype(np.float32))
    properties = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)
    made = World(words, frames, moments, authors, timbres(moments, frames), properties)
    made.rows = {(moment.track_id, round(moment.start_s, 1)): row for row, moment in enumerate(moments)}
    return made


def listener(world: World, number: int, random: np.random.Generator, folder: Path) -> Listener:
    """The even ones like composers, the odd ones a region of the properties."""
    folder.mkdir()
    if number % 2:
        centre = world.properties[random.integers(len(world.moments))]
        away = np.linalg.norm(world.properties - centre, axis=1)
        likes = away <= np.quantile(away, LIKED_SHARE)
    else:
        chosen: list[str] = []
        names = np.array(world.authors)
        for name in random.permutation(sorted(set(world.authors))):
            if np.isin(names, chosen).mean() >= LIKED_SHARE:
                break
            chosen.append(str(name))
        likes = np.isin(names, chosen)
    return Listener(likes, Catalogue(folder).history)


def listen(world: World, who: Listener, rows: list[int], random: np.random.Generator, at: datetime) -> float:
    """Play a round; the share of it that was liked."""
    for row in rows:
        moment = world.moments[row]
        liked = bool(who.likes[row])
        finishes = random.random() < (FINISHES if liked else FINISHES_ANYWAY)
        who.history.record("finished" if finishes else "skipped", [moment], at.timestamp())
        if liked and random.random() < HEARTS:
            who.history.record("liked", [moment], at.timestamp())
        who.heard.append(row)
        if finishes:
            who.finished.append(row)
    return float(np.mean(who.likes[rows]))


def row_of(world: World, hit: Hit) -> int:
    """The moment of the world that a hit is, or is nearest to."""
    key = (hit.track.id, round(hit.moment.start_s, 1))
    if key in world.rows:
        return world.rows[key]
    own = [row for row, moment in enumerate(world.moments) if moment.track_id == hit.track.id]
    return min(own, key=lambda row: abs(world.moments[row].start_s - hit.moment.start_s))


def fresh(order: np.ndarray, heard: list[int]) -> list[int]:
    """The first ten that were not played."""
    known = set(heard)
    return [int(row) for row in order if int(row) not in known][:K]


def main() -> int:
    """Let them listen, print the table, keep the numbers."""
    parser = argparse.ArgumentParser(description="Measure recommendations by simulated listeners.")
    parser.add_argument("--home", type=Path, default=load_settings().home)
    parser.add_argument("--listeners", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not (given.home / "catalogue.sqlite").exists():
        print(f"There is no library in {given.home}: run `reprise demo` first.", file=sys.stderr)
        return 2
    world = open_world(given.home)
    random = np.random.default_rng(given.seed)
    costs: list[float] = []
    halves: list[bool] = []
    popular: Counter[int] = Counter()

    def by_chance(who: Listener, _at: datetime) -> list[int]:
        return fresh(random.permutation(len(world.moments)), who.heard)

    def by_similarity(who: Listener, at: datetime) -> list[int]:
        if not who.finished:
            return by_chance(who, at)
        near = world.timbre @ world.timbre[who.finished[-3:]].T
        return fresh(np.argsort(-near.max(axis=1)), who.heard)

    def by_popularity(who: Listener, _at: datetime) -> list[int]:
        luck = random.random(len(world.moments))
        return fresh(np.argsort(-(np.array([popular[row] for row in range(len(luck))]) + luck)), who.heard)

    def by_recommending(who: Listener, at: datetime) -> list[int]:
        found = recommending.recommend(world.words, world.frames, who.history, "", K, now=at)
        costs.append(cost(world, who, at, found))
        known = {world.authors[row] for row in who.heard}
        if found.from_taste and len(set(world.authors) - known) >= ENOUGH_NEW:
            halves.append(sum(found.new) >= K // 2)
        return [row_of(world, hit) for hit in found.hits]

    ways: dict[str, Way] = {
        "random": by_chance,
        "similar": by_similarity,
        "popular": by_popularity,
        "recommend": by_recommending,
    }
    table = {}
    for name, way in ways.items():
        table[name] = play(world, given, random, way, popular if name == "random" else None)
        told = "  ".join(f"{what} {value:.3f}" for what, value in table[name].items())
        print(f"{name:<10} {told}", flush=True)
    within = float(np.quantile(costs, 0.95))
    print(f"cost of the balance: mean {np.mean(costs):.3f}, 95 % of the lists {within:.3f} or less")
    print(
        f"half of ten by new artists, while {ENOUGH_NEW} were left: {np.mean(halves):.2f} of {len(halves)} lists"
    )
    RESULTS.mkdir(exist_ok=True)
    kept = {
        "ways": table,
        "cost_mean": float(np.mean(costs)),
        "cost_95": within,
        "half_new": float(np.mean(halves)),
        "machine": described(),
    }
    (RESULTS / "listeners.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


def play(
    world: World,
    given: argparse.Namespace,
    random: np.random.Generator,
    way: Way,
    popular: Counter[int] | None,
) -> dict[str, float]:
    """All listeners' rounds by one way. What they finish by chance is what is popular."""
    liked: list[float] = []
    new: list[float] = []
    by_kind: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory(prefix="reprise-listeners-") as folder:
        taste_random = np.random.default_rng(given.seed + 1)
        for number in range(given.listeners):
            who = listener(world, number, taste_random, Path(folder) / str(number))
            who.history.switch("hour", False)
            for turn in range(given.rounds):
                at = NOON + timedelta(days=turn)
                rows = way(who, at)
                known = {world.authors[row] for row in who.heard}
                fresh_artists = float(np.mean([world.authors[row] not in known for row in rows]))
                share = listen(world, who, rows, random, at)
                if turn >= WARM_ROUNDS:
                    liked.append(share)
                    new.append(fresh_artists)
                    by_kind[number % 2].append(share)
            if popular is not None:
                popular.update(who.finished)
    return {
        "liked": float(np.mean(liked)),
        "new": float(np.mean(new)),
        "liked_composers": float(np.mean(by_kind[0])),
        "liked_regions": float(np.mean(by_kind[1])),
    }


def cost(world: World, who: Listener, at: datetime, found: recommending.Recommendation) -> float:
    """What the balance costs: 1 less the mean score against that of the ten best without it."""
    best = recommending.recommend(world.words, world.frames, who.history, "", K, now=at, balanced=False)
    if not found.from_taste:
        return 0.0
    return 1 - float(np.mean([hit.score for hit in found.hits]) / np.mean([hit.score for hit in best.hits]))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RepriseError as error:
        sys.exit(str(error))
