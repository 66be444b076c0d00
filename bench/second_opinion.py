"""Whether the text network should object to what the rules chose: asked back instead, would fewer turns go wrong?

python -m bench.second_opinion [FILE.jsonl ...]

Each turn is answered by the planner as bench.planner asks it; beside it the network says how likely each tool is.
Prints how often the network alone is right and how well its probabilities are calibrated (on turns that name a tool
and change no earlier search), then, for each threshold, how many calls would be asked back, how many of those were
wrong, and how many right ones would be asked back for one wrong that is caught.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.intent_classifier import Likely, natural
from app.agent.planner.model import Planner
from app.agent.planner.parse.conversation import read_talk
from app.agent.planner.parse.prepared import prepare
from bench.agreement import FOLDER, read_conversations
from bench.planner import Conversation, is_right

NOT_SHOWN = ("plain", "stranger", "stranger2", "stranger3", "stranger4", "test", "test2", "languages2")
"""Files that the network was not trained on."""
UNLIKELY = (0.01, 0.02, 0.05, 0.1, 0.2)
SURE = (0.5, 0.7, 0.8, 0.9)
BINS = 5


@dataclass(frozen=True)
class Opinion:
    """What the planner called for a turn, and what the network says of it."""

    tool: str
    right: bool
    wanted: frozenset[str]
    """Tools that are right; empty where an answer is enough."""
    share: float
    """The network's probability of the tool that was called, or of a change."""
    best: str
    best_share: float


def opinions(path: Path, planner: Planner, likely: Likely) -> list[Opinion]:
    """An opinion for each turn of a file that led to a call."""
    found = []
    for turns in read_conversations(path):
        talk = Conversation(planner, list(TOOLS.values()))
        for turn in turns:
            before = len(talk.messages)
            calls, answer = talk.say(turn.text, turn.clip)
            if not calls:
                continue
            heard = read_talk(talk.messages[: before + 1])
            shares = Counter[str]()
            for intent, share in likely.intents(natural(prepare(heard.words, heard))).items():
                shares[TOOLS.get(intent, intent)] += share  # type: ignore[assignment]
            best, best_share = max(shares.items(), key=lambda one: one[1], default=("", 0))
            tool = calls[0]["name"]
            agrees = shares[tool] + (shares["change"] if heard.searched else 0)
            wanted = frozenset(one.name for one in (turn.expected, *turn.others) if one)
            found.append(
                Opinion(tool, is_right(turn, calls, answer), wanted, float(agrees), best, float(best_share))
            )
    return found


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="*", type=Path, default=[FOLDER / f"{name}.jsonl" for name in NOT_SHOWN]
    )
    planner, likely = Planner(), Likely()
    made = [one for path in parser.parse_args().files for one in opinions(path, planner, likely)]
    print(f"{len(made)} calls, {sum(not one.right for one in made)} of them wrong")
    alone = [one for one in made if one.wanted and one.best != "change"]
    print(
        f"the network alone: {sum(one.best in one.wanted for one in alone) / len(alone):.3f} of {len(alone)} right"
    )
    for step in range(BINS):
        low, high = step / BINS, (step + 1) / BINS + (step == BINS - 1)
        within = [one for one in alone if low <= one.best_share < high]
        if within:
            right = sum(one.best in one.wanted for one in within) / len(within)
            said = sum(one.best_share for one in within) / len(within)
            print(f"  says {said:.2f}: right in {right:.2f} of {len(within)}")
    for name, thresholds, objects in (
        ("what was called has less than", UNLIKELY, lambda one, at: one.share < at),
        (
            "another tool has at least",
            SURE,
            lambda one, at: one.best_share >= at and one.best not in (one.tool, "change"),
        ),
    ):
        for at in thresholds:
            asked = [one for one in made if objects(one, at)]
            caught = sum(not one.right for one in asked)
            cost = f"{(len(asked) - caught) / caught:.0f} right ones for each" if caught else "none caught"
            print(f"asked back where {name} {at}: {len(asked)} calls, {caught} wrong; {cost}")


if __name__ == "__main__":
    main()
