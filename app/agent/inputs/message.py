"""A user's message as it is kept and as a model reads it: the words, the clips beside them, a button's call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.agent.inputs.clips import noted
from app.agent.inputs.speech import Spoken

if TYPE_CHECKING:
    from langchain_core.messages import HumanMessage


def message_of(
    words: str, spoken: Spoken, before: int, call: Mapping[str, Any] | None, titles: Sequence[str] = ()
) -> HumanMessage:
    """The message of `words` with the clips that stay clips; `before` clips were brought to the conversation.

    `call` is the tool call of a button that was pressed; `titles` are what names tracks of the library in the words.
    """
    from langchain_core.messages import HumanMessage

    brought = [
        {"number": before + i, "recorded": clip.recorded, "kind": clip.kind}
        for i, clip in enumerate(spoken.clips, 1)
    ]
    extra: dict[str, Any] = {"words": words, "clips": brought}
    extra |= {"heard": True} if spoken.heard else {}
    extra |= {"unread": spoken.unread} if spoken.unread else {}
    extra |= {"titles": list(titles)} if titles else {}
    if call:
        extra["call"] = dict(call)
    text = noted(words, brought, spoken.clips, spoken.unread)
    return HumanMessage(text, additional_kwargs=extra, id=f"u{uuid.uuid4().hex}")
