"""The moment vector's ablation: what pairs keep, other rates and inputs, works held out whole, rows made once."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench import ablation, training_pairs
from bench.ablation import Variant, passages, share, split, table
from bench.training_pairs import heard, highest_on_grid
from bench.training_windows import Batches, Pair, load_pairs, stretched
from index.audio.reading import Sound

SECONDS = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Seventy works of random notes, the other rendering a fifth higher; onsets half as loud."""
    made = tmp_path_factory.mktemp("pairs")
    for number in range(70):
        rng = np.random.default_rng(number)
        notes = np.repeat(rng.integers(0, 2, (SECONDS * 2, 88), np.uint8) * 250, 5, axis=0)
        sides = {"a": notes, "b": np.roll(notes, 7, axis=1)}
        onsets = {f"{side}_onsets": each // 2 for side, each in sides.items()}
        contours = {f"{side}_contours": each for side, each in sides.items()}
        file = made / f"{number:02d}.npz"
        arrays: dict[str, Any] = {**sides, **onsets, **contours}
        np.savez(file, ratio=1.0, transpose=7, work=f"work {number}", **arrays)
    return made


@pytest.fixture
def narrow(monkeypatch):
    variants = tuple(
        Variant(name, width=2, dimensions=8, parts=parts, frames_per_s=rate)
        for name, parts, rate in (
            ("as shipped", ("notes",), 5.0),
            ("both, slow", ("notes", "onsets"), 2.5),
            ("quick", ("contours",), 10.0),
        )
    )
    monkeypatch.setattr(ablation, "VARIANTS", variants)


def test_onsets_keep_their_height_on_the_grid():
    rows = np.zeros((20, 2), np.float32)
    rows[3, 0], rows[14, 1] = 0.8, 0.5
    found = highest_on_grid(rows, np.arange(20) / 80, 10.0, 4)
    assert found.shape == (4, 2)
    assert found[:, 0].tolist() == pytest.approx([0.8, 0, 0, 0])
    assert found[:, 1].tolist() == pytest.approx([0, 0.5, 0, 0])


def test_all_that_the_network_hears_is_kept_at_10_hz(monkeypatch):
    def activations(samples):
        frames = 1 + len(samples) // 256
        notes, onsets, contours = np.zeros((frames, 88)), np.zeros((frames, 88)), np.zeros((frames, 264))
        notes[:, 40] = 0.25
        onsets[2, 40] = 0.64  # one frame of eighty-six a second
        contours[:, 3 * 40 + 2] = 1.0
        return SimpleNamespace(
            notes=notes, onsets=onsets, contours=contours, times_s=np.arange(frames) / 86.13
        )

    monkeypatch.setattr(training_pairs, "_network", lambda: SimpleNamespace(activations=activations))
    found = heard(Sound(np.zeros(22050, np.float32), 22050), "b")
    assert sorted(found) == ["b", "b_contours", "b_onsets"]
    assert {(each.shape, str(each.dtype)) for each in found.values()} == {((10, 88), "uint8")}
    assert set(found["b"][:, 40]) == {128}
    assert found["b_onsets"][:, 40].tolist() == [204] + [0] * 9
    assert set(found["b_contours"][:, 40]) == {255}
    assert not found["b_contours"][:, 39].any()


@pytest.mark.parametrize("rate", [2.5, 5.0, 10.0])
def test_pairs_of_any_input_and_rate_last_equally_long(folder, rate):
    pair = load_pairs(folder, parts=("notes", "onsets"), frames_per_s=rate)[0]
    assert pair.library.shape == (6, 12, SECONDS * rate)
    assert pair.library_s == SECONDS
    assert pair.library[:3].max() == pytest.approx((250 / 255) ** 2 - 0.1, abs=1e-4)
    assert pair.library[3:].max() == pytest.approx((125 / 255) ** 2 - 0.1, abs=1e-4)
    part = stretched(pair.library, 2.0, 10.0, int(10 * rate), rate)
    assert part == pytest.approx(pair.library[:, :, int(2 * rate) : int(12 * rate)], abs=1e-5)
    windows, queries, forbidden = Batches(
        load_pairs(folder, (), ("notes",), rate), np.random.default_rng(0)
    ).draw(12)
    assert windows.shape == (12, 3, 12, 10 * rate)
    assert queries.shape[:3] == (12, 3, 12)
    assert not forbidden.diagonal().any()


def test_folders_that_hold_notes_alone_say_so(tmp_path):
    notes = np.zeros((200, 88), np.uint8)
    np.savez(tmp_path / "old.npz", a=notes, b=notes, ratio=1.0, work="old")
    assert len(load_pairs(tmp_path)) == 1
    with pytest.raises(SystemExit, match=r"old\.npz holds no onsets.*bench\.training_pairs"):
        load_pairs(tmp_path, parts=("onsets",))


def test_movements_of_one_work_are_held_out_together():
    notes = np.zeros((3, 12, 60), np.float32)
    quartet = [f"haydn/opus1no1/movement{number}" for number in (1, 2, 3)]
    pairs = [Pair(work, notes, notes, 1.0) for work in [*quartet, *(f"other {n}" for n in range(5))]]
    for held in range(1, 8):
        learned, out = split(pairs, held)
        assert len(out) >= held
        assert len(learned) + len(out) == len(pairs)
        assert sum(pair.work in quartet for pair in out) in (0, 3)


def test_every_rate_is_asked_the_same_passages():
    asked = [
        passages([Pair("a", np.zeros(0), np.zeros((3, 12, int(rate * 30.3))), 1.0, rate)])
        for rate in (2.5, 5.0, 10.0)
    ]
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) == 16
    assert all(0 <= each.at_s <= 20 for each in asked[0])


def test_differences_are_of_the_same_passages():
    row = {"ranks": {"10 s": [[0, 3], [0, 0]]}}
    worse = {"ranks": {"10 s": [[0, 70], [9, 0]]}}
    assert share(row, "10 s", 1).value == 0.75
    assert share(worse, "10 s", 10).value == 0.75
    assert share(worse, "10 s", 1, row).value == -0.25
    assert share(row, "10 s", 1, row).low == share(row, "10 s", 1, row).high == 0


def test_rows_are_made_once_and_stay_for_the_same_settings_only(
    folder, tmp_path, narrow, monkeypatch, capsys
):
    ask = [str(folder), "--held", "4", "--results", str(tmp_path)]
    assert ablation.main([*ask, "--steps", "1", "--only", "quick"]) == 0
    assert ablation.main([*ask, "--steps", "1"]) == 0
    kept = json.loads((tmp_path / "ablation.json").read_text())
    assert [row["name"] for row in kept["rows"]] == ["as shipped", "both, slow", "quick"]
    assert [len(row["ranks"]["5 s"]) for row in kept["rows"]] == [4, 4, 4]
    assert all(len(ranks) == 8 for row in kept["rows"] for ranks in row["ranks"]["10 s"])
    assert kept["rows"][0]["works"] == 66
    said = capsys.readouterr().out
    assert said.count("of training") == 3

    monkeypatch.setattr(ablation, "row_of", lambda variant, *_: pytest.fail(f"{variant.name} again"))
    assert ablation.main([*ask, "--steps", "1"]) == 0
    lines = list(table(kept["rows"]))
    assert capsys.readouterr().out.splitlines() == lines
    assert len({line.count("|") for line in lines}) == 1
    with pytest.raises(pytest.fail.Exception):
        ablation.main([*ask, "--steps", "2"])
