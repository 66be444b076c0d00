"""Timbre: who plays and how it sounds, heard by MusiCNN; brightness from the spectral centroid.

References
----------
Pons, Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR LBD 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.factors.base import Fact, Span, unit_rows
from index.frames import NOTE_HZ, PATCH_HZ, Frames, cut
from index.models.musicnn import TAGS
from index.moments import Alignment, Passage

_HALF_PATCH_S = 1.0


class Timbre:
    """Cosine between mean MusiCNN embeddings."""

    name = "timbre"
    dimensions = 200

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """Mean embedding of the patches that lie within each span, (n, 200) float32 of unit length."""
        return unit_rows(_means([Span(frames, start, end) for start, end in spans]))

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """One vector: the span's own."""
        return self.vectors(frames, [span])

    def similarity(self, query: Passage, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine in [-1, 1]."""
        own = unit_rows(_means([Span(query.frames, query.start_s, query.end_s)]))[0]
        return unit_rows(_means(candidates)) @ own

    def facts(self, passage: Passage) -> tuple[Fact, ...]:
        """Brightness, texture and the tags that stand out."""
        centroid_hz = float(np.mean(cut(passage.frames.centroid_hz, NOTE_HZ, passage.start_s, passage.end_s)))
        facts = [
            Fact("brightness", round(centroid_hz), "Hz", f"{_brightness(centroid_hz)} ({centroid_hz:.0f} Hz)")
        ]
        facts += [
            Fact("tag", name, "%", f"{name} ({100 * strength:.0f} %)")
            for name, strength in strongest_tags(passage)
        ]
        return tuple(facts)

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """The tags that both have among their strongest, and the difference in brightness."""
        common = [name for name, _ in strongest_tags(query) if name in dict(strongest_tags(hit))]
        bright, other = (
            float(np.mean(cut(p.frames.centroid_hz, NOTE_HZ, p.start_s, p.end_s))) for p in (query, hit)
        )
        ratio = other / max(bright, 1.0)
        words = (
            "equally bright"
            if 0.9 <= ratio <= 1.1
            else f"{abs(ratio - 1):.0%} {'brighter' if ratio > 1 else 'darker'}"
        )
        facts = [Fact("brightness ratio", round(ratio, 2), "", words)]
        if common:
            facts.append(Fact("common tags", ", ".join(common), "", f"both sound like {', '.join(common)}"))
        return tuple(facts)


def strongest_tags(passage: Passage, count: int = 4, threshold: float = 0.15) -> list[tuple[str, float]]:
    """MusiCNN's tags above a threshold in a passage, strongest first, with their mean probability."""
    mean = _inside(passage.frames.tags, passage.start_s, passage.end_s).mean(axis=0, dtype=np.float64) / 255
    order = np.argsort(-mean)[:count]
    return [(TAGS["MTT"][i], float(mean[i])) for i in order if mean[i] >= threshold]


def _brightness(centroid_hz: float) -> str:
    for limit, word in ((800, "dark"), (1400, "warm"), (2200, "clear"), (3200, "bright")):
        if centroid_hz < limit:
            return word
    return "brilliant"


def _inside(patches: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
    """The rows whose three seconds lie within the span; where there are none, those centred in it."""
    first, last = (int(edge) for edge in _edges(start_s, end_s))
    if last - first < 2:
        return cut(patches, PATCH_HZ, start_s, end_s)
    return patches[first:last] if first < len(patches) else patches[-1:]


def _edges(start_s: float | np.ndarray, end_s: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First row whose three seconds lie within each span, and the row after the last one."""
    first = np.ceil((np.asarray(start_s) + _HALF_PATCH_S) * PATCH_HZ - 0.25).astype(int)
    last = np.floor((np.asarray(end_s) - _HALF_PATCH_S) * PATCH_HZ + 0.25).astype(int)
    return first, last


def _means(spans: Sequence[Span]) -> np.ndarray:
    """Mean embedding of each span, (n, 200) float32."""
    starts_s = np.array([span.start_s for span in spans])
    ends_s = np.array([span.end_s for span in spans])
    firsts, lasts = (edge.tolist() for edge in _edges(starts_s, ends_s))
    parts = [
        span.frames.embedding[first:last]
        if last - first > 1 and first < len(span.frames.embedding)
        else _inside(span.frames.embedding, span.start_s, span.end_s)
        for span, first, last in zip(spans, firsts, lasts, strict=True)
    ]
    sizes = np.array([len(part) for part in parts])
    rows = np.concatenate(parts).astype(np.float32)
    sums = np.add.reduceat(rows, np.concatenate([[0], np.cumsum(sizes)[:-1]]), axis=0)
    return sums / sizes[:, None]
