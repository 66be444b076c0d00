"""How well a language model runs the conversations: is REPRISE_MODEL good enough, or is the built-in planner
better?

    python -m bench.agent                       forty conversations, spread over bench/utterances/test.jsonl
    python -m bench.agent --all                 all of them
    python -m bench.agent FILE.jsonl --wrong    of another file; shows every turn that went wrong

Each conversation goes through the assistant as a user's does, over a small library that is made at the first
run. A turn scores for its *tool* (the first that was called, or none where none is wanted), its *arguments*
(of the turns with the right tool) and its *answer*: in the model's own words, and, where something was found,
naming some of it. *helped* are turns in which the built-in planner had to make the call or the words.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.events import Answered, ToolAnswered, ToolCalled
from app.settings import load_settings
from bench.agreement import FOLDER, Turn, agrees, read_conversations
from bench.machine import described
from bench.report import table

if TYPE_CHECKING:
    from app.agent.assistant import Assistant

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
WORK = RESULTS / "cache" / "agent"
SAMPLE = 40
EVERY = 8
"""Of the demo's pieces one in so many is in the library that is asked."""
CLIP_S = 10.0


@dataclass(frozen=True)
class Scored:
    """How one turn went."""

    words: str
    tool: bool
    arguments: bool | None
    """None where no argument was expected, or the tool was wrong."""
    answer: bool
    helped: bool
    seconds: float
    expected: str
    got: str


