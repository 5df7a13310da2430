"""GGUF files as they are on disk: read without decoding the weights, written byte for byte.

The ``gguf`` package takes half a minute to read a vocabulary of 262,144 tokens; this takes a tenth
of a second and needs numpy only.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from recipe_pipeline.common.errors import PipelineError

MAGIC = b"GGUF"
F32 = 0
"""Type of a tensor of 32-bit floats."""

_VERSION = 3
_ALIGNMENT = 32
_BLOCK = 4096  # rows
_UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 4, 5, 6, 8, 9
# struct formats of the types of values, by their number in the file
_FORMATS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}


@dataclass(frozen=True)
class Tensor:
    """A tensor as stored. ``shape`` starts with the length of a row; ``kind`` is ggml's type.

    ``parts``: its bytes (uint8), in one piece or as they are spread over the parts of a file.
    """

    name: str
    shape: tuple[int, ...]
    kind: int
    parts: tuple[np.ndarray, ...]

    @property
    def size(self) -> int:
        """The number of bytes."""
        return sum(part.nbytes for part in self.parts)

    def rows(self, start: int = 0, end: int | None = None) -> np.ndarray:
        """The bytes of rows ``start`` to ``end`` of a matrix with more than 32 rows: a line each."""
        count = self.shape[1]
        width = self.size // count  # without the padding at the end, which is < 32 bytes
        end = count if end is None else min(end, count)
        found = _cut(self.parts, start * width, end * width)
        data = found[0] if len(found) == 1 else np.concatenate(found)
        return data.reshape(end - start, width)

    def pick(self, rows: np.ndarray) -> np.ndarray:
        """The bytes of the rows with these numbers, which ascend; the others do not stay in memory."""
        starts = range(0, self.shape[1], _BLOCK)
        cuts = np.searchsorted(rows, [*starts, self.shape[1]])
        found = []
        for start, (first, last) in zip(starts, pairwise(cuts), strict=True):
            found.append(self.rows(start, start + _BLOCK)[rows[first:last] - start])
            self.release()
        return np.concatenate(found)

    def release(self) -> None:
        """Let go of what was read of the file; it is read again when it is used again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for part in self.parts:
                if isinstance(part, np.memmap):
                    part._mmap.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True)
class GgufFile:
    """``fields`` are the metadata by key, each with its type and value as they are in the file."""

    fields: dict[str, bytes]
    tensors: tuple[Tensor, ...]

    def value(self, key: str) -> Any:
        """The value of ``key``: a number, a string, a list of strings or an array; else None."""
        raw = self.fields.get(key)
        return None if raw is None else _Reader(memoryview(raw)).value()


