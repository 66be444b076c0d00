"""Keys and chords: estimated from chroma and from sound, and spelled as musicians write them."""

from itertools import pairwise

import numpy as np
import pytest
import sounds

from index.core.frames import LOWEST_MIDI
from index.core.hits import Alignment
from index.descriptors.chord_progression import agreement_count, chords_of, closest, key_of, side_by_side
from index.descriptors.key_and_chords import (
    CONFIDENT_KEY,
    Chord,
    Key,
    estimate_chords,
    estimate_key,
    lowest_classes,
    note_name,
)


def chroma_of(*classes_and_frames):
    """Chroma at 10 Hz: (classes, frames) one after the other."""
    rows = []
    for classes, count in classes_and_frames:
        row = np.zeros(12, np.float32)
        row[list(classes)] = 1
        rows += [row] * count
    return np.array(rows)


MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)


@pytest.mark.parametrize("tonic", range(12))
def test_a_cadence_has_its_key(tonic):
    turn = [
        ({(c + tonic) % 12 for c in chord}, 10) for chord in ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7))
    ]
    key = estimate_key(chroma_of(*turn))
    assert (key.tonic, key.mode) == (tonic, "major")
    assert key.confident


@pytest.mark.parametrize("tonic", range(12))
def test_a_minor_cadence_has_its_key(tonic):
    turn = [
        ({(c + tonic) % 12 for c in chord}, 10) for chord in ((0, 3, 7), (5, 8, 0), (7, 11, 2), (0, 3, 7))
    ]
    key = estimate_key(chroma_of(*turn))
    assert (key.tonic, key.mode) == (tonic, "minor")


def test_what_has_no_key_is_not_sure_of_one():
    assert not estimate_key(np.ones((50, 12), np.float32)).confident
    assert estimate_key(np.zeros((50, 12), np.float32)).certainty == 0
    assert estimate_key(chroma_of(({0, 2, 4, 6, 8, 10}, 50))).certainty < CONFIDENT_KEY


def test_certainty_is_a_probability():
    key = estimate_key(chroma_of((MAJOR_SCALE, 50)))
    assert (key.tonic, key.mode) == (0, "major")
    assert 0 < key.certainty < 1


@pytest.mark.parametrize(
    ("tonic", "mode", "name"),
    [(1, "major", "D♭ major"), (1, "minor", "C♯ minor"), (6, "major", "F♯ major"), (8, "minor", "G♯ minor"),
     (8, "major", "A♭ major"), (3, "minor", "E♭ minor"), (10, "minor", "B♭ minor"), (2, "major", "D major")],
)  # fmt: skip
def test_keys_have_their_usual_names(tonic, mode, name):
    assert Key(tonic, mode, 1.0).name == name


@pytest.mark.parametrize(
    ("tonic", "mode", "pitch_class", "name"),
    [(2, "major", 6, "F♯"), (2, "major", 1, "C♯"), (5, "minor", 1, "D♭"), (1, "major", 6, "G♭"), (9, "minor", 8, "G♯"),
     (4, "major", 3, "D♯"), (0, "major", 10, "B♭"), (8, "major", 8, "A♭")],
)  # fmt: skip
def test_notes_are_spelled_in_their_key(tonic, mode, pitch_class, name):
    assert Key(tonic, mode, 1.0).spelled(pitch_class) == name


def test_the_line_of_fifths():
    assert [note_name(n) for n in (-8, -5, -1, 0, 6, 7, 8)] == ["F♭", "D♭", "F", "C", "F♯", "C♯", "G♯"]


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_spelling_is_the_note_it_names(tonic, mode):
    key = Key(tonic, mode, 1.0)
    natural = dict(zip("CDEFGAB", MAJOR_SCALE, strict=True))
    for pitch_class in range(12):
        name = key.spelled(pitch_class)
        assert (natural[name[0]] + name.count("♯") - name.count("♭")) % 12 == pitch_class
        assert len(name) <= 2, "no double accidentals"


def test_an_inversion_is_written_with_its_bass():
    key = Key(2, "major", 1.0)
    assert Chord(0, 1, 9, "", 1, key).name == "A/C♯"
    assert Chord(0, 1, 11, "m", None, key).name == "Bm"
    assert Chord(0, 1, 8, "m", 11, Key(8, "minor", 1.0)).name == "G♯m/B"
    assert Chord(0, 1, 3, "", 10, Key(3, "major", 1.0)).name == "E♭/B♭"
    assert Chord(0, 1, 0, "N").name == "N"


def test_a_transposed_chord_is_spelled_in_the_new_key():
    up = Chord(0, 1, 2, "", 6, Key(2, "major", 1.0)).transposed(-1, Key(1, "major", 1.0))
    assert up.name == "D♭/F"


