"""How often the built-in planner calls the right tool with the right arguments, and how long a turn takes.

python -m bench.planner [FILE.jsonl ...] [--empty] [--wrong]

The planner is asked as the graph asks it, in this process, with tools that always find what they were asked
for (--empty: that find nothing, as in an empty library). Prints turns right in all and by tool, how many of
the wrong ones called a tool instead of asking back, and ms a turn.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from app.agent.inputs.titles import TitlesNamed
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from bench.agreement import FOLDER, Expected, Turn, agrees, read_conversations
from demo.pieces import pieces
from index.core.hits import Alignment, Hit
from index.core.moments import Moment
from index.core.tracks import Track
from index.text.titles import words

CALLS_A_TURN = 8


class Conversation:
    """The messages of a conversation, with the planner's calls and answers made up to them."""

    def __init__(self, planner: Planner, tools: Sequence[str], *, empty: bool = False) -> None:
        self._planner = planner.bind(tools=list(tools))
        self._empty = empty
        self._clips = 0
        self.messages: list[BaseMessage] = []
        self.slowest_ms = 0.0
        """The most processor time that one of the planner's steps took."""

    def say(self, text: str, clip: bool) -> tuple[list[dict[str, Any]], str]:
        """The calls that the words lead to, and the answer."""
        clips = [{"number": self._clips + 1, "recorded": False}] if clip else []
        self._clips += len(clips)
        titles = _finder().named_in(text)
        extra = {"words": text, "clips": clips, "titles": titles}
        self.messages.append(HumanMessage(text, additional_kwargs=extra))
        calls: list[dict[str, Any]] = []
        for _ in range(CALLS_A_TURN):
            started = time.thread_time()
            reply = self._planner.invoke(self.messages)
            self.slowest_ms = max(self.slowest_ms, 1000 * (time.thread_time() - started))
            self.messages.append(reply)
            if not isinstance(reply, AIMessage) or not reply.tool_calls:
                return calls, reply.text
            for call in reply.tool_calls:
                calls.append({"name": call["name"], "args": call["args"]})
                self.messages.append(self._answered(dict(call)))
        return calls, ""

    def _answered(self, call: dict[str, Any]) -> ToolMessage:
        """What the tool says: as many hits as were asked for, or that it cannot."""
        name, args = call["name"], call["args"]
        if self._empty and name not in ("library_status", "search_library"):
            text = "Your library is empty."
            return ToolMessage(text, tool_call_id=call["id"], name=name, status="error")
        artifact: dict[str, Any] = {}
        if name.startswith(("find_", "recommend_")):
            query = {"name": "A piece", "start_s": 10.0, "end_s": 20.0, "emphasis": {}, "filters": {}}
            hits = [_hit(rank).as_record() for rank in range(1, int(args.get("k", 3)) + 1)]
            artifact = {"kind": "hits", "query": query, "hits": hits}
        elif name == "search_library":
            artifact = {
                "kind": "tracks",
                "tracks": [],
                "total": 0,
                "text": "",
                "filters": {},
                "left_aside": [],
            }
        return ToolMessage("done", artifact=artifact, tool_call_id=call["id"], name=name)


@functools.lru_cache(maxsize=1)
def _finder() -> TitlesNamed:
    """Finds the titles of the demo library, of which the conversations speak."""
    return TitlesNamed(_DemoTitles())


class _DemoTitles:
    """The tracks of the demo library, none of which has to be made for that."""

    def __init__(self) -> None:
        self._tracks = [_track(piece.title) for piece in pieces()]

    def tracks(self, text: str = "") -> list[Track]:
        asked = set(words(text))
        return [track for track in self._tracks if asked <= set(words(track.title))]


def _track(title: str) -> Track:
    return Track(title, f"{title}.wav", title, "", "", "", "", None, 100.0)


def _hit(rank: int) -> Hit:
    track = replace(_track(f"Piece {rank}"), id=f"id{rank}")
    return Hit(rank, track, Moment(track.id, 10.0, 20.0), 1.0, 0.9, 0.1, {}, Alignment(0, 1.0))


def is_right(turn: Turn, calls: Sequence[dict[str, Any]], answer: str) -> bool:
    """Whether the first call is the expected one, or none was made where none was due."""
    return any(_meets(expected, calls, answer) for expected in (turn.expected, *turn.others))


def _meets(expected: Expected | None, calls: Sequence[dict[str, Any]], answer: str) -> bool:
    if expected is None:
        return not calls and bool(answer.strip())
    return bool(calls) and calls[0]["name"] == expected.name and agrees(expected.args, calls[0]["args"])


def main() -> None:
    """Score the planner on files of conversations and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, default=sorted(FOLDER.glob("*.jsonl")))
    parser.add_argument("--empty", action="store_true", help="tools that find nothing")
    parser.add_argument("--wrong", action="store_true", help="list the turns that went wrong")
    given = parser.parse_args()
    planner = Planner()
    before_mb = _resident_mb()
    for path in given.files:
        _score(path, planner, empty=given.empty, list_wrong=given.wrong)
    print(f"memory: {_resident_mb() - before_mb:.0f} MB more than before the first turn")


def _resident_mb() -> float:
    """What this process holds in memory; nan where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _score(path: Path, planner: Planner, *, empty: bool, list_wrong: bool) -> None:
    total, right = Counter[str](), Counter[str]()
    wrong: list[tuple[str, Any, Any]] = []
    took_ms: list[float] = []
    for turns in read_conversations(path):
        talk = Conversation(planner, list(TOOLS.values()), empty=empty)
        for turn in turns:
            talk.slowest_ms = 0.0
            calls, answer = talk.say(turn.text, turn.clip)
            took_ms.append(talk.slowest_ms)
            tool = turn.expected.name if turn.expected else "no tool"
            total[tool] += 1
            if is_right(turn, calls, answer):
                right[tool] += 1
            else:
                wrong.append((turn.text, turn.expected, calls[:1] or answer))
    turns_right, turns_made = right.total(), total.total()
    took_ms.sort()
    silent = sum(isinstance(got, list) for _, _, got in wrong)
    print(
        f"{path.name}: {turns_right} of {turns_made} turns right = {turns_right / turns_made:.3f}, ", end=""
    )
    print(f"{silent} wrong without a question; ", end="")
    print(f"processor time of a step {took_ms[len(took_ms) // 2]:.1f} ms, at most {took_ms[-1]:.0f} ms")
    for tool, count in total.most_common():
        print(f"  {tool:<22} {right[tool]:>3} of {count}")
    for text, expected, got in wrong if list_wrong else ():
        print(f"  - {text}\n      wanted {_said(expected)}\n      got    {_said(got)}")


def _said(call: Any) -> str:
    if isinstance(call, list):
        args = {name: value for name, value in call[0]["args"].items() if value not in ("", {}, [])}
        return f"{call[0]['name']} {args}"
    return f"{call.name} {dict(call.args)}" if hasattr(call, "args") else repr(call)[:90]


if __name__ == "__main__":
    main()
