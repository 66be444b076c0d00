"""The generator of large libraries: the real stores agree, and it goes on where it stopped."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import psutil
import pytest
from sounds import silent_frames

from app.settings import Settings
from app.wiring import open_library
from bench import latency
from bench.scale import pool as pools
from bench.scale.filling import fill
from bench.scale.picture import as_svg
from bench.scale.pool import Pool
from bench.scale.tables import as_page, keep
from index.core.frames import RATES_HZ, Frames
from index.core.moments import Grid
from index.store.vectors import window_ids


def heard(seed: int) -> Frames:
    """Forty seconds of anything."""
    rng, frames = np.random.default_rng(seed), silent_frames(40.0)
    for name in RATES_HZ:
        array = getattr(frames, name)
        array[:] = rng.integers(1, 100, array.shape)
    return frames


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(pools, "LENGTHS_S", (14, 25))
    made = Pool(tmp_path / "pool", Grid())
    made.fill([heard(0), heard(1)], 2)
    return made


def test_a_generated_library_has_all_that_a_real_one_has(pool: Pool, tmp_path: Path) -> None:
    library = open_library(Settings(home=tmp_path / "home"))
    try:
        assert fill(library, pool, 2, 8, vectors=False) >= 8
        assert library._vectors.collections() == []
        first = library.catalogue.windows()
        assert fill(library, pool, 2, 20) >= 20
        windows = library.catalogue.windows()
        assert first.items() < windows.items(), "it goes on"
        wanted = sorted(
            each for track_id, count in windows.items() for each in window_ids(track_id, count, 2)
        )
        assert library._vectors.collections() == ["moments"]
        assert sorted(library._vectors.ids("moments")) == wanted
        both = library._vectors.get("moments", wanted)
        for rows, share in zip(np.split(both, 2, axis=1), (0.6, 0.4), strict=True):
            assert np.allclose(np.linalg.norm(rows, axis=1), np.sqrt(share), atol=1e-3)
            assert len(np.unique(rows.round(4), axis=0)) == len(rows), "no two windows have the same ones"
        tracks = library.catalogue.tracks()
        assert {library.frames.read(track.id).duration_s for track in tracks} == {
            pool.duration_s(0),
            pool.duration_s(1),
        }
        assert all(Path(track.path).read_text() == track.id for track in tracks)
        assert library.find_text("slow").compared
    finally:
        library.close()


def test_measures_of_several_sizes_are_one_table_with_a_slope(tmp_path: Path) -> None:
    file = tmp_path / "scale.json"
    keep(file, "now", 1_000_000, {"by_moment": {"p50_ms": 40.0}})
    found = keep(file, "now", 3_000_000, {"by_moment": {"p50_ms": 60.0}, "disk": {"chroma_gb": 2.0}})
    assert json.loads(file.read_text("utf-8")) == found
    (row,) = [line for line in as_page(found).splitlines() if "by_moment.p50_ms" in line]
    assert [each.strip() for each in row.split("|")][1:6] == [
        "by_moment.p50_ms",
        "40",
        "60",
        "10",
        "60 / 150",
    ]


def test_what_a_search_takes_is_told_where_the_stores_server_ends_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(latency, "servers", lambda home: [psutil.Process(server.pid)])

    def ends() -> None:
        server.kill()
        server.wait()

    assert latency.timed([ends, lambda: None], tmp_path)["calls"] == 2


def test_the_picture_shows_what_was_measured_and_what_is_meant() -> None:
    measured = {
        "47392": {"by_hum": {"p50_ms": 500.0, "cpu_ms": 800.0}},
        "1000000": {"by_hum": {"p50_ms": 2000.0, "cpu_ms": 0.0}, "resident": {"after_hum_mb": 1900.0}},
    }
    drawn = ElementTree.fromstring(as_svg(measured))
    told = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}title")]
    for said in (
        "47,392 windows: 0.5 s",
        "47,392 windows: 0.8 s",
        "1,000,000 windows: 2 s",
        "1,000,000 windows: 1.9 GB",
        "meant at 12,000,000 windows: 3 s",
        "meant at 1,000,000 windows: 2.5 GB",
    ):
        assert told.count(said) >= 1, said
    circles = {each[0].text: each for each in drawn.iter("{http://www.w3.org/2000/svg}circle") if len(each)}
    assert len(circles) == 4, "what was not measured has no point"
    few, many = circles["47,392 windows: 0.5 s"], circles["1,000,000 windows: 2 s"]
    assert float(few.get("cx", 0)) < float(many.get("cx", 0)), "more windows are further to the right"
    assert float(few.get("cy", 0)) > float(many.get("cy", 0)), "more seconds are higher"


def test_a_server_has_ended_though_its_parent_does_not_know_yet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(latency, "servers", lambda home: [psutil.Process(server.pid)])
    monkeypatch.setattr(latency, "_END_S", 60.0)
    latency.end_servers(tmp_path)
    assert psutil.Process(server.pid).status() == psutil.STATUS_ZOMBIE
    server.wait()