def main() -> int:
    """Run the conversations, print the scores, write them to bench/results."""
    parser = argparse.ArgumentParser(description="Score a language model on conversations.")
    parser.add_argument(
        "files", nargs="*", type=Path, help="conversations; bench/utterances/test.jsonl if not given"
    )
    parser.add_argument("--all", action="store_true", help=f"all conversations, not {SAMPLE} of them")
    parser.add_argument("--wrong", action="store_true", help="show the turns that went wrong")
    given = parser.parse_args()
    conversations = [
        talk for file in given.files or [FOLDER / "test.jsonl"] for talk in read_conversations(file)
    ]
    if not given.all and len(conversations) > SAMPLE:
        conversations = conversations[:: -(-len(conversations) // SAMPLE)]
    model = load_settings().model
    scored = run(conversations, WORK, show=sys.stderr.isatty())
    found = {
        "model": model,
        "machine": described(),
        "scores": scores(scored),
        "turns": [asdict(s) for s in scored],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    name = "".join(char if char.isalnum() else "_" for char in model)
    (RESULTS / f"agent_{name}.json").write_text(
        json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    print(as_table(model, scores(scored)))
    if given.wrong:
        for turn in scored:
            if not turn.tool or turn.arguments is False or not turn.answer:
                print(f"{turn.words}\n   wanted {turn.expected}\n   got    {turn.got}")
    return 0


def run(conversations: Sequence[Sequence[Turn]], work: Path, *, show: bool = False) -> list[Scored]:
    """Every conversation through an assistant of its own thread, one after the other."""
    from app.wiring import open_assistant, open_library

    settings = load_settings(home=work / "home")
    library = open_library(settings)
    try:
        clip = prepare(library, work)
        assistant = open_assistant(settings, library, remember=False)
        scored: list[Scored] = []
        for number, conversation in enumerate(conversations, 1):
            thread = assistant.new_thread()
            scored += [take(assistant, thread, turn, clip) for turn in conversation]
            if show:
                print(f"\r{number} of {len(conversations)}", end="", file=sys.stderr, flush=True)
        return scored
    finally:
        library.close()


def prepare(library: Any, work: Path) -> Path:
    """The library that is asked, made once, and the clip
    that is brought: ten seconds out of it, in another sound.
    """
    import soundfile

    from demo.library import build_demo
    from demo.pieces import pieces
    from demo.render import render
    from demo.scores import load_score

    chosen = pieces()[::EVERY]
    if len(library.tracks()) < len(chosen):
        print(f"Making a library of {len(chosen)} pieces, once.", file=sys.stderr)
        build_demo(library, chosen=chosen)
    clip = work / "clip.wav"
    if not clip.exists():
        score = load_score(chosen[0].path)
        sound = render(score, programs=[11] * len(score.parts), start_s=10.0, max_s=CLIP_S + 1)
        soundfile.write(clip, sound.samples[: round(CLIP_S * sound.rate_hz)], sound.rate_hz)
    return clip


def take(assistant: Assistant, thread: str, turn: Turn, clip: Path) -> Scored:
    """One turn, and its scores."""
    began = time.perf_counter()
    events = list(assistant.turn(thread, turn.text, [clip] if turn.clip else []))
    seconds = time.perf_counter() - began
    calls = [event for event in events if isinstance(event, ToolCalled)]
    answer = next((event for event in events if isinstance(event, Answered)), Answered("", failed=True))
    first = calls[0] if calls else None
    of_tool = [
        one
        for one in (turn.expected, *turn.others)
        if (one.name if one else "") == (first.name if first else "")
    ]
    right, wanted = bool(of_tool), of_tool[0] if of_tool else turn.expected
    asked = [one.args for one in of_tool if one and one.args]
    fits = any(agrees(args, dict(first.args)) for args in asked) if first and asked else None
    helped = was_helped(assistant, thread)
    found = [event for event in events if isinstance(event, ToolAnswered) and event.status == "ok"]
    return Scored(
        turn.text,
        right,
        fits,
        not answer.failed
        and bool(answer.text)
        and not helped_words(answer.text)
        and names_some(answer.text, found),
        helped,
        round(seconds, 2),
        f"{wanted.name} {json.dumps(dict(wanted.args), ensure_ascii=False)}" if wanted else "an answer",
        f"{first.name} {json.dumps(dict(first.args), ensure_ascii=False)}" if first else answer.text[:120],
    )


def names_some(answer: str, found: Sequence[ToolAnswered]) -> bool:
    """Whether an answer names one of the moments that were found last; true where none were."""
    hits = [
        event.artifact["hits"]
        for event in found
        if event.artifact.get("kind") == "hits" and event.artifact["hits"]
    ]
    return not hits or any(str(hit["track"]["title"]) in answer for hit in hits[-1])


def was_helped(assistant: Assistant, thread: str) -> bool:
    """Whether the planner made a call of the newest turn in the model's place, or its words."""
    from langchain_core.messages import AIMessage, HumanMessage

    kept = assistant.memory.saver.get_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})
    messages = list(kept.checkpoint["channel_values"].get("messages") or ()) if kept else []
    newest = max(
        (place for place, message in enumerate(messages) if isinstance(message, HumanMessage)), default=0
    )
    said = [message for message in messages[newest:] if isinstance(message, AIMessage)]
    return any(
        "helped" in m.additional_kwargs or "stands_in" in m.additional_kwargs or helped_words(m.text)
        for m in said
    )


def helped_words(text: str) -> bool:
    """Whether an answer ends in the note that its words are not the model's."""
    return (
        text.rstrip().endswith(")")
        and "(" in text
        and "the language model" in text.rpartition("(")[2].lower()
    )


def scores(scored: Sequence[Scored]) -> dict[str, float]:
    """The shares, and the time of a turn."""
    fits = [turn.arguments for turn in scored if turn.arguments is not None]
    count = max(1, len(scored))
    return {
        "turns": len(scored),
        "tool": sum(turn.tool for turn in scored) / count,
        "arguments": sum(fits) / len(fits) if fits else 1.0,
        "answer": sum(turn.answer for turn in scored) / count,
        "helped": sum(turn.helped for turn in scored) / count,
        "median_s": statistics.median(turn.seconds for turn in scored) if scored else 0.0,
        "slowest_s": max((turn.seconds for turn in scored), default=0.0),
    }


def as_table(model: str, found: dict[str, float]) -> str:
    """One line for the model."""
    head = ("model", "turns", "tool", "arguments", "answer", "helped", "s a turn", "slowest")
    shares = [f"{found[name]:.2f}" for name in ("tool", "arguments", "answer", "helped")]
    return table(
        head,
        [(model, f"{found['turns']:.0f}", *shares, f"{found['median_s']:.2f}", f"{found['slowest_s']:.1f}")],
    )


if __name__ == "__main__":
    sys.exit(main())
