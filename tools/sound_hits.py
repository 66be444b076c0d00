"""How results are told: the same words and data for every tool that returns hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from index.core.errors import clock, printable
from index.core.hits import Hit, Results
from index.core.moments import Passage
from index.core.tracks import Clip
from index.factors.rhythm import pulse
from tools.answer import ToolAnswer
from tools.resolve import Resolved

NO_MUSIC = {
    "silence": "What was searched for is silence: there is nothing in it to compare.",
    "noise": "What was searched for is steady noise, no music: what follows is only the nearest by its sound.",
    "speech": "What was searched for sounds like speech, not music: what follows is only the nearest by its sound.",
    "tone": "What was searched for is one single tone: what follows shares its pitch and its sound, no more.",
}
"""What is said of a passage that is no music."""


def compared_of(data: Mapping[str, Any] | None) -> int:
    """Among how many moments a search looked, by the data of its answer; 0 where it is not known."""
    return int((data or {}).get("compared") or 0)


def hits_answer(resolved: Resolved, results: Results) -> ToolAnswer:
    """Words and data of a search by sound; of a clip that hangs over a track, of the part that was compared."""
    query = results.query
    start_s, end_s = query.passage.start_s, query.passage.end_s
    resolved = replace(resolved, passage=replace(resolved.passage, start_s=start_s, end_s=end_s))
    data: dict[str, Any] = {
        "kind": "hits",
        "query": {
            **resolved.record,
            "k": query.k,
            "emphasis": dict(query.emphasis),
            "filters": dict(query.filters.conditions),
            "diversity": query.diversity,
            "exclude_same_track": query.exclude_same_track,
            "hits_per_track": query.hits_per_track,
            "tempo_bpm": _tempo_bpm(resolved.passage),
        },
        "hits": [hit.as_record() for hit in results.hits],
        "itself": results.itself.rank if results.itself else None,
        "no_music": results.no_music,
        "weak": results.weak,
        "compared": results.compared,
        "elapsed_ms": round(results.elapsed_ms, 1),
        "offers": [
            {"moment": offer.moment, "start_s": offer.start_s, "end_s": offer.end_s}
            for offer in resolved.offers
        ],
    }
    if isinstance(clip := resolved.passage.source, Clip) and resolved.beyond:
        data |= {
            "beyond": {"name": clip.name, "heard_s": clip.heard_s, "whole_s": clip.duration_s},
            "choices": resolved.wishes,
        }
    return ToolAnswer("\n".join(_lines(resolved, results)), data)


def _tempo_bpm(passage: Passage) -> float:
    """The tempo of a passage; 0 where it has no clear beat, or was not analysed."""
    beat = pulse(passage) if passage.frames else None
    return round(beat.bpm, 1) if beat is not None and beat.clear else 0.0


def _lines(resolved: Resolved, results: Results) -> list[str]:
    passage = resolved.passage
    span = f"{clock(round(passage.start_s, 1))}-{clock(round(passage.end_s, 1))}"
    lines = [f"Searched for: “{printable(passage.name)}”, {span}."]
    if resolved.offers[1:]:
        others = ", ".join(offer.moment for offer in resolved.offers[1:])
        lines.append(f"It is long; this is its most characteristic passage. Others: {others}.")
    if resolved.beyond and isinstance(clip := passage.source, Clip):
        whole, heard = clock(round(clip.duration_s)), f"{clip.heard_s / 60:.0f}"
        lines.append(
            f"“{printable(clip.name)}” lasts {whole}; its first {heard} minutes "
            "were listened to when it was brought. Ask which ten minutes of the rest are meant; "
            f"for example {resolved.wishes[0].rpartition(' like ')[2]}."
        )
    if nothing := NO_MUSIC.get(results.no_music):
        lines.append(nothing)
    if results.no_music == "silence":
        return lines
    if not results.hits:
        conditions = " under these conditions" if results.query.filters else ""
        return [*lines, f"Nothing was found{conditions}."]
    if results.itself:
        lines.append(
            f"The query itself is in the library: #{results.itself.rank} {hit_name(results.itself)}."
        )
    if results.weak:
        lines.append("None is really alike; these are only the nearest.")
    if results.far and not results.no_music:
        others = "None of the others" if results.itself else "None"
        lines.append(f"{others} is really near: at least one in 25 random moments would be as near.")
    if len(results.hits) < results.query.k:
        lines.append(f"Only {len(results.hits)} of {results.query.k} asked for were found.")
    return [*lines, *(hit_line(hit) for hit in results.hits)]


def hit_name(hit: Hit) -> str:
    """Title, author and where it starts."""
    author = f" by {printable(hit.track.author)}" if hit.track.author else ""
    return f"“{printable(hit.track.title)}”{author} at {clock(round(hit.moment.start_s))}"


def hit_line(hit: Hit) -> str:
    """One hit, with what the ranking measured."""
    factors = ", ".join(f"{name} {part.likeness:.2f}" for name, part in hit.factors.items())
    author = f" by {printable(hit.track.author)}" if hit.track.author else ""
    return (
        f"#{hit.rank} “{printable(hit.track.title)}”{author}, {hit.moment.span}: "
        f"likeness {hit.likeness:.2f}, confidence {hit.confidence:.2f} ({factors})"
        f"{f'; {hit.track.other_files}' if hit.track.also else ''}"
    )
