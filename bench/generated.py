"""A library of any size, generated from real frames and kept in the real stores: for measuring speed, not
quality.

A track is put together from stretches of several recordings, each in another key, mixed with a second one and
with some noise, so that every window is a new one and the stores and the comparisons have real work to do. No
sound is made: what is written is what analysis would have left behind.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from index.catalogue.catalogue import KnownFile, NewTrack
from index.core.frames import CONTOUR_BINS_PER_SEMITONE, FINGERPRINT_HZ, PITCHES, RATES_HZ, Frames, rows
from index.core.moments import window_count
from index.core.tracks import Track
from index.factors import build, proposing
from index.factors.proposing import COLLECTION
from index.library import Library
from index.store.vectors import window_ids

SHORTEST_S, LONGEST_S = 120, 300
STRETCH_S = (8, 25)
"""Length of a stretch of one recording, from and below."""
MIXED_IN = 0.35
_BATCH_WINDOWS = 4000


def fill(
    library: Library,
    sources: Sequence[Frames],
    windows: int,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    *,
    lengths_s: tuple[int, int] = (SHORTEST_S, LONGEST_S),
) -> int:
    """Generate tracks into a library until it holds at least `windows`; what is there already is kept.

    Returns
    -------
    int
        Number of windows in the library.
    """
    grid, catalogue, vectors = library.options.grid, library.catalogue, library._vectors
    factors = build()
    catalogue.made_with.claim(library.options.fingerprint)
    there = {track.id: track for track in catalogue.tracks()}
    total = sum(window_count(track, grid) for track in there.values())
    waiting: list[tuple[KnownFile, NewTrack, np.ndarray]] = []

    def flush() -> None:
        ids = [
            each
            for _, new, _ in waiting
            for each in window_ids(new.track.id, new.windows, grid.vector_stride)
        ]
        vectors.upsert(COLLECTION, ids, np.concatenate([rows for _, _, rows in waiting]))
        for file, new, _ in waiting:
            catalogue.put(file, new)
        waiting.clear()
        if progress:
            progress(total)

    for number, frames in enumerate(tracks(sources, seed, lengths_s)):
        if total >= windows:
            break
        track = _track(number, seed, frames.duration_s)
        if track.id in there:
            continue
        spans = grid.vector_spans(frames.duration_s)
        library.frames.write(track.id, frames)
        new = NewTrack(track, window_count(track, grid), frames.loudness_lufs)
        rows = proposing.vectors(factors, frames, spans)
        waiting.append((KnownFile(track.path, track.id, 0, 0), new, rows))
        total += new.windows
        if sum(new.windows for _, new, _ in waiting) >= _BATCH_WINDOWS:
            flush()
    if waiting:
        flush()
    return total


def tracks(
    sources: Sequence[Frames], seed: int = 0, lengths_s: tuple[int, int] = (SHORTEST_S, LONGEST_S)
) -> Iterator[Frames]:
    """Endless generated tracks; the same for the same sources and seed."""
    number = 0
    while True:
        rng = np.random.default_rng([seed, number])
        seconds = int(rng.integers(*lengths_s))
        yield _generated(sources, seconds, rng)
        number += 1


def _track(number: int, seed: int, duration_s: float) -> Track:
    track_id = hashlib.blake2b(f"generated {seed} {number}".encode(), digest_size=10).hexdigest()
    artist, year = f"Nobody {number % 97}", 1600 + number % 400
    title = f"Generated {number}"
    return Track(track_id, f"/generated/{number:06d}.flac", title, artist, "", "", "", year, duration_s)


def _generated(sources: Sequence[Frames], seconds: int, rng: np.random.Generator) -> Frames:
    parts: list[dict[str, np.ndarray]] = []
    done = 0
    while done < seconds:
        length = min(int(rng.integers(*STRETCH_S)), seconds - done)
        first, second = (_stretch(sources, length, rng) for _ in range(2))
        parts.append(_mixed(first, second, rng))
        done += length
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in RATES_HZ}
    bits = rng.integers(2**32, size=rows(seconds, FINGERPRINT_HZ), dtype=np.uint32)
    return Frames(duration_s=float(seconds), loudness_lufs=-20.0, fingerprint=bits, **arrays)


def _stretch(sources: Sequence[Frames], length: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Whole seconds of a random source, in a random key; a short source is repeated."""
    frames = sources[int(rng.integers(len(sources)))]
    whole = max(1, int(frames.duration_s))
    seconds = (int(rng.integers(max(1, whole - length + 1))) + np.arange(length)) % whole
    shift = int(rng.integers(-6, 6))
    arrays = {}
    for name, rate_hz in RATES_HZ.items():
        rate = int(rate_hz)
        rows = (seconds[:, None] * rate + np.arange(rate)).ravel()
        arrays[name] = getattr(frames, name)[rows]
    arrays["notes"] = _moved(arrays["notes"], shift)
    arrays["sketch"] = np.roll(arrays["sketch"], shift, axis=1)
    arrays["chroma"] = np.roll(arrays["chroma"], shift, axis=1)
    bins = arrays["contour"][:, 0].astype(int) + CONTOUR_BINS_PER_SEMITONE * shift
    highest = CONTOUR_BINS_PER_SEMITONE * PITCHES - 1
    arrays["contour"] = np.stack([np.clip(bins, 0, highest), arrays["contour"][:, 1]], 1).astype(np.uint16)
    return arrays


def _moved(notes: np.ndarray, shift: int) -> np.ndarray:
    moved = np.roll(notes, shift, axis=1)
    if shift > 0:
        moved[:, :shift] = 0
    elif shift < 0:
        moved[:, shift:] = 0
    return moved


def _mixed(
    first: dict[str, np.ndarray], second: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The first with some of the second in it, and with noise of a tenth of its deviation.

    The notes of both sound, those of the second more faintly: means of both would leave few that are heard at
    all.
    """
    share = float(rng.uniform(0, MIXED_IN))
    mixed = dict(first)
    for name in ("notes", "sketch", "chroma", "level_db", "centroid_hz", "onset", "mfcc", "embedding"):
        one, other = first[name].astype(np.float32), second[name].astype(np.float32)
        faint = share * other
        both = np.maximum(one, faint) if name in ("notes", "sketch") else (1 - share) * one + faint
        if name in ("level_db", "onset", "mfcc", "embedding"):
            both += 0.1 * both.std(axis=0) * rng.standard_normal(both.shape, np.float32)
        both = np.maximum(np.round(both), 0) if first[name].dtype == np.uint8 else both
        mixed[name] = both.astype(first[name].dtype)
    return mixed


def progress_printer(windows: int) -> Callable[[int], None]:
    """Says how far `fill` is, every half minute."""
    last = time.monotonic()

    def tell(total: int) -> None:
        nonlocal last
        if time.monotonic() - last > 30:
            last = time.monotonic()
            print(f"  generated {total:,} of {windows:,} windows", flush=True)

    return tell


def frames_below(folders: Sequence[Path]) -> list[Frames]:
    """Every file of frames under some folders that lasts at least half a minute."""
    from index.store.frame_store import FrameStore

    found = []
    for folder in folders:
        store = FrameStore(folder)
        found += [frames for each in store.ids() if (frames := store.read(each)).duration_s >= 30]
    return found
