"""The sets on which feeling is measured: tables of notes as scores, halves of composers, the nearest by the score."""

from pathlib import Path
from typing import Any

import pytest

from bench.feeling import ByScore, Question, composer_side, numbers_of
from bench.feeling_notes import PERIODS, period
from bench.feeling_scores import MOMENT_S, PEOPLE_S, of_tables
from bench.feeling_sets import Item
from bench.works import is_reserved
from bench.world.tables_of_notes import COMPOSERS, pieces, read_table, work

HEAD = "quarterbeats\tduration_qb\tstaff\ttied\tmidi\tgracenote\n"


def written(folder, corpus, stem, rows, tempo="<tempo>2</tempo>"):
    """A table of notes as a corpus has it, and its score beside it."""
    notes, score = folder / corpus / "notes", folder / corpus / "MS3"
    notes.mkdir(parents=True, exist_ok=True)
    score.mkdir(parents=True, exist_ok=True)
    file = notes / f"{stem}.notes.tsv"
    file.write_text(HEAD + "".join("\t".join(row) + "\n" for row in rows), "utf-8")
    (score / f"{stem}.mscx").write_text(f"<museScore>{tempo}</museScore>", "utf-8")
    return file


def test_a_table_of_notes_is_read_in_seconds_with_ties_joined(tmp_path):
    file = written(
        tmp_path,
        "grieg_lyric_pieces",
        "op12n01",
        [
            ("0", "1.0", "1", "1", "60", ""),
            ("1", "1.0", "1", "0", "60", ""),
            ("2", "1/2", "1", "-1", "60", ""),
            ("3/2", "0.5", "2", "", "40", ""),
            ("3/2", "0.5", "2", "", "41", "acciaccatura"),
            ("", "0.5", "2", "", "42", ""),
        ],
    )
    score = read_table(file)
    (upper,), (lower,) = (part.notes for part in score.parts)
    assert (upper.start_s, upper.end_s, upper.midi) == (0.0, pytest.approx(1.25), 60)
    assert (lower.start_s, lower.end_s, lower.midi) == (pytest.approx(0.75), pytest.approx(1.0), 40)
    assert score.quarter_bpm == 120
    assert score.composer == "Edvard Grieg"


def test_a_tie_that_never_ends_is_a_note_all_the_same(tmp_path):
    rows = [("0", "2.0", "1", "1", "60", ""), ("4", "1.0", "1", "1", "60", "")]
    score = read_table(written(tmp_path, "corelli", "op01n01a", rows, tempo=""))
    assert [note.start_s for note in score.notes] == [0.0, pytest.approx(4 * 60 / 100)]


def test_movements_of_a_work_are_one_work_and_pieces_are_not():
    def of(corpus, stem):
        return work(Path("x") / corpus / "notes" / f"{stem}.notes.tsv")

    assert of("corelli", "op01n01a") == of("corelli", "op01n01b") != of("corelli", "op01n02a")
    assert of("wf_bach_sonatas", "F001_n08a") == of("wf_bach_sonatas", "F001_n08b")
    one, other = "wa01op05no1a_Allegretto", "wa01op05no1b_Tempo_di_Minuetto"
    assert of("jc_bach_sonatas", one) == of("jc_bach_sonatas", other)
    assert of("grieg_lyric_pieces", "op12n01") != of("grieg_lyric_pieces", "op12n02")


def test_of_a_corpus_as_many_pieces_as_are_asked_for_are_cut_and_what_the_demo_has_is_left_out(tmp_path):
    rows = [(str(beat), "1.0", "1", "", str(50 + beat % 20), "") for beat in range(200)]
    for number in range(5):
        written(tmp_path, "corelli", f"op03n0{number}a", rows)
    assert all("op03n01" not in file.name for file in pieces(tmp_path)["corelli"])
    found = list(of_tables(tmp_path, most=2))
    assert len(found) == 2
    for played in found:
        notes = played.score.notes
        assert PEOPLE_S / 2 < notes[-1].start_s < PEOPLE_S
        assert notes[0].start_s < 1
        assert played.bpm(0, MOMENT_S) == pytest.approx(120)


def test_every_composer_of_the_tables_has_a_period_and_none_has_two():
    for composer in COMPOSERS.values():
        assert period(composer), composer
    assert period("Anton Webern") == "modern"
    assert period("Carl Maria von Weber") == "romantic"
    names = [name for each in PERIODS.values() for name in each.split()]
    assert len(names) == len(set(names))


def test_half_of_the_composers_are_learned_from_and_never_reported():
    sides = {composer: composer_side(composer) for composer in COMPOSERS.values()}
    assert set(sides.values()) == {"learn", "test"}
    assert composer_side("Béla Bartók") == "learn"
    assert composer_side("Edvard Grieg") == "test"


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
    assert not is_reserved("corelli/op01n01")
