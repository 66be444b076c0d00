"""What is searched for, as a script or a command line says it, and its answer by the library.

The one place where "by": "moment", "hum" and "text" part ways.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.core.errors import AudioReadError, EmptyLibraryError, QueryError, clock, printable
from index.core.filters import Filters
from index.core.hits import Results
from index.core.lengths import Measured, minutes_words
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip

if TYPE_CHECKING:
    from app.cli.bars import MeasuringBar
    from index.core.hits import Found
    from index.protocol import MusicLibrary

WAYS = ("moment", "hum", "text")
WIDE_S = 300.0
"""Of a longer part of a file, the passage that stands for it is searched for."""


@dataclass(frozen=True)
class Request:
    """One search. Exactly one of audio, moment and text says what for."""

    audio: str = ""
    """A sound file; start_s and end_s are the part of it that is meant (without an end ten seconds)."""
    moment: str = ""
    """"TRACK @ 1:23-1:33", of the library."""
    text: str = ""
    start_s: float | None = None
    end_s: float | None = None
    by: str = ""
    """moment, hum or text; empty means by what is given."""
    k: int = 10
    weights: Mapping[str, float] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    min_likeness: float = 0.0
    diversity: str = "closest"
    exclude_same_track: bool = True
    hits_per_track: int = 1

    def __post_init__(self) -> None:
        given = [name for name in ("audio", "moment", "text") if getattr(self, name)]
        if len(given) != 1:
            what = f"not {' and '.join(given)} at once" if given else "none is given"
            raise QueryError(f"One of audio, moment and text says what to search for; {what}.")
        if self.by not in ("", *WAYS):
            raise QueryError(f"“by” is {', '.join(WAYS)}, not “{printable(self.by)}”.")
        if (self.by == "text") != (given == ["text"]) and self.by:
            raise QueryError(f"A search by {self.by} cannot start from {given[0]}.")
        if not self.audio and (self.start_s is not None or self.end_s is not None):
            raise QueryError("start_s and end_s are for audio; a moment has its time behind the @.")
        if self.text and self.weights:
            raise QueryError("Weights are for a search by sound; words have none.")
        if self.start_s is not None and self.start_s < 0:
            raise QueryError(f"start_s is 0 or more, not {self.start_s:g}.")
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise QueryError(f"end_s comes after start_s, not {self.start_s or 0:g} to {self.end_s:g}.")

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Request:
        """A request from a JSON object; a field that does not exist, or of a wrong kind, is a QueryError."""
        kinds = {each.name: str(each.type) for each in fields(cls)}
        for name, value in given.items():
            if name not in kinds:
                raise QueryError(f"There is no field “{printable(name)}”; there are id, {', '.join(kinds)}.")
            wanted = _wanted(kinds[name], value)
            if wanted:
                raise QueryError(f"{name} is {wanted}, not {printable(repr(value))[:80]}.")
        return cls(**{name: value for name, value in given.items() if value is not None})


def _wanted(kind: str, value: Any) -> str:
    """What a value should be; empty if it is that."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if kind == "str":
        return "" if isinstance(value, str) else "a text"
    if kind == "bool":
        return "" if isinstance(value, bool) else "true or false"
    if kind == "int":
        return "" if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
    if kind == "float":
        return "" if number else "a number"
    if kind == "float | None":
        return "" if number or value is None else "a number"
    return "" if isinstance(value, Mapping) else "an object"


