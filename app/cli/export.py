"""`reprise export`: saved moments, a playlist, or a conversation, as files for other programs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.library import AsJson, opened_library, print_json
from index.core.errors import printable
from index.core.lengths import counted

if TYPE_CHECKING:
    from app.export.exporter import Listed


def export(
    what: Annotated[
        str,
        typer.Argument(
            help="“saved” (moments saved with the heart), the name of a playlist that was made before, or the "
            "name or id of a conversation: its last results."
        ),
    ] = "saved",
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="m3u8 (default; with a twin for mpv), mpv, xspf, cue, csv, json; one sound file: m4a, mp3, opus, "
            "flac; markdown: a whole conversation with its moments as sound files.",
        ),
    ] = "",
    to: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="A folder, or a file that is not there yet (its ending names the format; .zip: markdown). "
            "Without it: playlists in Reprise's own folder.",
        ),
    ] = "",
    listed: Annotated[bool, typer.Option("--list", help="Show what can be exported, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write moments as a playlist, a table or a sound file, or a conversation as Markdown.

    Exit codes: 0 done, 1 done but some moments could not be read, 2 not done.
    """
    from app.export.exporter import Exporter

    with opened_library() as library:
        exporter = Exporter(library)
        if listed:
            _show(exporter.listed(), as_json=as_json)
            return
        place = exporter.place(to, form)
        source = exporter.source(what)
        written = exporter.write(source, place)
    if as_json:
        told = {"path": str(written.path), "twin": str(written.twin or ""), "moments": len(source.items)}
        print_json({"name": source.name, "format": place.form, **told, "failed": list(written.failed)})
    else:
        moments = counted(len(source.items), "moment")
        print(f"{moments} of “{printable(source.name)}”: {written.path}")
        if written.twin:
            print(f"For mpv: {written.twin}")
    for sentence in written.failed:
        print(f"reprise: {sentence}", file=sys.stderr)
    raise typer.Exit(1 if written.failed else 0)


def _show(listed: Listed, *, as_json: bool) -> None:
    """What can be exported."""
    if as_json:
        print_json(asdict(listed))
        return
    print(f"saved: {counted(listed.saved, 'moment')}")
    for playlist in listed.playlists:
        print(f"playlist “{printable(playlist['name'])}”: {counted(int(playlist['moments']), 'moment')}")
    for thread in listed.conversations:
        print(f"conversation “{printable(thread['name'])}” ({thread['id']})")
