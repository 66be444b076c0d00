"""What is not in the library: said so, with what is nearest by name or by sound to click, and nothing else unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.agent.planner.answers.phrases import say, word
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.patterns import found
from index.core.errors import UnknownTrackError, printable
from index.core.filters import Filters


def not_here(talk: Talk) -> tuple[str, dict[str, Call | None]]:
    """What is said beside "I found no track", and what can be clicked; nothing where something was found."""
    if not talk.done:
        return "", {}
    call, message = talk.done[-1]
    data: Any = message.artifact if isinstance(message.artifact, Mapping) else {}
    if len(talk.done) == 2 and by_sound(replace(talk, done=talk.done[:1])) is not None:
        return say("not_here_sound"), {}
    if data.get("kind") == "tracks" and not data.get("total") and message.status != "error":
        return _no_track(call, data)
    if data.get("error") == UnknownTrackError.__name__ and not data.get("nearest"):
        return say("not_here_name"), {word("What do I have?"): Call("library_status", {})}
    return "", {}


def by_sound(talk: Talk) -> Call | None:
    """The search by sound that follows where no track is tagged with a genre; None for any other wish."""
    if not talk.done or len(talk.done) > 1:
        return None
    call, message = talk.done[-1]
    data: Any = message.artifact if isinstance(message.artifact, Mapping) else {}
    filters = dict(call.args.get("filters") or {})
    if call.name != "search_library" or data.get("total") != 0 or filters.keys() != {"genre"}:
        return None
    if call.args.get("text"):
        return None
    wish = " ".join(map(str, Filters.values(filters["genre"])))
    return Call("find_by_description", {"description": wish, "k": DEFAULT_K, "filters": {}})


def _no_track(call: Call, data: Mapping[str, Any]) -> tuple[str, dict[str, Call | None]]:
    text = str(call.args.get("text") or "")
    if titles := [str(title) for title in data.get("nearest") or ()]:
        nearest: dict[str, Call | None] = {
            title: Call("search_library", {"text": title, "filters": {}}) for title in titles
        }
        names = f" {word('or')} ".join(f"“{printable(title)}”" for title in titles)
        return say("not_here_nearest", names=names), nearest
    if text and found("content", "describes", text.lower()):
        search = Call("find_by_description", {"description": text, "k": DEFAULT_K, "filters": {}})
        return say("not_here_words"), {word("Search for “{}”").format(printable(text)): search}
    return say("not_here_name"), {word("What do I have?"): Call("library_status", {})}
