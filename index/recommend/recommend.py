"""Recommendations: moments without a query, from a mood or an activity, the occasion, and taste.

A score is a weighted mean of named parts, each between 0 and 1, as in a search by words: what was asked
counts 1 a word, taste somewhat less, the hour of the day and the conversation a little, the hour not at all
where it would speak against the wish. Each of these can be switched off (index/catalogue/history.py). Half of
what is shown is by artists not played before, and no era has more than half, wherever that costs little; no
artist is shown twice while others are left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from index.catalogue.history import History, Switch
from index.core.hits import Hit
from index.factors.timbre import Timbre
from index.models.musicnn import EMBEDDING
from index.recommend.balance import in_balance
from index.recommend.occasion import WEIGHT as OCCASION_WEIGHT
from index.recommend.occasion import Occasion, occasion_of
from index.recommend.taste import Profile
from index.recommend.taste import profile as taste_profile
from index.store.frame_store import FrameStore
from index.store.property_table import percentiles
from index.words.parse import Understanding
from index.words.results import Part, TermScore, TextQuery
from index.words.searcher import WordSearcher

TASTE_WEIGHT = 0.6
ARTIST_WEIGHT = 0.6
CONVERSATION_WEIGHT = 0.3
"""Of a clip that was brought, or of what was asked for before in the same conversation."""
_SHORTLIST = 400
_LIKED_ONCE = 2.0
"""A sum of event weights of minus this much halves an artist's score."""
_LIKE = {"your taste": "what you liked", "your clip": "your clip"}
_CHANCE = 0.1
"""Weight of the daily random part, so that tomorrow's recommendations differ."""


@dataclass(frozen=True)
class Talk:
    """What the conversation was about before."""

    wish: str = ""
    """A description or mood that was asked for."""
    clip: str = ""
    """The name of the newest clip."""
    timbre: np.ndarray | None = None
    """(200,) of unit length: that of the clip."""


@dataclass(frozen=True)
class Prior:
    """What a recommendation leans on beside the wish; `name` is the switch that turns it off."""

    name: Switch
    text: str


@dataclass(frozen=True)
class Recommendation:
    """What is recommended, and out of what."""

    hits: tuple[Hit, ...]
    reasons: tuple[tuple[TermScore, ...], ...]
    """For each hit, the parts of its score."""
    understanding: Understanding
    occasion: Occasion | None
    """None where it would speak against the wish."""
    from_taste: bool
    new: tuple[bool, ...]
    """Whether nothing by that artist was played before."""
    priors: tuple[Prior, ...] = ()
    compared: int = 0
    """Moments of the library."""


def recommend(
    words: WordSearcher,
    frames: FrameStore,
    history: History,
    wish: str = "",
    k: int = 5,
    *,
    now: datetime | None = None,
    talk: Talk | None = None,
    balanced: bool = True,
) -> Recommendation:
    """The k moments to hear now; `wish` is a mood or an
    activity in words. Not `balanced`, they are the closest.
    """
    now = now or datetime.now().astimezone()
    talk = talk if talk and history.on("conversation") else Talk()
    understanding = words.understand(wish) if wish.strip() else Understanding((), ())
    parts = [words.part(word) for word in understanding.understood]
    priors: list[Prior] = []
    if not parts and talk.wish and (before := words.understand(talk.wish).understood):
        parts += [replace(words.part(word), weight=CONVERSATION_WEIGHT) for word in before]
        priors.append(Prior("conversation", f"because you asked for “{talk.wish}” before"))
    hour = occasion_of(now)
    leaning = replace(words.part(hour.understood()), weight=OCCASION_WEIGHT)
    agreed = history.on("hour") and (not parts or _agree(_total(parts), leaning.worth))
    if agreed:
        parts.append(leaning)
        priors.append(Prior("hour", hour.text))
    profile = (
        taste_profile(history, frames, now if history.on("hour") else None) if history.on("taste") else None
    )
    query = TextQuery(wish or "anything", k=_SHORTLIST)
    shortlist = words.hits_by(query, _total(parts) if parts else _anything(words))
    if talk.timbre is not None or profile:
        rows, vectors = _timbres(shortlist, frames, words)
        if talk.timbre is not None:
            parts.append(_near_part("your clip", CONVERSATION_WEIGHT, vectors @ talk.timbre, rows, words))
            priors.append(Prior("conversation", f"because of {talk.clip}: alike in sound"))
        if profile:
            parts.append(
                _near_part(
                    "your taste",
                    TASTE_WEIGHT,
                    profile.closeness(vectors),
                    rows,
                    words,
                    cosines=profile.likeness(vectors),
                )
            )
            parts.append(_artists_part(profile, words))
            priors.append(Prior("taste", "because of what you liked"))
    if parts:
        shortlist = words.hits_by(query, _total(parts))
    if profile:
        shortlist = [hit for hit in shortlist if not profile.holds(hit.moment)]
    heard = _authors(words, profile.known if profile else frozenset())
    if not understanding.understood and not profile and talk.timbre is None:
        shortlist = _shuffled(shortlist, now)
    chosen = in_balance(shortlist, heard, k) if balanced else shortlist[:k]
    hits = tuple(replace(hit, rank=rank) for rank, hit in enumerate(chosen, start=1))
    return Recommendation(
        hits=hits,
        reasons=tuple(words.parts_met(parts, hit) for hit in hits),
        understanding=understanding,
        occasion=hour if agreed else None,
        from_taste=profile is not None,
        new=tuple(hit.track.author.casefold() not in heard for hit in hits),
        priors=tuple(priors),
        compared=len(words.table),
    )


