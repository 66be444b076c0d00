"""Spans of sound. Values only.

A Moment is a span of a track, and the Grid says which of them are indexed. A Span has the frames to be compared; a
Passage is a Span with the track or clip that it is of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from index.core.errors import QueryError, clock
from index.core.tracks import Clip, Track

if TYPE_CHECKING:
    from index.core.frames import Frames

LONGEST_S = 30 * 86400.0
"""No track, and so no moment, goes on for longer than this: a month."""


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


WITHIN_S = 2.0
"""So far before any window one begins that has vectors: an exact comparison looks so far around it."""


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

    @property
    def vector_stride(self) -> int:
        """Every how many windows one has vectors."""
        return int(WITHIN_S / self.hop_s) + 1

    def vector_spans(self, duration_s: float) -> list[tuple[float, float]]:
        """Those of the windows that have vectors."""
        return self.spans(duration_s)[:: self.vector_stride]

    def vector_count(self, windows: int) -> int:
        """How many of the windows of a track have vectors."""
        return -(-windows // self.vector_stride)

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


def window_count(track: Track, grid: Grid) -> int:
    """Number of windows of a track, without listing them."""
    beyond = track.duration_s - grid.window_s
    if beyond <= 0:
        return 1
    whole = int(beyond / grid.hop_s + 1e-9)
    return whole + 1 + (beyond - whole * grid.hop_s > 1e-3)


@dataclass(frozen=True)
class Span:
    """A stretch of one sound's frames: what a candidate is to a factor."""

    frames: Frames
    start_s: float
    end_s: float


def fitted(frames: Frames, start_s: float, length_s: float) -> Span:
    """A span of that length that lies within the sound, moved as little as possible."""
    length_s = min(length_s, frames.duration_s)
    start_s = min(max(0.0, start_s), frames.duration_s - length_s)
    return Span(frames, start_s, start_s + length_s)


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
    def span(self) -> Span:
        """The same without whose sound it is."""
        return Span(self.frames, self.start_s, self.end_s)

    @property
    def name(self) -> str:
        """Title of the track, or name of the clip."""
        return self.source.title if isinstance(self.source, Track) else self.source.name


class TrackMoment(Protocol):
    """A moment of a track: a Hit, or an item of a playlist."""

    @property
    def track(self) -> Track:
        """The track."""

    @property
    def moment(self) -> Moment:
        """The moment."""
