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
from index.store.bucket_place import PATIENCE_S, StoreAnswers, check_place
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles
from index.store.open_files import open_files
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
        options = self.options
        files = open_files(options.home, options.store_url, options.store_cache_bytes)
        self._see_its_place(files)
        return files

    def _see_its_place(self, files: HomeFiles) -> None:
        """Raise StoreUnavailableError where the bucket is not the one that the library is kept in."""
        from index.store.bucket_files import BucketFiles

        if isinstance(files, BucketFiles):
            url = self.options.store_url
            check_place(files, self.options.folder / "frames", url, self.catalogue.kept_at.before(url))

    def _ask_store(self) -> None:
        """Raise StoreUnavailableError where the bucket does not answer, or is another one."""
        options = self.options
        files = open_files(options.home, options.store_url, options.store_cache_bytes, PATIENCE_S)
        files.has(options.folder / "frames" / "none")
        self._see_its_place(files)

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
        return StoreAnswers(self._ask_store) if self.options.store_url else None

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