def _total(parts: Sequence[Part]) -> np.ndarray:
    weight = sum(part.weight for part in parts)
    return np.asarray(sum(part.weight / weight * part.worth for part in parts), np.float32)


def _agree(wish: np.ndarray, leaning: np.ndarray) -> bool:
    """Whether moments that fit the wish tend to fit the prior, too."""
    if wish.std() < 1e-6 or leaning.std() < 1e-6:
        return True
    return bool(np.corrcoef(wish, leaning)[0, 1] >= 0)


def _timbres(
    shortlist: Sequence[Hit], frames: FrameStore, words: WordSearcher
) -> tuple[np.ndarray, np.ndarray]:
    """The rows of all windows of the shortlisted tracks, (n,), and their timbres, (n, 200)."""
    rows, vectors = [], []
    for hit in shortlist:
        first, spans = words.windows_of(hit.track)
        rows.append(np.arange(first, first + len(spans)))
        vectors.append(Timbre().means(frames.read(hit.track.id), spans))
    if not rows:
        return np.empty(0, np.int64), np.empty((0, EMBEDDING), np.float32)
    return np.concatenate(rows), np.concatenate(vectors)


def _near_part(
    name: str,
    weight: float,
    near: np.ndarray,
    rows: np.ndarray,
    words: WordSearcher,
    *,
    cosines: np.ndarray | None = None,
) -> Part:
    """Closeness of windows in timbre; for all others it is unknown and counts 0.

    `cosines` are what is reported, if `near` is something else.
    """
    worth = np.zeros(len(words.table), np.float32)
    worth[rows] = percentiles(near)
    told = {
        int(row): f"timbre {closeness:.2f} like {_LIKE[name]}"
        for row, closeness in zip(rows, near if cosines is None else cosines, strict=True)
    }
    return Part(name, "taste", True, weight, worth, told.get)


def _artists_part(profile: Profile, words: WordSearcher) -> Part:
    """Lower scores for artists of whom more was skipped
    than liked; unknown artists score as high as favourites.
    """
    liked: dict[str, float] = {}
    for track in words.tracks:
        if track.author and track.id in profile.by_track:
            name = track.author.casefold()
            liked[name] = liked.get(name, 0.0) + profile.by_track[track.id]
    share = {name: min(1.0, 2 / (1 + math.exp(-worth / _LIKED_ONCE))) for name, worth in liked.items()}
    by_track = np.array([share.get(track.author.casefold(), 1.0) for track in words.tracks], np.float32)
    worth = words.table.of_rows(by_track)

    def told(row: int) -> str | None:
        author = words.tracks[int(words.table.tracks_of_rows[row])].author.casefold()
        if author not in share:
            return "not heard before"
        return "skipped before" if worth[row] < 1 else "heard before, not skipped"

    return Part("the artist", "taste", True, ARTIST_WEIGHT, worth, told)


def _anything(words: WordSearcher) -> np.ndarray:
    """The score without a wish and without priors: all windows equal."""
    return np.full(len(words.table), 0.5, np.float32)


def _authors(words: WordSearcher, known: frozenset[str]) -> set[str]:
    return {track.author.casefold() for track in words.tracks if track.id in known and track.author}


def _shuffled(shortlist: Sequence[Hit], now: datetime) -> list[Hit]:
    """The same moments in an order that changes a little from hour to hour."""
    chance = np.random.default_rng(now.toordinal() * 24 + now.hour).random(len(shortlist))
    keys = [hit.score + _CHANCE * float(luck) for hit, luck in zip(shortlist, chance, strict=True)]
    return [shortlist[place] for place in np.argsort(-np.array(keys), kind="stable")]