def is_gguf(path: Path) -> bool:
    """Whether the file ``path`` begins as a GGUF file does. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_gguf(*paths: Path) -> GgufFile:
    """The contents of a GGUF file, or of one that was split into ``paths``.

    Weights stay on the disk until they are used. Raises PipelineError if the file is not whole.
    """
    path = paths[0]
    if not path.is_file():
        raise PipelineError(f"there is no file {path}: export one with 05_finetune.py --save-gguf")
    if not is_gguf(path):
        raise PipelineError(f"{path} is not a GGUF file: name a .gguf file or a model folder")
    try:
        return _parse([np.memmap(part, mode="r") for part in paths])
    except (OSError, ValueError, KeyError, IndexError, struct.error, MemoryError) as error:
        raise PipelineError(
            f"{path} is not a whole GGUF file ({error}): export it again"
        ) from error


def read_metadata(path: Path) -> GgufFile:
    """The fields of a GGUF file without its tensors. Raises OSError, PipelineError."""
    if not is_gguf(path):
        raise PipelineError(f"{path} is not a GGUF file")
    try:
        _, fields = _fields(_Reader(memoryview(np.memmap(path, mode="r"))))
        return GgufFile(fields, ())
    except (ValueError, KeyError, IndexError, struct.error) as error:
        raise PipelineError(f"{path} is not a whole GGUF file ({error})") from error


def write_gguf(path: Path, contents: GgufFile) -> None:
    """Write ``contents`` to ``path``."""
    header = bytearray(MAGIC)
    header += struct.pack("<IQQ", _VERSION, len(contents.tensors), len(contents.fields))
    for key, raw in contents.fields.items():
        header += _string(key.encode()) + raw
    offset = 0
    for tensor in contents.tensors:
        dimensions = len(tensor.shape)
        header += _string(tensor.name.encode())
        header += struct.pack(f"<I{dimensions}Q", dimensions, *tensor.shape)
        header += struct.pack("<IQ", tensor.kind, offset)
        offset += _padded(tensor.size)
    with path.open("wb") as file:
        file.write(header.ljust(_padded(len(header)), b"\0"))
        for tensor in contents.tensors:
            for part in tensor.parts:
                file.write(part)
            file.write(bytes(_padded(tensor.size) - tensor.size))


def number_field(number: float) -> bytes:
    """An int as uint32, a float as float32."""
    kind = _UINT32 if isinstance(number, int) else _FLOAT32
    return struct.pack("<I" + _FORMATS[kind], kind, number)


def texts_field(texts: Sequence[bytes]) -> bytes:
    """Strings in UTF-8 as an array."""
    return struct.pack("<IIQ", _ARRAY, _STRING, len(texts)) + b"".join(map(_string, texts))


def array_field(array: np.ndarray) -> bytes:
    """An array of int32 or float32."""
    kind = {"i": _INT32, "f": _FLOAT32}[array.dtype.kind]
    return struct.pack("<IIQ", _ARRAY, kind, len(array)) + array.tobytes()


def _parse(files: list[np.ndarray]) -> GgufFile:
    """``files``: the bytes of each part; the first has everything before the weights."""
    length = sum(len(file) for file in files)
    reader = _Reader(memoryview(files[0]))
    tensor_count, fields = _fields(reader)
    found = []
    for _ in range(tensor_count):
        name = reader.string().decode()
        shape = reader.unpack(f"<{reader.unpack('<I')[0]}Q")
        kind, offset = reader.unpack("<IQ")
        found.append((name, shape, kind, offset))
    if fields.get("general.alignment", number_field(_ALIGNMENT)) != number_field(_ALIGNMENT):
        raise ValueError("unusual alignment")
    start = _padded(reader.at)
    starts = sorted(offset for *_, offset in found)
    end_of = dict(pairwise([*starts, length - start]))
    tensors = []
    for name, shape, kind, offset in found:
        if start + end_of[offset] > length or end_of[offset] <= offset:
            raise ValueError("it ends too early")
        parts = _cut(files, start + offset, start + end_of[offset])
        tensors.append(Tensor(name, shape, kind, parts))
    return GgufFile(fields, tuple(tensors))


def _fields(reader: _Reader) -> tuple[int, dict[str, bytes]]:
    """The number of tensors, and the metadata: what a file begins with."""
    magic, version, tensor_count, field_count = reader.unpack("<4sIQQ")
    if magic != MAGIC or version not in (2, _VERSION):
        raise ValueError("no GGUF header")
    fields = {}
    for _ in range(field_count):
        key = reader.string().decode()
        start = reader.at
        reader.value()
        fields[key] = bytes(reader.data[start : reader.at])
    return tensor_count, fields


def _cut(files: Sequence[np.ndarray], start: int, end: int) -> tuple[np.ndarray, ...]:
    """Bytes ``start`` to ``end`` of the parts ``files`` of a file."""
    found, at = [], 0
    for file in files:
        if start < at + len(file) and end > at:
            found.append(file[max(0, start - at) : end - at])
        at += len(file)
    return tuple(found)


class _Reader:
    """Reads values one after another."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def unpack(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values

    def string(self) -> bytes:
        (length,) = self.unpack("<Q")
        self.at += length
        if self.at > len(self.data):
            raise ValueError("it ends too early")
        return bytes(self.data[self.at - length : self.at])

    def value(self) -> Any:
        (kind,) = self.unpack("<I")
        if kind == _STRING:
            return self.string().decode()
        if kind != _ARRAY:
            return self.unpack("<" + _FORMATS[kind])[0]
        kind, count = self.unpack("<IQ")
        if kind == _STRING:
            return [self.string() for _ in range(count)]
        array = np.frombuffer(self.data, "<" + _FORMATS[kind].replace("?", "B"), count, self.at)
        self.at += array.nbytes
        return array


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _padded(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT
