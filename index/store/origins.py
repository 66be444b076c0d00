"""What makes each artefact of an index: a version, and a hash of the weights, kept beside what they made.

An array of frames, or a collection of vectors, whose origin is not the current one was made by another version of
Reprise and is stale. One without an origin is of a time before origins were kept, when everything was measured as it
is in version 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from index.system.prepared import prepared_dir

if TYPE_CHECKING:
    from index.models.embedding import Embedding

ARRAY_VERSIONS: Mapping[str, int] = {
    "notes": 1, "contour": 1, "sketch": 1, "chroma": 1, "level_db": 1, "centroid_hz": 1, "onset": 1, "mfcc": 1,
    "embedding": 1, "tags": 1, "network": 1, "fingerprint": 1, "peaks": 1,
}  # fmt: skip
"""Of the arrays of `index.core.frames.Frames`: counts up, array by array, when one is measured in another way."""
ADDED_LATER = ("fingerprint", "peaks")
"""Arrays that older versions did not measure, and that the sound gives without its networks."""
VECTOR_VERSIONS: Mapping[str, int] = {"moments": 4}
"""The same for the collections of vectors."""
FORMER_COLLECTIONS: Mapping[str, str] = {"timbre": "moments", "harmony": "moments"}
"""Collections of older versions, and what has taken their place."""
_MUSICNN = ("musicnn_mtt_front", "musicnn_mtt_backend")
_OF_NOTES = ("models/moment_vector.onnx", "factors/harmony_axes.npz")
_NETWORKS = {
    **dict.fromkeys(("notes", "contour", "sketch"), ("basic_pitch", ("basic_pitch_products",))),
    **dict.fromkeys(("embedding", "tags"), ("musicnn", _MUSICNN)),
}
"""The name of the network that makes an array, and the prepared files whose records tell its weights and version.

A graph that is built otherwise and comes to the same has another file name and the same record: nothing is stale then.
"""


def frame_origins() -> dict[str, str]:
    """What makes each array of frames now: "1 basic_pitch 5f3a9c01", or "1" where no network does."""
    notes = {name: _note(*files) for name, (_, files) in _NETWORKS.items()}
    return {
        name: f"{version} {_NETWORKS[name][0]} {notes[name]}" if notes.get(name) else str(version)
        for name, version in ARRAY_VERSIONS.items()
    }


def is_stale(recorded: str | None, current: str) -> bool:
    """Whether something was made by another version; what has no origin is of version 1.

    A network that this machine has not prepared cannot be compared: then the version alone counts.
    """
    before, now = (recorded or "1").split(), current.split()
    return before[0] != now[0] or (len(before) == len(now) == 3 and before != now)


def not_of_this_version(origins: Mapping[str, str], names: Collection[str]) -> set[str]:
    """Of a sound with arrays of these names and origins, those that another version made and those that lack."""
    current = frame_origins()
    stale = {name for name in names if name in current and is_stale(origins.get(name), current[name])}
    return stale | {name for name in ADDED_LATER if name not in names}


def vector_origin(name: str, embedding: Embedding | None = None) -> str:
    """What makes the vectors of a collection."""
    version = VECTOR_VERSIONS.get(name, 1)
    if name != "moments":
        return str(version)
    if embedding is None:
        kind, sound = "musicnn", _note(*_MUSICNN)
    else:
        kind, sound = embedding.kind, _digest(b"".join(each.tobytes() for each in embedding.projection or ()))
    index = Path(__file__).parents[1]
    notes = _digest(b"".join((index / each).read_bytes() for each in _OF_NOTES))
    return f"{version} {kind}+moment_vector {sound}-{notes}" if sound else str(version)


def _note(*names: str) -> str:
    """A hash of what networks were prepared from; empty where they were not prepared here."""
    try:
        return _digest(b"".join((prepared_dir() / f"{name}.json").read_bytes() for name in names))
    except OSError:
        return ""


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=4).hexdigest()
