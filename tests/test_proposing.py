"""One vector by all factors: each asks as if it were alone, and what older versions kept by each is made anew."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_analyser import FakeAnalyser
from place import Place

from index.core.moments import Grid
from index.factors import build, proposing
from index.factors.proposing import COLLECTION
from index.ingest.makers import VectorMakers
from index.search import candidates
from index.store.origins import FORMER_COLLECTIONS, VECTOR_VERSIONS, vector_origin
from index.store.vectors import VectorStore
from index.upkeep.check import IndexCheck

TOGETHER = VectorMakers(
    {COLLECTION: "4 a+b 0a-0b"},
    lambda frames: {COLLECTION: proposing.side_by_side(FakeAnalyser().vectors(frames, Grid()))},
)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A library of a version that kept a vector by each factor."""
    music = tmp_path / "music"
    music.mkdir()
    made = Place(tmp_path / "home")
    for number in range(3):
        write_sound(music / f"{number}.wav", number)
    made.add(music)
    yield made
    made.vectors.close()


def write_sound(path: Path, seed: int) -> None:
    import soundfile

    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, 13 * 8000), 8000)


def test_a_factor_asks_in_the_order_of_its_own_cosine(small, tmp_path):
    factors = build()
    assert list(proposing.proposing(factors)) == list(candidates.CANDIDATES) == ["timbre", "harmony"]
    frames = small.frames("Song in C")
    spans = Grid().vector_spans(frames.duration_s)
    kept = proposing.vectors(factors, frames, spans)
    assert kept.shape == (len(spans), 96) and np.allclose(np.linalg.norm(kept, axis=1), 1, atol=1e-5)
    for name in candidates.CANDIDATES:
        own = factors[name].query_vectors(frames, (4.0, 14.0))
        asked = proposing.asked_by(name, factors, frames, (4.0, 14.0))
        assert asked.shape == (1, 96) and asked.dtype == np.float32
        alone = factors[name].vectors(frames, spans) @ own[0]
        own_length = np.sqrt({"timbre": 0.6, "harmony": 0.4}[name])
        assert kept @ asked[0] / own_length == pytest.approx(alone, abs=1e-5)


def test_by_one_half_the_nearest_are_found_among_many(tmp_path):
    """Neighbours are linked by both halves, and asked for by one: nearly all of the nearest have to be found."""
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((2, 60, 12)).astype(np.float32)
    which = rng.integers(60, size=(2, 4000))
    halves = [
        unit(kinds[side][which[side]] + 0.4 * rng.standard_normal((4000, 12)).astype(np.float32))
        for side in (0, 1)
    ]
    store = VectorStore(tmp_path, grace_s=1)
    ids = [f"a:{number}" for number in range(4000)]
    store.upsert(COLLECTION, ids, proposing.side_by_side({"timbre": halves[0], "harmony": halves[1]}))
    for side, half in enumerate(halves):
        asked = np.zeros((8, 24), np.float32)
        asked[:, 12 * side : 12 * side + 12] = half[:8]
        found, _ = store.query(COLLECTION, asked, 60)
        best = np.argsort(-(half[:8] @ half.T), axis=1)[:, :60]
        share = [len({ids[i] for i in row} & set(near)) / 60 for row, near in zip(best, found, strict=True)]
        assert np.mean(share) > 0.95, share
    store.close()


def test_what_was_kept_by_each_factor_is_made_anew_as_one(place, tmp_path):
    assert set(FORMER_COLLECTIONS.values()) == set(VECTOR_VERSIONS) == {COLLECTION}
    opened = VectorStore(place.home, grace_s=1, origins=TOGETHER.origins)
    assert sorted(opened.outdated()) == ["harmony", "timbre"], "a search says so, and finds nothing wrong"
    stores = replace(place.stores, vectors=opened, makers=TOGETHER)
    checked = IndexCheck(stores, repair=False).run(lambda *_: None, threading.Event())
    assert [each for each in checked.findings if "another version" in each] == checked.findings != []
    for file in (tmp_path / "music").iterdir():
        file.write_bytes(b"")  # whoever reads the sound fails
    mended = stores.mending.mend(lambda *_: None, threading.Event())
    assert (len(mended.vectors), mended.lacking) == (3, set())
    assert opened.collections() == [COLLECTION] and opened.origins() == TOGETHER.origins
    assert opened.outdated() == []
    assert opened.count(COLLECTION) == sum(
        Grid().vector_count(count) for count in place.catalogue.windows().values()
    )
    again = stores.mending.mend(lambda *_: None, threading.Event())
    assert not again.vectors
    opened.close()


def test_what_makes_them_is_noted_of_both(monkeypatch):
    made_by = vector_origin(COLLECTION)
    version, kinds, digests = made_by.split()
    assert (version, kinds, digests.count("-")) == ("4", "musicnn+moment_vector", 1)
    assert vector_origin("timbre") == "1", "there is no such collection any more"
