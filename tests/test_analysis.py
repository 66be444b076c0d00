"""One pass over a sound: what it hears, on exact grids, whatever the level, in blocks as in one piece."""

import numpy as np
import pytest
import sounds

from index.analysis import analyser as analysis
from index.analysis.analyser import even_out, pool_rows, pool_to_grid
from index.audio.reading import Sound
from index.core.errors import ClipTooShortError
from index.core.frames import LOWEST_MIDI, RATES_HZ, rows
from index.core.moments import Grid


def cosine(one, other):
    one, other = np.asarray(one, float).ravel(), np.asarray(other, float).ravel()
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def test_every_grid_has_its_frames(small):
    for title in ("Cadence in D", "Cadence in F", "Clicks"):
        frames = small.frames(title)
        for name, rate_hz in RATES_HZ.items():
            assert len(getattr(frames, name)) == rows(frames.duration_s, rate_hz), name
            assert np.all(np.isfinite(getattr(frames, name).astype(float))), name


def test_the_notes_that_are_played_are_heard(small):
    notes = small.frames("Cadence in D").notes[2:8].mean(axis=0) / 255  # D major: 50 62 66 69
    heard = {int(pitch) + LOWEST_MIDI for pitch in np.flatnonzero(notes > 0.6)}
    assert {62, 66, 69} <= heard
    assert {pitch % 12 for pitch in heard} <= {2, 6, 9}


def test_the_strongest_contour_is_the_tune(small):
    """Half a second a note: the third frame of each is well inside it."""
    contour = small.frames("Form A-B-A").contour
    midi = LOWEST_MIDI + contour[[2, 7, 12, 17, 22], 0] / 3
    assert np.abs(midi - [72, 76, 79, 84, 83]).max() <= 0.5


def test_a_quieter_copy_has_the_same_frames(analyser, made):
    loud = made["Cadence in D"].span(0, 6)
    quiet = Sound(loud.samples * np.float32(0.03), loud.rate_hz)
    one, other = analyser.analyse(loud), analyser.analyse(quiet)
    assert cosine(one.notes, other.notes) > 0.999
    assert cosine(one.embedding, other.embedding) > 0.999
    assert np.allclose(one.level_db.astype(float), other.level_db.astype(float), atol=0.2)
    assert other.loudness_lufs == pytest.approx(one.loudness_lufs + 20 * np.log10(0.03), abs=0.1)


def test_an_excerpt_is_heard_as_in_its_track(analyser, made, small):
    """What follows is not in the excerpt: its last second and its first are left out."""
    whole, part = small.frames("Song in C"), analyser.analyse(made["Song in C"].span(4, 14))
    assert cosine(whole.notes[45:135], part.notes[5:95]) > 0.97
    assert cosine(whole.embedding[6:12].astype(float), part.embedding[2:8]) > 0.97


def test_blocks_join_without_a_seam(analyser, made, monkeypatch):
    sound = made["Song in C"].span(0, 20)
    whole = analyser.analyse(sound)
    monkeypatch.setattr(analysis, "BLOCK_S", 7.0)
    monkeypatch.setattr(analysis, "MARGIN_S", 4.0)
    joined = analyser.analyse(sound)
    for name in RATES_HZ:
        assert getattr(joined, name).shape == getattr(whole, name).shape, name
    assert cosine(whole.notes, joined.notes) > 0.99
    assert cosine(whole.mfcc, joined.mfcc) > 0.999
    assert cosine(whole.embedding, joined.embedding) > 0.98


def test_silence_is_heard_as_silence(analyser):
    frames = analyser.analyse(Sound(np.zeros(2 * 22050, np.float32), 22050))
    assert frames.loudness_lufs == -np.inf
    assert np.all(np.isfinite(frames.embedding.astype(float)))
    assert frames.sketch.max() <= 1


def test_less_than_a_second_is_refused(analyser):
    with pytest.raises(ClipTooShortError, match=r"humming lasts 0\.50 s"):
        analyser.analyse(Sound(np.ones(11025, np.float32), 22050), "humming")


def test_clicks_stand_on_their_beats(small):
    onset = small.frames("Clicks").onset.astype(float)
    peaks = [i / 50 for i in range(1, 500) if onset[i] > 5 and onset[i] == onset[max(0, i - 5) : i + 6].max()]
    beats = np.arange(0.5, 10, 0.5)
    assert len(peaks) == pytest.approx(len(beats), abs=1)
    assert all(np.abs(beats - peak).min() < 0.06 for peak in peaks if peak > 0.3)


def test_a_pure_tone_has_its_centroid_where_it_is(analyser):
    times = np.arange(3 * 22050) / 22050
    frames = analyser.analyse(Sound((0.3 * np.sin(2 * np.pi * 1000 * times)).astype(np.float32), 22050))
    assert float(np.median(frames.centroid_hz)) == pytest.approx(1000, rel=0.05)


def test_windows_have_vectors_of_unit_length(analyser, small):
    vectors = analyser.vectors(small.frames("Song in C"), Grid())
    assert set(vectors) == {"moments"}
    for rows_ in vectors.values():
        assert len(rows_) == len(Grid().spans(small.frames("Song in C").duration_s)[::2])
        assert np.allclose(np.linalg.norm(rows_, axis=1), 1, atol=1e-4)


def test_pooling_takes_means_and_a_shorter_last_group():
    assert pool_rows(np.arange(5.0)[:, None], 2)[:, 0].tolist() == [0.5, 2.5, 4.0]


def test_pooling_to_a_grid_takes_what_falls_into_each_frame():
    times_s = np.array([0.0, 0.04, 0.11, 0.29])
    pooled = pool_to_grid(np.array([[1.0], [3.0], [5.0], [7.0]]), times_s, 10.0, 4)
    assert pooled[:, 0].tolist() == [2.0, 5.0, 7.0, 7.0]


def test_a_local_level_is_the_same_everywhere():
    quiet, loud = np.full(16000 * 30, 0.01, np.float32), np.full(16000 * 30, 0.3, np.float32)
    samples = np.concatenate([quiet, loud])
    power = np.repeat(np.square(samples[::256]), 1)[:, None]
    evened = even_out(power, samples)
    assert evened[200, 0] == pytest.approx(evened[-200, 0], rel=0.02)
    assert evened[200, 0] == pytest.approx(10 ** (-17 / 10), rel=0.02)


def test_what_is_made_is_what_was_asked_for():
    assert sounds.clicks(120, 3.0).duration_s == pytest.approx(3.0)
