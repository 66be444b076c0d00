"""A library of five tracks with made-up measurements, for tests of the tools and the conversation."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from index.catalogue.catalogue import Catalogue
from index.core.errors import AudioReadError, EmptyLibraryError, UnknownTrackError
from index.core.filters import Filters
from index.core.moments import Alignment, Clip, FactorScore, Hit, Moment, Passage, Query, Results, Track


def track(number: int, title: str, composer: str, year: int, duration_s: float = 90.0) -> Track:
    return Track(f"id{number}", f"/music/{number}.ogg", title, "", composer, "", "", year, duration_s)


TRACKS = (
    track(1, "Gymnopédie No. 1", "Erik Satie", 1888),
    track(2, "Pavane", "Gabriel Fauré", 1887),
    track(3, "Prelude in C major", "Johann Sebastian Bach", 1722),
    track(4, "Träumerei", "Robert Schumann", 1838),
    track(5, "Short Piece", "Anonymous", 1500, 40.0),
)


def hit(rank: int, of: Track, start_s: float = 10.0, likeness: float = 0.99, confidence: float = 0.3) -> Hit:
    factors = {
        "harmony": FactorScore(0.9, 0.97, 1.4, 0.6),
        "timbre": FactorScore(0.7, 0.80, 1.0, 0.3),
        "rhythm": FactorScore(0.2, 0.30, 0.4, 0.1),
    }
    return Hit(
        rank, of, Moment(of.id, start_s, start_s + 10), 1.0, likeness, confidence, factors, Alignment(3, 1.1)
    )


def fact(name: str, text: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, value=text, unit="", text=text)


@dataclass
class SmallLibrary:
    home: Path
    music: tuple[Track, ...] = TRACKS
    likeness: float = 0.99
    confidence: float = 0.3
    queries: list[Query] = field(default_factory=list)
    described: list[Passage] = field(default_factory=list)
    added: list[Path] = field(default_factory=list)
    job: Any = None
    failures: tuple[Any, ...] = ()
    itself: bool = False
    weak: bool = False

    def __post_init__(self) -> None:
        self.options = SimpleNamespace(home=self.home)
        self.catalogue = Catalogue(self.home)

    def close(self) -> None:
        pass

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        if path.suffix == ".txt":
            raise AudioReadError(path, "it is no sound")
        seconds = 200.0 if "long" in path.name else 12.0
        return Clip(f"clip-{path.name}", str(path), name or path.name, seconds, recorded)

    def hear(self, path: Path, name: str = "", *, recorded: bool = False) -> Generator[Any, None, Clip]:
        yield from ()
        return self.clip(path, name, recorded=recorded)

    @contextmanager
    def watched(self, watch: Any) -> Iterator[None]:
        yield

    def track(self, name: str) -> Track:
        for one in self.music:
            if name.lower() in (one.id, one.path, one.title.lower()):
                return one
        raise UnknownTrackError(name, [one.title for one in self.music[:1]])

    def tracks(self, text: str = "", filters: Filters | None = None) -> list[Track]:
        wanted = str((filters or Filters()).conditions.get("composer", "")).lower()
        return [
            one for one in self.music if wanted in one.composer.lower() and text.lower() in one.title.lower()
        ]

    def passage(
        self, source: Track | Clip, start_s: float | None = None, end_s: float | None = None
    ) -> Passage:
        start = start_s or 0.0
        end = end_s if end_s is not None else (source.duration_s if start_s is None else start + 10)
        return Passage(source, None, start, min(end, source.duration_s))  # type: ignore[arg-type]

    def characteristic(self, source: Track | Clip, n: int = 3) -> list[tuple[float, float]]:
        return [(40.0, 50.0), (20.0, 30.0), (70.5, 80.5)][:n]

    def find(self, query: Query) -> Results:
        if not self.music:
            raise EmptyLibraryError
        self.queries.append(query)
        others = [one for one in self.music if one.id != query.passage.source.id]
        hits = tuple(
            hit(rank, one, 5.0 * rank, self.likeness - 0.01 * (rank - 1), self.confidence / rank)
            for rank, one in enumerate(others[: query.k], 1)
        )
        return Results(query, hits, 1000, 12.5, hits[0] if self.itself else None, weak=self.weak)

    def find_repeats(self, passage: Passage) -> Results:
        query = Query(passage, exclude_same_track=False)
        return Results(query, (hit(1, self.music[0], 50.0),), 40, 3.0)

    def explain(self, query: Query, found: Hit) -> Any:
        self.queries.append(query)
        part = SimpleNamespace(
            name="harmony",
            likeness=0.97,
            contribution=0.6,
            share=0.6,
            query_facts=(fact("key", "D major"),),
            hit_facts=(fact("key", "F major"),),
            shared=(fact("shift", "a minor third higher"),),
        )
        plain = {
            "parts": [
                {
                    **{name: getattr(part, name) for name in ("name", "likeness", "contribution", "share")},
                    **{
                        name: [vars(one) for one in getattr(part, name)]
                        for name in ("query_facts", "hit_facts", "shared")
                    },
                }
            ]
        }
        return SimpleNamespace(
            parts=(part,),
            summary="Mostly harmony (60 % of the score).",
            otherwise=(),
            nearby=(),
            as_json=lambda: plain,
        )

    def compare(self, first: Passage, second: Passage) -> Any:
        explanation = self.explain(Query(first), hit(1, self.music[0]))
        return SimpleNamespace(
            first=first,
            second=second,
            explanation=explanation,
            summary="They share the notes.",
            as_json=explanation.as_json,
        )

    def describe(self, passage: Passage) -> Any:
        self.described.append(passage)
        sentence = "Soft, unhurried music in D major."
        return SimpleNamespace(
            sentence=sentence,
            facts=(fact("key", "D major"),),
            seconds=(SimpleNamespace(time_s=passage.start_s, text="D, -30 dB"),),
            as_json=lambda: {"sentence": sentence},
        )

    def add(self, paths: Any, workers: int = 0, progress: Any = None) -> Any:
        self.added += list(paths)
        failed = tuple(
            SimpleNamespace(path=str(path), reason="it is no sound") for path in paths if "bad" in str(path)
        )
        return SimpleNamespace(added=len(paths) - len(failed), unchanged=0, failed=failed)

    def status(self) -> Any:
        return SimpleNamespace(
            tracks=len(self.music),
            hours=0.1,
            windows=200,
            composers=5,
            artists=0,
            year_from=1500,
            year_to=1888,
            failures=self.failures,
            job=self.job,
            embedder="musicnn",
            fingerprint="f",
        )
