"""MusiCNN in onnxruntime against the same network in torch, built from the same checkpoint."""

import numpy as np
import pytest

from index.models import mel as mel_bands
from index.models import musicnn
from index.models.musicnn import FEATURES, TAGS, MusiCNN
from index.setup.musicnn_graph import tensors

NETWORKS = ("MTT", "MSD")


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> MusiCNN:
    return MusiCNN(request.param)


def sound(duration_s: float, seed: int = 0) -> np.ndarray:
    """Chords that change twice a second, with noise: something in every band."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(duration_s * 16000)) / 16000
    frequency = np.repeat(rng.uniform(80, 2000, int(duration_s * 2) + 1), 8000)[: len(time_s)]
    tone = sum(np.sin(2 * np.pi * k * frequency * time_s) / k for k in (1, 2, 3, 4))
    return (0.1 * tone + 0.02 * rng.standard_normal(len(time_s))).astype(np.float32)


def torch_network(which: str, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (frames, 753), embedding (200,), tags (50,) of one patch: musicnn/models.py, line by line."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    weights = {name: torch.tensor(value, dtype=torch.float64) for name, value in tensors(which).items()}

    def number(prefix: str, index: int) -> str:
        return f"{prefix}_{index}" if index else prefix

    def batch_norm(state: torch.Tensor, index: int, axis: int) -> torch.Tensor:
        prefix = number("batch_normalization", index)
        shape = [-1 if i == axis else 1 for i in range(state.dim())]
        beta, gamma, mean, variance = (
            weights[f"{prefix}/{part}"].reshape(shape)
            for part in ("beta", "gamma", "moving_mean", "moving_variance")
        )
        return (state - mean) / torch.sqrt(variance + 0.001) * gamma + beta

    def convolution(state: torch.Tensor, index: int) -> torch.Tensor:
        prefix = number("conv2d", index)
        return torch.relu(
            F.conv2d(state, weights[f"{prefix}/kernel"].permute(3, 2, 0, 1), weights[f"{prefix}/bias"])
        )

    image = batch_norm(torch.tensor(mel, dtype=torch.float64)[None, None], 0, 1)
    front = []
    for index, frames in enumerate((7, 7, 128, 64, 32)):
        padded = F.pad(image, (0, 0, (frames - 1) // 2, frames // 2))
        front.append(batch_norm(convolution(padded, index), index + 1, 1).amax(dim=3))
    state = torch.cat(front, 1).transpose(1, 2)[:, None]  # (1, 1, frames, 561)
    layers = [state]
    for index in (5, 6, 7):
        padded = F.pad(state, (0, 0, 3, 3))
        new = batch_norm(convolution(padded, index), index + 1, 1).permute(0, 3, 2, 1)
        state = new if index == 5 else new + state
        layers.append(state)
    features = torch.cat(layers, 3)[0, 0]
    pooled = torch.stack([features.amax(0), features.mean(0)], 1).reshape(1, -1)  # neighbours, as TF flattens
    hidden = torch.relu(batch_norm(pooled, 9, 1) @ weights["dense/kernel"] + weights["dense/bias"])
    embedding = batch_norm(hidden, 10, 1)
    tags = torch.sigmoid(embedding @ weights["dense_1/kernel"] + weights["dense_1/bias"])
    return features.numpy(), embedding[0].numpy(), tags[0].numpy()


def test_a_patch_equals_torch(network: MusiCNN) -> None:
    mel = network.mel(sound(3))[:187]
    features, embedding, tags = torch_network(network.which, mel)
    got = network.features(mel)
    assert np.abs(got - features).max() < 1e-4
    patch = network.pool(got, np.array([0]), np.array([187]))
    assert np.abs(patch.embedding[0] - embedding).max() < 1e-4
    assert np.abs(patch.tags[0] - tags).max() < 1e-4


def test_chunks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    network = MusiCNN()
    mel = network.mel(sound(12))
    whole = network.features(mel)
    monkeypatch.setattr(musicnn, "CHUNK", 100)
    assert np.abs(network.features(mel) - whole).max() < 1e-5


def test_overlapping_patches_are_pooled_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    network = MusiCNN()
    mel = network.mel(sound(10))
    features = network.features(mel)
    starts = np.array([0, 31, 62, 100, 100, 5])
    ends = np.array([187, 218, 249, len(mel), 101, 6])
    got = network.pool(features, starts, ends)
    pairs = list(zip(starts, ends, strict=True))
    expected = network.backend(
        np.stack([features[a:b].max(axis=0) for a, b in pairs]),
        np.stack([features[a:b].mean(axis=0) for a, b in pairs]),
    )
    assert np.abs(got.embedding - expected.embedding).max() < 1e-5
    assert np.abs(got.tags - expected.tags).max() < 1e-5
    monkeypatch.setattr(musicnn, "CHUNK", 64)
    assert np.abs(network.patches(mel, starts, ends).embedding - got.embedding).max() < 1e-5


@pytest.mark.parametrize(("start", "end"), [(0, 0), (-1, 5), (0, 21), (9, 3)])
def test_a_patch_outside_the_frames_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="within the 20 frames"):
        MusiCNN().pool(np.zeros((20, FEATURES), np.float32), np.array([start]), np.array([end]))


@pytest.mark.parametrize("samples", [0, 1, 300])
def test_the_shortest_sounds_have_features(samples: int) -> None:
    network = MusiCNN()
    features = network.features(network.mel(np.zeros(samples, np.float32)))
    assert features.shape == (1 + samples // 256, FEATURES)
    assert np.isfinite(features).all()


def test_mel_equals_librosa() -> None:
    import librosa

    samples = sound(2)
    expected = librosa.feature.melspectrogram(y=samples, sr=16000, n_fft=512, hop_length=256, n_mels=96).T
    got = mel_bands.mel_power(samples)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 1e-5 * expected.max()
    assert np.abs(mel_bands.compress(got) - np.log10(1 + 10000 * expected)).max() < 1e-4


def test_the_loudest_sound_stays_finite() -> None:
    square = np.where(np.arange(16000) % 32 < 16, 1, -1).astype(np.float32)
    assert np.isfinite(MusiCNN().mel(square)).all()


def test_there_are_fifty_words_for_each_network() -> None:
    assert {which: len(set(words)) for which, words in TAGS.items()} == {"MTT": 50, "MSD": 50}


def test_a_flute_is_no_drum(network: MusiCNN) -> None:
    """A soft, steady tone of few partials: MTT knows a flute, and neither network hears metal."""
    time_s = np.arange(48000) / 16000
    tone = (0.2 * np.sin(2 * np.pi * 587 * time_s) + 0.05 * np.sin(2 * np.pi * 1174 * time_s)).astype(
        np.float32
    )
    features = network.features(network.mel(tone))
    tags = dict(
        zip(network.tags, network.pool(features, np.array([0]), np.array([188])).tags[0], strict=True)
    )
    assert tags["metal"] < 0.05
    if network.which == "MTT":
        assert tags["flute"] > 5 * tags["drums"]
