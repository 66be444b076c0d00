"""A piece that fits a tune's images as well as the tune is put after one that has the tune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hummed_music import TUNE, clip_query, piece, sung, track

from index.analysis.f0 import PitchTrack, track_sound
from index.analysis.melody_salience import SALIENCE_HZ, Salience
from index.humming import searcher as of_searcher
from index.humming.images import (
    AROUND_S,
    IMAGES,
    LENGTH,
    PIECES,
    best_of_pieces,
    contrasted,
    images,
    reached,
    surroundings,
)
from index.humming.places import Chance, Place
from index.humming.searcher import TuneSearcher
from index.store.salience_store import SalienceTable


def place(number: int, odds: float, start_s: float = 0.0) -> Place:
    return Place(number, odds, start_s, start_s + 10.0, 0)


def chance(images_fit: float, seconds: float = 60.0) -> Chance:
    return Chance(images_fit, float(np.log(seconds)))


def thick(seconds: float) -> np.ndarray:
    """Salience of music in which nearly every pitch class sounds nearly always, as in close harmony."""
    rng = np.random.default_rng(5)
    return rng.integers(110, 200, (round(seconds * SALIENCE_HZ), 12)).astype(np.uint8)


def test_the_images_are_the_tune_upside_down_backwards_and_both() -> None:
    midi = np.array([60.0, 62.0, 65.0, 0.0])
    tune = PitchTrack(0.1, midi, np.array([True, True, True, False]), np.array([0.9, 0.8, 0.7, 0.0]))
    upside_down, backwards, both = images(tune)
    assert upside_down.midi[:3].tolist() == [64.0, 62.0, 59.0]
    assert upside_down.voiced.tolist() == tune.voiced.tolist()
    assert backwards.midi[1:].tolist() == [65.0, 62.0, 60.0]
    assert both.midi[1:].tolist() == [59.0, 62.0, 64.0]
    assert backwards.voiced.tolist() == both.voiced.tolist() == [False, True, True, True]
    assert backwards.confidence is not None
    assert backwards.confidence.tolist() == [0.0, 0.7, 0.8, 0.9]


def test_a_tune_without_a_voiced_frame_has_images_too() -> None:
    assert all(not image.voiced.any() for image in images(PitchTrack(0.1, np.zeros(3), np.zeros(3, bool))))


def test_what_an_image_reaches_is_no_matter_of_one_place() -> None:
    value = np.full(400, 0.5, np.float32)
    value[7] = 1.5
    low, again = reached(value, np.array([0, 200, 400]), 10)
    assert low < 0.8
    assert again == pytest.approx(0.5)
    assert reached(value, np.array([0, 3, 200, 400]), 10)[0] == pytest.approx(0.5)


def test_a_piece_that_fits_anything_comes_after_one_that_has_the_tune() -> None:
    held = contrasted(
        [place(1, 1.0), place(2, 0.9), place(3, 0.5)], {1: chance(0.9), 2: chance(0.3), 3: chance(0.3)}
    )
    assert [each.track for each in held] == [2, 1, 3]
    assert np.mean([each.odds for each in held]) == pytest.approx(np.mean([1.0, 0.9, 0.5]))


def test_a_piece_that_was_not_compared_counts_as_the_one_that_the_image_fits_best() -> None:
    held = contrasted([place(1, 1.0), place(2, 0.9), place(9, 0.8)], {1: chance(0.9), 2: chance(0.3)})
    assert [each.track for each in held] == [2, 1, 9]
    assert contrasted([place(1, 1.0)], {}) == [place(1, 1.0)]


def test_a_long_piece_comes_after_a_short_one_that_fits_as_well() -> None:
    held = contrasted([place(1, 1.0), place(2, 1.0)], {1: chance(0.5, 120.0), 2: chance(0.5, 6.0)})
    assert [each.track for each in held] == [2, 1]
    assert held[0].odds - held[1].odds == pytest.approx(LENGTH * np.log(20))


def test_the_image_is_looked_for_around_the_best_place_of_the_likeliest_pieces() -> None:
    long = round(1000 * SALIENCE_HZ)
    bounds = np.arange(PIECES + 6) * long
    places = [place(0, 1.0, 500.0), place(0, 0.9, 20.0), *(place(n, 0.5) for n in range(1, PIECES + 5))]
    spans = surroundings(best_of_pieces(places, PIECES), bounds)
    assert [number for number, *_ in spans] == list(range(PIECES))
    assert spans[0][1:] == (round((500 - AROUND_S) * SALIENCE_HZ), round((510 + AROUND_S) * SALIENCE_HZ))
    assert all(0 <= low < high <= long for _, low, high in spans)


def test_close_harmony_does_not_outvote_what_was_hummed_badly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tuple((midi + (2 if n in {3, 8} else 0), length) for n, (midi, length) in enumerate(TUNE))
    salience = Salience()
    rows = [salience.kept(piece(number)) for number in range(10)] + [thick(40.0)]
    tracks = [track(number) for number in range(11)]
    query, pitch = clip_query(tmp_path, sung(wrong, 3, 1.1)), track_sound(sung(wrong, 3, 1.1))
    searcher = TuneSearcher(tracks, SalienceTable.of(rows))

    def lead() -> float:
        odds = {hit.track.id: hit.factors["melody"].value for hit in searcher.find_tune(query, pitch).hits}
        return odds[tracks[7].id] - odds.get(tracks[10].id, -1.0)

    now = lead()

    def as_they_are(places: Sequence[Place], fit: Mapping[int, Chance]) -> list[Place]:
        assert fit[10].images == max(each.images for each in fit.values())
        return list(places)

    monkeypatch.setattr(of_searcher, "contrasted", as_they_are)
    assert now > lead() + 0.1 * IMAGES
    assert now > 0
