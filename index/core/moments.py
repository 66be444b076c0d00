"""The nouns: Track, Clip, Moment, Window grid, Passage, Query, Hit. Values only; nothing here reads a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from index.core.errors import QueryError, RecordError, clock, printable
from index.core.filters import Filters
from index.core.records import read_record

if TYPE_CHECKING:
    from index.core.frames import Frames

FACTORS = ("timbre", "harmony", "melody", "rhythm", "dynamics")
"""All factor names; valid in an emphasis from the first day, whether or not the factor is built."""

PROOF = "fingerprint"
"""What counts beside the factors where a moment is found to be the very same recording."""

CHARACTER = "character"
"""What counts beside the factors for how a moment feels: how its notes lie. Nobody weighs it."""
BESIDE_FACTORS = (CHARACTER, PROOF)

LONGEST_S = 30 * 86400.0
"""No track, and so no moment, goes on for longer than this: a month."""

_FILES_TOLD = 3

Diversity = Literal["closest", "balanced", "adventurous"]
DIVERSITIES: tuple[Diversity, ...] = ("closest", "balanced", "adventurous")

ClipKind = Literal["speech", "tune", "music"]
"""What a clip sounds like: somebody speaks; one voice hums, whistles, sings or plays a tune; anything else."""


@dataclass(frozen=True)
class Track:
    """One recording of the library, known by a hash of its sound."""

    id: str
    path: str
    title: str
    artist: str
    composer: str
    album: str
    genre: str
    year: int | None
    duration_s: float
    start_s: float = 0.0
    """Where it begins in the file at `path`; below 0 where the file begins later than the track does."""
    end_s: float | None = None
    """Where it ends in that file; None is the file's end."""
    also: tuple[str, ...] = ()
    """Other files of the same recording: another codec, bit rate or master, or a copy."""

    @property
    def author(self) -> str:
        """The composer, else the artist: whom a listener would name."""
        return self.composer or self.artist

    @property
    def other_files(self) -> str:
        """Its other files, as they are told: "also: Song.flac, Song.mp3"; empty where it has one."""
        names = [printable(each.replace("\\", "/").rpartition("/")[2]) for each in self.also[:_FILES_TOLD]]
        more = f" and {len(self.also) - len(names)} more" if len(self.also) > len(names) else ""
        return f"also: {', '.join(names)}{more}" if names else ""

    def in_file(self, at_s: float) -> float:
        """A time of the track as its file counts it, which may hold other tracks before it."""
        return max(0.0, self.start_s + at_s)

    @property
    def is_whole_file(self) -> bool:
        """Whether the file holds this track alone."""
        return self.start_s <= 0 and self.end_s is None


@dataclass(frozen=True)
class Clip:
    """Audio that the user brought: a file or a recording, kept under the hash of its content."""

    id: str
    path: str
    name: str
    duration_s: float
    recorded: bool = False
    noise: str = ""
    """What the noise reduction decided, in words; empty where nothing was asked of it."""
    kind: ClipKind | Literal[""] = ""
    """What it sounds like; empty for a clip that was kept before this was measured."""
    heard_s: float = 0.0
    """So much of its beginning was listened to when it was brought; 0 where that is all of it."""


@dataclass(frozen=True)
class Moment:
    """A span of a track."""

    track_id: str
    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s <= LONGEST_S:
            raise QueryError(f"A moment must end after it starts, not {self.start_s:g} to {self.end_s:g} s.")

    @property
    def span(self) -> str:
        """The span as a reader sees it: "1:23-1:33"."""
        return f"{clock(round(self.start_s, 1))}-{clock(round(self.end_s, 1))}"

    def overlap(self, other: Moment) -> float:
        """Intersection over union of the two spans, in [0, 1]; 0 for different tracks."""
        if self.track_id != other.track_id:
            return 0.0
        shared = min(self.end_s, other.end_s) - max(self.start_s, other.start_s)
        return max(0.0, shared) / (max(self.end_s, other.end_s) - min(self.start_s, other.start_s))


@dataclass(frozen=True)
class Grid:
    """The windows a track is indexed on, in seconds. The last window ends where the track ends."""

    window_s: float = 10.0
    hop_s: float = 2.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.hop_s <= 10:
            raise QueryError(f"The hop must lie between 0.5 and 10 s, not {self.hop_s:g}.")
        if not 1 <= self.window_s <= 60:
            raise QueryError(f"The window must lie between 1 and 60 s, not {self.window_s:g}.")

    def spans(self, duration_s: float) -> list[tuple[float, float]]:
        """(start_s, end_s) of every window of a track; one window for a track shorter than a window."""
        if duration_s <= self.window_s:
            return [(0.0, duration_s)]
        last = duration_s - self.window_s
        whole = math.floor(last / self.hop_s + 1e-9)
        starts = [i * self.hop_s for i in range(whole + 1)]
        if last - starts[-1] > 1e-3:
            starts.append(last)
        return [(start, start + self.window_s) for start in starts]


