"""Clips that hang over a recording: recorded before it began, or after it had ended.

Whoever holds up a phone, or records the radio, has what came before in the first seconds: a room, a voice, another
piece. A search compares a clip with what lies within a recording, two seconds more at either end. Where that proves
nothing, parts of the clip are laid on the ends of the candidates; the part that lies within one is searched for anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from index.core.frames import Frames
from index.core.hits import FactorScore, Results
from index.core.moments import Moment, Passage, Span
from index.core.query import PROOF, Query
from index.core.tracks import Track
from index.placement.prepared import PreparedQuery
from index.search.fusion import FusionModel
from index.search.placement import agreement_by_chance, proved

SHORTEST_S = 3.0
"""So much of a clip lies within the recording at least."""
_STEP_S = 2.5
_SLACK_S = 1.5
_NEAR_S = 4.0
"""A candidate that lies so near to an end of its track may be hung over by a clip."""
_LONGEST_S = 20.0
_AT_END_S = 0.6
SURE = 0.9
"""Confidence from which a hit is taken for what was meant."""


@dataclass(frozen=True)
class _Part:
    """A clip without its beginning, or without its end."""

    query: PreparedQuery
    at_beginning: bool

    def ends(self, sounds: Sequence[Frames]) -> list[Span]:
        """Where it would lie in each sound."""
        length_s = self.query.passage.duration_s
        if self.at_beginning:
            return [Span(frames, 0.0, length_s) for frames in sounds]
        return [Span(frames, frames.duration_s - length_s, frames.duration_s) for frames in sounds]

    def within(self, clip: Passage, sound: Frames, start_s: float) -> Passage:
        """The clip as far as it lies in the sound, where the part begins there at `start_s`."""
        if self.at_beginning:
            return replace(clip, start_s=max(clip.start_s, self.query.passage.start_s - start_s))
        return replace(clip, end_s=min(clip.end_s, clip.start_s + sound.duration_s - start_s))


def at_an_end(candidates: Sequence[Moment], tracks: Mapping[str, Track]) -> list[Moment]:
    """Of each track of which candidates lie near the beginning or the end, one of these."""
    near = {
        each.track_id: each
        for each in candidates
        if each.start_s <= _NEAR_S or each.end_s >= tracks[each.track_id].duration_s - _NEAR_S
    }
    return list(near.values())


def is_at_an_end(found: Results) -> bool:
    """Whether the best hit begins with its track or ends with it, and is surely one."""
    return any(
        hit.confidence >= SURE
        and (hit.moment.start_s <= _AT_END_S or hit.moment.end_s >= hit.track.duration_s - _AT_END_S)
        for hit in found.hits[:1]
    )


def lying_within(
    whole: Results, sounds: Sequence[Frames], model: FusionModel, elsewhere: Sequence[Span] = ()
) -> Passage | None:
    """The part of a clip that lies at an end of one of the sounds, more surely than all of it lies anywhere.

    Parameters
    ----------
    whole : Results
        What was found of all of it.
    sounds : sequence of Frames
    model : FusionModel
    elsewhere : sequence of Span
        Random moments that say what chance reaches, where the fingerprint itself has chosen these sounds.

    Returns
    -------
    Passage, or None where there is no such part.
    """
    sounds = [sound for sound in sounds if sound.fingerprint is not None]
    clip, best, least = whole.query.passage, None, model.proof[PROOF]
    proofs = [least + part.contribution / part.weight for part in _proofs(whole)]
    parts = list(_parts(whole.query)) if sounds else []
    by_many_tries = least + math.log(max(len(parts), 1))
    surest = max([by_many_tries, *proofs])
    for part in parts:
        by_chance = agreement_by_chance(part.query, elsewhere) if elsewhere else None
        found, starts_s, chance = proved(model, part.query, part.ends(sounds), _SLACK_S, by_chance)
        surprise = chance.surprise(found)
        at = int(surprise.argmax())
        if surprise[at] >= surest:
            surest = float(surprise[at])
            best = part.within(clip, sounds[at], float(starts_s[at]))
    return best if best is not None and best.duration_s >= SHORTEST_S else None


def _proofs(whole: Results) -> list[FactorScore]:
    """What the best hit is proved by, if it is."""
    found = (hit.factors.get(PROOF) for hit in whole.hits[:1])
    return [each for each in found if each is not None and each.weight > 0]


def _parts(query: Query) -> Iterator[_Part]:
    clip = query.passage
    for number in range(1, int((min(clip.duration_s, _LONGEST_S) - SHORTEST_S) / _STEP_S) + 1):
        missing_s = number * _STEP_S
        later = replace(clip, start_s=clip.start_s + missing_s)
        sooner = replace(clip, end_s=clip.end_s - missing_s)
        yield _Part(PreparedQuery(replace(query, passage=later)), at_beginning=True)
        yield _Part(PreparedQuery(replace(query, passage=sooner)), at_beginning=False)
