"""Factors: how alike spans are, and what they measure, with units and words that fit the numbers."""

import numpy as np
import pytest
import sounds
from sounds import frames_with_notes, passage_of, silent_frames

from bench.train_whitening import whitening
from index.core.facts import Beside, unit_rows
from index.core.frames import NOTE_HZ, ONSET_HZ
from index.core.hits import Alignment
from index.core.moments import fitted
from index.core.query import Query
from index.descriptors.instruments import FAMILIES, detected_families, family_model
from index.descriptors.key_and_chords import C_MAJOR, Key
from index.descriptors.texture import note_at, texture, texture_facts, top_line
from index.factors import Span, build
from index.factors.base import Measures
from index.factors.dynamics import (
    attack_db,
    courses,
    loudness_course,
    loudness_word,
    loudness_words,
    onset_density,
    range_db,
    relative_level_db,
    thins_out,
)
from index.factors.harmony import Harmony
from index.factors.rhythm import Rhythm, pace_word, pulse
from index.factors.timbre import Timbre, brightness_hz, impressions, instruments, strongest_tags
from index.models.musicnn import TAGS
from index.placement import by_notes
from index.placement.prepared import PreparedQuery
from index.text.interval_words import agreement_words, shift_words

SAME = Alignment(0, 1.0)
ARCH = (0, 4, 8, 12, 16, 18, 18, 16, 12, 8, 4, 0)


def facts_of(factor, passage, beside=None):
    return {fact.name: fact for fact in factor.facts(passage, beside)}


def span_of(passage):
    return passage.span


def test_every_factor_finds_a_passage_most_like_itself(small):
    passage = small.passage("Song in C", 4, 14)
    others = [
        span_of(small.passage(title, 1, 11)) for title in ("Cadence in D", "Scale in G", "Clicks", "Swell")
    ]
    for name, factor in build().items():
        values = factor.similarity(PreparedQuery(Query(passage)), [span_of(passage), *others])
        assert values.argmax() == 0, name
        assert np.all(np.isfinite(values)), name


def test_vectors_have_the_size_they_say(small):
    frames = small.frames("Song in C")
    for name, factor in build().items():
        vectors = factor.vectors(frames, [(0, 10), (2, 12)])
        assert vectors.shape == (2, factor.dimensions), name
        assert factor.query_vectors(frames, (0, 10)).shape[1] == factor.dimensions, name


def test_a_measured_span_compares_like_an_unmeasured_one(small):
    passage = small.passage("Song in C", 4, 14)
    spans = [span_of(small.passage(title, 1, 11)) for title in ("Cadence in D", "Swell")]
    for name in ("timbre", "rhythm", "dynamics"):
        factor = build()[name]
        assert isinstance(factor, Measures)
        assert np.allclose(
            factor.compare(PreparedQuery(Query(passage)), factor.measure(spans)),
            factor.similarity(PreparedQuery(Query(passage)), spans),
            atol=1e-6,
        )


def test_harmony_hardly_knows_a_key(small):
    frames = small.frames("Cadence in D")
    one, lower = (Harmony().vectors(each, [(0, 10)])[0] for each in (frames, frames_transposed(frames, 5)))
    other = Harmony().vectors(small.frames("Scale in G"), [(0, 10)])[0]
    assert one @ lower > 0.9
    assert one @ other < one @ lower - 0.2


def frames_transposed(frames, semitones):
    from dataclasses import replace

    return replace(frames, notes=np.roll(frames.notes, semitones, axis=1))


def test_harmony_says_how_two_passages_lie(small):
    placed = by_notes.place(
        PreparedQuery(Query(small.passage("Cadence in D", 2, 12))),
        [span_of(small.passage("Cadence in F", 2, 12))],
    )
    assert placed.alignments[0].shift_semitones == 3
    assert placed.alignments[0].tempo_ratio == pytest.approx(1.08, abs=0.04)


def test_a_span_is_fitted_into_its_sound():
    frames = silent_frames(20.0)
    for start_s, length_s, wanted in (
        (-3, 10, (0, 10)),
        (15, 10, (10, 20)),
        (5, 30, (0, 20)),
        (4, 6, (4, 10)),
    ):
        span = fitted(frames, start_s, length_s)
        assert (span.start_s, span.end_s) == wanted


