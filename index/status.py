"""What a library holds, what is being added to it, and what failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from index.catalogue.catalogue import Catalogue, Failure, Job
from index.catalogue.sqlite_file import reading_uri
from index.catalogue.values import Noted, Unreachable
from index.core.errors import WeightsError
from index.core.options import INDICES, MUSICNN, LibraryOptions
from index.core.tracks import Track
from index.lyrics.transcribe_all import WrittenDown, written_down
from index.models.embedding import kept_embedding
from index.models.text import text_network_missing
from index.store.bucket_place import StoreAnswers, store_answers
from index.store.damages import VECTORS, Damages
from index.system.presence import Presence

CATALOGUE = "catalogue.sqlite"


@dataclass(frozen=True)
class LibraryStatus:
    """What a library holds, what is being added, and what failed."""

    tracks: int
    hours: float
    windows: int
    composers: int
    artists: int
    year_from: int | None
    year_to: int | None
    failures: tuple[Failure, ...]
    job: Job | None
    embedder: str
    fingerprint: str
    indices: tuple[IndexHeld, ...] = ()
    """Every index of this home, the current one among them."""
    lyrics: WrittenDown | None = None
    """How far the words of the tracks are written down; None where nobody asked for that."""
    unreachable: tuple[Unreachable, ...] = ()
    """Files of tracks that cannot be reached; their tracks stay. None that can be read again by now."""
    retired: int = 0
    """Tracks that left, and of which something is still kept."""
    damaged: tuple[str, ...] = ()
    """What is known to be damaged, in words; the last search or check found it."""
    noted: tuple[Noted, ...] = ()
    """Files of which not all could be read; none that cannot be reached now."""
    store_fault: str = ""
    """Why the bucket that the settings name cannot be used just now, in a sentence."""
    network_missing: str = ""
    """That the text network is not prepared, and what to run, in a sentence."""
    folders_away: tuple[str, ...] = ()
    """Folders that were added and are not there now, or empty; their tracks stay."""
    extremes: Mapping[str, Track] = field(default_factory=dict)
    """The longest, shortest, oldest and newest track; none of age where no tags name a year."""
    playlists: tuple[str, ...] = ()
    """Names of the playlists that were saved, the newest first."""
    in_several_files: int = 0
    """Tracks of which there are other codecs, bit rates, masters or copies."""


def status_of(
    options: LibraryOptions,
    catalogue: Catalogue,
    presence: Presence | None = None,
    answers: StoreAnswers | None = None,
) -> LibraryStatus:
    """The state of a library as it is now; `presence` looks which files are back, `answers` at the bucket."""
    held = catalogue.summary()
    away = catalogue.files_of.unreachable()
    noted = catalogue.files_of.noted()
    folders = [str(folder) for folder in catalogue.folders.named()] if held.tracks else []
    presence = presence or Presence()
    answers = answers or store_answers(options, catalogue.kept_at.before)
    partly = [each.path for each in noted]
    there = presence.of([*folders, *partly, *(each.path for each in away)])
    gone = presence.gone([*folders, *partly])
    unreachable = tuple(each for each in away if each.path not in there)
    return LibraryStatus(
        tracks=held.tracks,
        hours=held.duration_s / 3600,
        windows=held.windows,
        composers=held.composers,
        artists=held.artists,
        year_from=held.year_from,
        year_to=held.year_to,
        extremes=held.extremes,
        playlists=catalogue.playlists.names(),
        failures=tuple(catalogue.failures()),
        job=catalogue.job(),
        embedder=options.embedder,
        fingerprint=options.fingerprint,
        indices=indices(options.home, options.folder),
        lyrics=written_down(options.folder, catalogue),
        unreachable=unreachable,
        folders_away=tuple(
            folder
            for folder in folders
            if folder in gone and not any(Path(each.path).is_relative_to(folder) for each in unreachable)
        ),
        retired=catalogue.retired.count(),
        damaged=_damaged(options, catalogue),
        noted=tuple(each for each in noted if each.path not in gone),
        store_fault=answers.fault() if answers else "",
        network_missing=text_network_missing(),
        in_several_files=held.in_several_files,
    )


def _damaged(options: LibraryOptions, catalogue: Catalogue) -> tuple[str, ...]:
    said = []
    for name, reason in Damages(options.folder).known().items():
        if name == VECTORS:
            said.append("the vector store")
        elif (track := catalogue.track(name)) is not None:
            said.append(f"“{track.title}” ({reason})")
    return tuple(said)


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
