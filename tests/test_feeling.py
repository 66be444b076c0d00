"""How a moment feels where nothing is the same music: two regimes of the score, character, the set that measures it."""

import struct
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sounds import passage_of, silent_frames

from bench.feeling import DESCRIBED
from bench.feeling_notes import cell, period, what_notes_say
from bench.train_character import ridge
from bench.world.performances import read_performance, works
from demo.scores import Note
from index.core.frames import LOWEST_MIDI
from index.core.hits import Alignment
from index.core.moments import Span
from index.core.query import BESIDE_FACTORS, FACTORS, Query
from index.factors import build
from index.factors.character import Character, statistics
from index.placement.by_notes import Placed
from index.placement.prepared import PreparedQuery
from index.search.fusion import FusionModel, fuse
from index.search.rerank import Scorer
from index.search.surprise import Scale

MODEL = FusionModel.load()
UNIT = {name: Scale(0.0, 1.0) for name in build()}
NOTES = ("harmony", "melody", "rhythm", "dynamics")


def scored(**values):
    """The fused score of candidates whose surprises are nearly these; 0 where nothing is said."""
    count = len(next(iter(values.values())))
    whole = {name: np.array(values.get(name, [-3.0] * count), float) for name in build()}
    return fuse(MODEL, whole, UNIT, {})


def test_where_nothing_is_the_same_the_sound_decides_and_not_what_notes_agree_by_chance():
    fused = scored(timbre=[3.0, 0.5], harmony=[0.5, 3.0], melody=[0.0, 3.0], rhythm=[0.0, 4.0])
    assert fused.score.argmax() == 0


def test_what_the_notes_say_just_below_chance_outvotes_no_difference_in_sound():
    chance = MODEL.chance["harmony"]
    fused = scored(timbre=[3.0, 2.0], harmony=[0.0, chance - 1.0])
    assert fused.score.argmax() == 0
    fused = scored(timbre=[3.0, 2.0], harmony=[0.0, chance + 1.0])
    assert fused.score.argmax() == 1


def test_what_the_notes_say_beyond_chance_orders():
    fused = scored(timbre=[4.0, 0.0], harmony=[2.0, 12.0])
    assert fused.score.argmax() == 1


def test_chords_that_fit_anywhere_outvote_no_difference_in_sound_and_notes_that_are_the_same_do():
    for_all = {"timbre": [2.0, 1.0], "rhythm": [0.0, 1.0]}
    chords = scored(**for_all, harmony=[0.0, 7.0], melody=[0.0, 1.0])
    assert chords.score.argmax() == 0
    notes = scored(**for_all, harmony=[0.0, 4.5], melody=[0.0, 6.0])
    assert notes.score.argmax() == 1


@pytest.mark.parametrize("moments", [20, 600, 10**6])
def test_the_best_of_so_many_places_by_chance_outvotes_no_sound(moments):
    """The best of so many sums by chance exceeds their logarithm in two of three libraries, and by a nat in a third."""
    model = MODEL.among(moments)
    values = {name: np.array([0.0, 0.0]) for name in build()}
    values |= {"timbre": np.array([2.0, 1.0]), "harmony": np.array([0.0, min(np.log(moments), 6.5) + 1.0])}
    assert fuse(model, values, UNIT, {}).score.argmax() == 0


def test_factors_that_each_lie_within_chance_speak_together():
    together = scored(harmony=[5.5], melody=[6.0], rhythm=[4.0])
    alone = [
        scored(**{name: [value]}) for name, value in (("harmony", 5.5), ("melody", 6.0), ("rhythm", 4.0))
    ]
    assert together.score[0] > sum(each.score[0] for each in alone) + 0.5


def test_parts_are_what_the_ranking_added_up_in_both_regimes():
    fused = scored(
        timbre=[3.0, 1.0], harmony=[1.0, 14.0], melody=[1.0, 5.0], rhythm=[1.0, 3.0], character=[2.0, 1.0]
    )
    for index in range(2):
        assert sum(part.contribution for part in fused.parts(index).values()) == pytest.approx(
            fused.score[index]
        )
        assert all(part.contribution >= 0 for part in fused.parts(index).values())
    assert next(iter(fused.parts(0))) in ("timbre", "character")
    assert next(iter(fused.parts(1))) == "harmony"


