"""The indices of one home: MusiCNN's in the home itself, those of other networks in folders beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index.catalogue import Catalogue
from index.embedding import INDICES, MUSICNN, kept_embedding
from index.errors import LibraryError, WeightsError

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
    """Every index of a home that has a catalogue of its own there, MusiCNN's first; none that cannot be read."""
    folders = [home, *sorted((home / INDICES).glob("*"))]
    held = [_held(folder, home, current) for folder in folders if (folder / CATALOGUE).is_file()]
    return tuple(each for each in held if each is not None)


def _held(folder: Path, home: Path, current: Path) -> IndexHeld | None:
    try:
        embedding = None if folder == home else kept_embedding(folder)
        catalogue = Catalogue(folder)
        tracks, fingerprint = catalogue.tracks(), catalogue.fingerprint()
        windows = sum(catalogue.windows().values())
        catalogue.close()
    except (LibraryError, WeightsError):
        return None
    return IndexHeld(
        name=MUSICNN if folder == home else folder.name,
        network=embedding.kind if embedding else MUSICNN,
        dimensions=embedding.dimensions if embedding else 200,
        tracks=len(tracks),
        hours=sum(track.duration_s for track in tracks) / 3600,
        windows=windows,
        fingerprint=fingerprint,
        current=folder == current,
    )
