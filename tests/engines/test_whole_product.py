"""The whole product on each set of engines: what is added, found, said, removed and mended is the same on all of them.

At home it is SQLite, a Chroma server of its own and files. Elsewhere it is PostgreSQL, and a Chroma server that
others run; and those with frames and clips in a bucket of S3.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from servers import ChromaServer, PostgresServer, S3Server
from tiny_analyser import TinyEar, tiny_analyser

from app.agent.assistant import Assistant
from app.agent.events import Answered
from app.settings import Settings, load_settings
from app.wiring import open_assistant, open_library
from index.core.errors import LibraryError
from index.core.query import Query
from index.core.transcript import Line, Transcript
from index.library import Library
from index.models.text import TextEncoder
from index.store.vectors import window_ids

RATE_HZ = 8000
TITLES = ("Air", "Gigue", "Pavane", "Sarabande")


@dataclass
class Engines:
    """Where a product keeps what it knows, and how that is lost for a moment."""

    settings: dict[str, str] = field(default_factory=dict)
    ends: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Ends an engine as a loss of power does, by its name."""
    starts: dict[str, Callable[[], None]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    yield server
    server.kill()


def at_home(request: pytest.FixtureRequest) -> Engines:
    return Engines()


def at_servers(request: pytest.FixtureRequest) -> Engines:
    chroma: ChromaServer = request.getfixturevalue("chroma")
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database: str = request.getfixturevalue("database")
    return Engines(
        {"database_url": database, "chroma_url": chroma.url},
        {"postgres": postgres.stop, "chroma": chroma.kill},
        {"postgres": postgres.start, "chroma": chroma.start},
    )


def with_bucket(request: pytest.FixtureRequest) -> Engines:
    engines = at_servers(request)
    s3: S3Server = request.getfixturevalue("s3")
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in s3.environment.items():
        patch.setenv(name, value)
    engines.settings["store_url"] = f"{s3.url}/{uuid.uuid4().hex[:8]}"
    engines.ends["s3"], engines.starts["s3"] = s3.kill, s3.start
    return engines


EVERY = {"home": at_home, "servers": at_servers, "servers and a bucket": with_bucket}


@pytest.fixture(params=EVERY)
def engines(request: pytest.FixtureRequest) -> Engines:
    return EVERY[request.param](request)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest.spec._analyser", tiny_analyser)
    monkeypatch.setattr("index.workers.ears.Ear", TinyEar)
    monkeypatch.setenv("ANONYMIZED_TELEMETRY", "False")


def write(path: Path, seed: int, duration_s: float = 24.0) -> Path:
    path.parent.mkdir(exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).standard_normal(int(duration_s * RATE_HZ))
    soundfile.write(path, noise, RATE_HZ)
    return path


def music(folder: Path, count: int = len(TITLES)) -> Path:
    for number in range(count):
        name = TITLES[number] if number < len(TITLES) else f"Piece {number}"
        write(folder / f"{name}.wav", number, 24.0 + 4 * (number % 5))
    return folder


@dataclass
class Product:
    """One process's view of it: the library and who is talked to."""

    settings: Settings

    def __post_init__(self) -> None:
        self.library: Library = open_library(self.settings)
        self.assistant: Assistant = open_assistant(self.settings, self.library)

    def close(self) -> None:
        self.library.close()
        self.assistant.memory.close()

    def add(self, *paths: Path, tell: Any = None) -> Any:
        return self.library.add(list(paths), 2, tell)

    def check(self, *, repair: bool = False) -> list[str]:
        checked = self.library.care.check(lambda *_: None, repair=repair)
        assert checked.whole or not repair
        return checked.findings

    def is_whole(self) -> None:
        """Every track has all that belongs to it, once, and nothing else is there."""
        windows = self.library.catalogue.windows()
        wanted = sorted(each for track, count in windows.items() for each in window_ids(track, count, 2))
        vectors = self.library._vectors
        assert vectors.collections() == ["moments"] and sorted(vectors.ids("moments")) == wanted
        assert all(self.library.frames.verify(track).sealed for track in windows)
        assert self.library.catalogue.unfinished() == {}

    def found(self) -> dict[str, list[tuple[str, float, float]]]:
        """What each kind of search finds, with its scores."""
        library = self.library
        air = library.track("Air")
        passage = library.passage(air, 4.0, 14.0)
        told = {
            "moment": library.find(Query(passage, k=8, exclude_same_track=False)).hits,
            "repeats": library.find_repeats(passage).hits,
            "words": library.find_text("something slow and bright", 8).hits,
            "tune": library.find_hum(Query(passage, k=8, exclude_same_track=False)).hits,
            "sung": library.find_text("where do they sing about the summer", 4).hits,
        }
        return {
            kind: [
                (hit.track.title, round(hit.moment.start_s, 2), round(float(hit.likeness), 3)) for hit in hits
            ]
            for kind, hits in told.items()
        }

    def say(self, thread_id: str, words: str) -> str:
        answer = list(self.assistant.turn(thread_id, words))[-1]
        assert isinstance(answer, Answered) and not answer.failed, answer
        return answer.text

    def said(self, thread_id: str) -> list[str]:
        return [entry.text for entry in self.assistant.history(thread_id) if entry.role == "user"]


def note_words(library: Library) -> None:
    """The words of one track, as Whisper would have written them down."""
    line = Line("summer is here again", 6.0, 9.0, ())
    vectors = TextEncoder().encode([line.text])
    library.catalogue.lyrics.note(library.track("Pavane").id, Transcript((line,), "en", "tiny"), vectors)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    """What came out on the first set of engines, for the others."""
    return {}


def test_the_whole_product(tmp_path: Path, engines: Engines, outcomes: dict[str, Any]) -> None:
    folder = music(tmp_path / "music")
    settings = load_settings(home=tmp_path / "home", **engines.settings)
    product = Product(settings)
    report = product.add(folder)
    assert (report.added, report.failed) == (4, ())
    note_words(product.library)
    product.is_whole()
    found = product.found()
    best = {kind: hits[0][0] for kind, hits in found.items()}
    assert (best["moment"], best["repeats"], best["sung"]) == ("Air", "Air", "Pavane"), found
    assert found == outcomes.setdefault("found", found)

    clip = product.library.clip(write(tmp_path / "brought.wav", 0, 12.0))
    assert len(product.library.find(Query(product.library.passage(clip), k=3)).hits) == 3
    thread = product.assistant.new_thread()
    answer = product.say(thread, 'find moments like "Air" at 0:04')
    assert "the nearest is “Sarabande”, at 0:22 (#1)" in answer and answer == outcomes.setdefault(
        "answer", answer
    )

    product.close()
    for end in engines.ends.values():
        end()
    for start in engines.starts.values():
        start()
    product = Product(settings)
    assert product.found() == found
    assert product.said(thread) == ['find moments like "Air" at 0:04']
    assert product.library.clips.frames(clip).duration_s == pytest.approx(12.0)
    assert "“Sarabande”" in product.say(thread, "explain the first one")

    gigue = folder / "Gigue.wav"
    assert product.library.remove(gigue) == 1
    assert "Gigue" not in {title for hits in product.found().values() for title, _, _ in hits}
    product.is_whole()
    report = product.add(folder)
    assert (report.came_back, report.unchanged) == (1, 3), "it was kept, and is not listened to again"
    assert product.found() == found

    first = product.library.track("Air").id
    product.library._vectors.delete("moments", window_ids(first, 2))
    assert len(product.check()) == 2, "they are too few, and one track lacks them"
    assert product.check(repair=True) != [] and product.check() == []
    product.library._vectors.note_origin("moments", "0 musicnn+moment_vector 00000000-00000000")
    assert product.library.care.upgrade(lambda *_: None).vectors == 4
    product.is_whole()
    assert product.found() == found and product.check() == []
    report = product.add(folder)
    assert (report.unchanged, report.added, report.mended) == (4, 0, ())
    product.close()


PATIENCE = (
    "index.catalogue.database.PATIENCE_S",
    "index.store.vector_connection._PATIENCE_S",
    "index.store.bucket.PATIENCE_S",
)


MORE = 4


def interrupted_by(product: Product, folder: Path, trouble: Callable[[], None]) -> Any:
    """Add a folder, with trouble when two tracks are there."""
    waiting = [trouble]

    def tell(progress: Any) -> None:
        if progress.done >= 2 and waiting:
            waiting.pop()()

    try:
        return product.add(folder, tell=tell)
    finally:
        assert not waiting, "there was trouble while it added"


@pytest.mark.parametrize("name", ["postgres", "chroma", "s3"])
def test_an_engine_that_is_lost_while_music_is_added_loses_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    engines = with_bucket(request)
    folder = music(tmp_path / "music", 8)
    settings = load_settings(home=tmp_path / "home", **engines.settings)
    for patience in PATIENCE:
        monkeypatch.setattr(patience, 90.0)  # a busy computer starts an engine slowly
    product = Product(settings)

    def lost_for_a_second() -> None:
        engines.ends[name]()
        threading.Timer(1.0, engines.starts[name]).start()

    report = interrupted_by(product, folder, lost_for_a_second)
    assert (report.added, report.failed) == (8, ())
    product.is_whole()

    product.library.remove(folder)
    product.close()
    music(folder, 8 + MORE)  # what was there before comes back, the others have to be written
    with monkeypatch.context() as patch:
        for patience in PATIENCE:
            patch.setattr(patience, 0.2)
        product = Product(settings)
        try:
            said = {each.reason for each in interrupted_by(product, folder, engines.ends[name]).failed}
        except LibraryError as error:  # too many in a row
            said = {str(error)}
        assert said and all("does not answer" in each and "\n" not in each for each in said)
        product.close()
    engines.starts[name]()
    product = Product(settings)
    report = product.add(folder)
    assert report.came_back + report.unchanged + report.added == 8 + MORE and report.failed == ()
    assert report.added <= MORE, "what was there is not listened to again"
    product.is_whole()
    product.close()
