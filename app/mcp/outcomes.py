"""What a tool's answer becomes for another assistant: words, typed data, and the moments as sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from mcp.types import AudioContent, CallToolResult, ContentBlock, ResourceLink, TextContent
from pydantic import BaseModel, Field

from index.core.errors import RepriseError
from index.core.hits import Hit
from tools.answer import ToolAnswer, error_data

MOST_SOUNDS = 5
"""Moments that one answer carries as sound, where sound was asked for."""


class FoundMoment(BaseModel):
    """A moment found."""

    ref: str = Field(
        description="Names this moment in later calls, whatever is searched meanwhile: #2:c1a2b3c4."
    )
    rank: int
    track: str = Field(description="The file, as it was added.")
    track_id: str
    title: str
    artist: str
    composer: str
    start_s: float
    end_s: float
    score: float
    likeness: float = Field(description="0 to 1: the share of random moments that are less alike.")
    confidence: float = Field(description="0 to 1: the probability that this is the same music.")
    factors: dict[str, float] = Field(description="Likeness by each factor.")
    sound: str = Field(description="The resource that holds this moment as a WAV file.")


class Outcome(BaseModel):
    """The answer of a tool."""

    kind: str = Field(
        description="hits, explanation, description, words, comparison, tracks, status, added, playlist, "
        "question or error."
    )
    text: str = Field(description="What was measured, in words.")
    hits: list[FoundMoment] = Field(default_factory=list)
    question: str = Field(
        default="", description="What the user has to be asked before the call is repeated."
    )
    data: dict[str, Any] = Field(
        default_factory=dict, description="Everything else that belongs to this kind."
    )


def moment_uri(track_id: str, start_s: float, end_s: float) -> str:
    """The resource that holds a moment as sound."""
    return f"reprise://moment/{quote(track_id)}/{start_s:.3f}-{end_s:.3f}.wav"


def outcome_of(answer: ToolAnswer, hits: Sequence[Hit], call_id: str) -> Outcome:
    """A tool's answer as typed data; `hits` are those that the call named `call_id` found."""
    left = {name: value for name, value in answer.data.items() if name not in ("kind", "hits", "question")}
    return Outcome(
        kind=str(answer.data.get("kind", "")),
        text=answer.text,
        hits=[_found(hit, call_id) for hit in hits],
        question=str(answer.data.get("question", "")),
        data=left,
    )


def result_of(
    outcome: Outcome, sound_of: Callable[[FoundMoment], AudioContent] | None = None
) -> CallToolResult:
    """What goes to the client: the words first, then each moment as a link to its sound, or as the sound itself."""
    content: list[ContentBlock] = [TextContent(type="text", text=_words(outcome))]
    for hit in outcome.hits[:MOST_SOUNDS] if sound_of else ():
        try:
            content.append(sound_of(hit))  # type: ignore[misc]
        except RepriseError as error:
            content.append(TextContent(type="text", text=f"#{hit.rank} cannot be heard now: {error}"))
    if sound_of is None:
        content += [
            ResourceLink(
                type="resource_link", name=f"#{hit.rank} {hit.title}", uri=hit.sound, mime_type="audio/wav"
            )
            for hit in outcome.hits
        ]
    return CallToolResult(content=content, structured_content=outcome.model_dump(mode="json"))


def refusal_of(error: RepriseError) -> CallToolResult:
    """A refusal: one sentence, and which kind it is."""
    outcome = Outcome(kind="error", text=str(error), data=error_data(error))
    return CallToolResult(
        content=[TextContent(type="text", text=str(error))],
        structured_content=outcome.model_dump(mode="json"),
        is_error=True,
    )


def _words(outcome: Outcome) -> str:
    if not outcome.hits:
        return outcome.text
    pinned = outcome.hits[0].ref.partition(":")[2]
    return f"{outcome.text}\nAfter another search these are still called #1:{pinned}, #2:{pinned}, ..."


def _found(hit: Hit, call_id: str) -> FoundMoment:
    public = hit.as_json()
    return FoundMoment(
        ref=f"#{hit.rank}:{call_id}",
        track_id=hit.track.id,
        composer=hit.track.composer,
        sound=moment_uri(hit.track.id, hit.moment.start_s, hit.moment.end_s),
        **public,
    )
