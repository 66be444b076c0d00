"""What the moment vector learns from: windows of pairs, and
the same music by others, cut elsewhere and damaged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from index.models.moment_vector import FEWEST_FRAMES, fold_registers
from index.models.moment_vector import FRAMES_HZ as FRAMES_PER_S

WINDOW_S = 10.0
BATCH = 192
WINDOWS_A_WORK = 3
SAME_MUSIC = 0.86
"""Cosine of two windows' chroma above which windows of one work count as repeats, not as negatives."""
SHORTEST_FRAMES = 130
"""Pairs of fewer frames at 10 Hz, thirteen seconds, are left out."""
KEYS = {"notes": "", "onsets": "_onsets", "contours": "_contours"}
"""What basic-pitch hears, and how bench.training_pairs calls it behind `a` and `b`."""


@dataclass(frozen=True)
class Pair:
    """One work in two renderings: as the library has it, and in another performance."""

    work: str
    library: np.ndarray
    """(planes, 12, n) float32 at frames_per_s: three registers of each input."""
    other: np.ndarray
    ratio: float
    """Second t of the library rendering corresponds to t / ratio in the other."""
    frames_per_s: float = FRAMES_PER_S

    @property
    def library_s(self) -> float:
        """Seconds of the library rendering."""
        return self.library.shape[2] / self.frames_per_s


def load_pairs(
    folder: Path,
    without: Collection[str] = (),
    parts: Sequence[str] = ("notes",),
    frames_per_s: float = FRAMES_PER_S,
) -> list[Pair]:
    """Every pair of a folder made by bench.training_pairs, works in `without` left out.

    `parts` are keys of KEYS, one above the other in the planes.

    Raises
    ------
    SystemExit
        If the folder is an older one, of notes alone, and more is asked for.
    """
    pairs = []
    for file in sorted(folder.glob("*.npz")):
        data = np.load(file)
        if (
            str(data["work"]) in without
            or len(data["a"]) < SHORTEST_FRAMES
            or len(data["b"]) < SHORTEST_FRAMES
        ):
            continue
        missing = [part for part in parts if "a" + KEYS[part] not in data]
        if missing:
            raise SystemExit(f"{file} holds no {missing[0]}: make the folder anew with bench.training_pairs.")
        library, other = (
            np.concatenate([fold_registers(data[side + KEYS[part]], frames_per_s) for part in parts])
            for side in ("a", "b")
        )
        pairs.append(Pair(str(data["work"]), library, other, float(data["ratio"]), frames_per_s))
    return pairs


def stretched(
    notes: np.ndarray, start_s: float, length_s: float, frames: int, frames_per_s: float = FRAMES_PER_S
) -> np.ndarray:
    """A stretch of (planes, 12, n) as (planes, 12, frames), linearly interpolated, zeros outside."""
    at = (start_s + (np.arange(frames) + 0.5) * length_s / frames) * frames_per_s - 0.5
    low = np.floor(at).astype(int)
    part = (at - low).astype(np.float32)
    inside = (low >= 0) & (low + 1 < notes.shape[2])
    low = np.clip(low, 0, notes.shape[2] - 2)
    return (notes[:, :, low] * (1 - part) + notes[:, :, low + 1] * part) * inside


def fewest_frames(frames_per_s: float) -> int:
    """Frames of the shortest passage that is asked for: 2.4 s."""
    return round(FEWEST_FRAMES * frames_per_s / FRAMES_PER_S)


class Batches:
    """Batches of windows and queries, drawn at random."""

    def __init__(self, pairs: list[Pair], rng: np.random.Generator) -> None:
        self._pairs = pairs
        self._rng = rng
        self._rate = pairs[0].frames_per_s

    def draw(self, size: int = BATCH) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(windows, queries, forbidden): `forbidden` marks pairs that are repeats of one another."""
        rng, rate = self._rng, self._rate
        frames = int(WINDOW_S * rate)
        short = rng.random() < 0.4
        query_s = float(rng.uniform(3, 10)) if short else WINDOW_S
        query_frames = max(fewest_frames(rate), int(query_s * rate))
        windows, queries, plain, owner = [], [], [], []
        for index in rng.choice(len(self._pairs), size // WINDOWS_A_WORK, replace=False):
            pair = self._pairs[index]
            for _ in range(WINDOWS_A_WORK):
                last_s = max(0.1, pair.library_s - WINDOW_S)
                start_s = float(rng.uniform(0, last_s))
                window = stretched(pair.library, start_s, WINDOW_S, frames, rate)
                total_ratio = float(np.clip(2 ** rng.normal(0, 0.22), 0.75, 1.33))
                covers_s = query_s * total_ratio
                room_s = max(0.0, WINDOW_S - covers_s)
                place_s = start_s + float(rng.uniform(0, room_s)) + float(rng.uniform(-1, 1))
                if rng.random() < 0.8:
                    heard, tempo = pair.other, pair.ratio
                else:
                    heard, tempo = pair.library, 1.0
                query = stretched(heard, place_s / tempo, covers_s / tempo, query_frames, rate)
                plain.append(window.sum(axis=0).ravel())
                windows.append(np.roll(self._damaged(window, 0.3), int(rng.integers(12)), axis=1))
                queries.append(np.roll(self._damaged(query, 1.0), int(rng.integers(12)), axis=1))
                owner.append(index)
        flat = np.array(plain)
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
        same_work = np.equal.outer(owner, owner)
        forbidden = same_work & (flat @ flat.T > SAME_MUSIC)
        np.fill_diagonal(forbidden, False)
        as_tensor = lambda arrays: torch.from_numpy(np.array(arrays, np.float32))  # noqa: E731
        return as_tensor(windows), as_tensor(queries), torch.from_numpy(forbidden)

    def _damaged(self, notes: np.ndarray, amount: float) -> np.ndarray:
        """Lost, added and smeared notes, another balance of the registers, another contrast."""
        rng, longer = self._rng, self._rate / FRAMES_PER_S
        notes = notes * rng.uniform(1 - 0.6 * amount, 1, (len(notes), 1, 1)).astype(np.float32)
        notes = np.maximum(notes, 0) ** np.float32(rng.uniform(1 - 0.35 * amount, 1 + 0.5 * amount))
        if rng.random() < 0.6 * amount:
            notes = notes * (rng.random(notes.shape) > rng.uniform(0, 0.35))
        if rng.random() < 0.6 * amount:
            noise = rng.random(notes.shape) ** 4 * rng.uniform(0, 0.7)
            notes = np.maximum(notes, noise)
        if rng.random() < 0.4 * amount:
            notes = 0.6 * notes + 0.4 * np.roll(notes, max(1, int(longer)), axis=2)
        if rng.random() < 0.2 * amount:
            gone = int(rng.integers(notes.shape[2]))
            notes[:, :, gone : gone + round(longer * int(rng.integers(1, 8)))] = 0
        return notes.astype(np.float32)
