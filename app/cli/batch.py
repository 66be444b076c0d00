"""Many searches at once: JSON lines in, JSON lines out, in order, each as soon as it is there."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from app.cli.request import Asker, Request
from index.core.errors import EmptyLibraryError, QueryError, RepriseError

if TYPE_CHECKING:
    from index.core.hits import Found
    from index.protocol import MusicLibrary


def run_batch(library: MusicLibrary, lines: Iterable[bytes], output: TextIO) -> int:
    """Answer every line; the exit code: 0 all answered, 1 some failed, 2 there is no library."""
    asker = Asker(library)
    code = 0
    for line in lines:
        if not line.strip():
            continue
        answer = answer_line(asker, line)
        failed = answer.get("error")
        if failed:
            code = max(code, 2 if failed["type"] == EmptyLibraryError.__name__ else 1)
        output.write(json.dumps(answer) + "\n")
        output.flush()
    return code


def answer_line(asker: Asker, line: bytes) -> dict[str, Any]:
    """The answer to one line; whatever goes wrong is in it."""
    started = time.perf_counter()
    request_id: Any = None
    try:
        given = _parsed(line)
        request_id = _id(given)
        results = asker.find(Request.from_json(given))
    except Exception as error:
        if not isinstance(error, RepriseError):
            logging.getLogger("reprise.cli").exception("a line of a batch failed")
            print(f"{type(error).__name__} at id {request_id!r}: {error}", file=sys.stderr)
        return {"id": request_id, "error": {"type": type(error).__name__, "message": str(error)}}
    return {"id": request_id, **answer(results, started)}


def answer(results: Found, started: float) -> dict[str, Any]:
    """The public form of what was found; `started` is when the work on it began (time.perf_counter).

    A search by words adds what they were understood as.
    """
    from index.words.results import TextResults, understood_as

    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    found: dict[str, Any] = {"elapsed_ms": elapsed_ms, "results": [hit.as_json() for hit in results.hits]}
    if isinstance(results, TextResults):
        understanding = results.understanding
        found |= {"understood": understood_as(understanding), "unknown": list(understanding.unknown)}
    return found


def query_of(results: Found) -> dict[str, Any]:
    """The moment of the library that was searched for, as it was understood; nothing for words and files."""
    from index.core.hits import Results
    from index.core.tracks import Track

    if not isinstance(results, Results) or not isinstance(track := results.query.passage.source, Track):
        return {}
    passage = results.query.passage
    named = {"track": track.path, "title": track.title, "artist": track.artist}
    return {"query": {**named, "start_s": round(passage.start_s, 3), "end_s": round(passage.end_s, 3)}}


def _id(given: dict[str, Any]) -> str | float:
    """The id of a line, taken out of it."""
    request_id = given.pop("id", None)
    if isinstance(request_id, bool) or not isinstance(request_id, (str, int, float)):
        raise QueryError("Each line needs an id, a text or a number.")
    return request_id


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        given = json.loads(line.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise QueryError(f"This line is not JSON: {str(error).splitlines()[0]}.") from error
    if not isinstance(given, dict):
        raise QueryError("A line is a JSON object, as in {“id”: “1”, “audio”: “clip.wav”}.")
    return given
