"""The tool make_playlist: saves results as a playlist that starts and stops at the exact second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index.errors import QueryError, UnknownHitError, printable
from index.moments import Hit
from index.taste import Taste
from tools.answer import ToolAnswer
from tools.references import find_result
from tools.session import Session

FORMATS = ("m3u8",)


def make_playlist(
    session: Session, results: str | Sequence[str] = "all", name: str = "", format: str = "m3u8"
) -> ToolAnswer:
    """Save results of the last search as a playlist; it is written into Reprise's own folder.

    results: "all", or a list of results as ["#1", "#3"].
    """
    if format not in FORMATS:
        raise QueryError(f"Playlists are written as {', '.join(FORMATS)}, not as “{format}”.")
    hits = _chosen(session, results)
    name = printable(name).strip() or _default_name(session)
    path = _free_path(session.library.options.home / "playlists", name, f".{format}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(m3u8(name, hits), encoding="utf-8")
    Taste(session.library.options.home).record("saved", [hit.moment for hit in hits])
    count = f"{len(hits)} moment{'s' if len(hits) > 1 else ''}"
    return ToolAnswer(
        f"Saved {count} as playlist “{name}”: {path}",
        {
            "kind": "playlist",
            "path": str(path),
            "name": name,
            "format": format,
            "hits": [hit.as_record() for hit in hits],
        },
    )


def m3u8(name: str, hits: Sequence[Hit]) -> str:
    """The playlist's text. VLC honours the start and stop times."""
    lines = ["#EXTM3U", f"#PLAYLIST:{name}"]
    for hit in hits:
        author = f"{printable(hit.track.author)} - " if hit.track.author else ""
        length = round(hit.moment.end_s - hit.moment.start_s)
        lines += [
            f"#EXTINF:{length},{author}{printable(hit.track.title)} ({hit.moment.span})",
            f"#EXTVLCOPT:start-time={hit.moment.start_s:.2f}",
            f"#EXTVLCOPT:stop-time={hit.moment.end_s:.2f}",
            _entry(hit.track.path),
        ]
    return "\n".join(lines) + "\n"


def _entry(path: str) -> str:
    """A path as a playlist holds it: an address where the bare path would be misread."""
    return Path(path).absolute().as_uri() if path.startswith("#") or printable(path) != path else path


def _chosen(session: Session, results: str | Sequence[str]) -> list[Hit]:
    if isinstance(results, str) and results.strip().lower() in ("all", ""):
        if not session.hits:
            raise UnknownHitError(1, 0)
        return list(session.hits)
    names = (
        [part for part in results.replace(",", " ").split() if part] if isinstance(results, str) else results
    )
    return [find_result(session, name)[1] for name in names]


def _default_name(session: Session) -> str:
    found_for = str(session.searches[-1].query.get("name", "")) if session.searches else ""
    return f"Moments like {printable(found_for)}" if found_for else "Moments"


def _free_path(folder: Path, name: str, ending: str) -> Path:
    """A path in the folder that no file has yet."""
    stem = "".join(char if char.isalnum() or char in " -_.,()'&" else "_" for char in name).strip(" .")[:80]
    stem = stem or "Playlist"
    path, number = folder / f"{stem}{ending}", 2
    while path.exists():
        path, number = folder / f"{stem} {number}{ending}", number + 1
    return path
