"""The sounds that the players ask for, by address, when they are asked for: moments, whole tracks, clips.

    /reprise/track/ID/START-END.wav         a moment, cut at exact samples
    /reprise/track/ID                       all of it: the file as it is where browsers play it, else transcoded
    /reprise/clip/THREAD/ID/START-END.wav   a span of a clip that was brought into that conversation
    /reprise/page/NAME                      the page's own scripts and styles
    /reprise/heard                          told by a player: a moment was heard to its end, or left early
    /reprise/alive                          which server this is

Nothing is held in memory for a player that nobody starts. Tracks and clips are found by id, never by path.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.routes.playable import media_type
from app.routes.transcoded import Wave, part_of, parts_of, wave_of
from app.view.addresses import ASSETS
from index.audio.wave_file import wave_bytes
from index.core.errors import QueryError, RepriseError
from index.core.moments import Moment

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.ui.opened import Opened
    from index.catalogue.history import Kind
    from index.core.tracks import Clip, Track

LONGEST_S = 15 * 60.0
LONGEST_NOTE = 1000
"""Bytes."""
PAST_THE_END_S = 10.0
"""A moment may end later than its track, where it was searched for with a longer one."""
_RANGE = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")
_FOR_A_DAY = {"Cache-Control": "private, max-age=86400"}


def sound_routes(opened: Callable[[], Opened]) -> list[Route]:
    """The addresses, to be mounted beside the page."""
    return [
        Route("/reprise/page/{name}", _asset),
        Route("/reprise/heard", partial(_heard, opened), methods=["POST"]),
        Route("/reprise/alive", _alive),
        Route("/reprise/track/{track}/{span}.wav", partial(_track_span, opened)),
        Route("/reprise/track/{track}", partial(_whole_track, opened)),
        Route("/reprise/clip/{thread}/{clip}/{span}.wav", partial(_clip_span, opened)),
    ]


def wav_bytes(source: Track | Clip, start_s: float, end_s: float, opened: Opened) -> bytes:
    """A span of a track or clip as a WAV file of 16 bits, at its own rate.

    Raises
    ------
    RepriseError
        If the span is not one, or the file cannot be read any more.
    """
    if not 0 <= start_s < end_s <= start_s + LONGEST_S:
        raise QueryError(f"A span must end after it starts, at most {LONGEST_S / 60:.0f} minutes later.")
    return wave_bytes(opened.library.sound(source, start_s, min(end_s, source.duration_s)))


def _asset(request: Request) -> Response:
    path = ASSETS / Path(request.path_params["name"]).name
    if not path.is_file():
        return PlainTextResponse("There is no such file.", 404)
    kind = {".js": "text/javascript", ".css": "text/css"}.get(path.suffix, "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "no-cache"})


async def _heard(opened: Callable[[], Opened], request: Request) -> Response:
    """Only the page itself may tell: other sites that are open in the same browser are refused."""
    if urlsplit(request.headers.get("origin", "")).netloc != request.headers.get("host", ""):
        return PlainTextResponse("Only Reprise's own page may tell what was heard.", 403)
    try:
        kind, moment = _told(await _short_body(request))
        await run_in_threadpool(_note, opened(), kind, moment)
    except (RepriseError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return PlainTextResponse("That is not something that was heard.", 400)
    return Response(status_code=204)


async def _short_body(request: Request) -> bytes:
    """The body, read no further than a note may be long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_NOTE:
            raise QueryError("That is too long for a note.")
    return body


def _told(body: bytes) -> tuple[Kind, Moment]:
    """What a player tells; times are checked against the track's own when it is known."""
    told = json.loads(body)
    kind, track = told["kind"], told["track"]
    times = [told["start_s"], told["end_s"]]
    if kind not in ("finished", "skipped") or not isinstance(track, str):
        raise QueryError("A moment of a track is finished or skipped.")
    if not all(type(time_s) in (int, float) and math.isfinite(time_s) for time_s in times):
        raise QueryError("Times are numbers of seconds.")
    return kind, Moment(track, *map(float, times))


def _note(parts: Opened, kind: Kind, moment: Moment) -> None:
    track = _track(parts, moment.track_id)
    if not 0 <= moment.start_s < moment.end_s <= track.duration_s + PAST_THE_END_S:
        raise QueryError("The moment is not one of its track.")
    parts.library.catalogue.history.record(kind, [moment])


