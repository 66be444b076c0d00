"""Scores become notes, notes become sound: repeats, ties, tempi, levels, tags."""

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import mutagen
import numpy as np
import pytest

from demo.ensembles import CELLO, CHOIR, CLARINET, ENSEMBLES, VIOLA, VIOLIN, program_by_name, spread
from demo.library import build_demo
from demo.pieces import Piece, PieceError, pieces
from demo.render import default_soundfont, render, write_tagged
from demo.repeats import Jump, RepeatSigns, play_order
from demo.scores import Bar, Note, Part, Score, ScoreError, load_score, score_file
from demo.written import Page, Written, played_bars, played_notes
from index.audio.reading import read_sound
from index.core.errors import LibraryBusyError


def score_of(*parts, program=0):
    notes = tuple(
        Part(f"part {i}", program, tuple(Note(start, end, midi, 80) for start, end, midi in part))
        for i, part in enumerate(parts)
    )
    return Score("test/scale", "Scale", "Nobody", 1800, "Test", notes, (Bar(0, 4, 1),), 120.0, 0, "major")


def test_without_signs_bars_are_played_once():
    assert play_order(4, RepeatSigns()) == [0, 1, 2, 3]


def test_a_closing_sign_alone_repeats_from_the_start():
    assert play_order(4, RepeatSigns(ends={1: 2})) == [0, 1, 0, 1, 2, 3]


def test_two_repeated_halves():
    signs = RepeatSigns(starts=frozenset({2}), ends={1: 2, 3: 2})
    assert play_order(4, signs) == [0, 1, 0, 1, 2, 3, 2, 3]


def test_first_and_second_ending():
    signs = RepeatSigns(starts=frozenset({1}), ends={2: 2}, endings={2: frozenset({1}), 3: frozenset({2})})
    assert play_order(5, signs) == [0, 1, 2, 1, 3, 4]


def test_three_endings_with_a_shared_bracket():
    signs = RepeatSigns(ends={1: 2}, endings={1: frozenset({1, 2}), 2: frozenset({3})})
    assert play_order(4, signs) == [0, 1, 0, 1, 0, 2, 3]


def test_da_capo_al_fine_takes_no_repeats_the_second_time():
    signs = RepeatSigns(ends={1: 2}, jump=Jump(3, "start", "fine"), fine=1)
    assert play_order(4, signs) == [0, 1, 0, 1, 2, 3, 0, 1]


def test_dal_segno_al_coda():
    signs = RepeatSigns(jump=Jump(3, "segno", "coda"), segno=1, codas=(2, 4))
    assert play_order(6, signs) == [0, 1, 2, 3, 1, 2, 4, 5]


def test_signs_that_lead_in_a_circle_are_an_error():
    with pytest.raises(ValueError, match="circle"):
        play_order(3, RepeatSigns(ends={2: 10**9}))


def test_a_page_keeps_time_through_a_change_of_tempo():
    page = Page([0.0, 4.0, 8.0], 12.0, [(0.0, 120.0), (4.0, 60.0)])
    assert [page.seconds(q) for q in (0, 2, 4, 6)] == [0, 1, 2, 4]
    assert played_bars(page, [0, 1, 0, 2]) == (
        Bar(0, 2, 1),
        Bar(2, 6, 2),
        Bar(6, 8, 1),
        Bar(8, 12, 3),
    )


def test_ties_are_joined_across_bars_and_repeats_are_written_out():
    page = Page([0.0, 4.0], 8.0, [(0.0, 60.0)])
    written = [
        Written(0, 4, 60, 80, "start", 0, False),
        Written(4, 2, 60, 80, "stop", 0, False),
        Written(6, 2, 62, 80, "", 0, False),
    ]
    notes = played_notes(written, page, [0, 1, 0, 1])
    assert [(n.start_s, n.midi) for n in notes] == [(0, 60), (6, 62), (8, 60), (14, 62)]
    assert notes[0].end_s == pytest.approx(6 * 0.96)


def test_grace_notes_come_before_the_beat_and_staccato_is_short():
    page = Page([0.0], 8.0, [(0.0, 60.0)])
    written = [Written(4, 0, 64, 80, "", 1, False), Written(4, 2, 62, 80, "", 0, True)]
    notes = played_notes(written, page, [0])
    assert notes[0].start_s == pytest.approx(3.91)
    assert notes[1].start_s == 4
    assert notes[1].end_s == pytest.approx(4 + 2 * 0.55 * 0.96)


def test_a_key_is_struck_once_at_a_time():
    page = Page([0.0], 8.0, [(0.0, 60.0)])
    written = [
        Written(0, 4, 60, 80, "", 0, False),
        Written(0, 1, 60, 80, "", 0, False),
        Written(2, 1, 60, 80, "", 0, False),
    ]
    notes = played_notes(written, page, [0])
    assert [n.start_s for n in notes] == [0, 2]
    assert notes[0].end_s <= 2
    assert notes[1].end_s == pytest.approx(2 + 2 * 0.96)


