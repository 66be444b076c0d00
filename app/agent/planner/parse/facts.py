"""Facts asked of a track or a passage: key, tempo, length, author, file; a question about them gets a short answer."""

from __future__ import annotations

from app.agent.planner.parse.patterns import found

EXTREMES = ("longest", "shortest", "oldest", "newest")
FACTS = (
    "key",
    "tempo",
    "length",
    "year",
    "composer",
    "artist",
    "first_chord",
    "last_chord",
    "chords",
    "loudness",
    "file",
)


def facts_asked(text: str) -> tuple[str, ...]:
    """Which facts the prepared words ask for; none where they ask for more than facts."""
    if found("facts", "more than facts", text):
        return ()
    asked = tuple(name for name in FACTS if found("facts", name, text))
    return tuple(
        name for name in asked if not (name == "chords" and {"first_chord", "last_chord"} & {*asked})
    )


def of_library_asked(text: str) -> str:
    """What is asked of the library alone: its longest track, or which playlists there are; empty for other words."""
    if found("facts", "playlists", text):
        return "playlists"
    return next((name for name in EXTREMES if found("facts", name, text)), "")


def asked_of_results(text: str) -> str:
    """Which extreme of the results is asked for: "the longest", not "the longest I have"; empty for other words."""
    if found("facts", "of the library", text):
        return ""
    return next((name for name in EXTREMES if found("facts", name, text)), "")