class Asker:
    """Answers requests by a library. Sound that is asked with is analysed, and not kept."""

    def __init__(self, library: MusicLibrary) -> None:
        self._library = library
        self.told: list[str] = []
        """What has to be said beside the answers: which part of a long file was listened to."""

    def find(self, request: Request) -> Found:
        """The moments that a request asks for, by sound or by words.

        Raises
        ------
        RepriseError
            Whatever is wrong with the request, its audio or the library.
        """
        if not request.text:
            return self.find_by_sound(request)
        if not self._library.tracks():
            raise EmptyLibraryError
        with self._measuring():
            return self._library.find_text(request.text, **_options(request))

    def find_by_sound(self, request: Request) -> Results:
        """The same for a request that starts from sound: a file, a moment, or a hum. Raises as `find`."""
        if not self._library.tracks():
            raise EmptyLibraryError
        query = self.query(request)
        with self._measuring():
            return self._library.find_hum(query) if request.by == "hum" else self._library.find(query)

    @contextmanager
    def _measuring(self) -> Iterator[None]:
        """Until this is left, it is shown how far tracks are measured, where an older version did not do that."""
        shown: list[MeasuringBar] = []

        def show(told: object) -> None:
            if isinstance(told, Measured):
                if not shown:
                    from app.cli.bars import MeasuringBar

                    shown.append(MeasuringBar())
                shown[0].show(told)

        try:
            with self._library.watched(show):
                yield
        finally:
            for bar in shown:
                bar.close()

    def query(self, request: Request) -> Query:
        """The query of a request that starts from sound."""
        passage = self._of_file(request) if request.audio else self._of_library(request.moment)
        return Query(passage, emphasis=request.weights, **_options(request))

    def _of_library(self, moment: str) -> Passage:
        from index.text.notation import parse_moment

        meant = parse_moment(moment)
        refuse_other_paths(self._library, meant.name)
        track = self._library.track(meant.name)
        return self._library.passage(track, meant.start_s, meant.end_s)

    def _of_file(self, request: Request) -> Passage:
        """The asked part of a sound file, analysed by itself; all of it without a span."""
        from index.audio.reading import content_hash
        from index.sounds import LONG_S
        from index.structure.thumbnails import characteristic_spans

        path = Path(request.audio).expanduser()
        grid = self._library.options.grid
        start_s, end_s = request.start_s or 0.0, request.end_s
        if request.start_s is not None and end_s is None:
            end_s = start_s + grid.window_s
        heard = self._library.listen_to(path, start_s, end_s)
        frames = heard.frames
        wanted_s = heard.whole_s if end_s is None else min(end_s, heard.whole_s)
        if wanted_s > start_s + frames.duration_s + 1:
            what = (
                f"{printable(path.name)} lasts {clock(round(heard.whole_s))}, and its first "
                if end_s is None
                else f"{printable(path.name)} @ {clock(round(start_s))}-{clock(round(end_s))} is long, and its first "
            )
            reached_s = round(start_s + frames.duration_s)
            minutes = minutes_words(frames.duration_s)
            were = "were" if minutes.endswith("s") else "was"
            self.told.append(
                f"{what}{minutes} {were} listened to: for another part, write it "
                f"behind an @, as in “{printable(path.name)} @ {clock(reached_s)}-{clock(reached_s + 600)}”."
            )
        clip = Clip(content_hash(path), str(path), path.name, frames.duration_s, kind=heard.kind)
        if frames.duration_s <= LONG_S or (end_s is not None and frames.duration_s <= WIDE_S):
            return Passage(clip, frames, 0.0, frames.duration_s)
        return Passage(clip, frames, *characteristic_spans(frames, grid)[0])


def _options(request: Request) -> dict[str, Any]:
    return {
        "k": request.k,
        "filters": Filters(request.filters),
        "min_likeness": request.min_likeness,
        "diversity": request.diversity,
        "exclude_same_track": request.exclude_same_track,
        "hits_per_track": request.hits_per_track,
    }


def request_of_words(library: MusicLibrary, query: str, **options: Any) -> Request:
    """The request that QUERY on a command line means.

    An existing sound file; else a moment of the library; else a part of a sound file ("clip.wav @
    0:10-0:20").
    """
    from index.text.notation import parse_moment

    if Path(query).expanduser().is_file():
        return Request(audio=query, **options)
    meant = parse_moment(query)
    file = Path(meant.name).expanduser()
    if file.is_file() and library.catalogue.by_path(str(file)) is None:
        return Request(audio=str(file), start_s=meant.start_s, end_s=meant.end_s, **options)
    if not library.tracks():
        raise EmptyLibraryError
    return Request(moment=query, **options)


def refuse_other_paths(library: MusicLibrary, name: str) -> None:
    """Refuse a path that is no sound file and no track's: it is not a title, to be matched loosely.

    Raises
    ------
    AudioReadError
        With what is there instead.
    """
    path = Path(name).expanduser()
    if not _is_path(name, path) or _names_a_track(library, name):
        return
    if path.is_dir():
        raise AudioReadError(path, "it is a folder, not a sound file")
    lost = (
        "it is not in the library, so it is to be named as audio"
        if path.exists()
        else "there is no such file"
    )
    raise AudioReadError(path, lost)


def _is_path(name: str, path: Path) -> bool:
    """Whether a name is written as a path, or something is there that is called that."""
    from index.ingest.scan import SOUND_ENDINGS

    try:
        there = path.exists() or (len(path.parts) > 1 and Path(path.parts[0]).is_dir())
    except (OSError, ValueError):  # too long for a file's name, or with a zero
        there = False
    written = name.startswith(("/", "./", "../", "~/")) or path.suffix.lower() in SOUND_ENDINGS
    return there or written


def _names_a_track(library: MusicLibrary, name: str) -> bool:
    """Whether a track has this path, or the end of it, or this very title."""
    found = [match.track for match in library.catalogue.find(name) if match.closeness == 1.0]
    if Path(name).name == name:
        return bool(found)
    parts = Path(name).parts
    if library.catalogue.by_path(name) or any(track.title.casefold() == name.casefold() for track in found):
        return True
    return any(Path(track.path).parts[-len(parts) :] == parts for track in library.catalogue.tracks())
