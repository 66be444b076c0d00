"""Arrays that are kept a file a track: what is read is what was written, and nothing where the file is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.store.track_arrays import TrackArrays

ARRAYS: dict[str, np.ndarray] = {
    "bytes": np.arange(36, dtype=np.uint8).reshape(3, 12),
    "halves": np.linspace(-1, 1, 10, dtype=np.float16).reshape(5, 2),
    "no rows": np.zeros((0, 12), np.uint8),
    "one axis": np.arange(5, dtype=np.uint8),
    "column by column": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    "high bytes first": np.arange(6, dtype=">f4").reshape(2, 3),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=list(ARRAYS))
def test_an_array_is_read_as_it_was_written(tmp_path: Path, array: np.ndarray) -> None:
    kept = TrackArrays(tmp_path, "1")
    kept.write("ab01", array)
    found = kept.read("ab01")
    assert found is not None and found.flags.writeable
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("left", [0, 5, 40, 127, 128, 140, 163])
def test_a_file_that_was_cut_short_gives_nothing(tmp_path: Path, left: int) -> None:
    kept = TrackArrays(tmp_path, "1")
    kept.write("ab01", ARRAYS["bytes"])
    file = kept.path("ab01")
    assert len(file.read_bytes()) == 164
    file.write_bytes(file.read_bytes()[:left])
    assert kept.read("ab01") is None
    assert kept.read("ab02") is None
