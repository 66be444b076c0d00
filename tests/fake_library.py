"""A library without networks or files, for tests of the page: tracks with synthetic frames, found by rule.

Frames are chords drawn into the note grid, so that pictures,
explanations and descriptions are real.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from library_double import LibraryDouble

from index.audio.reading import Sound, read_sound
from index.catalogue.jobs import Job
from index.catalogue.values import Failure
from index.core.errors import EmptyLibraryError
from index.core.frames import LOWEST_MIDI, RATES_HZ, Frames, fold_to_chroma, rows
from index.core.hits import Alignment, FactorScore, Hit, Results
from index.core.moments import Moment, Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.explain.compare import Comparison
from index.explain.describe import Description
from index.explain.explain import Explanation
from index.status import LibraryStatus

PIECES = (
    ("Gymnopédie No. 1", "Erik Satie", 1888, 2, (2, 9, 11, 6, 7, 2, 4, 9)),
    ("Pavane pour une infante défunte", "Maurice Ravel", 1899, 7, (7, 11, 4, 0, 2, 7, 9, 2)),
    ("The Entertainer", "Scott Joplin", 1902, 0, (0, 5, 0, 7, 0, 9, 2, 7)),
    ("Prelude in C major", "Johann Sebastian Bach", 1722, 0, (0, 2, 7, 0, 9, 2, 7, 0)),
    ("Träumerei", "Robert Schumann", 1838, 5, (5, 10, 5, 0, 2, 7, 0, 5)),
    (
        "<b>*Bold*</b> [link](http://example.org) $x$ :smile:",
        "A & B <script>alert(1)</script>",
        1999,
        4,
        (4, 9, 11, 4),
    ),
)


def frames_of(duration_s: float, roots: tuple[int, ...], seed: int = 0) -> Frames:
    """A sound of broken major and minor chords, two seconds each."""
    random = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {}
    n = rows(duration_s, 10)
    notes = np.zeros((n, 88), np.uint8)
    for i in range(n):
        root = roots[(i // 20) % len(roots)]
        third = 3 if root in (2, 4, 9, 11) else 4
        for step, strength in ((0, 230), (third, 180), (7, 200)):
            pitch = 48 + (root + step) % 12 - LOWEST_MIDI
            notes[i, pitch] = strength * (0.55 + 0.45 * ((i // 3 + step) % 3 == 0))
        if i % 6 < 5:
            notes[i, 72 + (root + (0, third, 7, third)[(i // 6) % 4]) % 12 - LOWEST_MIDI] = 240
    arrays["notes"] = notes
    chroma = fold_to_chroma(notes)[::5]
    chroma = np.pad(chroma, ((0, max(0, rows(duration_s, 2) - len(chroma))), (0, 0)), "edge")[
        : rows(duration_s, 2)
    ]
    arrays["sketch"] = (255 * chroma / chroma.max()).astype(np.uint8)
    arrays["chroma"] = np.clip(
        arrays["sketch"].astype(int) + random.integers(0, 40, chroma.shape), 0, 255
    ).astype(np.uint8)
    arrays["contour"] = np.full((n, 2), 30000, np.uint16)
    swell = 6 * np.sin(np.arange(n) / 23) + 5 * np.sin(np.arange(n) / 7.1) - 3 * (np.arange(n) % 6)
    arrays["level_db"] = (-24 + swell + random.normal(0, 2, n)).astype(np.float16)
    arrays["centroid_hz"] = (1200 + 300 * np.sin(np.arange(n) / 31)).astype(np.float16)
    beats = (np.arange(rows(duration_s, 50)) % 30 == 0) * 8.0
    arrays["onset"] = (beats + random.random(len(beats))).astype(np.float16)
    arrays["mfcc"] = random.normal(0, 10, (rows(duration_s, 2), 13)).astype(np.float16)
    arrays["embedding"] = random.normal(0, 1, (rows(duration_s, 1), 200)).astype(np.float16)
    arrays["tags"] = random.integers(0, 160, (rows(duration_s, 1), 50)).astype(np.uint8)
    arrays |= {  # grids that the page does not draw
        name: np.zeros((rows(duration_s, rate_hz), 1), np.float16)
        for name, rate_hz in RATES_HZ.items()
        if name not in arrays
    }
    return Frames(duration_s, -20.0, **arrays)


def fake_tracks(home: Path) -> list[Track]:
    return [
        Track(
            id=hashlib.sha256(title.encode()).hexdigest()[:16],
            path=str(home / f"{number}.wav"),
            title=title,
            artist="",
            composer=composer,
            album="",
            genre="classical",
            year=year,
            duration_s=96.0 + 7 * number,
        )
        for number, (title, composer, year, _, _) in enumerate(PIECES)
    ]


class FakeLibrary(LibraryDouble):
    """Finds every track but the query's own, in their order."""

    def __init__(self, home: Path, music: Sequence[Track] = ()) -> None:
        super().__init__(home, music)
        self.job: Job | None = None
        self.failures: tuple[Failure, ...] = ()
        self._drawn: dict[str, Frames] = {}

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        import shutil

        import soundfile

        info = soundfile.info(str(path))
        clip_id = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        kept = self.home / "clips" / f"{clip_id}.wav"
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)
        return Clip(clip_id, str(kept), name or Path(path).name, info.duration, recorded)

    def drawn(self, source: Track | Clip) -> Frames:
        if source.id not in self._drawn:
            known = {t.id: PIECES[i % len(PIECES)][4] for i, t in enumerate(fake_tracks(self.home))}
            roots = known.get(source.id, PIECES[0][4])
            self._drawn[source.id] = frames_of(source.duration_s, roots, int(source.id[:6], 16))
        return self._drawn[source.id]

    def passage(
        self, source: Track | Clip, start_s: float | None = None, end_s: float | None = None
    ) -> Passage:
        start = start_s or 0.0
        if end_s is None:
            end_s = source.duration_s if start_s is None else start + 10.0
        return Passage(source, self.drawn(source), start, min(end_s, source.duration_s))

    def characteristic(
        self, source: Track | Clip, n: int = 3, within: tuple[float, float] | None = None
    ) -> list[tuple[float, float]]:
        return [
            (s, s + 10.0) for s in (0.3 * source.duration_s, 0.7 * source.duration_s, 0.1 * source.duration_s)
        ][:n]

    def find(self, query: Query) -> Results:
        if not self.music:
            raise EmptyLibraryError
        others = [track for track in self.music if track.id != query.passage.source.id]
        hits = tuple(
            Hit(
                rank=rank,
                track=track,
                moment=Moment(track.id, 13.0 + 9 * rank, 13.0 + 9 * rank + query.passage.duration_s),
                score=1.0 - 0.1 * rank,
                likeness=math.exp(-0.02 * rank),
                confidence=0.5 / rank**2 if rank > 1 else 0.97,
                factors={
                    "harmony": FactorScore(0.9, 0.99 - 0.05 * rank, 1.4, 0.58 - 0.04 * rank),
                    "timbre": FactorScore(0.8, 0.91 - 0.09 * rank, 1.0, 0.22 - 0.02 * rank),
                    "dynamics": FactorScore(0.7, 0.8 - 0.04 * rank, 0.4, 0.12 - 0.01 * rank),
                    "rhythm": FactorScore(0.6, 0.7 - 0.06 * rank, 0.4, 0.08),
                },
                alignment=Alignment(0 if rank == 1 else -2, 1.0),
            )
            for rank, track in enumerate(others[: query.k], start=1)
        )
        return Results(query, hits, compared=4512, elapsed_ms=14.0)

    def judge(self, query: Query, second: Passage) -> Hit:
        parts = {"harmony": FactorScore(0.6, 0.7, 1.0, 0.6), "timbre": FactorScore(0.5, 0.5, 1.0, 0.4)}
        track = second.source if isinstance(second.source, Track) else self.music[0]
        moment = Moment(track.id, second.start_s, second.end_s)
        return Hit(1, track, moment, 1.0, 0.8, 0.05, parts, Alignment(2, 1.0))

    def compare(self, first: Passage, second: Passage) -> Comparison:
        from index import factors
        from index.explain.compare import compare

        return compare(first, second, self.judge(Query(first), second), factors.build())

    def explain(self, query: Query, hit: Hit) -> Explanation:
        from index import factors
        from index.explain.explain import explain

        found = self.passage(hit.track, hit.moment.start_s, hit.moment.end_s)
        return explain(query, hit, found, factors.build())

    def describe(self, passage: Passage) -> Description:
        from index import factors
        from index.explain.describe import describe

        return describe(passage, factors.build())

    def sound(self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None) -> Sound:
        """A tone for each track; a clip's own samples."""
        if isinstance(source, Clip):
            return read_sound(Path(source.path), start_s, end_s)
        end_s = source.duration_s if end_s is None else end_s
        times = np.arange(round(start_s * 22050), round(end_s * 22050)) / 22050
        tone = 0.2 * np.sin(2 * np.pi * (220 + 20 * self.music.index(source)) * times)
        return Sound(tone.astype(np.float32), 22050)

    def status(self) -> LibraryStatus:
        years = [track.year for track in self.music if track.year]
        return LibraryStatus(
            tracks=len(self.music),
            hours=sum(track.duration_s for track in self.music) / 3600,
            windows=sum(int(track.duration_s / 2) - 4 for track in self.music),
            composers=len({track.composer for track in self.music}),
            artists=0,
            year_from=min(years, default=None),
            year_to=max(years, default=None),
            failures=self.failures,
            unreachable=(),
            damaged=(),
            job=self.job,
            embedder="musicnn",
            fingerprint="fake",
        )
