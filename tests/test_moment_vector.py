"""The moment vector: folding, lengths, what it is the same for, and how it is trained and exported."""

from pathlib import Path

import numpy as np
import pytest

from bench.train_moment_vector import MomentNet, export, train
from bench.training_windows import Pair
from index.models import moment_vector
from index.models.moment_vector import DIMENSIONS, MomentVector, fold_registers


def tune(seconds=20.0, tempo=1.0, seed=0):
    """Notes (n, 88) uint8 at 10 Hz: a chord in the middle, one note above it, another one every half second."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(0, 12, 400)
    notes = np.zeros((int(seconds * 10), 88), np.uint8)
    for frame in range(len(notes)):
        step = int(frame * tempo / 5)
        root = int(steps[step // 4])
        for pitch in (24 + root, 28 + root, 31 + root, 43 + int(steps[100 + step])):
            notes[frame, pitch] = 240
    return notes


@pytest.fixture(scope="module")
def network() -> MomentVector:
    return MomentVector()


def test_notes_are_folded_by_register_and_class():
    notes = np.zeros((20, 88), np.uint8)
    notes[:10, 60 - 21] = 255  # C4, in the middle
    notes[10:, 36 - 21] = 255  # C2, low
    folded = fold_registers(notes)
    assert folded.shape == (3, 12, 12)
    assert folded[1, 0, :5] == pytest.approx(0.9)
    assert folded[0, 0, 5:10] == pytest.approx(0.9)
    assert folded.sum() == pytest.approx(0.9 * 10, rel=1e-5)
    assert fold_registers(notes, 10.0).shape == (3, 12, 24)
    assert fold_registers(notes, 2.5)[1, 0].tolist() == pytest.approx([0.9, 0.9, 0.45, 0, 0, 0])


def test_vectors_of_any_length_have_unit_length_and_stay_the_same(network):
    spans = [(0.0, 10.0), (3.0, 6.0), (5.0, 5.4), (12.0, 20.0), (0.0, 10.0)]
    found = network.vectors(tune(), spans)
    assert found.shape == (5, DIMENSIONS)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert found[0] == pytest.approx(found[4], abs=1e-6)
    assert MomentVector().vectors(tune(), spans[:1])[0] == pytest.approx(found[0], abs=1e-6)


def test_another_tempo_is_nearer_than_another_tune(network):
    own = network.vectors(tune(), [(0, 10)])[0]
    slower = network.vectors(tune(seconds=24, tempo=0.85), [(0, 10 / 0.85)])[0]
    others = [network.vectors(tune(seed=seed), [(0, 10)])[0] for seed in range(1, 9)]
    assert own @ slower > max(float(own @ other) for other in others)


def test_no_span_is_no_vector(network):
    assert network.vectors(tune(), []).shape == (0, DIMENSIONS)


def test_the_weights_are_small():
    assert Path(moment_vector.__file__).with_name("moment_vector.onnx").stat().st_size < 5_000_000


def test_training_is_the_same_for_the_same_seed_and_the_graph_computes_the_same(tmp_path):
    import onnxruntime
    import torch

    pairs = [
        Pair(f"work {seed}", fold_registers(tune(30, seed=seed)), fold_registers(tune(30, seed=seed)), 1.0)
        for seed in range(72)
    ]
    first, second = (train(pairs, steps=2, width=2) for _ in range(2))
    for name, numbers in first.state_dict().items():
        assert torch.equal(numbers, second.state_dict()[name]), name
    assert isinstance(first, MomentNet)
    export(first, tmp_path / "small.onnx")
    notes = np.stack([pairs[0].library[:, :, :50], pairs[1].library[:, :, :50]])
    with torch.no_grad():
        wanted = first(torch.from_numpy(notes)).numpy()
    graph = onnxruntime.InferenceSession(tmp_path / "small.onnx", providers=["CPUExecutionProvider"])
    assert graph.run(None, {"notes": notes})[0] == pytest.approx(wanted, abs=1e-5)
