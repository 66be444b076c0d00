"""The tool describe_moment: what was measured in a passage, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from index.core.errors import clock, printable
from index.core.moments import Passage
from index.core.tracks import Track
from index.descriptors.chord_progression import chords_of, key_of
from tools.answer import ToolAnswer
from tools.resolve import Resolved, resolve
from tools.session import Session

NAMED = {
    "silence": "silence",
    "noise": "steady noise",
    "tone": "one single tone",
    "speech": "speech by its sound",
}
"""What is no music, in words."""


_OF_WHOLE = {"whole_key": "key"}
_OF_PASSAGE = ("chords", "loudness")
"""What is known of the passage alone; its facts tell it already."""


def describe_moment(session: Session, moment: str) -> ToolAnswer:
    """Describe the measured character of a moment: key, chords, tempo, loudness, texture, second by second.

    moment: "clip", "clip:2", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33";
    or, for a track, a place in words: "Title @ where it goes quiet", "Title @ the loudest part".
    """
    resolved = resolve(session, moment)
    passage = resolved.passage
    description = session.library.describe(passage)
    span = f"{clock(round(passage.start_s, 1))}-{clock(round(passage.end_s, 1))}"
    lines = [f"“{printable(passage.name)}”, {span}: {description.sentence}"]
    if nothing := description.no_music:
        lines.append(f"It is no music, but {NAMED[nothing]}.")
    lines += [f"{fact.name}: {fact.text}" for fact in description.facts]
    lines += [f"{clock(round(second.time_s))} {second.text}" for second in description.seconds]
    known = facts_of(session, resolved)
    measured_there = (*_OF_PASSAGE, *(() if resolved.whole else ("key", "key_certainty", "tempo")))
    lines += [
        f"{_OF_WHOLE.get(name, name)} of the whole: {value}"
        for name, value in known.items()
        if value and name not in measured_there
    ]
    source = passage.source
    if isinstance(source, Track) and source.also:
        lines.append(f"Its file: {printable(Path(source.path).name)}, {source.other_files}.")
    return ToolAnswer(
        "\n".join(lines),
        {
            "kind": "description",
            "no_music": description.no_music,
            "description": description.as_json(),
            "moment": resolved.record,
            "known": known,
            "whole": resolved.whole or not isinstance(source, Track),
            "also": source.other_files if isinstance(source, Track) else "",
        },
    )


def facts_of(session: Session, resolved: Resolved) -> dict[str, Any]:
    """What is known of the track or clip that a passage is from: its tags, its length; and key and tempo.

    The key and the tempo are those of the whole where a whole track was named, else those of the passage; where it has
    no clear key, that of the whole track is told as well. Chords are spelled in the key of the whole.
    """
    source = resolved.passage.source
    passage = resolved.passage
    whole = session.library.passage(source, 0.0, source.duration_s) if isinstance(source, Track) else passage
    if resolved.whole:
        passage = whole
    measured = {fact.name: fact for fact in session.library.describe(passage).facts}
    sure = measured.get("key certainty")
    whole_key = ""
    if isinstance(source, Track) and not resolved.whole and "key" in measured and not measured["key"].value:
        facts = session.library.describe(whole).facts
        whole_key = next((str(fact.value) for fact in facts if fact.name == "key"), "")
    tags = (
        {"title": source.title, "composer": source.composer, "artist": source.artist, "year": source.year}
        if isinstance(source, Track)
        else {"title": source.name, "composer": "", "artist": "", "year": None}
    )
    return {
        **tags,
        "length": clock(round(source.duration_s)),
        "key": measured["key"].text if "key" in measured else "",
        "key_certainty": float(str(sure.value)) if sure else 0.0,
        "tempo": measured["tempo"].text if "tempo" in measured else "",
        "whole_key": whole_key,
        "chords": _chords(passage, whole),
        "loudness": measured["loudness"].text if "loudness" in measured else "",
        "file": source.path if isinstance(source, Track) else "",
    }


def _chords(passage: Passage, whole: Passage) -> str:
    """The chords of a passage, spelled in the key of the whole; empty where it was not analysed."""
    if not (passage.frames and whole.frames):
        return ""
    return " ".join(chord.name for chord in chords_of(passage, key_of(whole)) if chord.quality != "N")
