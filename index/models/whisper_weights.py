"""Where Whisper's weights are on this computer, and how
they come there: `make whisper`. Imports nothing heavy.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from index.core.errors import WeightsError
from index.system.parts import need

SIZES = {
    "tiny": 73, "tiny.en": 73, "base": 139, "base.en": 139, "small": 461, "small.en": 461, "medium": 1457,
    "medium.en": 1457, "large-v1": 2944, "large-v2": 2944, "large-v3": 2944, "large": 2944,
    "large-v3-turbo": 1543, "turbo": 1543,
}  # fmt: skip
"""The published sizes and their weights in MB."""
_FILES = {"large": "large-v3", "turbo": "large-v3-turbo"}


def weights_of(name: str) -> Path:
    """The file of weights that a size or a path means.

    Raises
    ------
    WeightsError
        If it is not on this computer; says how to get it.
    """
    path = Path(name).expanduser()
    if name in SIZES:
        path = cache_folder() / f"{_FILES.get(name, name)}.pt"
        if path.is_file():
            return path
        here = [size for size in SIZES if size not in _FILES and (cache_folder() / f"{size}.pt").is_file()]
        instead = f", or set REPRISE_WHISPER={here[-1]}, which is here" if here else ""
        raise WeightsError(
            f"To write down words I need Whisper's weights ({name}, {SIZES[name]:,} MB), which are not on this "
            f"computer: run `make whisper`, or `reprise setup --whisper {name}`, once where there is a network"
            f"{instead}."
        )
    if name in ("", "off"):
        raise WeightsError(
            "Writing down words is switched off: set REPRISE_WHISPER to base, or to another size."
        )
    if not path.is_file():
        raise WeightsError(f"There is no file {path} with Whisper's weights: is REPRISE_WHISPER right?")
    return path


def cache_folder() -> Path:
    """Where Whisper's package keeps its weights."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"


def fetch(name: str) -> Path:
    """Fetch the published weights of a size into Whisper's cache, where they are not there yet."""
    if name not in SIZES:
        return weights_of(name)
    need("whisper", "Writing down words")
    import urllib.error

    import whisper

    try:
        whisper.load_model(name, device="cpu")
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise WeightsError(f"Whisper's weights ({name}) could not be fetched: {error}.") from error
    return weights_of(name)


def main() -> int:
    """Fetch the weights of a size; what `make whisper` calls."""
    try:
        print(f"Whisper's weights are in {fetch(sys.argv[1] if len(sys.argv) > 1 else 'base')}")
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
