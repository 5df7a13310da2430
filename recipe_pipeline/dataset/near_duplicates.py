"""Posts that are almost the same text, found by MinHash (rensa) without comparing all pairs.

Method: Broder's MinHash over word triples, cut into 16 bands of 8 values; posts that share a band
are compared by their whole signatures (Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets",
ch. 3). Two posts of which 70 % of the triples agree meet in a band with probability 0.6, of which
90 % with 0.9998.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

VALUES = 128
BANDS = 16
SIGNATURE_BYTES = 4 * VALUES
BLOCK = 2048  # signatures read at a time
DEFAULT_SIMILARITY = 0.7

_WORD = re.compile(r"\w+")


def signature(post: str) -> bytes:
    """MinHash signature of a post: 128 values of 32 bits, little endian."""
    from rensa import RMinHash

    words = _WORD.findall(post.lower())
    sketch = RMinHash(num_perm=VALUES, seed=1)
    sketch.update(
        [" ".join(triple) for triple in zip(words, words[1:], words[2:], strict=False)] or words
    )
    return struct.pack(f"<{VALUES}I", *sketch.digest())


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
