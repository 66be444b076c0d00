"""What the planner knows of the conversation, read out of its messages each time anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from app.agent.planner.parse.anaphora import composer_in, result_in, with_names
from app.agent.planner.parse.glossing import Glossed, gloss
from app.agent.planner.parse.lexicons import language_of
from app.agent.planner.parse.movements import with_movement
from app.agent.planner.parse.named_titles import in_quotes
from app.agent.planner.parse.times import ENDING_S, seconds_of
from app.agent.toolbox import pending, words_of

SEARCHES = (
    "find_similar_moments",
    "find_by_humming",
    "find_by_description",
    "find_repeats",
    "recommend_moments",
)
"""Tools that number their hits anew."""
DEFAULT_K = 5


@dataclass(frozen=True)
class Call:
    """A tool call."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True)
class Spot:
    """Where in a track or clip the last thing that was described is."""

    name: str
    """The track, clip or result, as a reference without a time."""
    start_s: float
    end_s: float
    whole_s: float = 0.0
    """How long the track is; 0 where it is not known."""


@dataclass(frozen=True)
class Talk:
    """The conversation up to the newest words of the user."""

    words: str = ""
    """The newest words, in those of the rules where they are of another language."""
    said: str = ""
    """The newest words as they were written."""
    language: str = "en"
    """Of the newest words."""
    clips: int = 0
    """Brought so far, the newest message included."""
    brought: int = 0
    """Brought with the newest message."""
    recorded: bool = False
    """The newest clip is from the microphone."""
    kind: str = ""
    """What the newest clip brought with the newest message sounds like: speech, tune or music."""
    unread: str = ""
    """Why the newest recording, which is speech, was not read as words."""
    last: Call | None = None
    """The last tool call."""
    search: Call | None = None
    """The last tool call that searches, whether or not it found anything."""
    hits_of: str = ""
    """The call that `#n` means now."""
    tries: str = ""
    """What the last search by humming followed, by number: "clip:2", or several tries; empty after another search."""
    source_search: str = ""
    """The call that `#n` meant when the last search was made."""
    listing: Call | None = None
    """The last call of search_library, if it came after the last search."""
    before: Call | None = None
    """The last search or listing before the newest words."""
    listed: tuple[str, ...] = ()
    """The titles of the last list of tracks or results."""
    spot: Spot | None = None
    """Where the moment is that was described just before the newest words."""
    found: int = 0
    """How many hits the last search found."""
    shown: tuple[Mapping[str, Any], ...] = ()
    """Those hits, as records."""
    tempo_bpm: float = 0.0
    """Tempo of what was searched for, or described since, where that was told."""
    mentioned: str = ""
    """The result that was last spoken of, as "#2"."""
    subject: str = ""
    """What was last spoken of: a result, a title, a clip; empty where nothing was since the last clip came."""
    composer: str = ""
    """Who was last named, unless a result was spoken of since."""
    pending: Mapping[str, Any] | None = None
    """What a tool asked the user in the turn before."""
    offered: Mapping[str, Any] | None = None
    """What the planner itself asked, with the calls that its choices lead to."""
    asked: str = ""
    """The question that the planner asked, by the name of its phrase."""
    done: tuple[tuple[Call, ToolMessage], ...] = ()
    """The calls made for the newest words, and their answers."""

    @property
    def searched(self) -> bool:
        """Whether anything was searched for yet."""
        return self.search is not None

    @property
    def asked_for(self) -> int:
        """How many hits the last search was asked for."""
        return int(self.search.args.get("k", DEFAULT_K)) if self.search else DEFAULT_K


