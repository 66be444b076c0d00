"""Playlists as text, in the formats that players and programs read. Knows no library and writes no file.

What each format can say of a moment, tried with VLC 3.0 and mpv 0.35 (docs/decisions/0005):

    m3u8   VLC starts and stops at the second; all other players play the whole track
    mpv    an M3U8 of edl:// addresses: mpv starts and stops at the second, no other player can read it
    xspf   VLC starts and stops at the second; titles and authors apart
    cue    starts to 1/75 s; a CUE sheet has no place for an end, so it stands in a remark
    csv    one line a moment, for a spreadsheet
    json   everything, for programs

Where a file holds several titles (a CUE sheet, chapters), players get the time within the file; titles, tables and
JSON's `start_s` have the title's own.

Names come out of tags and files and may hold anything: each format gets them so that they can be nothing but names.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from index.core.errors import QueryError, clock, printable
from index.core.moments import TrackMoment

CUE_FRAMES_S = 75
CUE_TRACKS = 99
_CUE_TYPES = {".mp3": "MP3", ".aif": "AIFF", ".aiff": "AIFF"}
_VLC = "http://www.videolan.org/vlc/playlist/0"
_FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would compute."""


def m3u8(name: str, items: Sequence[TrackMoment]) -> str:
    """The playlist for VLC, which honours the start and stop times."""
    lines = ["#EXTM3U", f"#PLAYLIST:{printable(name)}"]
    for item in items:
        start_s, end_s = _in_file(item)
        lines += [
            _title_line(item),
            f"#EXTVLCOPT:start-time={start_s:.2f}",
            f"#EXTVLCOPT:stop-time={end_s:.2f}",
            _line_path(item.track.path),
        ]
    return "\n".join(lines) + "\n"


def mpv(name: str, items: Sequence[TrackMoment]) -> str:
    """The playlist for mpv: each entry is an edit list of one segment, with lengths, so that names need no escapes."""
    lines = ["#EXTM3U", f"#PLAYLIST:{printable(name)}"]
    for item in items:
        start_s, end_s = _in_file(item)
        title = _counted(f"{_title(item)} ({item.moment.span})")
        path = _counted(_line_path(item.track.path))
        segment = f"edl://{path},start={start_s:.3f},length={end_s - start_s:.3f},title={title}"
        lines += [_title_line(item), segment]
    return "\n".join(lines) + "\n"


def xspf(name: str, items: Sequence[TrackMoment]) -> str:
    """The playlist as XSPF 1.0, with VLC's options for start and stop."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<playlist version="1" xmlns="http://xspf.org/ns/0/" '
        'xmlns:vlc="http://www.videolan.org/vlc/playlist/ns/0/">',
        f"  <title>{_xml(name)}</title>",
        "  <trackList>",
    ]
    for item in items:
        track, moment = item.track, item.moment
        start_s, end_s = _in_file(item)
        lines += [
            "    <track>",
            f"      <location>{_xml(_address(track.path))}</location>",
            f"      <title>{_xml(f'{track.title} ({moment.span})')}</title>",
            *([f"      <creator>{_xml(track.author)}</creator>"] if track.author else []),
            *([f"      <album>{_xml(track.album)}</album>"] if track.album else []),
            f"      <duration>{round(1000 * (moment.end_s - moment.start_s))}</duration>",
            f'      <extension application="{_VLC}">',
            f"        <vlc:option>start-time={start_s:.2f}</vlc:option>",
            f"        <vlc:option>stop-time={end_s:.2f}</vlc:option>",
            "      </extension>",
            "    </track>",
        ]
    return "\n".join([*lines, "  </trackList>", "</playlist>"]) + "\n"


def cue(name: str, items: Sequence[TrackMoment]) -> str:
    """The playlist as a CUE sheet of the tracks themselves.

    Raises
    ------
    QueryError
        If there are more moments than a sheet can hold, or a path that it cannot write.
    """
    if len(items) > CUE_TRACKS:
        raise QueryError(
            f"A CUE sheet holds at most {CUE_TRACKS} moments, not {len(items)}: choose m3u8 or xspf."
        )
    lines = [f"TITLE {_quoted(name)}"]
    for number, item in enumerate(items, start=1):
        path = str(Path(item.track.path).absolute())
        if '"' in path or printable(path) != path:
            raise QueryError(
                f"A CUE sheet cannot write the name of {printable(Path(path).name)}: choose m3u8 or xspf."
            )
        kind = _CUE_TYPES.get(Path(path).suffix.lower(), "WAVE")
        author = item.track.author
        start_s, end_s = _in_file(item)
        lines += [
            f'FILE "{path}" {kind}',
            f"  TRACK {number:02d} AUDIO",
            f"    TITLE {_quoted(f'{item.track.title} ({item.moment.span})')}",
            *([f"    PERFORMER {_quoted(author)}"] if author else []),
            f"    REM END {_cue_time(end_s)}",
            f"    INDEX 01 {_cue_time(start_s)}",
        ]
    return "\n".join(lines) + "\n"


def as_csv(name: str, items: Sequence[TrackMoment]) -> str:
    """The playlist as a table, for a spreadsheet; a cell that it would compute is set off by an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ("number", "title", "author", "album", "year", "start", "end", "start_s", "end_s", "path")
    )
    for number, item in enumerate(items, start=1):
        track, moment = item.track, item.moment
        said = (printable(track.title), printable(track.author), printable(track.album))
        span = (clock(round(moment.start_s, 1)), clock(round(moment.end_s, 1)))
        seconds = (round(moment.start_s, 3), round(moment.end_s, 3))
        path = _line_path(track.path)
        writer.writerow((number, *map(_cell, said), track.year or "", *span, *seconds, _cell(path)))
    return file.getvalue()


