"""The sets on which feeling is measured: further works, halves of composers, the nearest by the score."""

from typing import Any

from bench.feeling import ByScore, Question, composer_side, numbers_of
from bench.feeling_notes import PERIODS, period
from bench.feeling_scores import MOMENT_S, PEOPLE_S, of_corpus
from bench.feeling_sets import Item
from bench.works import all_works, is_reserved, side
from demo.pieces import pieces


def test_further_works_are_cut_and_neither_reserved_nor_tested_on_nor_of_the_demo():
    found = list(of_corpus(24))
    assert 8 < len(found) <= 24
    assert {played.composer for played in found if played.work.startswith("bach/")} == {
        "Johann Sebastian Bach"
    }
    names = {work.path: work.name for work in all_works()}
    for played in found:
        assert not is_reserved(played.work)
        assert side(names[played.work]) != "test"
        assert played.work not in {piece.path for piece in pieces()}
        assert played.score.notes[-1].start_s < PEOPLE_S
        assert played.bpm(0, MOMENT_S) == played.score.quarter_bpm


def test_every_period_has_names_of_its_own():
    assert period("Anton Webern") == "modern"
    assert period("Carl Maria von Weber") == "romantic"
    names = [name for each in PERIODS.values() for name in each.split()]
    assert len(names) == len(set(names))


def test_half_of_the_composers_are_learned_from_and_never_reported():
    sides = {
        composer: composer_side(composer) for composer in ("Claudio Monteverdi", "Anton Webern", "Brahms")
    }
    assert set(sides.values()) == {"learn", "test"}


def test_the_nearest_by_the_score_are_those_that_the_notes_say():
    def said(density, register):
        rest = {"polyphony": 2.0, "together": 2.0, "spread": 8.0, "major": 1.0, "chromatic": 3.0, "bpm": 90.0}
        return {**rest, "density": density, "register": register}

    items = {
        name: Item(name, name, "", "", 14.0, windows, ())
        for name, windows in {
            "slow": (said(1.0, 60.0), said(1.0, 61.0)),
            "fast": (said(8.0, 60.0), said(6.0, 60.0)),
            "high": (said(1.0, 90.0), {**said(1.0, 90.0), "major": float("nan")}, {}),
        }.items()
    }
    anywhere: Any = None
    asked = Question(anywhere, frozenset(items), lambda key, at: True, 1, "", numbers_of(said(6.0, 60.0)))
    assert ByScore(items).find(asked)[0] == ("fast", 2.0)
    among = Question(
        anywhere, frozenset({"slow", "high"}), lambda key, at: True, 1, "", numbers_of(said(1.1, 61.0))
    )
    assert [key for key, _ in ByScore(items).find(among)] == ["slow", "high"]


def test_what_is_reserved_is_not_learned_from():
    assert is_reserved("bach/bwv245.40")
    assert is_reserved("chopin/mazurka06-2")
    assert not is_reserved("Chopin/Ballades/1")
