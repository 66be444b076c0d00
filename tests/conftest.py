"""What many tests share: the networks, opened once, and a small library of music made in code."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
from browsing import need_chromium
from hypothesis import settings
from once import once_a_run
from servers import PostgresServer, S3Server, postgres_programs

from bench.browser import chromium
from index.audio.reading import Sound
from index.core.frames import Frames
from index.core.moments import Grid, Passage
from index.core.tracks import Clip, Track
from index.factors import build
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore, open_vectors

GRID = Grid()
pytest_plugins = ["asked_to_end", "longest_first", "ready_place"]
settings.register_profile("reprise", deadline=None)  # a busy computer is no fault
settings.load_profile("reprise")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser of this file's own; one that hears something is made by the file that needs it."""
    need_chromium()
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def analyser():
    from index.analysis.analyser import Analyser

    return Analyser(threads=1)


@pytest.fixture(scope="session")
def made() -> dict[str, Sound]:
    """The pieces of the small library, by title."""
    major = (0, 2, 4, 5, 7, 5, 4, 2)
    theme = sounds.melody((0, 4, 7, 12, 11, 7, 9, 5), 72, 0.5, 10)
    return {
        "Cadence in D": sounds.chords(sounds.CADENCE, 62, 1.0, 24),
        "Cadence in F": sounds.chords(sounds.CADENCE, 65, 1.08, 26),
        "Song in A minor": sounds.broken(((0, "m"), (5, "m"), (7, ""), (0, "m")), 69, 1.6, 24),
        "Song in C": sounds.chords(sounds.SONG, 60, 1.5, 24, inversion=1),
        "Form A-B-A": sounds.joined(theme, sounds.chords(((0, "m"), (8, "")), 65, 1.25, 10), theme),
        "Scale in G": sounds.melody(major, 67, 0.25, 16),
        "Clicks": sounds.clicks(120, 14),
        "Swell": sounds.with_course(sounds.chords(((0, ""), (0, "")), 64, 2.0, 16), -24, 0),
    }


@dataclass(frozen=True)
class SmallLibrary:
    """Analysed pieces, and what a search needs."""

    tracks: dict[str, Track]
    store: FrameStore
    vectors: VectorStore
    searcher: Searcher

    def frames(self, title: str) -> Frames:
        return self.store.read(self.tracks[title].id)

    def passage(self, title: str, start_s: float = 0.0, end_s: float | None = None) -> Passage:
        frames = self.frames(title)
        return Passage(self.tracks[title], frames, start_s, min(end_s or start_s + 10, frames.duration_s))


@pytest.fixture(scope="session")
def small(analyser, made, tmp_path_factory) -> Iterator[SmallLibrary]:
    home: Path = tmp_path_factory.mktemp("small")
    store, vectors, tracks = FrameStore(home / "frames"), open_vectors(home), {}
    for number, (title, sound) in enumerate(made.items()):
        track_id = f"piece{number}"
        frames = analyser.analyse(sound)
        store.write(track_id, frames)
        for factor, rows in analyser.vectors(frames, GRID).items():
            vectors.upsert(
                factor,
                [f"{track_id}:{i:05d}" for i in range(0, len(rows) * GRID.vector_stride, GRID.vector_stride)],
                rows,
            )
        composer = "Anna" if number < 4 else "Bert"
        tracks[title] = Track(
            track_id, f"{title}.wav", title, "", composer, "", "", 1800 + number, frames.duration_s
        )
    shelf = Shelf.of(list(tracks.values()), GRID)
    yield SmallLibrary(tracks, store, vectors, Searcher(shelf, vectors, store, build(), FusionModel.load()))
    vectors.close()


@pytest.fixture(scope="session")
def as_clip(analyser) -> Callable[[Sound], Passage]:
    """A sound as a passage: all of a clip that a user brought."""

    def passage(sound: Sound) -> Passage:
        frames = analyser.analyse(sound)
        return Passage(
            Clip(f"clip{np.abs(sound.samples).sum():.3f}", "", "clip.wav", frames.duration_s),
            frames,
            0.0,
            frames.duration_s,
        )

    return passage


@pytest.fixture(scope="session")
def told_home(tmp_path_factory) -> Path:
    """A home with the library that the conversation is about; to be copied, not to be written into."""
    import told_library
    from browsing import index

    def make(folder: Path) -> None:
        told_library.write_music(folder / "music")
        index(folder / "music", folder / "home")

    return once_a_run(tmp_path_factory, "told", make) / "home"


@pytest.fixture(scope="session")
def browsed(tmp_path_factory) -> Path:
    """The tracks that are browsed in `music`, a clip of the second one, and their library in `home`; to be copied."""
    import browsing
    from browsed_music import write_music

    def make(folder: Path) -> None:
        write_music(folder)
        browsing.index(folder / "music", folder / "home")

    browsing.need_chromium()
    return once_a_run(tmp_path_factory, "browsed", make)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of Debian's packages; skipped where there is none, unless REPRISE_REQUIRE_ENGINES is set."""
    if postgres_programs() is None:
        if os.environ.get("REPRISE_REQUIRE_ENGINES"):
            pytest.fail("the engines' tests need Debian's postgresql")
        pytest.skip("engines: Debian's postgresql is not installed")
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The address of a new, empty database."""
    return postgres.make(f"reprise_{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server that speaks as S3 does."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.kill()