def test_an_emphasis_multiplies_a_part_and_leaves_the_others_as_they_are():
    values = {name: np.array([4.0]) for name in build()}
    plain, asked = (fuse(MODEL, values, UNIT, emphasis) for emphasis in ({}, {"rhythm": 2.0, "melody": 0.0}))
    times = {"rhythm": 2.0, "melody": 0.0}
    for name, part in plain.contributions.items():
        assert asked.contributions[name] == pytest.approx(times.get(name, 1.0) * part), name


def test_where_one_factor_alone_is_asked_for_character_does_not_speak():
    values = {name: np.array([4.0]) for name in build()}
    alone = fuse(MODEL, values, UNIT, {"timbre": 0.0, "melody": 0.0, "rhythm": 0.0, "dynamics": 0.0})
    assert "character" not in {name for name, part in alone.parts(0).items() if part.weight > 0}
    assert "character" in fuse(MODEL, values, UNIT, {"timbre": 0.0}).parts(0)


def chords(midi, every=5, frames=100):
    """Frames with chords of these pitches struck every so many tenths of a second."""
    made = silent_frames(frames / 10)
    for start in range(0, frames, every):
        for key in midi:
            made.notes[start : start + every - 1, key - LOWEST_MIDI] = 230
    return made


def test_character_is_how_notes_lie_and_not_which_they_are():
    asked = PreparedQuery(Query(passage_of(chords((60, 64, 67)))))
    other_key, high_line, low_fast = (
        Span(frames, 0.0, 10.0) for frames in (chords((62, 66, 69)), chords((88,)), chords((36, 43), every=2))
    )
    near, *far = Character().similarity(asked, [other_key, high_line, low_fast])
    assert near > 0.9
    assert near > max(far) + 0.2


def said(frames, name):
    """What a score would say of ten seconds, in deviations."""
    return float(Character().measure([Span(frames, 0.0, 10.0)])[0, DESCRIBED.index(name)])


def test_what_a_score_would_say_is_estimated_from_what_is_heard():
    slow, quick = (chords((60, 64, 67), every=every) for every in (25, 2))
    assert said(quick, "density") > said(slow, "density") + 0.3
    low, high = (chords((midi, midi + 4, midi + 7)) for midi in (40, 76))
    assert said(high, "register") > said(low, "register") + 1
    for tonic in (0, 5):
        major, minor = (chords((60 + tonic, 60 + tonic + third, 67 + tonic)) for third in (4, 3))
        assert said(major, "major") > said(minor, "major") + 0.3
    line, many = chords((72,)), chords((48, 55, 60, 64, 67, 72))
    assert said(many, "polyphony") > said(line, "polyphony") + 0.3


def test_a_regression_says_what_a_line_says_and_leaves_out_what_is_not_known():
    table = np.random.default_rng(0).normal(size=(400, 3))
    exact = 2 * table[:, 0] - table[:, 2] + 5
    exact[::7] = np.nan
    factors, constant = ridge(table, exact, np.ones(400))
    assert np.abs(table @ factors + constant - (2 * table[:, 0] - table[:, 2] + 5)).max() < 2
    assert abs(factors[1]) < 0.05 < -factors[2] < factors[0]
    assert constant == pytest.approx(5, abs=0.2)


def test_character_has_a_say_in_what_is_compared():
    """Of forty tracks that sound alike, the one with such notes is among the few that are compared by all factors."""
    character, felt, asked_of = felt_by(np.linspace(0.5, 0.4, 40), [str(n) for n in range(40)], 20, alike=17)
    assert asked_of == list(range(20))
    assert felt.sum() == 20
    assert character.argmax() == 17
    assert (character[~felt] == 0).all()


def test_of_one_track_no_second_window_is_asked_for_its_character_before_others():
    _, felt, _ = felt_by(np.array([6.0, 5, 4, 3, 2, 1]), list("aaaabb"), 2)
    assert felt.tolist() == [True, False, False, False, True, False]


