"""The checkpoint reader, and graphs that are made once, whole, and again when their source changes."""

import hashlib
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.core.errors import WeightsError
from index.models.weights import package_file, prepared_file, providers, session
from index.setup import prepare as preparing
from index.setup.checkpoint import MAGIC, parse_entry, read_checkpoint, table_entries
from index.setup.prepare import Recipe, prepare
from index.store.origins import frame_origins, is_stale
from index.system.prepared import prepared_dir


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def entry(shape: tuple[int, ...], offset: int, size: int, dtype: int = 1) -> bytes:
    dimensions = b"".join(b"\x12" + varint(len(d)) + d for d in (b"\x08" + varint(n) for n in shape))
    return (
        b"\x08"
        + varint(dtype)
        + b"\x12"
        + varint(len(dimensions))
        + dimensions
        + b"\x20"
        + varint(offset)
        + b"\x28"
        + varint(size)
    )


def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A LevelDB block; keys share their prefixes."""
    out, last = b"", b""
    for key, value in pairs:
        kept = next(
            (i for i, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last))
        )
        out += varint(kept) + varint(len(key) - kept) + varint(len(value)) + key[kept:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def checkpoint(folder: Path, tensors: dict[str, np.ndarray], compressed: bool = False) -> None:
    """A checkpoint as TensorFlow writes it, in two data blocks."""
    data, pairs = b"", [(b"", b"\x08\x01")]
    for name, value in sorted(tensors.items()):
        raw = value.astype("<f4").tobytes()
        pairs.append((name.encode(), entry(value.shape, len(data), len(raw))))
        data += raw
    table, handles = b"", []
    for part in (pairs[:2], pairs[2:]):
        content = block(part)
        handles.append((part[-1][0], varint(len(table)) + varint(len(content))))
        table += content + bytes([compressed]) + b"crc4"
    index = block(handles)
    places = varint(0) + varint(0) + varint(len(table)) + varint(len(index))
    table += index + b"\x00crc4" + places.ljust(40, b"\x00") + struct.pack("<Q", MAGIC)
    (folder / ".index").write_bytes(table)
    (folder / ".data-00000-of-00001").write_bytes(data)


def test_the_published_checkpoints_hold_these_tensors() -> None:
    tensors = read_checkpoint(package_file("musicnn", "MTT_musicnn"))
    assert len(tensors) == 8 * 2 + 11 * 4 + 2 * 2
    assert tensors["conv2d_1/kernel"].shape == (7, 67, 1, 204)
    assert tensors["dense_1/kernel"].dtype == np.float32
    assert not any("Adam" in name or "power" in name for name in tensors)
    assert all((tensors[name] > 0).all() for name in tensors if name.endswith("moving_variance"))


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tensors = {
        "conv/bias": rng.standard_normal(300),
        "conv/kernel": rng.standard_normal((2, 3, 5)),
        "conv/kernel/Adam": rng.standard_normal(30),
        "step": np.array(7.0),
    }
    checkpoint(tmp_path, tensors)
    got = read_checkpoint(tmp_path)
    assert sorted(got) == ["conv/bias", "conv/kernel", "step"]
    for name, value in got.items():
        np.testing.assert_array_equal(value, tensors[name].astype(np.float32))


def test_an_entry_says_where_its_tensor_lies() -> None:
    got = parse_entry(entry((7, 561, 1, 64), 123456, 1004544))
    assert (got.dtype, got.shape, got.offset, got.size) == (1, (7, 561, 1, 64), 123456, 1004544)


@pytest.mark.parametrize("harm", ["missing", "empty", "cut index", "cut data", "compressed", "text"])
def test_a_damaged_checkpoint_is_refused_in_words(tmp_path: Path, harm: str) -> None:
    checkpoint(tmp_path, {"a": np.ones(4), "b": np.ones(4)}, compressed=harm == "compressed")
    index, data = tmp_path / ".index", tmp_path / ".data-00000-of-00001"
    if harm == "missing":
        data.unlink()
    elif harm == "empty":
        index.write_bytes(b"")
    elif harm == "cut index":
        index.write_bytes(index.read_bytes()[30:])
    elif harm == "cut data":
        data.write_bytes(data.read_bytes()[:20])
    elif harm == "text":
        index.write_bytes(b"<html>not found</html>" * 9)
    with pytest.raises(WeightsError, match="checkpoint in"):
        read_checkpoint(tmp_path)


def test_every_table_entry_comes_once_and_in_order() -> None:
    table = package_file("musicnn", "MSD_musicnn/.index").read_bytes()
    keys = [key for key, _ in table_entries(table)]
    assert keys == sorted(set(keys))


def test_a_missing_package_says_what_to_do() -> None:
    with pytest.raises(WeightsError, match=r"package no_such_package.*run `make setup`"):
        package_file("no_such_package", "weights.bin")
    with pytest.raises(WeightsError, match=r"no\.bin of the package musicnn.*run `make setup`"):
        package_file("musicnn", "no.bin")


def test_packages_are_found_without_importing_them() -> None:
    import sys

    package_file("basic_pitch", "saved_models/icassp_2022/nmp.onnx")
    assert "basic_pitch" not in sys.modules
    assert "musicnn" not in sys.modules


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """One recipe, whose source may be changed, in a folder of its own."""
    package = tmp_path / "a_package_with_weights"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "weights.bin").write_bytes(b"one")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("REPRISE_WEIGHTS", str(tmp_path / "prepared"))

    def build() -> bytes:
        return b"graph of " + (package / "weights.bin").read_bytes()

    made = Recipe("graph.onnx", 1, (("a_package_with_weights", "weights.bin"),), build)
    monkeypatch.setattr(preparing, "recipes", lambda: (made,))
    return made


def test_graphs_are_made_once_and_again_when_their_source_changes(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with pytest.raises(WeightsError, match="run `make setup`"):
        prepared_file("graph.onnx")
    prepare(said.append)
    prepare(said.append)
    assert said == ["preparing graph.onnx"]
    assert prepared_file("graph.onnx").read_bytes() == b"graph of one"
    (tmp_path / "a_package_with_weights" / "weights.bin").write_bytes(b"two")
    prepare(said.append)
    assert prepared_file("graph.onnx").read_bytes() == b"graph of two"
    monkeypatch.setattr(preparing, "recipes", lambda: (replace(recipe, version=2),))
    prepare(said.append)
    assert len(said) == 3
    assert json.loads((prepared_dir() / "graph.json").read_text())["version"] == 2


def test_a_builder_that_fails_leaves_no_graph_that_counts(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bytes:
        raise WeightsError("broken")

    monkeypatch.setattr(preparing, "recipes", lambda: (replace(recipe, build=fail),))
    with pytest.raises(WeightsError, match="broken"):
        prepare(lambda _: None)
    assert list(prepared_dir().glob("*")) == []
    monkeypatch.setattr(preparing, "recipes", lambda: (recipe,))
    prepare(lambda _: None)
    assert sorted(path.name for path in prepared_dir().iterdir()) == ["graph.json", "graph.onnx"]


def test_a_source_that_is_not_the_published_one_is_refused(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "recipes", lambda: (replace(recipe, sha256=("0" * 64,)),))
    with pytest.raises(WeightsError, match="not the published file"):
        prepare(lambda _: None)


def test_a_damaged_record_means_make_it_again(recipe: Recipe) -> None:
    said: list[str] = []
    prepare(said.append)
    (prepared_dir() / "graph.json").write_text("{")
    prepare(said.append)
    assert len(said) == 2


def test_a_gpu_comes_first_where_there_is_one() -> None:
    cpu = "CPUExecutionProvider"
    assert providers([cpu]) == [cpu]
    assert providers(["AzureExecutionProvider", cpu, "CUDAExecutionProvider"]) == [
        "CUDAExecutionProvider",
        cpu,
    ]


@pytest.mark.parametrize("has_gpu", [True, False])
def test_a_network_is_opened_on_the_gpu_where_there_is_one(
    has_gpu: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A double stands for onnxruntime with CUDA, as its package for GPUs says it has."""
    import onnxruntime

    gpu, cpu, asked = "CUDAExecutionProvider", "CPUExecutionProvider", []

    def opened(source: str, options: object, providers: list[str]) -> str:
        asked.append(providers)
        return source

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [gpu, cpu] if has_gpu else [cpu])
    monkeypatch.setattr(onnxruntime, "InferenceSession", opened)
    session(b"graph")
    session(b"graph", quick_start=True)
    assert asked == [[gpu, cpu] if has_gpu else [cpu], [cpu]]


def test_another_form_of_a_graph_makes_nothing_stale() -> None:
    """What was measured by MusiCNN's former graphs, of the same weights and version, stays valid."""
    sources = [("musicnn", "MTT_musicnn/.index"), ("musicnn", "MTT_musicnn/.data-00000-of-00001")]
    hashes = [hashlib.sha256(package_file(*each).read_bytes()).hexdigest() for each in sources]
    former = json.dumps({"version": 2, "sources_sha256": hashes}).encode()
    digest = hashlib.blake2b(former + former, digest_size=4).hexdigest()
    assert not is_stale(f"1 musicnn {digest}", frame_origins()["embedding"])
    assert is_stale("1 musicnn 00000000", frame_origins()["embedding"])
