"""Boundaries: beats and the beginnings of phrases near a moment, and what a card offers of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sounds import frames_with_notes, laid, note, passage_of, silent_frames

from app.ui.players import musical_offer
from index.analysis.analyser import spectrum
from index.core.frames import ONSET_HZ
from index.structure.segmentation import MusicalSpan, beats, musical_span, phrases

SCALE = (60, 62, 64, 65, 67, 65, 64, 62)
LATE_S = 0.04
"""Onset strength is highest so much later than a note starts."""


def frames_at(starts_s, duration_s, lengths_s=None):
    """Frames of notes at these times, whose onset strength peaks LATE_S later and whose level falls in gaps."""
    ends_s = [*starts_s[1:], starts_s[-1] + 0.5] if lengths_s is None else np.add(starts_s, lengths_s)
    frames = frames_with_notes(
        [(a, b, SCALE[i % 8]) for i, (a, b) in enumerate(zip(starts_s, ends_s, strict=True))], duration_s
    )
    frames.onset[:] = 0
    for start_s in starts_s:
        frames.onset[round((start_s + LATE_S) * ONSET_HZ)] = 10
    frames.level_db[:] = -50
    for start_s, end_s in zip(starts_s, ends_s, strict=True):
        frames.level_db[round(start_s * 10) : round(end_s * 10)] = -20
    return frames


def with_rests(rests_s=(10.0, 20.0), rest_s=1.2, step_s=0.37, duration_s=30.0):
    """Even notes that stop for a while before each of these times; uneven steps, so that there is no pulse."""
    random = np.random.default_rng(3)
    starts_s, lengths_s, now_s = [], [], 1.0
    edges_s = [*rests_s, duration_s]
    for edge_s in edges_s:
        while now_s < edge_s - rest_s - 0.3:
            length_s = step_s * random.uniform(0.5, 1.5)
            starts_s.append(round(now_s, 2))
            lengths_s.append(length_s)
            now_s += length_s
        now_s = edge_s
    return frames_at(starts_s, duration_s, lengths_s)


def times_s(boundaries):
    return [each.time_s for each in boundaries]


@pytest.mark.parametrize("bpm", [72, 100, 132])
def test_beats_are_where_notes_begin_at_the_tempo(bpm):
    true_s = np.arange(0.5, 19, 60 / bpm)
    found = times_s(beats(passage_of(frames_at(list(true_s), 20.0), 2.0, 18.0)))
    assert len(found) >= 0.9 * np.count_nonzero((true_s > 2.1) & (true_s < 17.9))
    assert np.abs(np.array(found)[:, None] - true_s).min(axis=1).max() <= 0.021


def test_beats_follow_a_tempo_that_drifts():
    steps_s = 0.6 * np.linspace(1.0, 1.08, 30)
    true_s = 0.5 + np.cumsum(steps_s)
    found = times_s(beats(passage_of(frames_at(list(true_s), 22.0), 0.0, 20.0)))
    assert np.abs(np.array(found)[:, None] - true_s).min(axis=1).max() <= 0.021
    assert np.diff(found) == pytest.approx(0.62, abs=0.06)


def test_off_beat_notes_are_no_beats():
    on_s = np.arange(0.5, 20, 0.6)
    frames = frames_at(list(on_s), 21.0)
    for start_s in on_s + 0.22:
        frames.onset[round((start_s + LATE_S) * ONSET_HZ)] = 4
    found = np.array(times_s(beats(passage_of(frames, 2.0, 18.0))))
    assert np.abs(found[:, None] - on_s).min(axis=1).max() <= 0.021


def test_without_a_pulse_there_is_no_beat():
    random = np.random.default_rng(5)
    starts_s = np.cumsum(random.exponential(0.5, 38) + 0.06)
    assert beats(passage_of(frames_at(list(starts_s), 30.0), 2.0, 17.0)) == ()


def test_silence_and_one_click_offer_nothing():
    frames = silent_frames(20.0)
    assert musical_span(passage_of(frames, 5.0, 15.0)) == MusicalSpan(None, None)
    frames.onset[10] = 9
    assert beats(passage_of(frames, 0.0, 10.0)) == ()


@pytest.mark.parametrize("away_s", [-2.0, -0.6, 0.4, 2.5])
def test_the_phrase_after_a_rest_is_offered_from_both_sides(away_s):
    span = musical_span(passage_of(with_rests(), 10.0 + away_s, 20.0 + away_s))
    assert span.start is not None and span.end is not None
    assert (span.start.kind, span.end.kind) == ("phrase", "phrase")
    assert span.start.time_s == pytest.approx(10.0, abs=0.03)
    assert span.end.time_s == pytest.approx(20.0, abs=0.03)
    assert span.start.strength >= 0.5


def test_a_phrase_out_of_reach_is_not_offered():
    span = musical_span(passage_of(with_rests(), 14.0, 26.0))
    assert span.start is None or span.start.kind == "beat"


def test_notes_without_a_breath_make_no_phrase():
    even = frames_at(list(np.arange(0.5, 29, 0.5)), 30.0)
    assert [each for each in phrases(passage_of(even, 5.0, 25.0)) if each.time_s > 6] == []


def test_of_two_phrases_the_nearer_counts():
    frames = with_rests((9.0, 13.0))
    for start_s, nearer_s in ((10.6, 9.0), (11.4, 13.0)):
        start = musical_span(passage_of(frames, start_s, start_s + 10)).start
        assert start is not None
        assert start.time_s == pytest.approx(nearer_s, abs=0.03)


def test_a_beat_is_at_most_half_a_beat_away():
    true_s = np.arange(0.5, 29, 0.75)
    frames = frames_at(list(true_s), 30.0)
    for start_s in (9.1, 9.4, 9.8):
        start = musical_span(passage_of(frames, start_s, start_s + 10)).start
        assert start is not None and start.kind == "beat"
        assert start.time_s == pytest.approx(true_s[np.abs(true_s - start_s).argmin()], abs=0.021)


def test_an_end_comes_after_the_start():
    span = musical_span(passage_of(with_rests(), 9.5, 11.0))
    assert span.start is not None
    assert span.start.time_s == pytest.approx(10.0, abs=0.03)
    assert span.end is None


def test_real_sound_gives_the_second_phrase():
    tune = [(0.5 + 0.4 * i, note(SCALE[i % 8], 0.38, decay_s=0.5)) for i in range(20)]
    tune += [(10.0 + 0.4 * i, note(SCALE[i % 8], 0.38, decay_s=0.5)) for i in range(20)]
    sound = laid(tune, 19.0)
    heard: dict[str, Any] = {**spectrum(sound.samples, 19.0)}
    frames = replace(silent_frames(19.0), **heard)
    span = musical_span(passage_of(frames, 8.9, 16.0))
    assert span.start is not None
    assert (span.start.kind, span.start.time_s) == ("phrase", pytest.approx(10.0, abs=0.05))


def test_facts_say_where():
    near = musical_span(passage_of(with_rests((70.0, 80.0), duration_s=90.0), 71.0, 81.0))
    assert [(fact.name, fact.unit) for fact in near.facts] == [("near the start", "s"), ("near the end", "s")]
    assert [fact.text for fact in near.facts] == ["a phrase begins at 1:10", "a phrase begins at 1:20"]
    assert [fact.value for fact in near.facts] == [70.0, 80.0]
    assert MusicalSpan(None, None).facts == ()


def test_a_card_offers_the_phrase():
    offer = musical_offer(passage_of(with_rests((70.0, 80.0), duration_s=90.0), 71.5, 81.5), "t")
    assert offer is not None
    assert offer["label"] == "from the phrase, 1:10"
    assert offer["title"] == "A phrase begins at 1:10; plays until 1:20."
    assert (offer["start_s"], offer["end_s"]) == (pytest.approx(70, abs=0.03), pytest.approx(80, abs=0.03))
    assert offer["url"] == f"/reprise/track/t/{offer['start_s']:.3f}-{offer['end_s']:.3f}.wav"
    assert len(offer["peaks"]) == 80


def test_a_card_offers_a_beat_to_the_tenth_and_keeps_the_end():
    frames = frames_at(list(np.arange(0.5, 29, 0.8)), 30.0)
    offer = musical_offer(passage_of(frames, 9.0, 19.0), "t")
    assert offer is not None
    assert (offer["label"], offer["end_s"]) == ("from the beat, 0:09.3", 19.0)


def test_a_card_offers_nothing_where_the_moment_is_there_already():
    assert musical_offer(passage_of(with_rests(), 10.05, 20.0), "t") is None
    assert musical_offer(passage_of(silent_frames(30.0), 10.0, 20.0), "t") is None
