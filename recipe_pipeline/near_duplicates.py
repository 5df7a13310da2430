"""Posts that are almost the same text, found by MinHash without comparing all pairs.

Method: Broder's MinHash over word triples, cut into 16 bands of 8 values; posts that share a band
are compared by their whole signatures (https://ekzhu.com/datasketch/lsh.html). Two posts of which
70 % of the triples agree meet in a band with probability 0.6, of which 90 % with 0.9998.

datasketch gives the same estimates, but importing it imports scipy: 55 MB and a second in every
process, and its signatures cost three times the CPU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

VALUES = 128
BANDS = 16
SIGNATURE_BYTES = 4 * VALUES
BLOCK = 2048  # signatures read at a time
DEFAULT_SIMILARITY = 0.7

_WORD = re.compile(r"\w+")
_WORDS_ONLY = re.sub(rb"\W", b" ", bytes(range(256)), flags=re.DOTALL)


def signature(post: str) -> bytes:
    """MinHash signature of a post: 128 values of 32 bits, little endian."""
    import numpy

    words = list(map(crc32, _words(post.lower())))
    hashes = numpy.array(words or [0], dtype=numpy.uint64)
    if len(hashes) >= 3:
        # Multiplying by odd numbers keeps the order of the three words in the hash.
        hashes = hashes[:-2] * 0x9E3779B1 + hashes[1:-1] * 0x85EBCA77 + hashes[2:] * 0xC2B2AE3D
        hashes = (hashes >> numpy.uint64(13)) & numpy.uint64(0xFFFFFFFF)
    factors, offsets = _permutations()
    values = factors * hashes
    values += offsets
    return (values.min(axis=1) >> numpy.uint64(32)).astype("<u4").tobytes()


def _words(text: str) -> list[bytes]:
    """Words as UTF-8; plain text is cut four times as fast without the expression."""
    if text.isascii():
        return text.encode().translate(_WORDS_ONLY).split()
    return [word.encode() for word in _WORD.findall(text)]


@cache
def _permutations() -> tuple[Any, Any]:
    """Factors and offsets of 128 hash functions of 32-bit keys (Dietzfelbinger's multiply-shift)."""
    import numpy

    drawn = numpy.random.default_rng(1).integers(2**64, size=(2, VALUES, 1), dtype=numpy.uint64)
    return drawn[0] | numpy.uint64(1), drawn[1]


def near_pairs(
    signatures: Path, similarity: float = DEFAULT_SIMILARITY
) -> Iterator[tuple[int, int]]:
    """Index pairs of near-duplicates among the ``signatures`` (a file of them in a row).

    Memory: about 24 bytes per post. The file is read, not mapped: mapped pages count as memory.
    Pairs may repeat.
    """
    import numpy

    with signatures.open("rb") as file:
        for band in range(BANDS):
            keys = _band_keys(file, band)
            order = numpy.argsort(keys, kind="stable")
            keys = keys[order]
            for position in numpy.flatnonzero(keys[1:] == keys[:-1]).tolist():
                left, right = int(order[position]), int(order[position + 1])
                if (_values(file, left) == _values(file, right)).mean() >= similarity:
                    yield left, right


def _band_keys(file: BinaryIO, band: int) -> Any:
    """One 64-bit hash per post of the values in a band."""
    import numpy

    rows = VALUES // BANDS
    file.seek(0, 2)
    keys = numpy.empty(file.tell() // SIGNATURE_BYTES, dtype=numpy.uint64)
    file.seek(0)
    for start in range(0, len(keys), BLOCK):
        block = numpy.frombuffer(file.read(BLOCK * SIGNATURE_BYTES), dtype="<u4")
        block = block.reshape(-1, VALUES)[:, band * rows : (band + 1) * rows]
        hashes = numpy.full(len(block), 0xCBF29CE484222325, dtype=numpy.uint64)
        for column in range(rows):
            hashes = (hashes ^ block[:, column]) * numpy.uint64(0x100000001B3)
        keys[start : start + len(block)] = hashes
    return keys


def _values(file: BinaryIO, index: int) -> Any:
    import numpy

    file.seek(index * SIGNATURE_BYTES)
    return numpy.frombuffer(file.read(SIGNATURE_BYTES), dtype="<u4")