def read_talk(messages: Sequence[BaseMessage]) -> Talk:
    """The conversation as it stands."""
    humans = [place for place, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if not humans:
        return Talk()
    newest = messages[humans[-1]]
    brought = newest.additional_kwargs.get("clips") or []
    clips = sum(len(messages[place].additional_kwargs.get("clips") or ()) for place in humans)
    answers = {message.tool_call_id: message for message in messages if isinstance(message, ToolMessage)}
    talk: dict[str, Any] = {"mentioned": "", "found": 0, "subject": "", "composer": ""}
    done: list[tuple[Call, ToolMessage]] = []
    so_far = 0
    for place, message in enumerate(messages):
        if place == humans[-1]:
            talk["before"] = talk.get("listing") or talk.get("search")
        if isinstance(message, HumanMessage) and (own := message.additional_kwargs.get("clips")):
            talk["subject"] = talk["mentioned"] = ""
            so_far += len(own)
        if isinstance(message, HumanMessage) and place < humans[-1]:
            _note_words(talk, message)
        if isinstance(message, AIMessage):
            for made in message.tool_calls:
                call = Call(made["name"], made["args"], made["id"] or "")
                answer = answers.get(call.id)
                _note(talk, call, answer)
                if place < humans[-1]:
                    talk["spot"] = _spot(call, answer)
                if call.name in SEARCHES:
                    talk["tries"] = _tries(call, so_far)
                if place > humans[-1] and answer is not None:
                    done.append((call, answer))
    talk.setdefault("hits_of", "")
    talk.pop("titles", None)
    said = [words_of(messages[place]) for place in humans]
    glossed = _in_english([*said[:-1], in_quotes(said[-1], newest.additional_kwargs.get("titles") or ())])
    return Talk(
        words=with_names(
            with_movement(glossed.text, talk.get("listed", ())),
            talk["composer"],
            talk["mentioned"],
            talk.get("shown", ()),
        ),
        said=words_of(newest),
        language=glossed.language,
        clips=clips,
        brought=len(brought),
        recorded=bool(brought and brought[-1].get("recorded")),
        kind=str(brought[-1].get("kind", "")) if brought else "",
        unread=str(newest.additional_kwargs.get("unread", "")),
        pending=pending(messages),
        offered=_offered(messages, humans[-1]),
        asked=str(_said_before(messages, humans[-1]).get("asked") or ""),
        done=tuple(done),
        **talk,
    )


def goes_on(talk: Talk) -> bool:
    """Whether the wish of the newest call has a word of the one before that the newest words do not say.

    "And now faster" after "something sad" is no name for what was searched for.
    """
    old, new = (_wish(call) for call in (talk.before, talk.done[0][0] if talk.done else None))
    return bool((old & new) - _words(talk.words))


def _wish(call: Call | None) -> frozenset[str]:
    """The words of a wish in words."""
    args = call.args if call else {}
    return _words(" ".join(str(args.get(name) or "") for name in ("description", "mood")))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def _in_english(said: Sequence[str]) -> Glossed:
    """The newest words in those of the rules; words that show no language are of the one before."""
    before = ""
    for words in said[:-1]:
        before = language_of(words, before)
    return gloss(said[-1], before)


def _spot(call: Call, answer: ToolMessage | None) -> Spot | None:
    """Where the moment is that a call described; None for any other call."""
    if call.name != "describe_moment" or answer is None or answer.status == "error":
        return None
    name, _, time = str(call.args.get("moment", "")).partition(" @ ")
    artifact = answer.artifact if isinstance(answer.artifact, Mapping) else {}
    if moment := artifact.get("moment"):
        whole = seconds_of(str((artifact.get("known") or {}).get("length") or "")) or 0.0
        return Spot(name, float(moment["start_s"]), float(moment["end_s"]), whole)
    start, _, end = time.partition("-")
    start_s = seconds_of(start) if start else None
    if start_s is None:
        return None
    return Spot(name, start_s, seconds_of(end) or start_s + ENDING_S if end else start_s + ENDING_S)


def _note_words(talk: dict[str, Any], message: BaseMessage) -> None:
    """Take into account what was said before, where a call does not tell: who and which result was named."""
    words = words_of(message)
    talk["composer"] = composer_in(words) or talk["composer"]
    talk["titles"] = list(message.additional_kwargs.get("titles") or ())
    rank = result_in(words)
    if rank and int(rank[1:]) <= talk["found"]:
        talk["mentioned"] = talk["subject"] = rank
        talk["composer"] = ""


def _note(talk: dict[str, Any], call: Call, answer: ToolMessage | None) -> None:
    """Take one call into account."""
    talk["last"] = call
    artifact = answer.artifact if answer is not None and isinstance(answer.artifact, Mapping) else {}
    if answer is not None and answer.status == "error" and (unknown := str(artifact.get("name") or "")):
        spoken_of = [str(call.args.get(part, "")) for part in ("moment", "first", "second")]
        if any(said.split(" @ ")[0] == unknown for said in spoken_of):
            return  # no track has that name: nothing was spoken of
    if call.name in SEARCHES:
        talk["source_search"] = talk.get("hits_of", "")
        talk["search"], talk["listing"], talk["mentioned"] = call, None, ""
        talk["subject"] = pinned(str(call.args.get("moment", "")), talk["source_search"])
        if artifact.get("kind") == "hits":
            talk["hits_of"] = call.id
            talk["found"] = len(artifact["hits"])
            talk["shown"] = tuple(artifact["hits"])
            talk["listed"] = tuple(str((hit.get("track") or {}).get("title") or "") for hit in talk["shown"])
            talk["tempo_bpm"] = float(artifact.get("query", {}).get("tempo_bpm") or 0.0)
        return
    if call.name == "search_library":
        talk["listing"] = call
        if tracks := artifact.get("tracks"):
            talk["listed"] = tuple(str(track.get("title") or "") for track in tracks)
        text = str(call.args.get("text") or "")
        if text and (artifact.get("total") == 1 or text in talk.get("titles", ())):
            talk["subject"] = text
    spoken_of = [
        str(call.args[name]) for name in ("result", "moment", "first", "second") if call.args.get(name)
    ]
    results = call.args.get("results")
    if isinstance(results, (list, tuple)) and len(results) == 1:
        spoken_of.append(str(results[0]))
    known = artifact.get("known") or {}
    if told := re.search(r"(\d+(?:\.\d+)?) bpm", str(known.get("tempo") or "")):
        talk["tempo_bpm"] = float(told[1])  # "slower" is now slower than that
    for value in spoken_of:
        talk["subject"] = value
        if match := re.match(r"#\d+(?::[\w-]+)?", value):
            talk["mentioned"], talk["composer"] = match[0], ""
    talk["composer"] = str(known.get("composer") or known.get("artist") or "") or talk["composer"]


def _tries(call: Call, clips: int) -> str:
    """The clips that a search by humming followed, by number."""
    moment = str(call.args.get("moment") or "clip")
    named = call.name == "find_by_humming" and moment.startswith("clip")
    return re.sub(r"\bclip\b(?!:)", f"clip:{clips}", moment) if named else ""


def pinned(moment: str, call_id: str) -> str:
    """A result's number tied to the search that it was counted in, so that it survives the next one."""
    match = re.match(r"#(\d+)(?!:|\d)", moment)
    return f"#{match[1]}:{call_id}{moment[match.end() :]}" if match and call_id else moment


def _offered(messages: Sequence[BaseMessage], newest: int) -> Mapping[str, Any] | None:
    """What the planner asked just before the newest words."""
    offered = _said_before(messages, newest).get("offered")
    return dict(offered) if offered else None


def _said_before(messages: Sequence[BaseMessage], newest: int) -> Mapping[str, Any]:
    """What the planner's answer just before the newest words carries beside its words."""
    before = messages[newest - 1] if newest else None
    return before.additional_kwargs if isinstance(before, AIMessage) else {}
