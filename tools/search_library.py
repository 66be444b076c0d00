"""The tool search_library: tracks by title, artist, composer, year, genre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from index.core.errors import UnknownTrackError, clock, printable
from index.core.filters import FilterValue
from index.core.tracks import Track
from tools.answer import ToolAnswer
from tools.session import Session

HEARD = ("key_mode", "tempo_min", "tempo_max", "instrument")
"""Filters on what a moment sounds like; a track's tags do not tell."""
IN_WORDS = 10
IN_DATA = 50


def search_library(
    session: Session, text: str = "", filters: Mapping[str, FilterValue] | None = None
) -> ToolAnswer:
    """List tracks of the library by words in their tags (not by sound).

    text: words of a title, artist, composer or album.
    filters: artist, composer, genre, album, year_from, year_to, ...; a name starting with "not_" leaves out.
    Several names: a list, ["Haydn", "Mozart"] is either.
    """
    conditions = session.filters(filters)
    heard = [name for name in conditions.conditions if name.removeprefix("not_") in HEARD]
    tracks = session.library.tracks(text, conditions)
    data = {
        "kind": "tracks",
        "tracks": [asdict(track) for track in tracks[:IN_DATA]],
        "total": len(tracks),
        "text": text,
        "filters": {name: value for name, value in conditions.conditions.items() if name not in heard},
        "left_aside": heard,
    }
    aside = f"Left aside: {', '.join(heard)}; that is heard in moments, not written in tags." if heard else ""
    if not tracks:
        data["nearest"] = _nearest(session, text)
        return ToolAnswer(" ".join(part for part in ("No track fits.", aside) if part), data)
    lines = [f"{len(tracks)} track{'s' if len(tracks) > 1 else ''}.", *([aside] if aside else [])]
    lines += [track_line(track) for track in tracks[:IN_WORDS]]
    if len(tracks) > IN_WORDS:
        lines.append(f"... and {len(tracks) - IN_WORDS} more.")
    return ToolAnswer("\n".join(lines), data)


def _nearest(session: Session, text: str) -> list[str]:
    """Titles that come close to what was looked for in vain."""
    if not text.strip():
        return []
    try:
        return [session.library.track(text).title]
    except UnknownTrackError as error:
        return list(error.nearest)


def track_line(track: Track) -> str:
    """One track on a line."""
    author = f" by {printable(track.author)}" if track.author else ""
    year = f", {track.year}" if track.year else ""
    return f"“{printable(track.title)}”{author}{year}, {clock(round(track.duration_s))}"