@dataclass(frozen=True)
class Passage:
    """A span of analysed sound, of a track or of a clip: what is searched for, described and compared."""

    source: Track | Clip
    frames: Frames
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def name(self) -> str:
        """Title of the track, or name of the clip."""
        return self.source.title if isinstance(self.source, Track) else self.source.name


@dataclass(frozen=True)
class Query:
    """A passage and how it is to be searched for."""

    passage: Passage
    k: int = 10
    emphasis: Mapping[str, float] = field(default_factory=dict)
    filters: Filters = field(default_factory=Filters)
    min_likeness: float = 0.0
    diversity: Diversity = "closest"
    exclude_same_track: bool = True
    hits_per_track: int = 1

    def __post_init__(self) -> None:
        if self.k < 1:
            raise QueryError(f"At least one result must be asked for, not {self.k}.")
        if self.hits_per_track < 1:
            raise QueryError(f"hits_per_track is at least 1, not {self.hits_per_track}.")
        if self.diversity not in DIVERSITIES:
            raise QueryError(f"Diversity is closest, balanced or adventurous, not “{self.diversity}”.")
        if not 0 <= self.min_likeness <= 1:
            raise QueryError(f"min_likeness lies between 0 and 1, not {self.min_likeness:g}.")
        for name, weight in self.emphasis.items():
            if name not in (*FACTORS, *BESIDE_FACTORS):
                raise QueryError(f"There is no factor “{name}”; there are {', '.join(FACTORS)}.")
            if not (isinstance(weight, (int, float)) and 0 <= weight <= 100):
                raise QueryError(f"The weight of {name} is a number from 0 to 100, not {weight}.")


@dataclass(frozen=True)
class Alignment:
    """The alignment of a hit with the query: how the query has to be changed to match the hit."""

    shift_semitones: int
    """-5 to 6; +3 means that the hit sounds a minor third higher."""
    tempo_ratio: float
    """Length of the hit over length of the query; 1.08 means that the hit is 8 % slower."""


@dataclass(frozen=True)
class FactorScore:
    """One factor's part in a hit. Contributions of a hit's factors add up to its score."""

    value: float
    """What was measured: a similarity, in the factor's own scale."""
    likeness: float
    """0 to 1: the share of random pairs of the library that are less alike by this factor."""
    weight: float
    """The fusion's weight, the user's emphasis included."""
    contribution: float
    """What it added to the score."""


@dataclass(frozen=True)
class Hit:
    """A moment found."""

    rank: int
    track: Track
    moment: Moment
    score: float
    likeness: float
    confidence: float
    factors: Mapping[str, FactorScore]
    alignment: Alignment

    def as_json(self) -> dict[str, Any]:
        """The public form (command line, batch)."""
        return {
            "rank": self.rank,
            "track": self.track.path,
            **({"also": list(self.track.also)} if self.track.also else {}),
            "title": self.track.title,
            "artist": self.track.artist,
            "start_s": round(self.moment.start_s, 2),
            "end_s": round(self.moment.end_s, 2),
            "score": round(self.score, 4),
            "likeness": round(self.likeness, 4),
            "confidence": round(self.confidence, 4),
            "factors": {
                name: round(part.likeness, 4)
                for name, part in self.factors.items()
                if name not in BESIDE_FACTORS
            },
        }

    def as_record(self) -> dict[str, Any]:
        """Everything, as JSON keeps it; `from_record` reads it back."""
        record = asdict(self)
        record["track"]["also"] = list(self.track.also)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Hit:
        """The hit that `as_record` wrote, in this version or another.

        Raises
        ------
        RecordError, QueryError
        """
        if not isinstance(record, Mapping):
            raise RecordError("hit", "it is damaged")
        parts = record.get("factors")
        return read_record(
            cls,
            {
                **record,
                "track": read_record(Track, record.get("track")),
                "moment": read_record(Moment, record.get("moment")),
                "factors": {
                    name: read_record(FactorScore, part)
                    for name, part in (parts if isinstance(parts, Mapping) else {}).items()
                },
                "alignment": read_record(Alignment, record.get("alignment")),
            },
        )


@dataclass(frozen=True)
class Results:
    """What a search found, and what it took."""

    query: Query
    hits: tuple[Hit, ...]
    compared: int
    """Windows in the library that were open to this query."""
    elapsed_ms: float
    itself: Hit | None = None
    """The hit that *is* the query (the clip's own track in the library), where there is one; also in `hits`."""
    weak: bool = False
    """Whether even the best hit is not really alike, only the nearest."""
    no_music: str = ""
    """What was searched for, where it is no music: silence, noise or tone."""


class Placed(Protocol):
    """A moment of a track: a Hit, or an item of a playlist."""

    @property
    def track(self) -> Track:
        """The track."""

    @property
    def moment(self) -> Moment:
        """The moment."""


def window_count(track: Track, grid: Grid) -> int:
    """Number of windows of a track, without listing them."""
    beyond = track.duration_s - grid.window_s
    if beyond <= 0:
        return 1
    whole = int(beyond / grid.hop_s + 1e-9)
    return whole + 1 + (beyond - whole * grid.hop_s > 1e-3)
