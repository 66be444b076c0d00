"""Files of several tracks, while they are added: each track on its way, and the file once all of them are done."""

from __future__ import annotations

from index.album.parts import Part
from index.catalogue.values import KnownFile
from index.ingest.ledger import Ledger
from index.ingest.task import Task
from index.workers.analyse_file import Analysed


class Albums:
    """What becomes of the tracks of such files; a task of them has a part and an album."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def there(self, task: Task, part: Part) -> None:
        """A track of the file is in the library."""
        track = self._ledger.stores.catalogue.track(task.track_id)
        if track is not None and task.album is not None and self._ledger.rename(track, part.tags):
            task.album.retagged = True
        self.done(task, task.place())

    def keep(self, task: Task, part: Part, analysed: Analysed) -> None:
        """Keep a track of the file that was analysed."""
        kept = self._ledger.keep(task, part.tags, analysed)
        self._ledger.held.came(task.track_id)
        counts = self._ledger.counts
        counts.came_back += kept.came_back
        counts.added += not kept.came_back
        counts.titles += not kept.came_back
        if task.album is not None and not kept.came_back:
            task.album.added = True
        self.done(task, kept.place, heard_s=kept.heard_s)

    def done(self, task: Task, place: KnownFile | None, reason: str = "", heard_s: float = 0.0) -> None:
        """One of the tracks is done; with the last one the file holds them, and nothing else."""
        ledger, album = self._ledger, task.album
        assert album is not None
        album.audio_s += heard_s
        if not album.done(place, reason):
            return
        before = ledger.held.known.get(task.path)
        if not album.places:
            ledger.fail(task.path, album.reasons[0])
        else:
            as_it_was = album.as_it_was(before)
            ledger.counts.albums += album.added
            ledger.hold(task.path, album.places)
            ledger.counts.retagged += as_it_was and album.retagged
            ledger.counts.unchanged += as_it_was and not album.retagged
        ledger.finished(task.path, album.audio_s)
