"""Reads tensors out of a TensorFlow V2 checkpoint, without TensorFlow.

A checkpoint is two files: `.index`, a LevelDB table whose values are protobuf messages (type, shape, place of
each tensor), and `.data-00000-of-00001`, the numbers one after another. Only what the published MusiCNN
checkpoints hold is understood: one data file, little-endian float32, blocks that are not compressed. Anything
else is refused.

References
----------
LevelDB's table format: https://github.com/google/leveldb/blob/main/doc/table_format.md
TensorFlow's tensor_bundle.proto (BundleEntryProto, TensorShapeProto).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.core.errors import WeightsError

MAGIC = 0xDB4775248B80FB57
FOOTER_BYTES = 48
DT_FLOAT = 1


@dataclass(frozen=True)
class TensorEntry:
    """Where one tensor lies in the data file."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def read_checkpoint(
    folder: Path, skip: tuple[str, ...] = ("/Adam", "beta1_power", "beta2_power")
) -> dict[str, np.ndarray]:
    """All float32 tensors of the checkpoint in `folder`, by name.

    Parameters
    ----------
    folder : Path
        Holds `.index` and `.data-00000-of-00001`.
    skip : tuple of str
        Names containing one of these are left out: the optimizer's memory, by default.

    Raises
    ------
    WeightsError
        If a file is missing, cut short, or holds what this reader does not understand.
    """
    index, data = folder / ".index", folder / ".data-00000-of-00001"
    try:
        table, numbers = index.read_bytes(), data.read_bytes()
        entries = dict(table_entries(table))
        tensors = {}
        for key, value in entries.items():
            name = key.decode()
            if not name or any(part in name for part in skip):  # the empty key is the table's header
                continue
            entry = parse_entry(value)
            if entry.dtype == DT_FLOAT:
                tensors[name] = _tensor(entry, numbers)
    except OSError as error:
        raise WeightsError(f"The checkpoint in {folder} could not be read: {error.strerror}.") from error
    except (ValueError, IndexError, struct.error) as error:
        raise WeightsError(f"The checkpoint in {folder} is not what it should be: {error}.") from error
    return tensors


def table_entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every (key, value) of a LevelDB table, in order."""
    if len(table) < FOOTER_BYTES or struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise ValueError("its index has no LevelDB footer")
    footer = table[-FOOTER_BYTES:]
    _, at = _handle(footer, 0)  # the meta index, which says nothing that we need
    index_block, _ = _handle(footer, at)
    for _, value in _block_entries(_block(table, index_block)):
        place, _ = _handle(value, 0)
        yield from _block_entries(_block(table, place))


def parse_entry(message: bytes) -> TensorEntry:
    """A BundleEntryProto, as far as it is needed."""
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    shape: list[int] = []
    for field, value in _fields(message):
        if field in numbers and isinstance(value, int):
            numbers[field] = value
        elif field == 2 and isinstance(value, bytes):
            for inner, dimension in _fields(value):
                if inner == 2 and isinstance(dimension, bytes):
                    shape.append(next((n for f, n in _fields(dimension) if f == 1 and isinstance(n, int)), 0))
    return TensorEntry(numbers[1], tuple(shape), numbers[3], numbers[4], numbers[5])


def _tensor(entry: TensorEntry, numbers: bytes) -> np.ndarray:
    raw = numbers[entry.offset : entry.offset + entry.size]
    count = int(np.prod(entry.shape, dtype=np.int64))
    if entry.shard or len(raw) != entry.size or entry.size != 4 * count:
        raise ValueError("a tensor lies outside its data file")
    return np.frombuffer(raw, "<f4").reshape(entry.shape).astype(np.float32)


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """A block handle (offset, size), and where reading stopped."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _block(table: bytes, handle: tuple[int, int]) -> bytes:
    offset, size = handle
    if offset + size + 5 > len(table):  # a type byte and a CRC follow each block
        raise ValueError("a block of its index is cut short")
    if table[offset + size] != 0:
        raise ValueError("its index is compressed")
    return table[offset : offset + size]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys share prefixes: each entry says how much of the last key it keeps."""
    restarts = struct.unpack("<I", block[-4:])[0]
    end = len(block) - 4 * (restarts + 1)
    at, key = 0, b""
    while at < end:
        kept, at = _varint(block, at)
        new, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:kept] + block[at : at + new]
        yield key, block[at + new : at + new + size]
        at += new + size


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of a protobuf message, undecoded."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            number, at = _varint(message, at)
            yield field, number
        elif wire == 2:
            size, at = _varint(message, at)
            yield field, message[at : at + size]
            at += size
        elif wire in (1, 5):
            width = 8 if wire == 1 else 4
            yield field, int.from_bytes(message[at : at + width], "little")
            at += width
        else:
            raise ValueError(f"a message of its index has wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