def test_chords_change_where_the_notes_change():
    found = estimate_chords(chroma_of(({0, 4, 7}, 20), ({5, 9, 0}, 20), ({9, 0, 4}, 20)), 10.0)
    assert [(c.start_s, c.end_s, c.name) for c in found] == [(0, 2, "C"), (2, 4, "F"), (4, 6, "Am")]


def test_a_seventh_is_its_triad():
    found = estimate_chords(chroma_of(({7, 11, 2, 5}, 20), ({2, 5, 9, 0}, 20)), 10.0)
    assert [c.name for c in found] == ["G", "Dm"]


def test_a_passing_note_changes_no_chord():
    found = estimate_chords(chroma_of(({0, 4, 7}, 15), ({0, 2, 4, 7}, 2), ({0, 4, 7}, 15)), 10.0)
    assert [c.name for c in found] == ["C"]


def test_silence_and_single_notes_are_no_chord():
    assert [c.name for c in estimate_chords(np.zeros((20, 12), np.float32), 10.0)] == ["N"]
    assert [c.name for c in estimate_chords(chroma_of(({4}, 20)), 10.0)] == ["N"]


def test_the_bass_is_the_lowest_sounding_note():
    notes = np.zeros((3, 88), np.uint8)
    notes[0, [49 - LOWEST_MIDI, 69 - LOWEST_MIDI]] = 250
    notes[1, 69 - LOWEST_MIDI] = 250
    notes[1, 40 - LOWEST_MIDI] = 40  # below what sounds
    assert lowest_classes(notes).tolist() == [1, 9, -1]


def test_heard_chords_and_key_of_a_cadence(small):
    passage = small.passage("Cadence in D", 0, 12)
    key = key_of(passage)
    assert (key.name, key.confident) == ("D major", True)
    names = [c.name for c in chords_of(passage) if c.end_s - c.start_s > 0.3]
    assert names[:4] == ["D", "G", "A", "D"]


def test_heard_inversions(small):
    names = [c.name for c in chords_of(small.passage("Song in C", 0, 12)) if c.end_s - c.start_s > 0.5]
    assert names[:4] == ["C/E", "Am/C", "F/A", "G/B"]


def test_a_single_line_has_hardly_any_chords(small):
    passage = small.passage("Scale in G")
    chord_s = sum(c.end_s - c.start_s for c in chords_of(passage) if c.quality != "N")
    assert chord_s < 0.4 * passage.duration_s


def test_two_keys_side_by_side_differ_by_the_shift(small):
    here, there = small.passage("Cadence in D", 0, 10), small.passage("Cadence in F", 0, 10.8)
    pairs = side_by_side(here, there, Alignment(3, 1.08))
    agreeing, total = agreement_count(pairs)
    assert total >= 8
    assert agreeing >= total - 1
    told = [
        (pair.query, pair.hit, pair.hit_in_query_key) for pair in pairs if pair.end_s - pair.start_s > 0.6
    ]
    assert told[1] == ("G", "B♭", "G")
    assert pairs[-1].end_s == pytest.approx(10, abs=0.05)


def test_the_pairs_cover_the_query_without_gaps(small):
    pairs = side_by_side(small.passage("Song in C"), small.passage("Song in A minor"), Alignment(-3, 1.0))
    assert pairs[0].start_s == 0
    assert all(a.end_s == b.start_s for a, b in pairwise(pairs))


def test_the_closest_stretch_is_where_the_notes_agree(small):
    """The theme against the end of theme and beginning of chords: only the first half agrees."""
    found = closest(
        small.passage("Form A-B-A", 0, 10), small.passage("Form A-B-A", 25, 30), Alignment(0, 1.0)
    )
    assert found is not None  # five seconds of the theme's second half against its first: agrees somewhere
    half = closest(small.passage("Form A-B-A", 5, 15), small.passage("Form A-B-A", 25, 30), Alignment(0, 1.0))
    assert half is not None
    assert half.query_start_s == pytest.approx(5 + half.hit_start_s - 25, abs=0.01)
    assert half.cosine > 0.95
    assert half.query_end_s - half.query_start_s >= 2


def test_nothing_is_closest_in_silence_or_in_a_second(small):
    assert (
        closest(small.passage("Scale in G", 0, 1.5), small.passage("Scale in G", 0, 1.5), Alignment(0, 1.0))
        is None
    )


def test_a_minor_song_is_in_minor(small):
    key = key_of(small.passage("Song in A minor", 0, 12))
    assert key.name == "A minor"


def test_the_sounds_are_as_long_as_they_say():
    assert sounds.chords(sounds.CADENCE, 60, 1.0, 4.5).duration_s == pytest.approx(4.5)
