"""Make index/factors/character.npz: what is usual of each statistic of notes, and what a score would say of a moment.

    python -m bench.train_character FRAMES... --scores SET [--out FILE]

FRAMES are folders of frames, as a home and a set have them ("frames"): mean and deviation of every statistic over
windows of ten seconds, a window every five; without any, those that are there stay. SET is one of bench.feeling_sets:
of its works of music21's corpus by composers who are learned from (`bench.feeling.composer_side`), every window of the
library and every moment by another soundfont gives what was heard and what the notes of the score say; a ridge
regression says the one by the other. Whose music it is plays no part; works that are reserved and performances by
people have none. Printed is the share of variance that is told of the composers not learned from.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.feeling import composer_side, numbers_of
from bench.feeling_sets import load_items
from bench.works import all_works, is_reserved
from index.core.moments import Grid, Span
from index.factors.character import heard
from index.factors.note_statistics import statistics
from index.store.frame_store import FrameStore

OUT = Path(__file__).parents[1] / "index/factors/character.npz"
WINDOW_S, HOP_S = 10.0, 5.0
SHRINKING = 0.2
COUNTS = np.array([1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 0.5, 0.0])
"""What each that a score says counts (`bench.feeling.DESCRIBED`); spread and chroma less, since others say it too, and
tempo nothing, since what is heard does not tell it."""
MOMENTS_COUNT = 3.0
"""A moment by another soundfont, beside a window of the library, of which there are many of a piece."""
_LEAST = 1e-3


def rows(folder: Path) -> np.ndarray:
    """(n, d) the statistics of all windows of a folder of frames."""
    store = FrameStore(folder)
    found = []
    for sound_id in store.ids():
        frames = store.read(sound_id)
        starts = np.arange(0.0, max(0.1, frames.duration_s - WINDOW_S), HOP_S)
        found.append(statistics([Span(frames, start_s, start_s + WINDOW_S) for start_s in starts.tolist()]))
    return np.concatenate(found)


def examples(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """By sound: the composer, what was heard (n, d), what the score says (n, 8), what each counts (n,)."""
    store, corpus = FrameStore(folder / "frames"), {work.path for work in all_works()}
    for item in load_items(folder):
        if is_reserved(item.work) or item.work not in corpus:
            continue
        frames = store.read(f"{item.name}-library")
        grid = Grid().spans(frames.duration_s)
        said = np.array([numbers_of(window) for window in item.windows])
        yield item.composer, heard([Span(frames, *span) for span in grid]), said, np.ones(len(said))
        for each in item.asked:
            frames = store.read(each.sound)
            row = heard([Span(frames, 0.0, frames.duration_s)])
            yield item.composer, row, numbers_of(each.notes)[None], np.full(1, MOMENTS_COUNT)


def ridge(table: np.ndarray, said: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, float]:
    """What says a number by a row of the table: factors (d,) and a constant."""
    known = ~np.isnan(said)
    table, said, counts = table[known], said[known], counts[known]
    mean, deviation = table.mean(axis=0), table.std(axis=0) + _LEAST
    scaled = (table - mean) / deviation
    inner = scaled.T @ (scaled * counts[:, None]) + SHRINKING * counts.sum() * np.eye(scaled.shape[1])
    factors = np.linalg.solve(inner, scaled.T @ ((said - said.mean()) * counts)) / deviation
    return factors, float(said.mean() - mean @ factors)


def fitted(
    table: np.ndarray, said: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Factors (d, 8) and constants (8,) of all that a score says; mean and deviation of each (8,)."""
    found = [ridge(table, column, counts) for column in said.T]
    return (
        np.column_stack([factors for factors, _ in found]),
        np.array([constant for _, constant in found]),
        np.nanmean(said, axis=0),
        np.nanstd(said, axis=0),
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--scores", type=Path, required=True, help="a set of bench.feeling_sets")
    parser.add_argument("--out", type=Path, default=OUT)
    chosen = parser.parse_args()
    with np.load(OUT) as numbers:
        mean, deviation = numbers["mean"], numbers["deviation"]
    if chosen.folders:
        usual = np.concatenate([rows(folder) for folder in chosen.folders])
        mean, deviation = usual.mean(axis=0), usual.std(axis=0) + _LEAST
    sounds = list(examples(chosen.scores))
    learned = [each for each in sounds if composer_side(each[0]) == "learn"]
    table, said, counts = (np.concatenate([each[place] for each in learned]) for place in (1, 2, 3))
    turn, bias, usually, spread = fitted(table.astype(float), said, counts)
    others = [each for each in sounds if composer_side(each[0]) == "test"]
    heard_there, said_there = (np.concatenate([each[place] for each in others]) for place in (1, 2))
    missed = np.nanmean(np.square(heard_there @ turn + bias - said_there), axis=0)
    np.savez_compressed(
        chosen.out,
        mean=mean.astype(np.float32),
        deviation=deviation.astype(np.float32),
        turn=(turn / spread * COUNTS).astype(np.float32),
        bias=((bias - usually) / spread * COUNTS).astype(np.float32),
    )
    print("told of composers not learned from:", np.round(1 - missed / np.nanvar(said_there, axis=0), 2))
    print(f"{len(table)} windows and moments; {chosen.out} ({chosen.out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
