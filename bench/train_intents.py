"""Trains the regression by which the planner reads an intent from a sentence:
app/agent/planner/decide/intents.npz.

python -m bench.train_intents

From the examples (app/agent/planner/examples.jsonl), the conversations for tuning
(tests/data/utterances.jsonl) and those of bench/utterances that are tuned on. Prints how often it is
right on sentences that it was not shown (five folds), and how often where it is sure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

import app.agent.planner
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.intent import match_rules
from app.agent.planner.decide.intent_classifier import WEIGHTS, natural
from app.agent.planner.decide.plan import SURE
from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.lexicons import ENGLISH, language_of
from app.agent.planner.parse.prepared import prepare
from bench.agreement import FOLDER, Turn, read_conversations, turn_of
from index.models.text import TextEncoder

PLANNER = Path(app.agent.planner.__file__).parent
TUNING = Path(__file__).parents[1] / "tests" / "data" / "utterances.jsonl"
TRAINING = ("train*.jsonl", "plain.jsonl", "stranger*.jsonl")
"""Conversations that are learned from; of those in other languages nothing is."""
INTENTS = {tool: intent for intent, tool in reversed(TOOLS.items())}
"""Of two intents that call one tool the first; rules tell them apart."""
REFINED = ("similar", "hum", "description", "recommend", "search")
"""Asked a second time in a row without a moment being named, they are a change of the last search."""
STRENGTH = 10.0
"""Inverse of the regularisation: chosen by the five folds, and flat around it."""


def sentences() -> list[tuple[str, str]]:
    """(sentence, intent) of everything that may be learned from."""
    examples = [json.loads(line) for line in _lines(PLANNER / "examples.jsonl")]
    found = [(_plain(row["text"]), str(row["intent"])) for row in examples]
    for name in TRAINING:
        for path in sorted(FOLDER.glob(name)):
            for turns in read_conversations(path):
                found += _of(turns)
    for line in _lines(TUNING):
        if (row := json.loads(line))["use"] == "tuning":
            found += _of(tuple(turn_of(turn) for turn in row["turns"]))
    return list(dict.fromkeys(found))


def _of(turns: tuple[Turn, ...]) -> Iterator[tuple[str, str]]:
    last = ""
    for turn in turns:
        if language_of(turn.text) != ENGLISH:
            continue
        words = _plain(turn.text)
        if turn.expected is None:  # by what the rules take it for, a phrase
            intent = match_rules(words, Talk(words=words)) or "outside"
            yield words, "outside" if intent in TOOLS else intent
            continue
        intent = INTENTS[turn.expected.name]
        named = any(sign in words for sign in ("the clip", "result 2", "1:20", "clair de lune"))
        change = intent == last and intent in REFINED and not turn.clip and not named
        yield words, "change" if change else intent
        last = intent if intent in REFINED else last


def _plain(words: str) -> str:
    return natural(prepare(words, Talk(words=words)))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> None:
    """Train, say how good it is, and write the numbers."""
    words, intents = (np.array(column) for column in zip(*sentences(), strict=True))
    vectors = TextEncoder().encode(list(words))
    model = LogisticRegression(C=STRENGTH, max_iter=500)
    shares = cross_val_predict(model, vectors, intents, cv=5, method="predict_proba")
    right = np.unique(intents)[shares.argmax(axis=1)] == intents
    sure = shares.max(axis=1) >= SURE
    print(
        f"{len(words)} sentences, {len(set(intents))} intents: {right.mean():.3f} right when not shown; ",
        end="",
    )
    print(f"sure of {sure.mean():.2f} of them, {right[sure].mean():.3f} right")
    model.fit(vectors, intents)
    np.savez_compressed(
        PLANNER / "decide" / WEIGHTS,
        intents=model.classes_,
        weights=model.coef_.astype(np.float16),
        offsets=model.intercept_.astype(np.float32),
    )


if __name__ == "__main__":
    main()
