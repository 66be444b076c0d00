"""The tool search_library: tracks by title, artist, composer, year, genre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from index.errors import clock, printable
from index.moments import Filters, Track
from tools.answer import ToolAnswer
from tools.session import Session

IN_WORDS = 10
IN_DATA = 50


def search_library(
    session: Session, text: str = "", filters: Mapping[str, str | float] | None = None
) -> ToolAnswer:
    """List tracks of the library by words in their tags (not by sound).

    text: words of a title, artist, composer or album.
    filters: artist, composer, genre, album, year_from, year_to, ...; a name starting with "not_" leaves out.
    """
    conditions = Filters(filters or {})
    tracks = session.library.tracks(text, conditions)
    data = {
        "kind": "tracks",
        "tracks": [asdict(track) for track in tracks[:IN_DATA]],
        "total": len(tracks),
        "text": text,
        "filters": dict(conditions.conditions),
    }
    if not tracks:
        return ToolAnswer("No track fits.", data)
    lines = [f"{len(tracks)} track{'s' if len(tracks) > 1 else ''}."]
    lines += [track_line(track) for track in tracks[:IN_WORDS]]
    if len(tracks) > IN_WORDS:
        lines.append(f"... and {len(tracks) - IN_WORDS} more.")
    return ToolAnswer("\n".join(lines), data)


def track_line(track: Track) -> str:
    """One track on a line."""
    author = f" by {printable(track.author)}" if track.author else ""
    year = f", {track.year}" if track.year else ""
    return f"“{printable(track.title)}”{author}{year}, {clock(round(track.duration_s))}"
