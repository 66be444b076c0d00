"""Recommendations: moments without a query, from a mood or an activity, the occasion, and taste.

A score is a weighted mean of named parts, each between 0 and 1, as in a search by words: what was asked counts 1 a
word, taste somewhat less, the hour of the day a little, and not at all where it would speak against the wish. Half of
what is shown is by artists not heard before, wherever that costs little; nobody is shown twice while others are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from index.described import Part, TextQuery, WordMet
from index.frames import FrameStore
from index.history import History
from index.moments import Hit
from index.occasion import WEIGHT as OCCASION_WEIGHT
from index.occasion import Occasion, occasion_of
from index.properties import percentiles
from index.taste import Profile, timbres
from index.taste import profile as taste_profile
from index.understanding import Understanding
from index.word_search import WordSearcher

TASTE_WEIGHT = 0.6
LOSS = 0.05
"""How much of the best score discovery may cost."""
_SHORTLIST = 400
_CHANCE = 0.1
"""What the day adds by chance, so that tomorrow brings something else."""


@dataclass(frozen=True)
class Recommendation:
    """What is recommended, and out of what."""

    hits: tuple[Hit, ...]
    reasons: tuple[tuple[WordMet, ...], ...]
    """For each hit, the parts of its score."""
    understanding: Understanding
    occasion: Occasion | None
    """None where it would speak against the wish."""
    from_taste: bool
    new: tuple[bool, ...]
    """Whether nothing by that artist was heard before."""


def recommend(
    words: WordSearcher,
    frames: FrameStore,
    history: History,
    wish: str = "",
    k: int = 5,
    *,
    now: datetime | None = None,
) -> Recommendation:
    """The k moments to hear now; `wish` is a mood or an activity in words."""
    now = now or datetime.now().astimezone()
    understanding = words.understand(wish) if wish.strip() else Understanding((), ())
    parts = [words.part(word) for word in understanding.understood]
    hour = occasion_of(now)
    leaning = replace(words.part(hour.understood()), weight=OCCASION_WEIGHT)
    agreed = not parts or _agree(_total(parts), leaning.worth)
    if agreed:
        parts.append(leaning)
    profile = taste_profile(history, frames, now if history.on("hour") else None)
    score = _total(parts)
    query = TextQuery(wish or "anything", k=_SHORTLIST)
    shortlist = words.hits_by(query, score)
    if profile:
        parts.append(_taste_part(profile, shortlist, frames, words))
        score = _total(parts)
        shortlist = [hit for hit in words.hits_by(query, score) if not profile.holds(hit.moment)]
    heard = _authors(words, profile.known if profile else frozenset())
    if not understanding.understood and not profile:
        shortlist = _shuffled(shortlist, now)
    chosen = _balanced(shortlist, heard, k)
    hits = tuple(replace(hit, rank=rank) for rank, hit in enumerate(chosen, start=1))
    return Recommendation(
        hits=hits,
        reasons=tuple(words.parts_met(parts, hit) for hit in hits),
        understanding=understanding,
        occasion=hour if agreed else None,
        from_taste=profile is not None,
        new=tuple(hit.track.author.casefold() not in heard for hit in hits),
    )


def _total(parts: Sequence[Part]) -> np.ndarray:
    weight = sum(part.weight for part in parts)
    return np.asarray(sum(part.weight / weight * part.worth for part in parts), np.float32)


def _agree(wish: np.ndarray, leaning: np.ndarray) -> bool:
    """Whether what meets the wish tends to meet the leaning too."""
    if wish.std() < 1e-6 or leaning.std() < 1e-6:
        return True
    return bool(np.corrcoef(wish, leaning)[0, 1] >= 0)


def _taste_part(profile: Profile, shortlist: Sequence[Hit], frames: FrameStore, words: WordSearcher) -> Part:
    """How near each shortlisted moment is to what was liked; of all others it is not known, and counts as nothing."""
    near = profile.closeness(timbres([hit.moment for hit in shortlist], frames))
    worth = np.zeros(len(words.table.values), np.float32)
    facts = {}
    for hit, place, closeness in zip(shortlist, percentiles(near), near, strict=True):
        row = words.row(hit)
        worth[row] = place
        facts[row] = f"timbre {closeness:.2f} like what you liked"
    return Part("your taste", "taste", True, TASTE_WEIGHT, worth, worth, facts.get)


def _authors(words: WordSearcher, known: frozenset[str]) -> set[str]:
    return {track.author.casefold() for track in words.tracks if track.id in known and track.author}


def _shuffled(shortlist: Sequence[Hit], now: datetime) -> list[Hit]:
    """The same moments in an order that changes a little from hour to hour."""
    chance = np.random.default_rng(now.toordinal() * 24 + now.hour).random(len(shortlist))
    keys = [hit.score + _CHANCE * float(luck) for hit, luck in zip(shortlist, chance, strict=True)]
    return [shortlist[place] for place in np.argsort(-np.array(keys), kind="stable")]


def _balanced(shortlist: Sequence[Hit], heard: set[str], k: int) -> list[Hit]:
    """k moments in the order of their scores: one an artist, half of them by artists not heard before."""
    one_each: list[Hit] = []
    authors: set[str] = set()
    for hit in shortlist:
        author = hit.track.author.casefold()
        if not author or author not in authors:
            authors.add(author)
            one_each.append(hit)
    rest = [hit for hit in shortlist if hit not in one_each]
    best, others = one_each[:k], one_each[k:]
    wanted = k // 2 - sum(hit.track.author.casefold() not in heard for hit in best)
    floor = (1 - LOSS) * float(np.mean([hit.score for hit in best])) if best else 0.0
    for new in [hit for hit in others if hit.track.author.casefold() not in heard][: max(0, wanted)]:
        old = next((hit for hit in reversed(best) if hit.track.author.casefold() in heard), None)
        if old is None or float(np.mean([hit.score for hit in [*best, new] if hit is not old])) < floor:
            break
        best = [hit for hit in best if hit is not old] + [new]
    return sorted([*best, *rest[: k - len(best)]], key=lambda hit: -hit.score)
