"""What tests/test_many_tracks.py runs where few files may be open: HOME, how many files, how many tracks."""

from __future__ import annotations

import resource
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
from test_lengths import music

from index.catalogue.catalogue import KnownFile, NewTrack
from index.core.options import LibraryOptions
from index.core.query import Query
from index.core.tracks import Track
from index.core.transcript import Line, Transcript
from index.library import Library
from index.lyrics.transcribe_all import write_down_all
from index.models.text import DIMENSIONS
from index.recommend.recommend import recommend
from index.store.descriptors import DescriptorStore
from index.system.interrupt import interruptible


class Most:
    """Looks all the time how many files are open."""

    def __init__(self) -> None:
        self.files = 0
        self._over = threading.Event()
        self._looker = threading.Thread(target=self._look, daemon=True)
        self._looker.start()

    def _look(self) -> None:
        while not self._over.wait(0.002):
            self.files = max(self.files, psutil.Process().num_fds())

    def end(self) -> int:
        self._over.set()
        self._looker.join()
        return self.files


class Singer:
    """Hears a line in everything."""

    name = "singer"

    def check(self) -> None:
        pass

    def write_down(self, sound: object, starts_s: float = 0.0) -> Transcript:
        return Transcript((Line("here comes the summer", starts_s, starts_s + 1, ()),), "en", self.name)


def fill(library: Library, count: int) -> None:
    """Tracks as adding leaves them behind, but for vectors, which so few windows do not need."""
    grid = library.options.grid
    library.catalogue.made_with.claim(library.options.fingerprint)
    for number in range(count):
        frames = music((1.5, 3.0, 10.0, 14.0)[number % 4], number)
        track = Track(
            f"{number:020x}",
            f"/m/{number}.wav",
            f"Tune {number}",
            f"A{number % 9}",
            "",
            "",
            "",
            1900,
            frames.duration_s,
        )
        library.frames.write(track.id, frames)
        new = NewTrack(track, len(grid.spans(track.duration_s)), -20.0)
        library.catalogue.put(KnownFile(track.path, track.id, 0, 0), new)


def main(home: Path, files: int, count: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    most = Most()
    library = Library(LibraryOptions(home=home))
    fill(library, count)
    tracks = library.tracks()
    with interruptible() as stop:
        descriptors = DescriptorStore(home, library.frames, library.options.grid)
        assert descriptors.complete(tracks, lambda *each: None, stop.is_set)
    encoder = SimpleNamespace(encode=lambda texts: np.ones((len(texts), DIMENSIONS), np.float32))
    import index.lyrics.transcribe_all

    writing: Any = index.lyrics.transcribe_all
    writing.TextEncoder = lambda: encoder
    sung: Any = library.searches.sung
    sung._encoder = encoder
    singer: Any = Singer()
    no_sound: Any = None
    written = write_down_all(
        home, library.catalogue, library.frames, singer,
        sound=lambda track, start_s, end_s: no_sound, tell=lambda title, far: None,
    )  # fmt: skip
    assert (written.done, written.with_words) == (count, count)
    query = Query(library.passage(tracks[3]), k=5)
    assert len(library.find(query).hits) == 5
    library.explain(query, library.find(query).hits[0])
    library.find_repeats(query.passage)
    assert library.find_hum(query).hits
    assert len(library.find_text("fast and loud").hits) == 5
    assert len(library.find_text("where do they sing about summer").hits) == 5
    assert recommend(library.searches.words(), library.frames, library.catalogue.history, "calm").hits
    assert library.status().tracks == count
    assert sum(len(library.frames.read(track.id).notes) for track in tracks)
    library.close()
    library.catalogue.close()
    print(most.end())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
