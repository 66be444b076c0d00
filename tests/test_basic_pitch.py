"""basic-pitch: the rebuilt graph against the published one, and notes at the right place in time."""

import numpy as np
import pytest

from index.models import basic_pitch
from index.models.basic_pitch import EDGE, FRAMES_PER_S, KEPT, LOWEST_MIDI, RATE_HZ, BasicPitch
from index.models.weights import package_file, prepared_file, session


@pytest.fixture(scope="module")
def network() -> BasicPitch:
    return BasicPitch()


def tones(onsets_s: np.ndarray, midi: np.ndarray, duration_s: float) -> np.ndarray:
    """Struck tones of five partials, 0.3 s each."""
    samples = np.zeros(int(duration_s * RATE_HZ), np.float32)
    time_s = np.arange(int(0.3 * RATE_HZ)) / RATE_HZ
    envelope = 0.2 * np.minimum(1, time_s / 0.003) * np.exp(-4 * time_s)
    for onset_s, note in zip(onsets_s, midi, strict=True):
        frequency = 440 * 2 ** ((note - 69) / 12)
        tone = envelope * sum(np.sin(2 * np.pi * k * frequency * time_s) / k for k in range(1, 6))
        first = round(onset_s * RATE_HZ)
        samples[first : first + len(tone)] += tone
    return samples


def test_the_rebuilt_graph_equals_the_published_one() -> None:
    rng = np.random.default_rng(0)
    windows = (0.01 * rng.standard_normal((3, 43844))).astype(np.float32)
    windows[0] += tones(np.array([0.1, 0.6, 1.2]), np.array([60, 33, 91]), 2)[:43844]
    windows[1, 20000:] = 0
    windows[2] = 0
    published = session(package_file("basic_pitch", "saved_models/icassp_2022/nmp.onnx"))
    names = [f"StatefulPartitionedCall:{i}" for i in (1, 2, 0)]
    expected = published.run(names, {"serving_default_input_2:0": windows[:, :, None]})
    got = session(prepared_file("basic_pitch_products.onnx")).run(
        ["notes", "onsets", "contours"], {"samples": windows}
    )
    for one, other in zip(got, expected, strict=True):
        assert np.abs(one.transpose(0, 2, 1) - other[:, EDGE : EDGE + KEPT]).max() < 5e-4


def test_onsets_do_not_drift(network: BasicPitch) -> None:
    """Within 15 ms wherever they lie in a window, in the first seconds as after a hundred."""
    rng = np.random.default_rng(1)
    near = np.arange(0.5, 6, 0.7)
    onsets_s = np.concatenate([near, 100 + near]) + rng.uniform(0, 0.2, 2 * len(near))
    midi = rng.integers(50, 80, len(onsets_s))
    heard = network.activations(tones(onsets_s, midi, 107))
    for onset_s, note in zip(onsets_s, midi, strict=True):
        around = np.abs(heard.times_s - onset_s) < 0.2
        strength = heard.onsets[around, note - LOWEST_MIDI]
        assert strength.max() > 0.4
        assert abs(heard.times_s[around][strength.argmax()] - onset_s) < 0.015


def test_notes_and_contours_are_where_they_sound(network: BasicPitch) -> None:
    heard = network.activations(tones(np.array([1.0]), np.array([57]), 3))
    sounding = (heard.times_s > 1.05) & (heard.times_s < 1.25)
    assert (heard.notes[sounding].argmax(axis=1) == 57 - LOWEST_MIDI).all()
    assert (heard.contours[sounding].mean(axis=0).argmax() + 1) // 3 == pytest.approx(57 - LOWEST_MIDI, abs=1)
    assert heard.notes[heard.times_s > 2].max() < 0.3


def test_blocks_join_without_a_seam(network: BasicPitch, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = tones(np.arange(0.2, 9, 0.5), np.arange(60, 78), 10)
    whole = network.activations(samples)
    monkeypatch.setattr(basic_pitch, "BATCH", 1)
    again = network.activations(samples)
    assert np.abs(whole.notes - again.notes).max() < 1e-5
    assert np.abs(whole.contours - again.contours).max() < 1e-5


@pytest.mark.parametrize("samples", [0, 1, 255, 256, 142 * 256 - 1, 142 * 256, 43844])
def test_every_length_has_its_frames(network: BasicPitch, samples: int) -> None:
    heard = network.activations(np.zeros(samples, np.float32))
    frames = 1 + samples // 256
    assert heard.notes.shape == heard.onsets.shape == (frames, 88)
    assert heard.contours.shape == (frames, 264)
    assert heard.times_s[-1] == pytest.approx((frames - 1) / FRAMES_PER_S)


def test_without_onsets_the_rest_is_the_same(network: BasicPitch) -> None:
    samples = tones(np.arange(0.2, 3, 0.5), np.arange(60, 66), 4)
    whole, fewer = network.activations(samples), BasicPitch(onsets=False).activations(samples)
    assert fewer.onsets.shape == (len(whole.notes), 0)
    assert np.abs(fewer.notes - whole.notes).max() < 1e-6
    assert np.abs(fewer.contours - whole.contours).max() < 1e-6
