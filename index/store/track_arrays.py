"""An array a track, each in a file of its own below a folder for what measured it; read whole, and closed again."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np

from index.system.files import stems, write_durably

_LONGEST_HEADER = 256
_PLAIN = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<|]\w\d)', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n",
    re.DOTALL,
)
"""How a file of rows begins that NumPy wrote: looked at by itself, since NumPy parses it as Python for as long as all
the rest takes."""


class TrackArrays:
    """Arrays of one kind and version, by the id of their track."""

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder
        self.version = version

    def path(self, track_id: str) -> Path:
        """Where the array of a track is kept."""
        return self._folder / self.version / track_id[:2] / f"{track_id}.npy"

    def has(self, track_id: str) -> bool:
        """Whether one is kept for this track."""
        return self.path(track_id).exists()

    def has_bytes(self, track_id: str, count: int) -> bool:
        """Whether the file of a track is as long as an array of so many bytes makes it; nothing of it is read."""
        try:
            return 0 < self.path(track_id).stat().st_size - count <= _LONGEST_HEADER
        except OSError:
            return False

    def read(self, track_id: str) -> np.ndarray | None:
        """The array of a track; None where there is none that can be read."""
        try:
            data = self.path(track_id).read_bytes()
            plain = _PLAIN.match(data)
            return _plain(data, plain) if plain else np.load(BytesIO(data))
        except (OSError, ValueError, EOFError):
            return None

    def write(self, track_id: str, array: np.ndarray) -> None:
        """Keep an array; what another version measured of the track goes."""
        write_durably(self.path(track_id), lambda file: np.save(file, array))
        for path in self._folder.glob(f"*/{track_id[:2]}/{track_id}.npy"):
            if path.parent.parent.name != self.version:
                path.unlink(missing_ok=True)

    def read_or_make(self, track_id: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of a track; it is made and kept where there is none that can be read."""
        array = self.read(track_id)
        if array is None:
            array = make()
            self.write(track_id, array)
        return array

    def ids(self, *, every_version: bool = False) -> list[str]:
        """Ids of the tracks of which one is kept, by this version or by any."""
        versions = self._folder.glob("*") if every_version else [self._folder / self.version]
        return sorted({each for folder in versions for each in stems(folder, ".npy")})

    def delete(self, track_id: str) -> None:
        """Forget a track, whatever version measured it; nothing happens if it is not there."""
        for path in self._folder.glob(f"*/{track_id[:2]}/{track_id}.npy"):
            path.unlink(missing_ok=True)


def _plain(data: bytes, found: re.Match[bytes]) -> np.ndarray:
    """The rows of a file that begins plainly. ValueError where it is too short."""
    begins = found.end(1) + int.from_bytes(found[1], "little")
    rows, columns = int(found[3]), int(found[4])
    kept = np.frombuffer(data, np.dtype(found[2].decode()), rows * columns, begins)
    return kept.reshape(rows, columns).copy()
