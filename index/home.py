"""One home folder and what it holds: catalogue, frames, clips, vectors, and what hears and searches them.

Each of them is opened when it is first needed, once.
"""

from __future__ import annotations

from functools import cached_property

from index.analysis.transcriber import Transcriber
from index.catalogue.catalogue import Catalogue
from index.core.errors import UnknownTrackError
from index.core.frames import Frames
from index.core.options import LibraryOptions
from index.core.tracks import Track
from index.factors import Factor, build
from index.ingest.clips import ClipStore
from index.ingest.makers import VectorMakers, vector_makers
from index.ingest.stores import Stores
from index.models.embedding import Embedding, index_embedding
from index.searches import Searches
from index.store.bucket_place import StoreAnswers, placed_files, store_answers
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles
from index.store.vectors import VectorStore, open_vectors
from index.system.files import private_folder
from index.words.clap_space import joint_of
from index.workers.ears import Ears


class Home:
    """A home folder, opened part by part."""

    def __init__(self, options: LibraryOptions) -> None:
        self.options = options
        self._ears = Ears(options)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The tracks by name."""
        private_folder(self.options.folder)
        return Catalogue(self.options.folder, self.options.database_url, self.options.index_name)

    @cached_property
    def _files(self) -> HomeFiles:
        return placed_files(self.options, self._kept_before)

    def _kept_before(self, url: str) -> str:
        """Another address than this one, at which the library was kept; else empty."""
        return self.catalogue.kept_at.before(url)

    @cached_property
    def frames(self) -> FrameStore:
        """The tracks' frames."""
        return FrameStore(self.options.folder / "frames", files=self._files)

    @cached_property
    def clips(self) -> ClipStore:
        """What users brought."""
        options = self.options
        return ClipStore(
            options.folder / "clips",
            options.noise,
            options.embedder,
            guard=self._ears.listeners,
            longest_s=options.clip_s,
            files=self._files,
        )

    @cached_property
    def transcriber(self) -> Transcriber:
        """Who writes down words."""
        return Transcriber(self.options.whisper)

    @cached_property
    def _embedding(self) -> Embedding | None:
        return index_embedding(self.options.folder, self.options.embedder)

    @cached_property
    def _makers(self) -> VectorMakers:
        return vector_makers(self.options.grid, self._embedding)

    @cached_property
    def _vectors(self) -> VectorStore:
        options, origins = self.options, self._makers.origins
        return open_vectors(options.folder, options.chroma_url, options.index_name, origins, options.chroma)

    @cached_property
    def _stores(self) -> Stores:
        options = self.options
        kept_s = options.keep_days * 86400
        return Stores(self.catalogue, self._vectors, self.frames, options.grid, kept_s, self._makers)

    @cached_property
    def _factors(self) -> dict[str, Factor]:
        return build(self._embedding)

    @cached_property
    def searches(self) -> Searches:
        """The searches of the library as it is now."""
        options = self.options
        return Searches(
            home=options.folder,
            grid=options.grid,
            fingerprint=options.fingerprint,
            catalogue=self.catalogue,
            frames=self.frames,
            factors=self._factors,
            vectors=lambda: self._vectors,
            joint=lambda: joint_of(options.folder, options.embedder),
            tell=self._ears.watching.tell,
        )

    def keep_here(self) -> None:
        """From now on the library is kept where the settings say, whatever lies there."""
        self.catalogue.kept_at.note(self.options.store_url)

    @cached_property
    def _store_answers(self) -> StoreAnswers | None:
        """What asks whether the bucket answers; None where all is in the home."""
        return store_answers(self.options, self._kept_before)

    def wake(self) -> None:
        """Begin what the first search of a large library takes longest for; nobody waits for it."""
        if (self.options.folder / "chroma" / "store").is_dir():
            self._vectors.wake()

    def close(self) -> None:
        """Let go of the store; a Library that was never used has nothing to let go of."""
        if "_vectors" in self.__dict__:
            self._vectors.close()
        self._ears.close()

    def _track_frames(self, track: Track) -> Frames:
        try:
            return self.frames.read(track.id)
        except FileNotFoundError as error:
            raise UnknownTrackError(track.title) from error
