"""What has happened since the user's newest words: calls and answers, and what a new call would add to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from app.agent.planner.decide.choices import offers
from app.agent.planner.parse.conversation import SEARCHES, Call
from app.agent.toolbox import complete_args, searches, words_of
from tools import ToolFunction

TOLD_AT_MOST = 3
_ADDING = re.compile(r"\b(?:add|index|import|include|take|put)\b", re.IGNORECASE)
"""What is said by who wants a folder of the working directory, by its bare name, to be added."""
WRONG_CALL = "wrong_call"
"""Kind of the answer to a call that could not be made as it was written."""
_REFERS = ("moment", "result", "results", "first", "second")


@dataclass(frozen=True)
class SoFar:
    """The turn until now."""

    done: tuple[tuple[Call, ToolMessage], ...] = ()
    stands_in: str = ""
    """Why the built-in planner answers this turn in the model's place; empty where it does not."""
    found_at_most: int = 0
    """The most results that any search of the conversation found."""

    @classmethod
    def of(cls, messages: Sequence[BaseMessage]) -> SoFar:
        """Read out of the conversation."""
        newest = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
        answers = {m.tool_call_id: m for m in messages[newest:] if isinstance(m, ToolMessage)}
        spoken = [message for message in messages[newest:] if isinstance(message, AIMessage)]
        done = tuple(
            (Call(made["name"], made["args"], made["id"] or ""), answers[made["id"] or ""])
            for message in spoken
            for made in message.tool_calls
            if made["id"] in answers
        )
        reason = next(
            (str(m.additional_kwargs["stands_in"]) for m in spoken if "stands_in" in m.additional_kwargs), ""
        )
        return cls(done, reason, max((len(search.hits) for search in searches(messages)), default=0))

    @property
    def useful(self) -> list[tuple[Call, ToolMessage]]:
        """The calls that brought something: answers, or a refusal that means something to the user."""
        return [(call, answer) for call, answer in self.done if not _is_wrong(answer)]

    @property
    def wrong(self) -> int:
        """How many calls could not be made as they were written."""
        return len(self.done) - len(self.useful)

    @property
    def question(self) -> str:
        """What a tool has just asked the user; empty where it asked nothing."""
        newest = self.done[-1][1] if self.done else None
        return str(newest.artifact["question"]) if newest and kind_of(newest) == "question" else ""

    @property
    def offered(self) -> Mapping[str, Call | None]:
        """What the newest answer offers to click: short answers to its question, or the titles that a name may mean."""
        return offers(*self.done[-1]) if self.done else {}


def _is_wrong(answer: ToolMessage) -> bool:
    """Whether a call could not be made as it was written: the model's slip, nothing that the user should hear of."""
    artifact = answer.artifact if isinstance(answer.artifact, Mapping) else {}
    return artifact.get("kind") == WRONG_CALL or artifact.get("error") == "QueryError"


def kind_of(answer: ToolMessage) -> str:
    """What a tool's artifact holds."""
    return str(answer.artifact.get("kind", "")) if isinstance(answer.artifact, Mapping) else ""


def new_calls(
    calls: Sequence[tuple[str, Any]], so_far: SoFar, functions: Mapping[str, ToolFunction], most: int
) -> list[tuple[str, Any]]:
    """Of the calls that a reply makes those to be made: none twice, at most `most`, and none that refers to results
    which another one of them is only going to find."""
    made = {_same(call.name, call.args, functions) for call, _ in so_far.done}
    fresh: list[tuple[str, Any]] = []
    searching = False
    for name, args in calls:
        key = _same(name, args, functions)
        if key in made or (searching and _refers(name, args)):
            continue
        made.add(key)
        searching = searching or name in SEARCHES
        fresh.append((name, args))
    return fresh[:most]


def _same(name: str, args: Any, functions: Mapping[str, ToolFunction]) -> str:
    return f"{name} {complete_args(functions, name, args) if isinstance(args, Mapping) else args}"


def _refers(name: str, args: Any) -> bool:
    given = args if isinstance(args, Mapping) else {}
    return name in ("make_playlist", "explain_match") or any(
        "#" in str(given.get(each, "")) for each in _REFERS
    )


def without_wrong_calls(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The conversation as if calls that could not be made had never been tried."""
    wrong = {m.tool_call_id for m in messages if isinstance(m, ToolMessage) and _is_wrong(m)}
    left: list[BaseMessage] = []
    for message in messages:
        made = message.tool_calls if isinstance(message, AIMessage) else []
        calls = [call for call in made if call["id"] not in wrong]
        if (isinstance(message, ToolMessage) and message.tool_call_id in wrong) or (made and not calls):
            continue
        left.append(message.model_copy(update={"tool_calls": calls}) if made else message)
    return left


def named_by_the_user(source: str, messages: Collection[BaseMessage]) -> bool:
    """Whether the user has named this whole path, or was asked about it: what a title asks for is no wish.

    A path may be written from the root, from the home (~), or from the working directory; a single name counts
    only where the user asked for something to be added.
    """
    path = Path(source.strip().strip("\"'"))
    asked = [
        str((message.artifact.get("pending") or {}).get("source", ""))
        for message in messages
        if isinstance(message, ToolMessage) and kind_of(message) == "question"
    ]
    if str(path) in asked:
        return True
    forms = {re.escape(form.casefold()) for form in _ways_to_write(path)}
    named = re.compile(rf"(?<![\w/~.-])(?:\./)?(?:{'|'.join(forms)})/?(?![\w/~-]|\.\w)")
    return any(
        (found := named.search(said)) is not None and ("/" in found[0] or bool(_ADDING.search(said)))
        for message in messages
        if isinstance(message, HumanMessage) and (said := words_of(message).casefold())
    )


def _ways_to_write(path: Path) -> set[str]:
    """How a user may write a path."""
    absolute = path.expanduser().absolute()
    ways = {str(path), str(absolute)}
    for folder, sign in ((Path.home(), "~/"), (Path.cwd(), "")):
        if absolute.is_relative_to(folder) and absolute != folder:
            ways.add(f"{sign}{absolute.relative_to(folder)}")
    return ways
