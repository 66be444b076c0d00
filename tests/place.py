"""A library in a folder with an analyser that hears nothing, for tests of adding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_analyser import FakeAnalyser

from index.catalogue.catalogue import Catalogue
from index.core.moments import Grid
from index.ingest.ingest import AddReport, Progress, add_paths, remove_paths
from index.ingest.makers import VectorMakers
from index.ingest.spec import IndexSpec
from index.ingest.stores import Stores
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore, window_ids
from index.workers.analyse_file import Analyses

MAKERS = VectorMakers({"timbre": "1", "harmony": "1"}, lambda frames: FakeAnalyser().vectors(frames, Grid()))


class Place:
    """A library in a folder, with the fake analyser."""

    def __init__(
        self, home: Path, kept_days: float = 0.0, analyser: Callable[[], Analyses] = FakeAnalyser
    ) -> None:
        self.home = home
        self.analyser = analyser
        self.kept_days = kept_days
        home.mkdir(exist_ok=True)
        self.catalogue = Catalogue(home)
        self.vectors = VectorStore(home, grace_s=1, origins=MAKERS.origins)
        self.frames = FrameStore(home / "frames")
        self.told: list[Progress] = []

    def add(
        self,
        *paths: Path,
        fingerprint: str = "fake",
        workers: int = 2,
        everything: bool = False,
        ray: str = "",
    ) -> AddReport:
        spec = IndexSpec(self.home, fingerprint, make_analyser=self.analyser)
        tell = self.told.append
        return add_paths(
            paths, self.stores, spec, workers=workers, progress=tell, everything=everything, ray=ray
        )

    def remove(self, path: Path) -> int:
        return remove_paths(path, self.stores)

    @property
    def stores(self) -> Stores:
        kept_s = self.kept_days * 86400
        return Stores(self.catalogue, self.vectors, self.frames, Grid(), kept_s, MAKERS)

    def state(self) -> dict[str, Any]:
        """All that the library holds, in all three stores."""
        windows = self.catalogue.windows()
        return {
            "tracks": [
                (t.id, t.title, t.artist, t.duration_s, self.catalogue.paths(t.id))
                for t in self.catalogue.tracks()
            ],
            "windows": windows,
            "frames": {each: self.frames.read(each).mfcc.tobytes() for each in self.frames.ids()},
            "vectors": {
                name: {
                    each: self.vectors.get(name, [each]).tobytes() for each in sorted(self.vectors.ids(name))
                }
                for name in self.vectors.collections()
            },
            "failures": [(each.path, each.reason) for each in self.catalogue.failures()],
            "unfinished": self.catalogue.unfinished(),
        }

    def check_whole(self) -> None:
        """Every track has all of its frames, salience and vectors, and nothing else is there."""
        windows = self.catalogue.windows()
        wanted = sorted(
            each for track_id, count in windows.items() for each in window_ids(track_id, count, 2)
        )
        assert self.frames.ids() == sorted(windows)
        melodies = sorted(file.stem for file in (self.home / "melody").rglob("*.npy"))
        assert melodies == sorted(windows), "what a hum is compared with is measured as well"
        words = sorted(file.stem for file in (self.home / "words").rglob("*.npy"))
        assert words == sorted(windows), "and what words are compared with"
        for name in self.vectors.collections():
            assert sorted(self.vectors.ids(name)) == wanted
        assert self.catalogue.unfinished() == {}
        assert self.catalogue.job() is None
