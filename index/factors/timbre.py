"""Timbre: who plays and how it sounds, heard by MusiCNN; brightness from the spectral centroid.

MusiCNN's embedding is whitened in part: a few directions that all music shares would else drown what tells two sounds
apart, and make hubs; wholly white, what tells one kind of recording from another would drown. For the exact comparison
all 200 numbers count; candidates are found by the 48 of the largest variance. The numbers in whitening.npz are made by
bench/train_whitening.py.

References
----------
Pons, Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR LBD 2019.
Jégou, Chum, "Negative evidences and co-occurrences in image retrieval: the benefit of PCA and whitening", ECCV 2012.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from index.core.errors import WeightsError
from index.core.facts import Beside, Fact, unit_rows
from index.core.frames import NOTE_HZ, PATCH_HZ, SKETCH_HZ, Frames, cut
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.descriptors.instruments import FOREIGN_TAGS, detected_families
from index.factors.base import measured_once
from index.models.embedding import Embedding
from index.models.musicnn import TAGS
from index.placement.prepared import PreparedQuery
from index.text.impressions import IMPRESSIONS, SURE_TAG, USUAL
from index.text.scales import BRIGHTNESS, COLOUR, EQUALLY_BRIGHT
from index.text.wording import listed

_HALF_PATCH_S = 1.0
_OWN = "embedding"
CANDIDATE_DIMENSIONS = 48
"""So many whitened numbers find candidates; those of a network of another index are kept as they are."""


class Timbre:
    """Cosine between mean embeddings: MusiCNN's, or those of the network that the index was made with."""

    name = "timbre"
    dimensions = CANDIDATE_DIMENSIONS

    def __init__(self, embedding: Embedding | None = None) -> None:
        self._embedding = embedding
        if embedding is not None:
            self.dimensions = embedding.dimensions

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """What finds candidates of each span, (n, dimensions) float32 of unit length."""
        rows = self._compared(self._rows([Span(frames, start, end) for start, end in spans]))
        return unit_rows(rows[:, -self.dimensions :])

    def means(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """Mean embedding of what lies within each span as the network gives it, (n, d) float32 of unit length."""
        return unit_rows(self._rows([Span(frames, start, end) for start, end in spans]))

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """One vector: the span's own."""
        return self.vectors(frames, [span])

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine in [-1, 1]."""
        return self.compare(query, self.measure(candidates))

    @property
    def by_means(self) -> bool:
        """Whether it is MusiCNN's embedding that is compared."""
        return self._embedding is None

    def measure(self, spans: Sequence[Span], means: np.ndarray | None = None) -> np.ndarray:
        """Mean embedding of each span, MusiCNN's whitened, (n, d) float32 of unit length; `means` if they are known."""
        return unit_rows(self._compared(self._rows(spans) if means is None else means))

    def _compared(self, rows: np.ndarray) -> np.ndarray:
        """Mean embeddings, MusiCNN's whitened: principal components, those of the largest variance last."""
        if self._embedding is not None:
            return rows
        mean, turn = self._whitening
        return np.asarray((rows - mean) @ turn)

    def _rows(self, spans: Sequence[Span]) -> np.ndarray:
        return (
            mean_embeddings(spans)
            if self._embedding is None
            else self._embedding.of_means(_network_means(spans))
        )

    @cached_property
    def _whitening(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean (200,) of MusiCNN's embedding over music in general, and what turns the rest white, (200, 200)."""
        with np.load(Path(__file__).with_name("whitening.npz")) as numbers:
            return numbers["mean"].astype(np.float32), numbers["turn"].astype(np.float32)

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """Cosine in [-1, 1]."""
        own = measured_once(
            self, query, lambda spans: self.measure(spans, None if self._embedding else own_embedding(query))
        )
        return np.asarray(measured @ own)

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """Families of instruments, brightness, evenness of colour, and the tags that stand out."""
        heard = instruments(passage)
        families = ", ".join(f"{name} {100 * chance:.0f} %" for name, chance in heard)
        bright_hz, spread = brightness_hz(passage), colour_spread(passage)
        tags = ", ".join(f"{name} {100 * strength:.0f} %" for name, strength in strongest_tags(passage))
        bright, colour = BRIGHTNESS.word(bright_hz), COLOUR.word(spread)
        return (
            Fact("instruments", ", ".join(n for n, _ in heard), "", families or "no instrument for certain"),
            Fact(
                "brightness",
                round(bright_hz),
                "Hz",
                ", ".join([*filter(None, [bright]), f"{bright_hz:.0f} Hz"]),
            ),
            Fact(
                "colour", round(spread), "", ", ".join([*filter(None, [colour]), f"MFCC spread {spread:.0f}"])
            ),
            Fact(
                "sound of",
                ", ".join(name for name, _ in strongest_tags(passage)),
                "",
                tags or "no tag stands out",
            ),
        )

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """The difference in brightness, and the families and tags that both have."""
        ratio = brightness_ratio(query, hit)
        facts = [Fact("brightness ratio", round(ratio, 2), "", brightness_words(query, hit))]
        families = [name for name, _ in instruments(query) if name in dict(instruments(hit))]
        if families:
            facts.append(Fact("common instruments", ", ".join(families), "", f"{listed(families)} in both"))
        sounds = [name for name in impressions(query) if name in impressions(hit) and name != USUAL]
        if sounds:
            facts.append(
                Fact("common sound", ", ".join(sounds), "", f"both have the sound of {listed(sounds)}")
            )
        return tuple(facts)


def instruments(passage: Passage) -> list[tuple[str, float]]:
    """Families of instruments that play, likeliest first, with their probability."""
    rows = _inside(passage.frames.embedding, passage.start_s, passage.end_s)
    tags = _inside(passage.frames.tags, passage.start_s, passage.end_s).mean(axis=0, dtype=np.float64) / 255
    foreign = max(float(tags[TAGS["MTT"].index(name)]) for name in FOREIGN_TAGS)
    return detected_families(rows.mean(axis=0, dtype=np.float64), foreign=foreign)


def impressions(passage: Passage) -> list[str]:
    """What tags alone suggest, strongest first, as nouns: "a violin", "classical music"."""
    strong = strongest_tags(passage, threshold=SURE_TAG)
    return list(dict.fromkeys(IMPRESSIONS[name] for name, _ in strong if name in IMPRESSIONS))


def brightness_hz(passage: Passage) -> float:
    """Mean spectral centroid."""
    centroid = cut(passage.frames.centroid_hz, NOTE_HZ, passage.start_s, passage.end_s)
    return float(centroid.mean(dtype=np.float64))


def brightness_ratio(one: Passage, other: Passage) -> float:
    """Mean spectral centroid of the other against that of the one."""
    return brightness_hz(other) / max(brightness_hz(one), 1.0)


def brightness_words(one: Passage, other: Passage) -> str:
    """As in "equally bright", "38 % brighter": the other beside the one."""
    ratio = brightness_ratio(one, other)
    if abs(ratio - 1) <= EQUALLY_BRIGHT:
        return "equally bright"
    return f"{100 * abs(ratio - 1):.0f} % {'brighter' if ratio > 1 else 'darker'}"


def colour_spread(passage: Passage) -> float:
    """How far the MFCC (without the first, the level) move from half second to half second."""
    mfcc = cut(passage.frames.mfcc, SKETCH_HZ, passage.start_s, passage.end_s).astype(np.float64)
    return float(np.linalg.norm(mfcc[:, 1:].std(axis=0)))


def strongest_tags(passage: Passage, count: int = 4, threshold: float = 0.15) -> list[tuple[str, float]]:
    """MusiCNN's tags above a threshold in a passage, strongest first, with their mean probability."""
    mean = _inside(passage.frames.tags, passage.start_s, passage.end_s).mean(axis=0, dtype=np.float64) / 255
    order = np.argsort(-mean)[:count]
    return [(TAGS["MTT"][i], float(mean[i])) for i in order if mean[i] >= threshold]


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


def own_embedding(query: PreparedQuery) -> np.ndarray:
    """MusiCNN's mean embedding of what is compared of a query, (1, 200): made once, whoever asks."""
    if _OWN not in query.measured:
        query.measured[_OWN] = mean_embeddings([query.compared])[0]
    return query.measured[_OWN][None]


def mean_embeddings(spans: Sequence[Span]) -> np.ndarray:
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


def _network_means(spans: Sequence[Span]) -> np.ndarray:
    """Mean row of the index's own network in each span, (n, d) float32."""
    parts = []
    for span in spans:
        if span.frames.network is None:
            raise WeightsError("This sound was analysed without the network of this index: bring it again.")
        parts.append(cut(span.frames.network, PATCH_HZ, span.start_s, span.end_s))
    return np.stack([part.mean(axis=0, dtype=np.float32) for part in parts])