def test_instruments_by_name_and_by_ensemble():
    assert program_by_name("Violin I") == VIOLIN
    assert program_by_name("", "Violoncello") == CELLO
    assert program_by_name("Bb Clarinet") == CLARINET
    assert program_by_name("Basso") == CHOIR
    assert program_by_name("MusicXML Part") is None
    assert spread("strings", 4) == ENSEMBLES["strings"]
    assert spread("strings", 3) == (VIOLIN, VIOLA, CELLO)
    assert spread("piano", 2) == (0, 0)


def test_a_score_survives_json():
    score = score_of([(0, 1, 60), (1, 2, 62)])
    assert Score.from_json(json.loads(json.dumps(score.as_json()))) == score


def test_a_chorale_from_the_corpus(tmp_path):
    score = load_score("bach/bwv66.6", tmp_path)
    assert [part.name for part in score.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert [len(part.notes) for part in score.parts] == [36, 42, 44, 41]
    assert score.parts[0].notes[0].midi == 73
    assert score.fifths == 3
    assert load_score("bach/bwv66.6", tmp_path) == score


def test_a_tune_of_a_book_has_its_repeats_written_out(tmp_path):
    score = load_score("airdsAirs/book1#1", tmp_path)
    assert score.title.startswith("The Ranting Highlandman")
    assert len(score.measures) == 2 * len({bar.number for bar in score.measures})


def test_a_work_that_is_not_there_is_one_clear_sentence(tmp_path):
    for _ in range(2):  # the second time from what was kept
        with pytest.raises(ScoreError, match="no such work"):
            load_score("bach/bwv9999", tmp_path)


def test_rendering_is_deterministic_and_in_tune():
    score = score_of([(0, 2, 69)])
    sound = render(score, rate_hz=22050)
    again = render(score, rate_hz=22050)
    assert np.array_equal(sound.samples, again.samples)
    spectrum = np.abs(np.fft.rfft(sound.samples[2205 : 2205 + 22050] * np.hanning(22050)))
    assert abs(np.argmax(spectrum[:1000]) - 440) <= 1
    higher = render(score, rate_hz=22050, transpose=3)
    spectrum = np.abs(np.fft.rfft(higher.samples[2205 : 2205 + 22050] * np.hanning(22050)))
    assert abs(np.argmax(spectrum[:1000]) - 523.25) <= 1.5


def test_a_note_starts_at_its_sample():
    sound = render(score_of([(0.5, 1.0, 60)]), rate_hz=22050)
    quiet = sound.samples[:11025]
    assert not quiet.any()
    assert np.abs(sound.samples[11025 : 11025 + 1102]).max() > 0.01


def test_tempo_and_level_and_end():
    score = score_of([(0, 1, 60), (4, 5, 64)])
    assert render(score, rate_hz=22050).duration_s == pytest.approx(7.5, abs=0.01)
    fast = render(score, rate_hz=22050, tempo_ratio=2.0)
    assert fast.duration_s == pytest.approx(5.0, abs=0.01)
    assert not render(score, rate_hz=22050, tempo_ratio=2.0, start_s=3.0).samples[:11000].any()
    rms = np.sqrt(np.mean(np.square(fast.samples, dtype=np.float64)))
    assert np.abs(fast.samples).max() <= 0.8901
    assert rms == pytest.approx(0.1, rel=0.01) or np.abs(fast.samples).max() == pytest.approx(0.89, rel=0.01)


def test_a_long_piece_fades_out():
    score = score_of([(i, i + 1, 60) for i in range(30)])
    sound = render(score, rate_hz=22050, max_s=10)
    assert sound.duration_s == pytest.approx(10)
    assert np.abs(sound.samples[-200:]).max() < 0.001


def test_the_soundfont_is_found_without_its_package():
    assert default_soundfont().name == "TimGM6mb.sf2"


@pytest.mark.parametrize("ending", [".flac", ".ogg"])
def test_files_are_tagged_and_whole(tmp_path, ending):
    sound = render(score_of([(0, 1, 69)]))
    path = tmp_path / f"scale{ending}"
    write_tagged(path, sound, {"title": "Tónleiter", "composer": "Nobody", "date": 1800, "album": ""})
    tags = mutagen.File(path)
    assert tags["title"] == ["Tónleiter"]
    assert tags["date"] == ["1800"]
    assert "album" not in tags
    read = read_sound(path)
    assert read.duration_s == pytest.approx(sound.duration_s, abs=0.001)
    n = len(sound.samples)
    assert np.corrcoef(read.samples[:n], sound.samples)[0, 1] > 0.99
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


class FakeLibrary:
    interrupted = False

    def __init__(self, home):
        self.options = SimpleNamespace(home=home)
        self.added, self.removed = [], []

    def add(self, paths, workers=0, progress=None):
        assert all(path.exists() for path in paths)
        for done, path in enumerate(paths, start=1):
            progress(SimpleNamespace(done=done, failed=0, current=str(path)))
        self.added.append([path.name for path in paths])
        return SimpleNamespace(failed=(), interrupted=self.interrupted)

    def remove(self, path):
        self.removed.append(path.name)
        return 1


def a_piece(path, title, **other):
    return Piece(path, title, "Nobody", 1800, "Test", other.get("ensemble", "organ"), other.get("bpm", 0), 12)


def test_the_list_of_pieces_is_wide_enough_and_whole():
    wanted = pieces()
    assert len(wanted) >= 110
    composers = Counter(piece.composer for piece in wanted if not piece.composer.startswith("Traditional"))
    assert len(composers) >= 18
    assert sum(n > 5 for n in composers.values()) >= 3
    assert len({piece.year // 100 for piece in wanted}) >= 5
    assert len({piece.file_name for piece in wanted}) == len(wanted) == len({piece.path for piece in wanted})
    assert all(piece.max_s <= 120 for piece in wanted)
    assert all(piece.ensemble in ENSEMBLES or not piece.ensemble for piece in wanted)
    assert all(score_file(piece.path).is_file() for piece in wanted)
    assert all(piece.file_name.isascii() for piece in wanted)


def test_a_line_that_makes_no_sense_is_named(tmp_path):
    file = tmp_path / "pieces.csv"
    file.write_text(
        "path,title,composer,year,genre,ensemble,quarter_bpm,max_s\nbach/bwv66.6,Chorale,Bach,long ago,Baroque,,,\n"
    )
    with pytest.raises(PieceError, match="Line 2"):
        pieces(file)


def test_the_demo_is_made_skips_what_cannot_be_read_and_goes_on_where_it_was(tmp_path):
    library = FakeLibrary(tmp_path)
    told: list[Any] = []
    wanted = [a_piece("bach/bwv66.6", "One"), a_piece("bach/none", "Two"), a_piece("bach/bwv269", "Three")]
    report = build_demo(library, told.append, workers=1, chosen=wanted)
    assert (report.pieces, [skipped.path for skipped in report.skipped]) == (2, ["bach/none"])
    assert "no such work" in report.skipped[0].reason
    assert sorted(name for group in library.added for name in group) == [
        "Nobody - One.ogg",
        "Nobody - Three.ogg",
    ]
    assert (told[-1].made, told[-1].indexed, told[-1].total, told[-1].skipped) == (2, 2, 3, 1)
    assert report.minutes == pytest.approx(0.4, abs=0.02)
    tags = mutagen.File(tmp_path / "demo" / "Nobody - One.ogg")
    assert (tags["title"], tags["composer"], tags["date"]) == (["One"], ["Nobody"], ["1800"])
    assert tags.info.length == pytest.approx(12, abs=0.05)

    one = (tmp_path / "demo" / "Nobody - One.ogg").stat().st_mtime_ns
    three = (tmp_path / "demo" / "Nobody - Three.ogg").stat().st_mtime_ns
    (tmp_path / "demo" / ".half.1.ogg").write_bytes(b"half")
    again = build_demo(library, workers=1, chosen=[wanted[0], a_piece("bach/bwv269", "Three", bpm=60)])
    assert again.pieces == 2
    assert (tmp_path / "demo" / "Nobody - One.ogg").stat().st_mtime_ns == one
    assert (tmp_path / "demo" / "Nobody - Three.ogg").stat().st_mtime_ns != three
    assert not (tmp_path / "demo" / ".half.1.ogg").exists()

    last = build_demo(library, workers=1, chosen=wanted[:1])
    assert (last.pieces, last.minutes) == (1, 0)
    assert library.removed == ["Nobody - Three.ogg"]


def test_ctrl_c_while_indexing_stops_and_says_so(tmp_path):
    library = FakeLibrary(tmp_path)
    library.interrupted = True
    report = build_demo(library, workers=1, chosen=[a_piece("bach/bwv66.6", "One")])
    assert report.interrupted
    library.interrupted = False
    assert build_demo(library, chosen=[a_piece("bach/bwv66.6", "One")]).pieces == 1


def test_two_programs_do_not_make_the_demo_at_once(tmp_path):
    from demo.library import _alone

    (tmp_path / "demo").mkdir()
    with _alone(tmp_path / "demo"), pytest.raises(LibraryBusyError, match="demo"):
        build_demo(FakeLibrary(tmp_path), chosen=[])
    assert build_demo(FakeLibrary(tmp_path), chosen=[]).pieces == 0
