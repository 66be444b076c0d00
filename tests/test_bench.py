"""The benchmarks' arithmetic on made-up results, and tiny runs."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench import summary
from bench.contest import Neighbours, Outcome
from bench.generated import tracks as generated_tracks
from bench.metrics import (
    NOWHERE,
    Given,
    auroc,
    bootstrap,
    brier,
    calibration_error,
    judge,
    occurrence,
    overlap,
    recall,
    reciprocal_rank,
    skew,
)
from bench.processes import Watch, tree
from bench.quality import main as quality_main
from bench.rivals import Rivals
from bench.robustness import Picture, differences
from bench.speed import rows
from index.audio.reading import content_hash
from index.core.frames import NOTE_HZ, RATES_HZ, SKETCH_HZ, SKETCH_SCALE, Frames, fold_to_chroma
from index.core.frames import rows as row_count
from index.core.moments import Passage
from index.core.tracks import Clip, Track
from index.store.frame_store import FrameStore

RATE_HZ = 16000


def made_frames(seed: int, duration_s: float) -> Frames:
    """Frames of no sound in particular, every second another one."""
    rng = np.random.default_rng(seed)

    def count(name: str) -> int:
        return row_count(duration_s, RATES_HZ[name])

    def numbers(name: str, columns: int, dtype: type) -> np.ndarray:
        values = rng.integers(0, 256, (count(name), columns))
        return (values * (rng.random(values.shape) < 0.04)).astype(dtype)

    notes = np.repeat(numbers("chroma", 88, np.uint8), int(NOTE_HZ / SKETCH_HZ), axis=0)
    chroma = fold_to_chroma(notes)[:: int(NOTE_HZ / SKETCH_HZ)]
    return Frames(
        duration_s=duration_s,
        loudness_lufs=-20.0,
        notes=notes,
        contour=numbers("contour", 2, np.uint16),
        sketch=np.round(np.clip(chroma * SKETCH_SCALE, 0, 255)).astype(np.uint8),
        chroma=numbers("chroma", 12, np.uint8),
        level_db=rng.normal(-20, 5, count("level_db")).astype(np.float16),
        centroid_hz=rng.uniform(500, 3000, count("centroid_hz")).astype(np.float16),
        onset=rng.random(count("onset")).astype(np.float16),
        mfcc=rng.normal(size=(count("mfcc"), 13)).astype(np.float16),
        embedding=rng.normal(size=(count("embedding"), 200)).astype(np.float16),
        tags=numbers("tags", 50, np.uint8),
    )


def part(frames: Frames, start_s: int, end_s: int) -> Frames:
    """Whole seconds of frames."""
    arrays = {
        name: getattr(frames, name)[int(start_s * rate) : int(end_s * rate)]
        for name, rate in RATES_HZ.items()
    }
    return Frames(duration_s=float(end_s - start_s), loudness_lufs=-20.0, **arrays)


def passage(frames: Frames) -> Passage:
    return Passage(Clip("c", "", "clip", frames.duration_s), frames, 0.0, frames.duration_s)


def answer(*names: str, start_s: float = 0.0) -> tuple[Given, ...]:
    return tuple(Given(name, start_s, start_s + 10, 0.5, 1.0) for name in names)


def test_overlap_is_intersection_over_union():
    assert overlap((0, 10), (5, 15)) == pytest.approx(1 / 3)
    assert overlap((0, 10), (0, 10)) == 1
    assert overlap((0, 10), (10, 20)) == 0


def test_judge_wants_the_piece_and_half_of_the_span():
    spans = [(20.0, 30.0), (60.0, 70.0)]
    found = [Given("b", 0, 10), Given("a", 40, 50), Given("a", 62, 72), Given("a", 20, 30)]
    judged = judge("cover", "a", spans, found)
    assert (judged.moment_rank, judged.piece_rank) == (2, 1)
    assert judged.start_error_s == pytest.approx(2)


def test_judge_counts_pieces_once():
    found = [Given("b", 0, 10), Given("b", 50, 60), Given("a", 0, 10)]
    judged = judge("cover", "a", [(50.0, 60.0)], found)
    assert (judged.moment_rank, judged.piece_rank) == (NOWHERE, 1)
    assert math.isnan(judged.start_error_s)


def test_recall_and_reciprocal_rank():
    judged = [
        judge("k", "a", [(0, 10)], answer("a", "b")),
        judge("k", "b", [(0, 10)], answer("a", "b")),
        judge("k", "c", [(0, 10)], answer("a", "b")),
        judge("k", "a", [(0, 10)], answer("a", start_s=8.0)),
    ]
    assert recall(judged, 1).value == pytest.approx(1 / 4)
    assert recall(judged, 10).value == pytest.approx(2 / 4)
    assert recall(judged, 1, "piece").value == pytest.approx(2 / 4)
    assert reciprocal_rank(judged).value == pytest.approx((1 + 1 / 2 + 0 + 1) / 4)


def test_bootstrap_draws_whole_pieces():
    values = [1.0, 1.0, 1.0, 1.0, 0.0]
    alone = bootstrap(values, list("abcde"))
    together = bootstrap(values, list("aaaab"))
    assert alone.value == together.value == pytest.approx(0.8)
    assert alone.low >= 0.2
    assert together.low == 0.0
    assert together.high == 1.0
    assert math.isnan(bootstrap([], []).value)


def test_calibration_error_and_brier():
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    assert calibration_error([0.95, 0.95, 0.05, 0.05], [True, False, False, False]) == pytest.approx(
        (2 * 0.45 + 2 * 0.05) / 4
    )
    assert calibration_error([1.0], [True]) == 0
    assert brier([1.0, 0.5], [True, False]) == pytest.approx(0.125)


def test_auroc_counts_ties_half():
    assert auroc([3, 4], [1, 2]) == 1
    assert auroc([1, 2], [1, 2]) == 0.5
    assert auroc([1], [2]) == 0
    assert auroc([2, 1], [1]) == 0.75
    assert math.isnan(auroc([], [1]))


def test_hubs_are_skewed():
    even = occurrence([("a", "b"), ("c", "d")], "abcd")
    hub = occurrence([("a", "b"), ("a", "c"), ("a", "d"), ("a", "b")], "abcdefgh")
    assert skew(even) == 0
    assert list(hub) == [4, 2, 1, 1, 0, 0, 0, 0]
    assert skew(hub) > 1


def test_trust_counts_each_query_with_its_piece_and_without_it():
    right = Outcome(
        "k",
        "a",
        ((0.0, 10.0),),
        {"fusion": (Given("a", 0, 10, 0.9, 5.0),)},
        (Given("b", 0, 10, 0.1, 1.0),),
        1.0,
    )
    elsewhere = Outcome(
        "k",
        "a",
        ((0.0, 10.0),),
        {"fusion": (Given("a", 50, 60, 0.8, 4.0),)},
        (Given("b", 0, 10, 0.2, 2.0),),
        1.0,
    )
    trust = summary.trust([right, elsewhere])
    assert trust["hits"] == 3
    assert trust["calibration_error"] == pytest.approx((0.1 + 0.1 + 0.2) / 3)
    assert trust["nothing_there_auroc"] == {"confidence": 1.0, "score": 1.0}


def test_precision_and_diversity_of_neighbours():
    def track(name: str, composer: str) -> Track:
        return Track(name, "", name, "", composer, "", "", None, 60.0)

    tracks = [track("a", "X"), track("b", "X"), track("c", "Y"), track("d", "Y")]
    found = [
        Neighbours(
            "a",
            {"fusion": ("b", "c"), "balanced": ("b", "c"), "adventurous": ("c", "d")},
            {"closest": 2.0, "balanced": 2.0, "adventurous": 1.0},
        )
    ]
    label = {each.id: each.composer for each in tracks}
    assert summary.precision(found, label)["fusion"]["value"] == 0.5
    diversity = summary.diversity(found, tracks)
    assert diversity["closest"]["authors"]["value"] == 2
    assert diversity["adventurous"]["score"] == 0.5
    assert summary.hubs(found, tracks)["fusion"]["never_found"] == 0.5


def test_composers_need_eleven_pieces():
    counts = {"X": 40, "Y": 11, "Z": 10, "": 20}
    composer = {f"{name}{i:02d}": name for name, count in counts.items() for i in range(count)}
    chosen = summary.chosen_pieces(composer)
    assert len(chosen) == 30 + 11
    assert not any(name.startswith("Z") for name in chosen)
    assert not summary.chosen_pieces({f"X{i}": "X" for i in range(40)}), "one composer cannot be told apart"


def test_rivals_find_an_excerpt_where_it_was_cut():
    frames = [made_frames(seed, 60.0) for seed in range(4)]
    tracks = [Track(f"t{i}", "", f"t{i}", "", "", "", "", None, 60.0) for i in range(4)]
    rivals = Rivals(tracks, frames)
    query = passage(part(frames[2], 20, 30))
    for name in ("MFCC", "MusiCNN", "chroma"):
        best = rivals.find(name, query)[0]
        assert (best.piece, best.start_s) == ("t2", 20.0), name
    assert len(rivals.find("random", query)) == 4
    among = rivals.find("chroma", query, among=frozenset({"t0", "t1"}))
    assert {each.piece for each in among} == {"t0", "t1"}


def test_chroma_alone_hears_another_key():
    frames = [made_frames(seed, 40.0) for seed in range(3)]
    tracks = [Track(f"t{i}", "", f"t{i}", "", "", "", "", None, 40.0) for i in range(3)]
    cut = part(frames[1], 11, 21)
    higher = Frames(**{**vars(cut), "chroma": np.roll(cut.chroma, 3, axis=1)})
    best = Rivals(tracks, frames).find("chroma", passage(higher))[0]
    assert (best.piece, best.start_s) == ("t1", 11.0)


def test_generated_tracks_have_every_frame_and_are_the_same_again():
    sources = [made_frames(seed, 45.0) for seed in range(2)]
    first, second = next(generated_tracks(sources)), next(generated_tracks(sources))
    for name, rate_hz in RATES_HZ.items():
        array = getattr(first, name)
        assert len(array) == first.duration_s * rate_hz, name
        assert array.dtype == getattr(sources[0], name).dtype, name
        assert np.array_equal(array, getattr(second, name)), name


def made_set(folder: Path) -> Path:
    """A set of three pieces and four queries, analysed already."""
    for name in ("library", "queries"):
        (folder / name).mkdir(parents=True)
    store, truth = FrameStore(folder / "frames"), []
    for number in range(3):
        frames = made_frames(number, 40.0)
        name = f"piece{number}"
        store.write(_silence(folder / "library" / f"{name}.wav", number), frames)
        queries = []
        for start_s in (5, 22):
            file = f"queries/{name}-{start_s}.wav"
            store.write(_silence(folder / file, 100 * number + start_s), part(frames, start_s, start_s + 10))
            queries.append({"kind": "clean", "file": file, "a_start_s": start_s, "a_end_s": start_s + 10})
        truth.append({"piece": name, "duration_s": 40.0, "queries": queries})
    (folder / "truth.json").write_text(json.dumps(truth))
    return folder


def _silence(path: Path, mark: int) -> str:
    soundfile.write(path, np.full(160, mark / 1000), RATE_HZ)
    return content_hash(path)


def test_a_tiny_contest_is_won_and_written(tmp_path, capsys):
    folder = made_set(tmp_path / "set")
    arguments = ["--set", str(folder), "--work", str(tmp_path), "--workers", "0", "--name", "tiny"]
    out = ["--results", str(tmp_path / "results"), "--pictures", str(tmp_path / "pictures")]
    assert quality_main([*arguments, *out]) == 0
    found = json.loads((tmp_path / "results" / "quality-tiny.json").read_text())
    ways = found["kinds"]["clean"]["ways"]
    assert found["queries"] == 6
    assert ways["fusion"]["moment@1"]["value"] == 1
    assert ways["harmony"]["moment@1"]["value"] == 1
    assert ways["MusiCNN"]["piece@1"]["value"] == 1
    assert ways["fusion"]["start_error_s"] <= 0.1
    assert "| clean | 6 |" in capsys.readouterr().out
    assert (tmp_path / "pictures" / "quality-tiny.png").stat().st_size > 1000


def test_rows_of_speed_name_what_is_to_be_reached():
    found = {"search": {"47392": {"by_moment": {"p50_ms": 25.0}}}, "start": {"help_s": 0.5}}
    assert rows(found) == [
        ["search.47392.by_moment.p50_ms", "25", "ms", "30"],
        ["start.help_s", "0.5", "s", "1"],
    ]


def test_watch_tells_peak_and_growth():
    watch = Watch(os.getpid(), rss_mb=[(at, 100.0 + at) for at in range(101)])
    assert watch.peak_rss_mb == 200
    assert watch.growth_mb == 50
    assert os.getpid() in [process.pid for process in tree(os.getpid())]


def test_differences_name_what_is_not_equal():
    one = Picture(
        {"a": ("A", 1.0)}, {"/a": "a"}, {"a": 1}, (), (), {"timbre": {"a:00000": b"1"}}, {"a": "1"}, {}, ()
    )
    other = Picture({"a": ("A", 1.0)}, {"/a": "a"}, {"a": 1}, (), (), {"timbre": {}}, {}, {}, ())
    assert differences(one, one) == []
    assert differences(one, other) == ["vectors", "frames"]
