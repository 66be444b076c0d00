"""Takes a file out of the recording that it was taken for, for good: it becomes a track of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index.catalogue.catalogue import Catalogue
from index.catalogue.values import KnownFile
from index.core.errors import QueryError, printable
from index.ingest.absent import note_what_is_back
from index.ingest.spelling import absolute, composed


def parted(paths: Sequence[Path], catalogue: Catalogue) -> list[Path]:
    """Note that files are other recordings than those that they were taken for.

    Returns
    -------
    list of Path
        The files that have to be added now: those that were named and their copies. Where a file is the one that
        its track was measured from, it keeps the track, and the others of it are added.

    Raises
    ------
    QueryError
        If a file is not in the library, shares its track with no other, or cannot be reached; nothing is done then.
    """
    note_what_is_back(catalogue.files_of)
    leaving = {path: _leaving(path, catalogue) for path in paths}
    for sound, others, _ in leaving.values():
        catalogue.apart.note(sound, others)
    files = sorted({file for _, _, files in leaving.values() for file in files})
    catalogue.forget(files)
    return [Path(file) for file in files]


def _leaving(path: Path, catalogue: Catalogue) -> tuple[str, set[str], list[str]]:
    """A file's sound, the sounds that it is not, and the files that leave their track."""
    name = printable(path.name)
    if path.is_dir():
        raise QueryError(
            f"{printable(str(path))} is a folder: name the file of it that is a recording of its own."
        )
    wanted = absolute(path)
    held = next((places for known, places in catalogue.places().items() if composed(known) == wanted), ())
    if not held:
        raise QueryError(f"{name} is not in the library: add it first.")
    if len(held) > 1 or held[0].end_s is not None or held[0].is_title:
        raise QueryError(f"{name} holds titles of its own: there is nothing to be taken apart.")
    (own,) = held
    together = catalogue.places_of(own.track_id)
    if own.sound is None or any(each.sound is None for each in together):
        raise QueryError(
            f"{name} was added by an older version: run `reprise add --all` first, then this again."
        )
    away = [each for each in together if (each.sound == own.sound) != (own.sound == own.track_id)]
    if len(away) in (0, len(together)):
        raise QueryError(
            f"{name} is a track of its own already: no other sound is taken for the same recording."
        )
    for each in away:
        if each.unreachable_since is not None or not Path(each.path).is_file():
            raise QueryError(f"{printable(each.path)} cannot be reached: try again when it can.")
    others = {own.track_id} if own.sound != own.track_id else {_sound(each) for each in away}
    return own.sound, others, [each.path for each in away]


def _sound(place: KnownFile) -> str:
    return place.sound or ""
