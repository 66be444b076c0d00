"""Speech, a tune by one voice, and music: told apart on sound made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sounds
from hummed_music import TUNE, sung

from index.analysis.clip_kind import ClipFeatures, clip_features, clip_kind, one_voice_share
from index.audio.reading import Sound
from index.ingest.clips import ClipStore

RATE_HZ = sounds.RATE_HZ
HUMMED = ClipFeatures(0.9, 0.02, 9, 0.96, 0.9, 0.02, 3.0, 300.0, 0.8, 0.3)
SPOKEN = ClipFeatures(0.4, 0.0, 14, 0.6, 0.3, 0.14, 6.4, 900.0, 2.2, 0.25)
HURRIED = ClipFeatures(0.47, 0.01, 11, 0.64, 0.36, 0.0, 4.2, 950.0, 2.9, 0.2)
"""espeak-ng at 230 words a minute, medians of twelve clips."""
PLAYED = ClipFeatures(0.35, 0.7, 15, 1.0, 0.5, 0.0, 2.0, 120.0, 0.9, 0.7)


def spoken(seed: int = 0, length_s: float = 8.0) -> Sound:
    """Syllables: a hiss or a burst, then a buzz through two formants whose pitch never rests; pauses between words."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < length_s * RATE_HZ:
        hiss = rng.standard_normal(round(rng.uniform(0.03, 0.1) * RATE_HZ))
        parts.append(0.06 * np.diff(hiss, prepend=0.0))
        times = np.arange(round(rng.uniform(0.08, 0.2) * RATE_HZ)) / RATE_HZ
        pitch_hz = rng.uniform(90, 150) * 2 ** (rng.uniform(-6, 6) * times)
        phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
        first_hz, second_hz = rng.uniform(300, 800), rng.uniform(900, 2400)
        buzz = np.zeros(len(times))
        for overtone in range(1, 30):
            hz = overtone * pitch_hz
            loud = 1 / (1 + ((hz - first_hz) / 90) ** 2) + 0.5 / (1 + ((hz - second_hz) / 120) ** 2)
            buzz += loud * np.sin(overtone * phase)
        parts.append(rng.uniform(0.1, 0.3) * buzz * np.hanning(len(times)) ** 0.3)
        pause_s = rng.uniform(0.1, 0.35) if rng.random() < 0.35 else rng.uniform(0.01, 0.05)
        parts.append(np.zeros(round(pause_s * RATE_HZ)))
    speech = np.concatenate(parts)
    return Sound((speech + 0.001 * rng.standard_normal(len(speech))).astype(np.float32), RATE_HZ)


@pytest.mark.parametrize(
    ("sound", "kind"),
    [
        (spoken(0), "speech"),
        (spoken(1), "speech"),
        (sung(TUNE, -12.0, 1.0), "tune"),
        (sung(TUNE, 14.0, 0.8), "tune"),
        (sounds.melody((0, 4, 7, 12, 11, 7, 9, 5), 72, 0.5, 10), "tune"),
        (sounds.broken(sounds.SONG, 60, 1.6, 9.6), "music"),
        (sounds.chords(sounds.CADENCE, 60, 1.0, 10), "music"),
        (sounds.clicks(120, 10), "music"),
        (sounds.melody((0,), 69, 2.0, 10), "music"),
    ],
    ids=["speech", "other speech", "sung", "whistled", "one finger", "song", "chords", "clicks", "one tone"],
)
def test_what_is_heard_is_what_it_is_called(analyser, sound: Sound, kind: str) -> None:
    measured = clip_features(sound, analyser.analyse(sound))
    assert measured.kind == kind, measured
    assert clip_kind(sound, analyser.analyse(sound)) == kind


def test_the_rules_read_the_signs() -> None:
    assert (HUMMED.kind, SPOKEN.kind, PLAYED.kind) == ("tune", "speech", "music")
    assert (HUMMED.broken, SPOKEN.broken) == (0, 6)
    assert replace(HUMMED, together=0.5).kind == "music", "two voices"
    assert replace(HUMMED, pitches=2).kind == "music", "no tune"
    assert replace(SPOKEN, pulse=0.9).kind == "music", "nobody speaks in time"
    assert replace(SPOKEN, gaps=0.0).kind == "music", "nobody speaks without a pause"


def test_one_voice_is_told_from_two_and_from_noise(analyser) -> None:
    one = sounds.melody((0, 4, 7, 5), 67, 0.5, 6)
    two = Sound(0.5 * (one.samples + sounds.melody((3, 1, 10), 54, 0.5, 6).samples), RATE_HZ)
    noise = Sound(np.random.default_rng(0).normal(0, 0.1, 6 * RATE_HZ).astype(np.float32), RATE_HZ)
    shares = [one_voice_share(sound, analyser.analyse(sound)) for sound in (one, two, noise)]
    assert shares[0] > 0.8
    assert 0.15 < shares[1] < 0.6
    assert abs(shares[2]) < 0.15


def test_a_clip_keeps_what_it_sounds_like(analyser, tmp_path) -> None:
    import json

    import soundfile

    path = tmp_path / "hum.wav"
    hum = sung(TUNE, 0.0, 1.0)
    soundfile.write(path, hum.samples, hum.rate_hz)
    store = ClipStore(tmp_path / "clips", "off")
    store.__dict__["_analyser"] = analyser
    clip = store.take(path, "hum.wav", recorded=True)
    assert clip.kind == "tune"
    record = tmp_path / "clips" / f"{clip.id}.json"
    older = {name: value for name, value in json.loads(record.read_text("utf-8")).items() if name != "kind"}
    record.write_text(json.dumps(older), "utf-8")
    assert store.take(path, "hum.wav", recorded=True).kind == "tune", "a clip of before is heard again"


def test_speech_without_pauses_is_speech_and_nothing_that_holds_or_beats():
    assert HURRIED.kind == "speech"
    assert replace(HURRIED, held=0.8).kind == "music", "a pitch is held"
    assert replace(HURRIED, pulse=0.6).kind == "music", "it beats"
    assert replace(HURRIED, onset_db=1.4).kind == "music", "nothing begins hard"
    assert replace(HURRIED, together=0.4).kind == "music", "two sound together"
    assert replace(HURRIED, noted=0.95).kind == "music", "all of it is notes"