def felt_by(score, ids, most, alike=0):
    """The character of candidates of these tracks, 1 of the one that is alike; which were asked, and in which order."""
    asked_of: list[int] = []
    nobody: Any = None
    spans: Any = tuple(range(len(ids)))
    tracks: Any = [SimpleNamespace(id=each) for each in ids]

    class Numbered(Scorer):
        def _compared(self, name, query, placed):
            asked_of.extend(placed.spans)
            return np.array([float(span == alike) for span in placed.spans])

    placed = Placed(np.zeros(len(ids)), spans, (Alignment(0, 1.0),) * len(ids))
    found = Numbered({}, MODEL, nobody)._felt(nobody, placed, score, tracks, most)
    return *found, asked_of


def test_what_is_told_of_character_was_measured():
    one, other = passage_of(chords((60, 64, 67))), passage_of(chords((59, 64, 67)))
    facts = {fact.name: fact for fact in Character().facts(one)}
    assert facts["notes at once"].value == pytest.approx(3.0)
    assert facts["middle of the register"].value == 64
    assert facts["beginnings"].value == pytest.approx(2.0, abs=0.2)
    (shared,) = Character().shared(one, other, Alignment(0, 1.0))
    assert "3.0 and 3.0 notes at once" in shared.text


def test_statistics_do_not_depend_on_what_is_measured_beside():
    spans = [Span(chords((60, 64), frames=100), 0.0, 10.0), Span(chords((50,), frames=40), 0.0, 4.0)]
    both = statistics(spans)
    assert np.allclose(both, np.concatenate([statistics([span]) for span in spans]), atol=1e-5)
    assert np.isfinite(statistics([Span(silent_frames(3.0), 0.0, 3.0)])).all()


def test_nobody_has_to_weigh_character():
    assert "character" in BESIDE_FACTORS and "character" not in FACTORS
    assert set(NOTES) == set(MODEL.chance)


def midi_file(path, events):
    """A MIDI file of one track at 1 ms a tick; events are (ms, bytes)."""
    track, now = b"", 0
    for at_ms, data in events:
        delta, now = at_ms - now, at_ms
        size = [delta & 127]
        while delta := delta >> 7:
            size.insert(0, delta & 127 | 128)
        track += bytes(size) + bytes(data)
    track += b"\x00\xff\x2f\x00"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"MThd" + struct.pack(">IHHH", 6, 0, 1, 500) + b"MTrk" + struct.pack(">I", len(track)) + track
    )
    return path


def test_the_pedal_holds_notes_until_it_is_released_or_the_key_is_struck_again(tmp_path):
    file = midi_file(
        tmp_path / "Chopin" / "Waltz" / "A.mid",
        [
            (0, (0x90, 60, 80)),
            (100, (0xB0, 64, 127)),
            (200, (0x80, 60, 0)),
            (300, (0x90, 64, 70)),
            (400, (0x80, 64, 0)),
            (500, (0x90, 64, 60)),
            (700, (0xB0, 64, 0)),
            (900, (0x80, 64, 0)),
        ],
    )
    notes = read_performance(file).parts[0].notes
    spans = [(note.midi, round(note.start_s, 2), round(note.end_s, 2)) for note in notes]
    assert spans == [(60, 0.0, 0.7), (64, 0.3, 0.5), (64, 0.5, 0.9)]
    midi_file(tmp_path / "Haydn" / "Sonata" / "B.mid", [(0, (0x90, 60, 80)), (9, (0x80, 60, 0))])
    assert [*works(tmp_path)] == ["Chopin/Waltz"], "reserved composers are left out"


def test_a_cell_is_what_the_notes_say():
    chord = [Note(at, at + 0.9, key, 80) for at in range(10) for key in (60, 64, 67)]
    said = what_notes_say(chord, 0.0, 10.0, bpm=60.0)
    assert cell(said) == ("chords", False, True, 0, 1)
    assert said["together"] == 3
    line = [Note(at / 5, at / 5 + 0.2, (72, 75, 79, 80, 82)[at % 5], 80) for at in range(50)]
    found = cell(what_notes_say(line, 0.0, 10.0, bpm=120.0))
    assert found is not None
    texture, fast, _, density, register = found
    assert (texture, fast, density, register) == ("line", True, 2, 2)
    assert cell(what_notes_say(line[:2], 0.0, 10.0, bpm=120.0)) is None
    assert period("Johann Sebastian Bach") == "baroque"
    assert period("Carl Philipp Emanuel Bach") == "classical"
    assert period("Turlough O'Carolan") == ""
