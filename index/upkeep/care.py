"""`reprise check` and `reprise upgrade`: a home looked after as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.core.errors import LibraryBusyError
from index.ingest.absent import note_what_is_back
from index.ingest.mending import Told
from index.ingest.stores import Stores
from index.store.databases import damage_of, keep_copy, restore
from index.store.private import close_to_others, open_to_others
from index.system.files import stale_parts, sweep_parts
from index.system.interrupt import interruptible
from index.system.locks import writing_lock
from index.upkeep.check import Checked, IndexCheck
from index.upkeep.clip_check import check_clips
from index.upkeep.upgrade import Upgraded, upgrade_index

if TYPE_CHECKING:
    from index.ingest.ingest import AddReport

CATALOGUE = "catalogue.sqlite"
CONVERSATIONS = "threads.sqlite"
SAVED = "saved.json"


def check_files(home: Path, folder: Path, *, repair: bool) -> Checked:
    """Look at what has to be in order before a library can be opened: databases, permissions, what is half written.

    Parameters
    ----------
    home, folder : the home, and the folder of the index in it
    """
    checked = Checked()
    if parts := stale_parts(home):
        if repair:
            sweep_parts(home)
        checked.found(_counted(len(parts), "file that a killed program left half written"), repaired=repair)
    if loose := open_to_others(home):
        if repair:
            close_to_others(loose)
        advice = (
            ""
            if repair
            else f" Only you should: `reprise check --repair` sees to that, or chmod -R go= {home}"
        )
        checked.found(_counted(len(loose), "file or folder that others could read") + advice, repaired=repair)
    for file, foreign in ((folder / CATALOGUE, "checkpoints"), (home / CONVERSATIONS, "tracks")):
        damage = damage_of(file, foreign)
        if not damage:
            continue
        what = "catalogue" if file.name == CATALOGUE else "database of conversations"
        end = ""
        if repair:
            end = (
                "; it was replaced by its last good copy"
                if restore(file)
                else "; it was set aside, and there is no copy: add your folders again"
                if file.name == CATALOGUE
                else "; it was set aside"
            )
        checked.found(f"The {what} is damaged ({damage}){end}.", repaired=repair)
    _check_saved(home / SAVED, checked, repair=repair)
    return checked


def _check_saved(file: Path, checked: Checked, *, repair: bool) -> None:
    import json

    try:
        json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return
    except ValueError:
        if repair:
            file.replace(file.with_name(f"{file.name}.damaged"))
        checked.found("The list of saved moments is damaged; it is set aside.", repaired=repair)


def _counted(count: int, what: str) -> str:
    first, _, rest = what.partition(" ")
    return (
        f"{count} {first if count == 1 else f'{first}s'} {rest} was found."
        if count == 1
        else (f"{count} {first}s {rest.replace(' folder ', ' folders ')} were found.")
    )


@dataclass(frozen=True)
class Care:
    """What looks after an open library."""

    home: Path
    stores: Stores
    fingerprint: str
    add: Callable[[Sequence[Path]], AddReport]

    def check(self, told: Told, *, repair: bool) -> Checked:
        """Verify every store of the index against the others; with `repair`, mend what can be.

        Raises
        ------
        LibraryBusyError
            While another program writes.
        """
        folder = self.stores.frames.folder.parent
        with self._alone(folder), interruptible() as stop:
            note_what_is_back(self.stores.catalogue.files_of)
            clips = check_clips(folder / "clips", self.stores.frames.files, told, stop, repair=repair)
            checked = IndexCheck(self.stores, repair=repair).run(told, stop)
        checked.add(clips)
        if repair and checked.lacking and not checked.interrupted:
            mended = self._read_again(checked.lacking)
            checked.repaired += len(mended)
            checked.lacking -= mended
        if checked.whole:
            for file in (folder / CATALOGUE, self.home / CONVERSATIONS):
                keep_copy(file)
        return checked

    def upgrade(self, told: Told) -> Upgraded:
        """Bring the index up to this version.

        Raises
        ------
        LibraryBusyError
            While another program writes.
        """
        folder = self.stores.frames.folder.parent
        with self._alone(folder), interruptible() as stop:
            upgraded = upgrade_index(self.stores, told, stop)
        if upgraded.lacking and not upgraded.interrupted:
            left = upgraded.lacking - self._read_again(upgraded.lacking)
            upgraded.problems += [
                f"The sound of {self._name(each)} could not be read." for each in sorted(left)
            ]
            upgraded.lacking -= left
        if not upgraded.interrupted:
            self.stores.catalogue.made_with.adopt(self.fingerprint)
            close_to_others(open_to_others(self.home))
            keep_copy(folder / CATALOGUE)
        return upgraded

    def _read_again(self, track_ids: set[str]) -> set[str]:
        """Analyse the sound of tracks again; those of which that went well."""
        catalogue = self.stores.catalogue
        files = [[Path(path) for path in catalogue.paths(each)] for each in sorted(track_ids)]
        reachable = [
            there for paths in files if (there := next((each for each in paths if each.exists()), None))
        ]
        if reachable:
            self.add(reachable)
        known, have = self.stores.damages.known(), catalogue.windows()
        return {
            each for each in track_ids if each in have and each not in known and self.stores.frames.has(each)
        }

    def _name(self, track_id: str) -> str:
        track = self.stores.catalogue.track(track_id)
        return f"“{track.title}”" if track else track_id

    @staticmethod
    @contextmanager
    def _alone(folder: Path) -> Iterator[None]:
        with writing_lock(folder) as nobody_else_writes:
            if not nobody_else_writes:
                raise LibraryBusyError(
                    "Another program is adding music to this library: try again when it is done."
                )
            yield
