"""Filters on moments that no tag answers: mode of the key, tempo, and detected instruments."""

from __future__ import annotations

import re
from collections.abc import Callable

from index.core.filters import Filters
from index.core.hits import UNSURE, Hit
from index.core.moments import Passage
from index.core.tracks import Track
from index.descriptors.chord_progression import note_chroma
from index.descriptors.key_and_chords import estimate_key
from index.factors import Span
from index.factors.rhythm import tempo_bpm
from index.factors.timbre import instruments, strongest_tags
from index.text.scales import SAME_TEMPO

_HEARD = 0.12
_TOGETHER = re.compile(r"\s*(?:,|&|\+|\band\b|\bwith\b)\s*")
_ALSO = {
    "strings": ("strings", "violin", "cello"),
    "string": ("strings", "violin", "cello"),
    "voice": ("voice", "vocal", "vocals", "singing", "choir", "female voice", "male voice"),
    "vocals": ("voice", "vocal", "vocals", "singing", "choir", "female vocal", "male vocal"),
    "singing": ("voice", "vocal", "vocals", "singing", "choir", "opera"),
    "choir": ("choir", "choral"),
    "percussion": ("drums", "beat", "beats"),
    "drum": ("drums", "beat", "beats"),
    "synthesizer": ("synth", "electronic"),
    "fiddle": ("violin", "strings"),
    "keyboard": ("piano", "harpsichord", "synth"),
}
_FAMILIES = {
    "strings": ("string",),
    "voices": ("voice", "vocals", "singing", "vocal"),
    "brass": ("trumpet", "trombone", "horn", "tuba"),
    "winds": ("wind", "woodwind", "clarinet", "oboe", "bassoon", "recorder", "saxophone"),
    "organ": ("pipe organ",),
    "mallets": ("vibraphone", "marimba", "xylophone", "celesta"),
    "plucked strings": ("lute", "plucked"),
}
"""Instruments for which MusiCNN has no tag, by the family that is detected instead."""


class MomentFilter:
    """The part of `Filters` that is decided by listening to a hit."""

    NAMES = ("key_mode", "tempo_min", "tempo_max", "instrument")

    def __init__(self, filters: Filters) -> None:
        self._conditions = {
            name: value
            for name, value in filters.conditions.items()
            if name.removeprefix("not_") in self.NAMES
        }

    def __bool__(self) -> bool:
        return bool(self._conditions)

    def admits(self, track: Track, span: Span) -> bool:
        """Whether a span of a track satisfies every filter."""
        passage = Passage(track, span.frames, span.start_s, span.end_s)
        return all(
            any(self._meets(passage, name.removeprefix("not_"), one) for one in Filters.values(value))
            != name.startswith("not_")
            for name, value in self._conditions.items()
        )

    def paced(self, query: Passage) -> Callable[[Hit], bool]:
        """Whether a hit that has to be slower than the query, or faster, is that where it is laid over it as well.

        A tempo is measured in octaves; where the same music is laid over the query at the query's own tempo, or in the
        other direction, it is not what was asked for, whatever its beats were counted as.
        """
        slower, faster = self._apart_from(query)

        def keeps(hit: Hit) -> bool:
            change = 1 / hit.alignment.tempo_ratio - 1
            if slower:
                change = -change
            if not (slower or faster) or change >= SAME_TEMPO:
                return True
            return change > -SAME_TEMPO and hit.confidence < UNSURE

        return keeps

    def _apart_from(self, query: Passage) -> tuple[bool, bool]:
        """Whether the query is itself too fast, or too slow, for what is asked."""
        own = tempo_bpm(query) if self._conditions.keys() & {"tempo_min", "tempo_max"} else 0.0
        most, least = (self._conditions.get(name) for name in ("tempo_max", "tempo_min"))
        slower = own > 0 and most is not None and all(own > float(one) for one in Filters.values(most))
        faster = own > 0 and least is not None and all(own < float(one) for one in Filters.values(least))
        return slower, faster

    @staticmethod
    def _meets(passage: Passage, name: str, value: str | float) -> bool:
        if name == "key_mode":
            return estimate_key(note_chroma(passage)).mode == value
        if name == "tempo_min":
            return tempo_bpm(passage) >= float(value)
        if name == "tempo_max":
            return tempo_bpm(passage) <= float(value)
        return hears(passage, str(value))


def hears(passage: Passage, instruments_wanted: str) -> bool:
    """Whether an instrument is detected; of several ("violin and piano", "flute, harp") all of them."""
    names = [name for name in _TOGETHER.split(instruments_wanted.lower().strip()) if name]
    return all(_hears_one(passage, name) for name in names or [instruments_wanted])


def _hears_one(passage: Passage, instrument: str) -> bool:
    """Whether an instrument or its family is detected, or is named in the track's title or genre."""
    word = instrument.lower().strip()
    wanted = _ALSO.get(word, (word, word.removesuffix("s")))
    heard = {name for name, _ in strongest_tags(passage, count=10, threshold=_HEARD)}
    heard |= {known for name, _ in instruments(passage) for known in (name, *_FAMILIES.get(name, ()))}
    written = f"{getattr(passage.source, 'title', '')} {getattr(passage.source, 'genre', '')}".lower()
    return bool(heard & set(wanted)) or word in written
