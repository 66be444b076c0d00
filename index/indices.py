"""The indices of one home: MusiCNN's in the home itself, those of other networks in folders beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.catalogue.tables import reading_uri
from index.core.errors import WeightsError
from index.models.embedding import INDICES, MUSICNN, kept_embedding

CATALOGUE = "catalogue.sqlite"


@dataclass(frozen=True)
class IndexHeld:
    """One index, as `reprise status` lists it."""

    name: str
    """musicnn, wav2vec2, clap, or the name of its folder."""
    network: str
    """Which kind of network gives timbre its vector."""
    dimensions: int
    tracks: int
    hours: float
    windows: int
    fingerprint: str
    current: bool
    """Whether the settings name it."""


def indices(home: Path, current: Path) -> tuple[IndexHeld, ...]:
    """Every index of a home that has a catalogue of its own there, MusiCNN's first; none that cannot be read.

    Their catalogues are only read: nothing is made, upgraded or locked for the sake of being listed.
    """
    folders = [home, *sorted((home / INDICES).glob("*"))]
    held = [_held(folder, home, current) for folder in folders if (folder / CATALOGUE).is_file()]
    return tuple(each for each in held if each is not None)


def _held(folder: Path, home: Path, current: Path) -> IndexHeld | None:
    try:
        embedding = None if folder == home else kept_embedding(folder)
        with closing(sqlite3.connect(reading_uri(folder / CATALOGUE), uri=True)) as connection:
            tracks, duration_s, windows = connection.execute(
                "SELECT count(*), total(duration_s), coalesce(sum(windows), 0) FROM tracks"
            ).fetchone()
            fingerprint = connection.execute(
                "SELECT value FROM settings WHERE key = 'fingerprint'"
            ).fetchone()
    except (sqlite3.Error, WeightsError):
        return None
    return IndexHeld(
        name=MUSICNN if folder == home else folder.name,
        network=embedding.kind if embedding else MUSICNN,
        dimensions=embedding.dimensions if embedding else 200,
        tracks=int(tracks),
        hours=float(duration_s) / 3600,
        windows=int(windows),
        fingerprint=str(fingerprint[0]) if fingerprint else "",
        current=folder == current,
    )
