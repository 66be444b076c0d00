"""Facts asked of a track or a passage: key, tempo, length, year, author; a question about them gets a short answer."""

from __future__ import annotations

from app.agent.planner.parse.patterns import found

FACTS = ("key", "tempo", "length", "year", "composer", "artist")


def facts_asked(text: str) -> tuple[str, ...]:
    """Which facts the prepared words ask for; none where they ask for more than facts."""
    if found("facts", "more than facts", text):
        return ()
    return tuple(name for name in FACTS if found("facts", name, text))
