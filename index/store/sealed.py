"""Frames in one file with a seal: a hash of all that is in it, and what made each array.

A file is in the safetensors format; hash and origins are in its metadata. A file of an older version has neither:
of such a one only the form can be verified.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from index.core.errors import DamagedFramesError

_HASH, _ORIGINS, _ID = "blake2b", "origins", "id"


@dataclass(frozen=True)
class Verified:
    """A file that is whole."""

    arrays: dict[str, np.ndarray]
    scalars: dict[str, str]
    origins: dict[str, str]
    """What made each array; empty in a file of an older version."""
    sealed: bool
    """Whether its content was compared with a hash."""


def sealed(
    sound_id: str,
    arrays: Mapping[str, np.ndarray],
    scalars: Mapping[str, str],
    origins: Mapping[str, str],
) -> bytes:
    """A file's content."""
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    made_by = {name: origins[name] for name in sorted(whole) if name in origins}
    told = {**scalars, _ID: sound_id, _ORIGINS: json.dumps(made_by)}
    return save(whole, metadata={**told, _HASH: _hash(whole, told)})


def verified(path: Path, sound_id: str) -> Verified:
    """Read a whole file, and compare it with its seal.

    Raises
    ------
    FileNotFoundError
    DamagedFramesError
        If it is not what was written.
    """
    path.stat()
    try:
        with safe_open(path, "numpy") as file:
            told = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError, ValueError) as error:
        raise DamagedFramesError(path, "its form is not what it should be") from error
    seal = told.pop(_HASH, None)
    if seal is not None and seal != _hash(arrays, told):
        raise DamagedFramesError(path, "its content is not what was written")
    if told.pop(_ID, sound_id) != sound_id:
        raise DamagedFramesError(path, "it is of another sound")
    try:
        origins = dict(json.loads(told.pop(_ORIGINS, "{}")))
    except ValueError as error:
        raise DamagedFramesError(path, "its content is not what was written") from error
    return Verified(arrays, told, origins, seal is not None)


def noted_origins(path: Path, told: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """What made each array, as a file's metadata says it, and whether there is a seal. DamagedFramesError."""
    try:
        return dict(json.loads(told.get(_ORIGINS, "{}"))), _HASH in told
    except ValueError as error:
        raise DamagedFramesError(path, "its content is not what was written") from error


def _hash(arrays: Mapping[str, np.ndarray], told: Mapping[str, str]) -> str:
    digest = hashlib.blake2b(json.dumps(dict(told), sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(arrays[name].data if arrays[name].size else b"")
    return digest.hexdigest()
