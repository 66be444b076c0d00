"""The pitch of a voice: by its sound, by its contour, and as the tune that is searched for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hummed_music import RATE_HZ, TUNE, frames_of, sung

from bench.damage import pink_noise
from index.analysis.analyser import strongest_contour
from index.analysis.f0 import (
    PitchTrack,
    track_contour,
    track_pitch,
    track_sound,
    track_strongest,
    tune_at,
)
from index.audio.reading import Sound
from index.core.moments import Passage
from index.core.tracks import Clip
from index.models.basic_pitch import BasicPitch


def test_pyin_hears_a_tone_within_a_tenth_of_a_semitone() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    pitch = track_sound(Sound(np.sin(2 * np.pi * 261.63 * time_s).astype(np.float32), RATE_HZ))
    assert np.median(pitch.midi[pitch.voiced]) == pytest.approx(60.0, abs=0.1)
    assert pitch.voiced_s > 1.7
    assert pitch.confidence is not None
    assert pitch.confidence[pitch.voiced].min() >= 0.02


def test_a_voice_in_noise_as_loud_is_heard_and_noise_alone_is_not() -> None:
    voice = sung(TUNE, 0.0, 1.0)
    faint = Sound(1e-4 * voice.samples, RATE_HZ)
    sounds = (
        voice,
        pink_noise(voice, 0.0, np.random.default_rng(1)),
        pink_noise(faint, -60.0, np.random.default_rng(1)),
    )
    clean, noisy, alone = (track_sound(sound) for sound in sounds)
    both = clean.voiced & noisy.voiced
    off = (noisy.midi - clean.midi + 6) % 12 - 6
    assert both.sum() > 0.8 * clean.voiced.sum()
    assert (np.abs(off[both]) < 0.5).mean() > 0.9
    assert noisy.confident_s > 4
    assert alone.confident_s < 0.5


def test_frames_count_by_how_sure_they_are_beside_the_middle_one() -> None:
    voiced, sure = np.array([1, 1, 1, 1, 1, 0], bool), np.array([0.9, 0.8, 0.8, 0.2, 0.8, 0.9])
    pitch = PitchTrack(0.1, np.full(6, 60.0), voiced, sure)
    assert pitch.weight.tolist() == pytest.approx([1, 1, 1, 0.5, 1, 0])
    assert replace(pitch, confidence=None).weight.tolist() == [1, 1, 1, 1, 1, 0]
    faint = replace(pitch, confidence=sure / 50)
    assert faint.weight.tolist() == pytest.approx(pitch.weight.tolist()), "the scale does not matter"
    assert faint.confident_s == pytest.approx(0.4)
    tune = tune_at(replace(pitch, midi=np.array([60.0, 60.0, 60.0, 64.0, 60.0, 0.0])), 1.0, 10.0)
    assert tune.weight.tolist() == pytest.approx([1, 1, 1, 0.5, 1])
    two = PitchTrack(0.1, np.array([60.0, 64.0] * 4), np.ones(8, bool), np.array([0.9, 0.1] * 4))
    halves = tune_at(two, 1.0, 5.0)
    assert halves.low_class.tolist() == [halves.low_class[0]] * 4, "of two frames the surer one is followed"


def test_without_its_sound_a_passage_is_heard_by_its_contour() -> None:
    clip = Clip("x", "/nowhere/x.wav", "x", 3.0)
    pitch = track_pitch(Passage(clip, frames_of(3.0), 0.0, 3.0))
    assert (
        pitch.midi.tolist()
        == track_contour(Passage(clip, frames_of(3.0), 0.0, 3.0)).midi.tolist()
        == [60.0] * 30
    )
    assert pitch.confidence == pytest.approx(np.full(30, 60000 / 65535))


def test_a_tone_of_440_hz_is_heard_as_a_by_its_contour() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)
    pitch = track_strongest(strongest_contour(BasicPitch().activations(tone), 20))
    assert np.median(pitch.midi) == pytest.approx(69.0, abs=0.01)


def test_a_tune_is_taken_in_tune_with_itself_and_stretched() -> None:
    pitch = PitchTrack(0.1, np.repeat([60.3, 64.3], 10), np.repeat([True, True], 10))
    tune = tune_at(pitch, 1.5, 5.0)
    assert pitch.tuning == pytest.approx(0.3)
    assert len(tune.low_class) == 15
    sounding = (tune.low_class + tune.fraction) % 12
    assert sounding[0] == pytest.approx(0.0, abs=1e-5) or sounding[0] == pytest.approx(12.0, abs=1e-5)
    assert sounding[-1] == pytest.approx(4.0, abs=1e-5)
    assert tune.weight.tolist() == [1.0] * 15
