"""What the library holds while something is being added to it: kept in step with the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace

from index.album.arriving import is_in_parts
from index.catalogue.catalogue import Catalogue
from index.catalogue.values import KnownFile, Stamp
from index.ingest.requests import Looked


class Holdings:
    """Which files hold which tracks, and by what a track is recognised."""

    def __init__(self, catalogue: Catalogue, lacking: set[str]) -> None:
        """`lacking`: ids of tracks that have to be analysed again."""
        self._catalogue = catalogue
        self.known = catalogue.places()
        self.lacking = lacking
        self._unhashed = {
            path for path, held in self.known.items() if any(each.sound is None for each in held)
        }
        self._note_retired()
        self._sounds = catalogue.files_of.of_sounds()
        self._ids = set(catalogue.windows())

    def has_unhashed(self) -> bool:
        """Whether the sound of some file is not known yet: an older version added it."""
        return bool(self._unhashed)

    def _note_retired(self) -> None:
        self.retired = self._catalogue.retired.all()
        self._retired_by_sound: dict[str, str] = {}
        for each in self.retired.values():
            for sound in (each.track_id, *each.begins_s):
                self._retired_by_sound.setdefault(sound, each.track_id)

    def track_of(self, path: str, stamp: Stamp, looked: Looked) -> str:
        """The id of the track that a file holds; empty where the library does not have it."""
        held = self._sounds.get(looked.sound)
        cut_no_more = held and held[0].path == path and is_in_parts(held)
        if held and held[0].track_id in self._ids and not cut_no_more:
            return held[0].track_id
        before = self.known.get(path)
        if before and before[0].sound is None and stamp.content_as(before[0]):
            return before[0].track_id
        return next((each for each in (looked.sound, looked.content) if each in self._ids), "")

    def begins_s(self, track_id: str, sound: str) -> float:
        """Where a track begins in a whole file of some sound: 0, but in another file of its recording."""
        held = self._sounds.get(sound, ())
        known = next((each.start_s for each in held if each.track_id == track_id), None)
        if known is not None:
            return known
        left = self.retired.get(track_id)
        return left.begins_s.get(sound, 0.0) if left else 0.0

    def retired_id(self, sound: str) -> str:
        """The id of a track that left and was of this sound; empty where there is none."""
        return self._retired_by_sound.get(sound, "")

    def is_new(self, track_id: str) -> bool:
        """Whether a track was never met: it neither is in the library nor has left it."""
        return track_id not in self._ids and track_id not in self.retired

    def has(self, track_id: str) -> bool:
        """Whether a track is in the library, with all that belongs to it."""
        return track_id in self._ids and track_id not in self.lacking

    def came(self, track_id: str) -> None:
        """A track is in the library now."""
        self._ids.add(track_id)
        self.lacking.discard(track_id)

    def may_have_frames(self, track_id: str) -> bool:
        """Whether the frames of a track may be there: it has left, or lacks something."""
        return track_id in self.retired and track_id not in self.lacking

    def places_of_sound(self, sound: str) -> tuple[KnownFile, ...]:
        """What a file of this sound holds."""
        return self._sounds.get(sound, ())

    def hold(self, *places: KnownFile) -> None:
        """A file holds these places now."""
        self.known[places[0].path] = places
        if all(each.sound is not None for each in places):
            self._unhashed.discard(places[0].path)
        for each in places:
            self._ids.add(each.track_id)
            self.lacking.discard(each.track_id)
        if places[0].sound:
            self._sounds.setdefault(places[0].sound, places)

    def restamped(self, path: str, stamp: Stamp, sound: str) -> None:
        """A file holds what it held, and looks like this now."""
        self.hold(*(replace(each, **asdict(stamp), sound=sound) for each in self.known[path]))

    def forget(self, paths: Iterable[str]) -> None:
        """Files hold nothing any more."""
        for path in paths:
            self.known.pop(path, None)
            self._unhashed.discard(path)

    def gone(self, track_ids: Collection[str]) -> None:
        """Tracks have left."""
        if not track_ids:
            return
        self._ids -= set(track_ids)
        kept = {sound: held for sound, held in self._sounds.items() if held[0].track_id in self._ids}
        self._sounds = kept
        self._note_retired()
