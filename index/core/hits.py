"""What searches find: a Hit with every factor's part in it, and the Results of a search. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from index.core.errors import RecordError
from index.core.moments import Moment
from index.core.query import BESIDE_FACTORS, Asked, Query
from index.core.records import read_record
from index.core.tracks import Track

UNSURE = 0.5
"""Below this confidence a hit is not taken for the same music: a file is not in the library, a hit may be weak."""
NEAR = 0.96
"""Likeness below which one in twenty-five random moments is as near, or nearer."""


def is_near(likeness: float, confidence: float) -> bool:
    """Whether a hit is really near what was searched for, by the two numbers that are shown of it."""
    return likeness >= NEAR or confidence >= UNSURE


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


class Found(Protocol):
    """What a search of any kind found: by a moment, a hum, words, or words that are sung."""

    @property
    def query(self) -> Asked:
        """What was asked."""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Best first."""

    @property
    def compared(self) -> int:
        """Moments that were open to it."""

    @property
    def elapsed_ms(self) -> float:
        """What it took."""

    @property
    def weak(self) -> bool:
        """Whether even the best hit is only the nearest."""


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

    @property
    def far(self) -> bool:
        """Whether even the best hit is not near, the query itself aside, though it is not weak."""
        best = next((hit for hit in self.hits if hit is not self.itself), None)
        return best is not None and not self.weak and not is_near(best.likeness, best.confidence)
