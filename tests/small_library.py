"""A library of five tracks with made-up measurements, for tests of the tools and the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from library_double import LibraryDouble

from index.catalogue.jobs import Job
from index.catalogue.values import Failure
from index.core.errors import AudioReadError, EmptyLibraryError
from index.core.facts import Fact
from index.core.filters import Filters
from index.core.hits import Alignment, FactorScore, Hit, Results
from index.core.moments import Moment, Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.explain.compare import Comparison
from index.explain.describe import Description, SecondFacts
from index.explain.explain import ExplainedFactor, Explanation
from index.ingest.ingest import AddReport, Progress
from index.status import LibraryStatus

FULL = "There is no room left on the disk for a.sqlite: make some, then do the same again."
"""Why a file whose name says so cannot be added."""


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


def fact(name: str, text: str) -> Fact:
    return Fact(name, text, "", text)


class SmallLibrary(LibraryDouble):
    """Finds its tracks in their order."""

    nearest = 1

    def __init__(self, home: Path, music: Sequence[Track] = TRACKS) -> None:
        super().__init__(home, music)
        self.likeness = 0.99
        self.confidence = 0.3
        self.queries: list[Query] = []
        self.described: list[Passage] = []
        self.added: list[Path] = []
        self.job: Job | None = None
        self.failures: tuple[Failure, ...] = ()
        self.itself = False
        self.weak = False

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        if path.suffix == ".txt":
            raise AudioReadError(path, "it is no sound")
        seconds = 200.0 if "long" in path.name else 12.0
        return Clip(f"clip-{path.name}", str(path), name or path.name, seconds, recorded)

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

    def characteristic(
        self, source: Track | Clip, n: int = 3, within: tuple[float, float] | None = None
    ) -> list[tuple[float, float]]:
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

    def find_repeats(self, passage: Passage, k: int = 10) -> Results:
        query = Query(passage, exclude_same_track=False)
        return Results(query, (hit(1, self.music[0], 50.0),), 40, 3.0)

    def explain(self, query: Query, hit: Hit) -> Explanation:
        self.queries.append(query)
        part = ExplainedFactor(
            name="harmony",
            value=0.9,
            likeness=0.97,
            weight=1.0,
            contribution=0.6,
            share=0.6,
            query_facts=(fact("key", "D major"),),
            hit_facts=(fact("key", "F major"),),
            shared=(fact("shift", "a minor third higher"),),
        )
        return Explanation(query.passage, hit, (part,), ())

    def compare(self, first: Passage, second: Passage) -> Comparison:
        explanation = self.explain(Query(first), hit(1, self.music[0]))
        return Comparison(first, second, explanation, ("the notes",), ())

    def describe(self, passage: Passage) -> Description:
        self.described.append(passage)
        return Description(
            name=passage.name,
            start_s=passage.start_s,
            end_s=passage.end_s,
            facts=(fact("key", "D major"),),
            seconds=(SecondFacts(passage.start_s, "D, -30 dB"),),
            sentence="Soft, unhurried music in D major.",
            chords=(),
            tags=(),
        )

    def add(
        self,
        paths: Sequence[Path],
        workers: int = 0,
        progress: Callable[[Progress], None] | None = None,
        *,
        everything: bool = False,
    ) -> AddReport:
        self.added += list(paths)
        reasons = {"bad": "it is no sound", "full": FULL}
        failed = tuple(
            Failure(str(path), why) for path in paths for word, why in reasons.items() if word in str(path)
        )
        return AddReport(len(paths) - len(failed), 0, 0, 0, 0, failed, 0.0, 0.0)

    def status(self) -> LibraryStatus:
        return LibraryStatus(
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
