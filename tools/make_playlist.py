"""The tool make_playlist: saves results as a playlist that starts and stops at the exact second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.core.errors import UnknownHitError, printable
from index.core.hits import Hit
from index.playlists.files import FORMATS, endings, file_stem, free_path, known_format, write_playlist
from tools.answer import ToolAnswer
from tools.resolve import find_result
from tools.session import Session


def make_playlist(
    session: Session, results: str | Sequence[str] = "all", name: str = "", format: str = "m3u8"
) -> ToolAnswer:
    """Save results of the last search as a playlist; it is written into Reprise's own folder.

    results: "all", or a list of results as ["#1", "#3"].
    name: what to call it; a path as "~/Music/Summer" puts it there, if that is a folder of the library (asks first).
    format: m3u8, mpv, xspf, cue, csv or json; or flac, m4a, mp3, opus for one sound file with crossfades and chapters.
    """
    hits = _chosen(session, results)
    named, form = _named(name, known_format(format))
    folder, title, elsewhere = _place(session, named)
    playlists = session.library.catalogue.playlists
    title = playlists.name_for(title or _default_name(session), hits)
    own = folder == _own_folder(session)
    if not own:
        chosen = results if isinstance(results, str) else list(results)
        pending = {"tool": "make_playlist", "results": chosen, "name": name, "format": format}
        if not session.confirmed(pending):
            path = printable(str(free_path(folder, title, form)))
            question = f"Write the playlist to {path}, into your own folder?"
            asked = {"kind": "question", "question": question, "pending": pending, "choices": ["yes", "no"]}
            return ToolAnswer(f"Ask the user before going on: {question}", asked)
    there = session.library.catalogue.there
    playable = [replace(hit, track=there(hit.track)) for hit in hits]
    written = write_playlist(free_path(folder, title, form), form, title, playable)
    playlists.keep(title, hits)
    session.library.catalogue.history.record("saved", [hit.moment for hit in hits])
    count = f"{len(hits)} moment{'s' if len(hits) > 1 else ''}"
    said = [f"Saved {count} as playlist “{title}”: {written.path}"]
    if elsewhere:
        said.append("It is in Reprise's own folder: others must be folders of your library.")
    if written.twin:
        said.append(f"mpv plays the moments from {written.twin.name} beside it.")
    said += written.failed
    data: dict[str, Any] = {
        "kind": "playlist",
        "path": str(written.path),
        "twin": str(written.twin or ""),
        "name": title,
        "format": form,
        "elsewhere": elsewhere,
        "failed": list(written.failed),
        "hits": [hit.as_record() for hit in hits],
    }
    return ToolAnswer("\n".join(said), data)


def _chosen(session: Session, results: str | Sequence[str]) -> list[Hit]:
    if isinstance(results, str) and results.strip().lower() in ("all", ""):
        if not session.hits:
            raise UnknownHitError(1, 0)
        return list(session.hits)
    names = (
        [part for part in results.replace(",", " ").split() if part] if isinstance(results, str) else results
    )
    return [find_result(session, name)[1] for name in names]


def _named(name: str, form: str) -> tuple[str, str]:
    """A name without a format's ending, and the format: the ending decides where none was asked for."""
    plain = printable(name).strip()
    for each in (form, *FORMATS) if form == FORMATS[0] else (form,):
        for ending in endings(each):
            if plain.lower().endswith(ending):
                return plain[: -len(ending)], each
    return plain, form


def _place(session: Session, name: str) -> tuple[Path, str, bool]:
    """The folder, the playlist's name, and whether another folder was named that is none of the library's."""
    path = Path(name).expanduser() if name.startswith("~/") else Path(name)
    if not path.is_absolute():
        return _own_folder(session), name, False
    if path.name == file_stem(path.name) and session.library.catalogue.folders.hold(path.parent):
        return path.parent, path.name, False
    return _own_folder(session), path.name, True


def _own_folder(session: Session) -> Path:
    return Path(session.library.options.home) / "playlists"


def _default_name(session: Session) -> str:
    found_for = str(session.searches[-1].query.get("name", "")) if session.searches else ""
    return f"Moments like {printable(found_for)}" if found_for else "Moments"