def _track(parts: Opened, track_id: str) -> Track:
    """The track of exactly this id: names are not looked up here, so that no page elsewhere can try them."""
    if (track := parts.library.with_id(track_id)) is None:
        raise QueryError("There is no such track.")
    return track


def _alive(_request: Request) -> Response:
    from app.settings import load_settings

    return JSONResponse(
        {"reprise": load_settings().page_id or str(os.getpid())}, headers={"Cache-Control": "no-store"}
    )


def _track_span(opened: Callable[[], Opened], request: Request) -> Response:
    try:
        parts = opened()
        return _span_of(parts, _track(parts, request.path_params["track"]), request)
    except (RepriseError, OSError) as error:
        return _not_there(error)


def _clip_span(opened: Callable[[], Opened], request: Request) -> Response:
    try:
        parts = opened()
        clips = parts.assistant.clips(request.path_params["thread"])
        clip = next((clip for clip in clips if clip.id == request.path_params["clip"]), None)
        if clip is None:
            raise QueryError("There is no such clip in this conversation.")
        return _span_of(parts, clip, request)
    except (RepriseError, OSError) as error:
        return _not_there(error)


def _whole_track(opened: Callable[[], Opened], request: Request) -> Response:
    try:
        parts = opened()
        track = parts.library.catalogue.there(_track(parts, request.path_params["track"]))
        path = Path(track.path)
        if not path.is_file():
            return PlainTextResponse(f"{path.name} is not there any more.", 404)
        is_the_file = track.start_s == 0 and track.end_s is None
        kind = media_type(path) if is_the_file else ""
        if kind:
            return FileResponse(path, media_type=kind, content_disposition_type="inline")
        return _transcoded(parts, track, wave_of(parts.library, track), request)
    except (RepriseError, OSError) as error:
        return _not_there(error)


def _span_of(parts: Opened, source: Track | Clip, request: Request) -> Response:
    """A short span at once and in mono, a long one part by part."""
    start_s, end_s = _span(request)
    if not 0 <= start_s < end_s <= source.duration_s + PAST_THE_END_S:
        raise QueryError("A span must end after it starts, and lie within its sound.")
    if end_s - start_s <= LONGEST_S:
        return _ranged(wav_bytes(source, start_s, end_s, parts), request)
    return _transcoded(parts, source, wave_of(parts.library, source, start_s, end_s), request)


def _transcoded(parts: Opened, source: Track | Clip, wave: Wave, request: Request) -> Response:
    """The part that a player asks for, at most a minute of it; all of it to whoever does not ask for a part."""
    headers = {"Accept-Ranges": "bytes"}
    wanted = _wanted(request, wave.size)
    if wanted is None:
        everything = parts_of(parts.library, source, wave)
        headers["Content-Length"] = str(wave.size)
        return StreamingResponse(everything, media_type="audio/wav", headers=headers)
    start, end = wanted
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{wave.size}"})
    content = part_of(parts.library, source, wave, start, end)
    headers["Content-Range"] = f"bytes {start}-{start + len(content) - 1}/{wave.size}"
    return Response(content, 206, media_type="audio/wav", headers=headers)


def _not_there(error: Exception) -> Response:
    said = str(error) if isinstance(error, RepriseError) else "It cannot be read any more."
    return PlainTextResponse(said, 404)


def _span(request: Request) -> tuple[float, float]:
    try:
        start, end = request.path_params["span"].split("-")
        return float(start), float(end)
    except ValueError as error:
        raise QueryError("A span is written START-END, in seconds.") from error


def _ranged(content: bytes, request: Request) -> Response:
    """Bytes, or the part of them that the player asks for (players seek that way)."""
    headers = {"Accept-Ranges": "bytes", **_FOR_A_DAY}
    wanted = _wanted(request, len(content))
    if wanted is None:
        return Response(content, media_type="audio/wav", headers=headers)
    start, end = wanted
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
    return Response(content[start:end], 206, media_type="audio/wav", headers=headers)


def _wanted(request: Request, size: int) -> tuple[int, int] | None:
    """The part that is asked for, its end excluded; empty where there is no such part, None for everything."""
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None:
        return None
    first, last = match["first"], match["last"]
    if not first:
        return (max(0, size - int(last)), size) if last else None
    return int(first), min(int(last) + 1 if last else size, size)
