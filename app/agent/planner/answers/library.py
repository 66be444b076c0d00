"""The planner's answers about the library's stock: tracks, its state, what was added, what was saved."""

from __future__ import annotations

from pathlib import Path

from app.agent.planner.answers.extremes import of_library
from app.agent.planner.answers.phrases import Data, all_conditions, listed, number, say, word
from index.core.errors import printable

TOLD_TRACKS = 5
TOLD_FAILURES = 3
TOLD_PLAYLISTS = 12
_HEARD = {
    "key_mode": "the key",
    "tempo_min": "the tempo",
    "tempo_max": "the tempo",
    "instrument": "the instrument",
}


def tracks(data: Data) -> str:
    """Which tracks were found by their tags."""
    heard = [_HEARD[name.removeprefix("not_")] for name in data.get("left_aside", ())]
    aside = f" {say('tracks_aside', names=listed(list(dict.fromkeys(heard))))}" if heard else ""
    what, total = _what(data), data["total"]
    if not total:
        return say("tracks_none", what=what) + aside
    titles = [_track(track) for track in data["tracks"][:TOLD_TRACKS]]
    told = listed(titles) if total <= len(titles) else say("tracks_more", titles=", ".join(titles))
    count = word("One track") if total == 1 else word("{} tracks").format(number(total))
    count = count[:1].upper() + count[1:]
    return say("tracks", count=count, what=what, titles=told) + aside


def _what(data: Data) -> str:
    said = all_conditions(data["filters"])
    text = word(" for {}").format(f"“{printable(data['text'])}”") if data["text"] else ""
    return text + (f" {', '.join(said)}" if said else "")


def _track(track: Data) -> str:
    author = track["composer"] or track["artist"]
    inside = ", ".join(str(part) for part in (author, track["year"]) if part)
    return f"“{printable(track['title'])}”" + (f" ({printable(inside)})" if inside else "")


def library_state(data: Data, asked: str = "") -> str:
    """What the library holds, what is being indexed, and what failed; or only what was asked of it."""
    status = data["status"]
    if asked == "playlists":
        return _playlists(status)
    if told := of_library(asked, status):
        return told
    parts = [_holdings(status) if status["tracks"] else say("status_empty")]
    faults = (status.get("store_fault"), status.get("network_missing"))
    parts += [printable(str(fault)) for fault in faults if fault]
    if job := status.get("job"):
        folder = printable(str(job["folder"]))
        parts.append(say("status_job", folder=folder, done=job["done"], total=job["total"]))
    else:
        parts.append(say("status_quiet"))
    if failures := status.get("failures"):
        shown = failures[:TOLD_FAILURES]
        names = [f"{printable(Path(failure['path']).name)} ({failure['reason']})" for failure in shown]
        count = word("One file") if len(failures) == 1 else word("{} files").format(len(failures))
        parts.append(say("status_failures", count=count, names="; ".join(names)))
    return " ".join(parts)


def _playlists(status: Data) -> str:
    names = [f"“{printable(name)}”" for name in status.get("playlists") or ()]
    if not names:
        return say("playlists_none")
    shown = names[:TOLD_PLAYLISTS]
    return say(
        "playlists",
        names=listed(shown) if len(names) == len(shown) else say("tracks_more", titles=", ".join(shown)),
    )


def _holdings(status: Data) -> str:
    composers = int(status.get("composers") or 0)
    several = word(", {} composers").format(number(composers)) if composers else ""
    people = word(", one composer") if composers == 1 else several
    span = status.get("year_from"), status.get("year_to")
    years = word(", from {} to {}").format(*span) if span[0] else ""
    count = word("one track") if status["tracks"] == 1 else word("{} tracks").format(status["tracks"])
    return say("status", tracks=count, hours=f"{status['hours']:.1f}", people=people, years=years)


def added(data: Data, words: str) -> str:
    """What was added, or is being added."""
    return say("added_background" if data["running"] else "added", words=words)


def playlist(data: Data) -> str:
    """What was saved, and where."""
    count = len(data["hits"])
    told = word("one moment") if count == 1 else word("{} moments").format(number(count))
    more = [say("playlist_elsewhere")] if data.get("elsewhere") else []
    more += [say("playlist_twin", twin=Path(data["twin"]).name)] if data.get("twin") else []
    more += [printable(sentence) for sentence in data.get("failed", ())[:TOLD_FAILURES]]
    said = "".join(f" {sentence}" for sentence in more)
    return say("playlist", count=told, name=data["name"], path=printable(data["path"]), more=said)


def question(data: Data) -> str:
    """What a tool wants to know before it goes on."""
    return str(data["question"])
