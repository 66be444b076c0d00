"""Finds what the user's references point at: `clip`, `clip:2`, `#3`, a title, each with or without a time.

`#3:<call>` is the third hit of one particular search: what a button that stands on a hit means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from index.core.errors import QueryError, TimeOutsideTrackError, UnknownClipError, UnknownHitError, printable
from index.core.filters import Filters
from index.core.hits import Hit
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.text.notation import parse_moment
from tools.places import PlaceText, place_in, place_of
from tools.session import Search, Session

WIDE_S = 300.0
"""Of a longer part of a clip, its most characteristic passage is meant."""
PART_S = 600.0
"""So long are the parts that are offered of a clip that was not listened to to its end."""
LONG_S = 60.0
"""A clip or track longer than this is represented by its most characteristic passage."""

_CLIP = re.compile(r"(?:the |my )?clip(?:\s*:?\s*(\d+))?", re.IGNORECASE)
_HIT = re.compile(r"(?:(?:result|hit|number|no\.?)\s*)?#?\s*(\d+)(?::([\w-]+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Offer:
    """A passage of a long clip or track that is worth asking for."""

    moment: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Resolved:
    """A reference and the passage that it points at."""

    reference: str
    passage: Passage
    offers: tuple[Offer, ...] = ()
    """Passages of a whole song, best first; the passage is the first of them."""
    hit: Hit | None = None
    whole: bool = False
    """A track was named without a time."""
    beyond: tuple[tuple[float, float], ...] = ()
    """Of a long clip: stretches that were not listened to, some of them where there are many."""

    @property
    def wishes(self) -> list[str]:
        """What can be asked for those stretches."""
        name = parse_moment(self.reference).name
        return [f"Find moments like {name} @ {spoken_span(start_s, end_s)}" for start_s, end_s in self.beyond]

    @property
    def record(self) -> dict[str, Any]:
        """The moment as plain JSON; `recall` reads it back."""
        source = self.passage.source
        return {
            "moment": self.reference,
            "source": "clip" if isinstance(source, Clip) else "track",
            "id": source.id,
            "name": self.passage.name,
            "author": "" if isinstance(source, Clip) else source.author,
            "start_s": round(self.passage.start_s, 3),
            "end_s": round(self.passage.end_s, 3),
        }


def find_clip(session: Session, number: int | None = None) -> Clip:
    """The clip with this number, counted from 1; without one the newest."""
    if number is None:
        number = max(1, len(session.clips))
    if not 1 <= number <= len(session.clips):
        raise UnknownClipError(number, len(session.clips))
    return session.clips[number - 1]


def find_result(session: Session, reference: str) -> tuple[Search, Hit]:
    """The hit that `#3` or `#3:<call>` names, and the search that found it."""
    match = _HIT.fullmatch(reference.strip())
    if not match:
        raise QueryError(f"A result is named by its number, as #2, not “{reference}”.")
    number, call_id = int(match[1]), match[2]
    searches = [search for search in session.searches if call_id in (None, search.call_id)]
    hits = searches[-1].hits if searches else ()
    for hit in hits:
        if hit.rank == number:
            return searches[-1], hit
    raise UnknownHitError(number, len(hits))


def resolve(session: Session, reference: str) -> Resolved:
    """The passage that a moment reference points at.

    Raises
    ------
    UnknownClipError, UnknownHitError, UnknownTrackError, TimeOutsideTrackError, QueryError
    """
    moment = parse_moment(reference)
    if moment.start_s is None and (place := place_in(moment.name)):
        return _at_place(session, reference, place)
    name = moment.name.strip()
    if clip := _CLIP.fullmatch(name):
        return _of(session, reference, find_clip(session, int(clip[1]) if clip[1] else None), moment)
    if name.startswith("#"):
        _, hit = find_result(session, name)
        if moment.start_s is None:
            span = (hit.moment.start_s, hit.moment.end_s)
            return Resolved(reference, session.library.passage(hit.track, *span), hit=hit)
        return _of(session, reference, hit.track, moment, hit)
    return _of(session, reference, session.library.track(name), moment)


def _at_place(session: Session, reference: str, place: PlaceText) -> Resolved:
    """The passage of a track that its words point out: "where it goes quiet"."""
    whole = resolve(session, place.name)
    source = whole.hit.track if whole.hit else whole.passage.source
    if isinstance(source, Clip):
        raise QueryError(
            f"I can look for “{printable(place.words)}” in the tracks of your library only; of a clip, name a time."
        )
    start_s, end_s = place_of(session.library.searches.words(), source, place.words)
    return Resolved(reference, session.library.passage(source, start_s, end_s), hit=whole.hit)


def _of(
    session: Session, reference: str, source: Track | Clip, moment: Any, hit: Hit | None = None
) -> Resolved:
    """The passage of a track or clip at the time that the reference gives, or the one that speaks for it."""
    if moment.start_s is not None and moment.start_s >= source.duration_s:
        name = source.name if isinstance(source, Clip) else source.title
        raise TimeOutsideTrackError(name, moment.start_s, source.duration_s)
    library, within = session.library, None
    partly = isinstance(source, Clip) and source.heard_s > 0
    if isinstance(source, Clip) and moment.start_s is not None and (partly or moment.end_s is not None):
        start_s = moment.start_s if moment.start_s >= 0 else max(0.0, source.duration_s + moment.start_s)
        end_s = moment.end_s if moment.start_s >= 0 else source.duration_s
        if partly:
            library.listen(source, start_s, end_s)
        if end_s is not None and min(end_s, source.duration_s) - start_s > WIDE_S:
            within = (start_s, min(end_s, source.duration_s))
    beyond = tuple(library.beyond(source)) if isinstance(source, Clip) and partly else ()
    if within is None and (moment.start_s is not None or source.duration_s <= LONG_S):
        passage = library.passage(source, moment.start_s, moment.end_s)
        return Resolved(reference, passage, hit=hit, whole=moment.start_s is None, beyond=beyond)
    spans = library.characteristic(source, 3, within) if within else library.characteristic(source, 3)
    offers = tuple(
        Offer(f"{moment.name} @ {spoken_span(start_s, end_s)}", start_s, end_s) for start_s, end_s in spans
    )
    passage = library.passage(source, offers[0].start_s, offers[0].end_s)
    return Resolved(reference, passage, offers, hit, moment.start_s is None, beyond)


def spoken_span(start_s: float, end_s: float) -> str:
    """A span as a reference writes it: "1:23-1:33"."""
    from index.core.errors import clock

    return f"{clock(round(start_s, 1))}-{clock(round(end_s, 1))}"


def recall(session: Session, record: dict[str, Any]) -> Passage:
    """The passage that `Resolved.record` wrote down."""
    if record["source"] == "clip":
        clips = [clip for clip in session.clips if clip.id == record["id"]]
        if not clips:
            raise UnknownClipError(1, 0)
        source: Track | Clip = clips[0]
        if clips[0].heard_s:
            session.library.listen(clips[0], record["start_s"], record["end_s"])
    else:
        source = session.library.track(record["id"])
    return session.library.passage(source, record["start_s"], record["end_s"])


def recall_query(session: Session, record: dict[str, Any]) -> Query:
    """The query of an earlier search, from what that search wrote down."""
    if "source" not in record:
        raise QueryError(
            "That result was not found by its sound, so there is nothing measured to explain it with."
        )
    return Query(
        recall(session, record),
        k=record["k"],
        emphasis=record["emphasis"],
        filters=Filters(record["filters"]),
        diversity=record["diversity"],
        exclude_same_track=record["exclude_same_track"],
        hits_per_track=record.get("hits_per_track", 1),
    )
