"""The tool recommend_moments: what to hear now, without a query."""

from __future__ import annotations

from typing import Any

from index.core.errors import QueryError, printable
from index.factors.timbre import Timbre
from index.recommend.recommend import Recommendation, Talk, recommend
from index.words.results import understood_as
from tools.answer import ToolAnswer
from tools.session import Session
from tools.text_hits import described_line, missed


def recommend_moments(session: Session, mood: str = "", activity: str = "", k: int = 5) -> ToolAnswer:
    """Recommend moments to hear now, from a mood or activity, the hour, and what was liked before.

    mood: how the music should feel, as "happy" or "calm"; empty if nothing was said.
    activity: what the music is for, as "cooking" or "a quiet evening"; empty if nothing was said.
    """
    if k < 1:
        raise QueryError(f"At least one moment must be asked for, not {k}.")
    library = session.library
    wish = ", ".join(part for part in (mood.strip(), activity.strip()) if part)
    found = recommend(
        library.searches.words(), library.frames, library.catalogue.history, wish, k, talk=_talk(session)
    )
    reasons = [[word.as_json() for word in words] for words in found.reasons]
    data: dict[str, Any] = {
        "kind": "hits",
        "query": {"description": wish, "mood": mood, "activity": activity, "k": k, "reasons": reasons},
        "hits": [hit.as_record() for hit in found.hits],
        "understood": understood_as(found.understanding),
        "unknown": list(found.understanding.unknown),
        "words": reasons,
        "missed": _missed(found),
        "occasion": found.occasion.text if found.occasion else "",
        "from_taste": found.from_taste,
        "new": list(found.new),
        "priors": [{"name": prior.name, "text": prior.text} for prior in found.priors],
        "compared": found.compared,
        "itself": None,
        "weak": False,
    }
    return ToolAnswer("\n".join(_lines(found, wish)), data)


def _talk(session: Session) -> Talk:
    """What the conversation was about: the newest clip, and what was asked for in words before."""
    wishes = [str(search.query.get("description", "")).strip() for search in session.searches]
    wish = next((each for each in reversed(wishes) if each), "")
    if not session.clips:
        return Talk(wish)
    clip = session.clips[-1]
    passage = session.library.passage(clip)
    (timbre,) = Timbre().means(passage.frames, [(passage.start_s, passage.end_s)])
    return Talk(wish, printable(clip.name), timbre)


def _missed(found: Recommendation) -> list[str]:
    """The user's own words that the first moment does not meet."""
    own = {word.words for word in found.understanding.understood}
    return missed([word for word in found.reasons[0] if word.words in own]) if found.reasons else []


def _lines(found: Recommendation, wish: str) -> list[str]:
    lines = [f"Recommended for: {wish}." if wish else "Recommended without a wish."]
    if found.understanding.understood:
        lines.append(f"Understood: {', '.join(word.text for word in found.understanding.understood)}.")
    if found.understanding.unknown:
        lines.append(f"Not understood: {', '.join(f'“{word}”' for word in found.understanding.unknown)}.")
    lines += [f"A little {prior.text}." for prior in found.priors]
    if found.from_taste:
        lines.append(f"From what was liked before; {sum(found.new)} by artists not heard yet.")
    return [*lines, *(described_line(hit, why) for hit, why in zip(found.hits, found.reasons, strict=True))]