def as_json(name: str, items: Sequence[TrackMoment]) -> str:
    """The playlist for programs, names as they are."""
    moments = [
        {
            "title": item.track.title,
            "artist": item.track.artist,
            "composer": item.track.composer,
            "album": item.track.album,
            "year": item.track.year,
            "track": item.track.path,
            "track_id": item.track.id,
            "start_s": round(item.moment.start_s, 3),
            "end_s": round(item.moment.end_s, 3),
            "file_start_s": round(_in_file(item)[0], 3),
            "file_end_s": round(_in_file(item)[1], 3),
        }
        for item in items
    ]
    return json.dumps({"name": name, "moments": moments}, indent=2) + "\n"


WRITERS: Mapping[str, Callable[[str, Sequence[TrackMoment]], str]] = {
    "m3u8": m3u8,
    "mpv": mpv,
    "xspf": xspf,
    "cue": cue,
    "csv": as_csv,
    "json": as_json,
}
ENDINGS: Mapping[str, str] = {**{name: f".{name}" for name in WRITERS}, "mpv": ".mpv.m3u8"}


def _in_file(item: TrackMoment) -> tuple[float, float]:
    """Start and end of a moment as the file counts them: players know nothing of the titles of a CUE sheet."""
    return item.track.in_file(item.moment.start_s), item.track.in_file(item.moment.end_s)


def _title(item: TrackMoment) -> str:
    author = f"{printable(item.track.author)} - " if item.track.author else ""
    return f"{author}{printable(item.track.title)}"


def _title_line(item: TrackMoment) -> str:
    length = round(item.moment.end_s - item.moment.start_s)
    return f"#EXTINF:{length},{_title(item)} ({item.moment.span})"


def _line_path(path: str) -> str:
    """A path on a line of its own: an address where the bare path would be misread."""
    return _address(path) if path.startswith("#") or printable(path) != path else path


def _address(path: str) -> str:
    return Path(path).absolute().as_uri()


def _counted(text: str) -> str:
    """Text as mpv's edit lists quote it: its length in bytes, then anything at all."""
    return f"%{len(text.encode())}%{text}"


def _xml(text: str) -> str:
    return escape(printable(text))


def _quoted(text: str) -> str:
    """Text for a CUE sheet, which knows no escapes."""
    return '"' + printable(text).replace('"', "'") + '"'


def _cue_time(seconds: float) -> str:
    """Minutes, seconds and frames; a CUE sheet counts minutes on beyond the hour."""
    frames = round(seconds * CUE_FRAMES_S)
    return (
        f"{frames // (60 * CUE_FRAMES_S):02d}:{frames // CUE_FRAMES_S % 60:02d}:{frames % CUE_FRAMES_S:02d}"
    )


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
