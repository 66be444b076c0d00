"""Where the files of a home are, as its settings say."""

from __future__ import annotations

from pathlib import Path

from index.store.home_files import HomeFiles


def open_files(home: Path, store_url: str, cache_bytes: int, patience_s: float | None = None) -> HomeFiles:
    """The files of a home: on its disk, or in a bucket with copies of at most so many bytes in the home.

    A bucket that does not answer is asked again for `patience_s`, or as long as it should be.

    Raises
    ------
    WeightsError
        If what reaches a bucket is not installed.
    """
    if not store_url:
        return HomeFiles()
    from index.store.bucket import Bucket
    from index.store.bucket_files import BucketFiles

    return BucketFiles(home, Bucket(store_url, patience_s), cache_bytes)