@pytest.mark.parametrize(
    ("semitones", "words"),
    [(0, "in the same key"), (1, "a semitone higher"), (-2, "a tone lower"), (3, "a minor third higher"),
     (-4, "a major third lower"), (5, "a fourth higher"), (6, "a tritone higher")],
)  # fmt: skip
def test_shifts_in_words(semitones, words):
    assert shift_words(semitones) == words


@pytest.mark.parametrize(
    ("agreeing", "total", "words"),
    [
        (6, 8, "six of eight chords agree"),
        (8, 8, "all eight chords agree"),
        (0, 8, "none of the eight chords agree for half of their time"),
        (1, 1, "the one chord agrees"),
        (0, 1, "the one chord differs"),
        (1, 14, "1 of 14 chords agrees"),
    ],
)
def test_agreement_in_words(agreeing, total, words):
    assert agreement_words(agreeing, total) == words


def test_rows_of_nothing_stay_nothing():
    assert unit_rows(np.zeros((2, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]


# Rhythm


@pytest.mark.parametrize("bpm", [60, 76, 90, 120, 150])
def test_the_tempo_of_steady_onsets(bpm):
    events = [(start_s, start_s + 0.1, 60) for start_s in np.arange(0, 11.5, 60 / bpm)]
    beat = pulse(passage_of(frames_with_notes(events, 12.0), 0, 12))
    assert beat.clear
    assert beat.bpm == pytest.approx(bpm, rel=0.04)


def test_the_tempo_of_clicks(small):
    passage = small.passage("Clicks", 0, 12)
    facts = facts_of(Rhythm(), passage)
    assert facts["tempo"].value == pytest.approx(120, abs=3)
    assert facts["tempo"].unit == "bpm"
    assert facts["density"].value == pytest.approx(2.0, abs=0.2)


def test_without_onsets_there_is_no_pulse():
    facts = facts_of(Rhythm(), passage_of(silent_frames(10.0)))
    assert facts["tempo"].text == "no clear pulse"
    assert facts["density"].text == "slow, 0.0 onsets a second"


def test_irregular_onsets_have_no_clear_pulse():
    random = np.random.default_rng(4)
    times = np.cumsum(random.uniform(0.15, 1.3, 14))
    events = [(t, t + 0.1, 60) for t in times if t < 11]
    assert pulse(passage_of(frames_with_notes(events, 12.0))).strength < 0.5


def test_two_passages_are_told_at_the_same_level_of_the_pulse():
    """One has an onset on every beat, the other between them as well: alone they would be told an octave apart."""
    once = [(t, t + 0.1, 60) for t in np.arange(0, 11.8, 60 / 70)]
    twice = sorted(once + [(t + 30 / 70, t + 30 / 70 + 0.1, 64) for t, _, _ in once[:-1]])
    here, there = passage_of(frames_with_notes(once, 12)), passage_of(frames_with_notes(twice, 12))
    assert pulse(there).bpm == pytest.approx(140, rel=0.04)
    beside = pulse(there, Beside(here, SAME))
    assert beside.bpm == pytest.approx(pulse(here).bpm, rel=0.04)
    shared = {fact.name: fact for fact in Rhythm().shared(here, there, SAME)}
    assert shared["tempo ratio"].text == "the same tempo"
    assert shared["pulse"].text == "70 and 70 bpm"


def test_the_tempo_ratio_in_words():
    here = passage_of(silent_frames(10.0))
    slower = {fact.name: fact for fact in Rhythm().shared(here, here, Alignment(0, 1.087))}
    assert slower["tempo ratio"].text == "8 % slower"
    assert slower["tempo ratio"].value == 1.087
    assert "pulse" not in slower, "where there is no pulse, none is told"
    assert Rhythm().shared(here, here, Alignment(0, 0.8))[0].text == "25 % faster"


def test_slow_and_fast_need_onsets_and_tempo_to_agree():
    from index.factors.rhythm import Pulse

    assert pace_word(1.0, Pulse(60, 0.9)) == "slow"
    assert pace_word(1.0, Pulse(150, 0.9)) == ""
    assert pace_word(1.0, Pulse(150, 0.1)) == "slow"
    assert pace_word(6.0, Pulse(140, 0.9)) == "fast"
    assert pace_word(6.0, Pulse(70, 0.9)) == ""
    assert pace_word(3.0, Pulse(70, 0.9)) == ""


# Dynamics


def with_level(level_db, duration_s=None):
    level_db = np.asarray(level_db, float)
    frames = silent_frames(duration_s or len(level_db) / NOTE_HZ)
    frames.level_db[:] = level_db
    return frames


def test_loudness_is_told_against_the_recording():
    frames = with_level(np.concatenate([np.full(100, -40.0), np.full(300, -20.0)]))
    soft, loud = passage_of(frames, 0, 10), passage_of(frames, 20, 30)
    whole_db = 10 * np.log10((100 * 10**-4 + 300 * 10**-2) / 400)
    assert relative_level_db(soft) == pytest.approx(-40 - whole_db, abs=0.05)
    assert loudness_words(soft) == "very soft, 19 dB below the recording's mean"
    assert loudness_word(loud) == ""
    assert loudness_words(loud) == "1 dB above the recording's mean"


def test_a_whole_recording_is_neither_soft_nor_loud():
    frames = with_level(np.full(100, -40.0))
    assert loudness_word(passage_of(frames)) == ""
    assert loudness_words(passage_of(frames)) == "recorded at -20 LUFS"


@pytest.mark.parametrize(
    ("ends", "kind", "text"),
    [((-30, -20), "swelling", "swelling towards 0:10"), ((-20, -30), "fading", "fading after 0:02"),
     ((-20, -20), "", ""), ((-20, -21), "", "")],
)  # fmt: skip
def test_the_course_of_an_even_slope(ends, kind, text):
    heard = loudness_course(passage_of(with_level(np.linspace(ends[0], ends[1], 100))))
    assert heard.kind == kind
    assert heard.text == text
    assert heard.change_db == pytest.approx((ends[1] - ends[0]) * 2 / 3, abs=0.35)


def test_a_rise_and_fall_says_where_it_is_loudest():
    level = -20 - np.abs(np.arange(100) - 50) / 5
    heard = loudness_course(passage_of(with_level(level)))
    assert heard.text == "rising and falling, loudest at 0:05"


def test_times_are_those_of_the_sound():
    frames = with_level(np.concatenate([np.full(600, -25.0), np.linspace(-30, -20, 100)]))
    assert loudness_course(passage_of(frames, 60, 70)).text == "swelling towards 1:10"


def test_range_and_attack_are_measured():
    frames = with_level(np.tile([-20.0, -30.0], 50))
    assert range_db(passage_of(frames)) == pytest.approx(10)
    frames.onset[::25] = 9.0
    assert attack_db(passage_of(frames)) == 0.0, "four in a hundred frames are less than five"
    frames.onset[::10] = 9.0
    assert attack_db(passage_of(frames)) == 9.0


def test_two_courses_differ_by_what_they_differ():
    up, flat = with_level(np.linspace(-26, -20, 100)), with_level(np.full(100, -23.0))
    fact = build()["dynamics"].shared(passage_of(up), passage_of(flat), SAME)[0]
    expected = np.sqrt(np.mean(courses([Span(up, 0, 10)])[0] ** 2))
    assert fact.value == pytest.approx(expected, abs=0.06)
    assert fact.text == f"loudness runs {expected:.1f} dB apart"


def test_music_thins_out_where_fewer_notes_begin():
    many = [(t, t + 0.1, 60) for t in np.arange(0, 4, 0.25)]
    few = [(t, t + 0.1, 60) for t in (6.5, 9.0)]
    assert thins_out(passage_of(frames_with_notes(many + few, 12.0))) == pytest.approx(8.0)
    assert thins_out(passage_of(frames_with_notes(many, 4.0))) is None
    assert thins_out(passage_of(silent_frames(12.0))) is None


def test_onsets_are_counted():
    events = [(t, t + 0.2, 60) for t in np.arange(0.2, 9.9, 0.4)]
    assert onset_density(passage_of(frames_with_notes(events, 10.0))) == pytest.approx(
        len(events) / 10, abs=0.15
    )


# Timbre


def test_whitened_directions_count_alike():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((4000, 5)) * (9, 3, 1, 1, 0.5) + (7, 0, 0, 0, 0)
    mean, turn = whitening(rows, shrinking=0.0)
    white = (rows - mean) @ turn
    assert np.allclose(np.cov(white.T), np.eye(5), atol=1e-6)
    assert np.cov(((rows - mean) @ whitening(rows)[1]).T).max() < 1.0, "small variances are not blown up"


def test_timbre_is_whitened_for_the_comparison_and_for_candidates(small):
    passage = small.passage("Song in C", 4, 14)
    timbre, spans = Timbre(), [span_of(passage)]
    raw, white = timbre.means(passage.frames, [(4.0, 14.0)]), timbre.measure(spans)
    few = timbre.vectors(passage.frames, [(4.0, 14.0)])
    assert few.shape == (1, 48) and raw.shape == white.shape == (1, 200)
    assert np.allclose(few[0] / few[0, -1], white[0, -48:] / white[0, -1], rtol=1e-3), "the last components"
    assert np.allclose(np.linalg.norm(white, axis=1), 1, atol=1e-5)
    assert abs(float(raw[0] @ white[0])) < 0.9


def test_tags_above_the_threshold_come_strongest_first():
    frames = silent_frames(10.0)
    frames.tags[:, TAGS["MTT"].index("violin")] = 150
    frames.tags[:, TAGS["MTT"].index("slow")] = 200
    frames.tags[:, TAGS["MTT"].index("rock")] = 20
    passage = passage_of(frames)
    assert strongest_tags(passage) == [
        ("slow", pytest.approx(200 / 255)),
        ("violin", pytest.approx(150 / 255)),
    ]
    assert impressions(passage) == ["a violin"], "slow is measured, not felt"


def test_several_tags_of_one_thing_are_one_impression():
    frames = silent_frames(10.0)
    for name in ("female", "woman", "female voice"):
        frames.tags[:, TAGS["MTT"].index(name)] = 150
    assert impressions(passage_of(frames)) == ["a woman's voice"]


def test_brightness_is_the_mean_centroid():
    frames = silent_frames(10.0)
    frames.centroid_hz[:50], frames.centroid_hz[50:] = 1000, 3000
    assert brightness_hz(passage_of(frames)) == pytest.approx(2000)
    facts = facts_of(build()["timbre"], passage_of(frames))
    assert (facts["brightness"].value, facts["brightness"].unit) == (2000, "Hz")
    assert facts["brightness"].text == "bright, 2000 Hz"


def test_brightness_of_two_is_compared_by_its_ratio():
    one, other = silent_frames(10.0), silent_frames(10.0)
    one.centroid_hz[:], other.centroid_hz[:] = 1000, 1400
    there = {f.name: f for f in build()["timbre"].shared(passage_of(one), passage_of(other), SAME)}
    assert there["brightness ratio"].text == "40 % brighter"
    back = {f.name: f for f in build()["timbre"].shared(passage_of(other), passage_of(one), SAME)}
    assert back["brightness ratio"].text == "29 % darker"
    same = {f.name: f for f in build()["timbre"].shared(passage_of(one), passage_of(one), SAME)}
    assert same["brightness ratio"].text == "equally bright"


def test_families_are_probabilities_in_falling_order():
    model = family_model()
    assert model.weights.shape == (len(FAMILIES), 200)
    random = np.random.default_rng(0)
    for _ in range(5):
        heard = detected_families(model.mean + random.normal(0, 1, 200), threshold=0.0)
        chances = [chance for _, chance in heard]
        assert chances == sorted(chances, reverse=True)
        assert all(0 <= chance <= 1 for chance in chances)
        assert {name for name, _ in heard} == set(FAMILIES)


def test_instruments_are_not_named_in_music_they_were_not_learned_from():
    frames = silent_frames(10.0)
    piano = FAMILIES.index("piano")
    frames.embedding[:] = family_model().mean + 4 * family_model().weights[piano]
    assert instruments(passage_of(frames))[0][0] == "piano"
    frames.tags[:, TAGS["MTT"].index("techno")] = 200
    assert instruments(passage_of(frames)) == []


# Texture


def test_a_line_is_a_line():
    events = [(i * 0.5, i * 0.5 + 0.5, 60 + step) for i, step in enumerate((0, 2, 4, 5, 7, 5, 4, 2) * 3)]
    found = texture(passage_of(frames_with_notes(events, 12.0)))
    assert (found.layout, found.melody) == ("line", True)
    assert found.top is not None
    assert (found.top.low_midi, found.top.high_midi) == (60, 67)


def test_what_always_sounds_above_a_note_is_not_told_as_the_top():
    tune = [(i, i + 0.9, midi) for i, midi in enumerate((60, 62, 64, 65, 67, 69, 67, 65, 64, 62, 60, 64))]
    with_stop = tune + [(start_s, end_s, midi + 24) for start_s, end_s, midi in tune]
    alone, stopped = (texture(passage_of(frames_with_notes(events, 12.0))) for events in (tune, with_stop))
    assert {f.name: f.text for f in texture_facts(alone, C_MAJOR)}["top line"] == "rises and falls, up to A4"
    assert {f.name: f.text for f in texture_facts(stopped, C_MAJOR)}["top line"] == "rises and falls"


def test_chords_struck_together_are_chords():
    events = [(i, i + 0.9, midi + 5 * (i % 2)) for i in range(12) for midi in (48, 60, 64, 67)]
    found = texture(passage_of(frames_with_notes(events, 12.0)))
    assert (found.layout, found.melody) == ("chords", False)
    assert found.classes == pytest.approx(3, abs=0.05)


def test_a_melody_over_broken_chords():
    events = []
    for i in range(12):
        events += [(i + step / 4, i + step / 4 + 0.25, 48 + midi) for step, midi in enumerate((0, 7, 4, 7))]
        events += [(i, i + 0.5, 76 + i % 5), (i + 0.5, i + 1, 79 + i % 4)]
    found = texture(passage_of(frames_with_notes(events, 12.0)))
    assert found.layout == "broken chords"


def test_independent_lines_are_parts():
    upper = [(i * 0.5, i * 0.5 + 0.5, 72 + (i * 2) % 7) for i in range(24)]
    lower = [(0.25 + i * 0.75, 1.0 + i * 0.75, 55 + i % 4) for i in range(15)]
    found = texture(passage_of(frames_with_notes(upper + lower, 12.0)))
    assert found.layout == "parts"
    assert texture_facts(found, C_MAJOR)[0].text.startswith("polyphonic, 1.")


def test_silence_has_no_pitch():
    found = texture(passage_of(silent_frames(10.0)))
    assert (found.layout, found.top) == ("no pitch", None)
    assert [fact.text for fact in texture_facts(found, C_MAJOR)] == ["no clear pitch"]


@pytest.mark.parametrize(
    ("steps", "contour"),
    [(range(0, 24, 2), "rises"), (range(24, 0, -2), "falls"), (ARCH, "rises and falls"),
     ((18, 14, 10, 4, 0, 0, 0, 0, 4, 10, 14, 18), "falls and rises"), ((0, 2) * 6, "")],
)  # fmt: skip
def test_the_contour_of_the_top_line(steps, contour):
    sounding = np.zeros((120, 88), bool)
    for i, step in enumerate(steps):
        sounding[10 * i : 10 * i + 10, 40 + step] = True
    assert top_line(sounding).contour == contour


@pytest.mark.parametrize(
    ("midi", "key", "name"),
    [(60, C_MAJOR, "C4"), (69, C_MAJOR, "A4"), (61, Key(2, "major", 1), "C♯4"), (61, Key(8, "major", 1), "D♭4"),
     (60, Key(1, "minor", 1), "B♯3"), (59, Key(6, "minor", 1), "B3"), (71, Key(3, "minor", 1), "C♭5")],
)  # fmt: skip
def test_notes_have_the_octave_they_are_written_in(midi, key, name):
    assert note_at(midi, key) == name


def test_harmony_tells_no_key_it_is_not_sure_of():
    facts = facts_of(Harmony(), passage_of(silent_frames(10.0)))
    assert (facts["key"].value, facts["key"].text) == ("", "no clear key")
    assert facts["chords"].text == "no chords"


def test_harmony_facts_of_a_cadence(small):
    facts = facts_of(Harmony(), small.passage("Cadence in D", 0, 8))
    assert facts["key"].text == "D major"
    assert facts["key certainty"].unit == "%"
    assert facts["key certainty"].value > 60
    assert facts["chords"].value.split()[:3] == ["D", "G", "A"]
    assert facts["texture"].value == "chords"


def test_harmony_between_two_passages(small):
    here, there = small.passage("Cadence in D", 2, 12), small.passage("Cadence in F", 2.16, 12.96)
    shared = {fact.name: fact for fact in Harmony().shared(here, there, Alignment(3, 1.08))}
    assert (shared["shift"].value, shared["shift"].unit) == (3, "semitones")
    assert shared["shift"].text == "a minor third higher"
    assert float(shared["chords that agree"].value) >= 85
    assert "chords agree" in shared["chords that agree"].text
    assert shared["closest"].text.startswith("closest from 0:0")


def test_frames_made_for_these_tests_are_as_they_say():
    frames = frames_with_notes([(1.0, 2.0, 69)], 3.0)
    assert frames.notes[10:20, 69 - 21].min() == 240
    assert frames.onset[int(ONSET_HZ)] == 10
    assert sounds.RATE_HZ == 22050
