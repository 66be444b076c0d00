"""Results that the user did not want are left out of what is found after."""

from __future__ import annotations

from dataclasses import replace

from index.core.hits import Hit, Results
from index.words.results import TextResults
from tools.session import Session


def without_rejected(session: Session, results: Results, k: int) -> Results:
    """At most `k` hits, none of them rejected, numbered anew; the query itself always stays."""
    if not session.rejected:
        return results
    kept = [hit for hit in results.hits if hit is results.itself or not session.is_rejected(hit)][:k]
    numbered = _numbered(kept)
    itself = next((new for old, new in zip(kept, numbered, strict=True) if old is results.itself), None)
    return replace(results, query=replace(results.query, k=k), hits=numbered, itself=itself)


def described_without_rejected(session: Session, results: TextResults, k: int) -> TextResults:
    """The same for hits of a search by words, each with how it meets them."""
    if not session.rejected:
        return results
    pairs = [
        (hit, met) for hit, met in zip(results.hits, results.met, strict=True) if not session.is_rejected(hit)
    ][:k]
    hits = _numbered([hit for hit, _ in pairs])
    return replace(results, query=replace(results.query, k=k), hits=hits, met=tuple(met for _, met in pairs))


def _numbered(hits: list[Hit]) -> tuple[Hit, ...]:
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1))
