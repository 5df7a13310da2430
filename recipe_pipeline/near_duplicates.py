"""Posts that are almost the same text, found by MinHash (datasketch) without comparing all pairs.

Method: Broder's MinHash over word triples, cut into 16 bands of 8 values; posts that share a band
are compared by their whole signatures (https://ekzhu.com/datasketch/lsh.html). Two posts of which
70 % of the triples agree meet in a band with probability 0.6, of which 90 % with 0.9998.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

VALUES = 128
BANDS = 16
SIGNATURE_BYTES = 4 * VALUES
DEFAULT_SIMILARITY = 0.7

_WORD = re.compile(r"\w+")


def signature(post: str) -> bytes:
    """MinHash signature of a post: 128 values of 32 bits, little endian."""
    import numpy

    words = [crc32(word.encode()) for word in _WORD.findall(post.lower())]
    hashes = numpy.array(words or [0], dtype=numpy.uint64)
    if len(hashes) >= 3:
        # Multiplying by odd numbers keeps the order of the three words in the hash.
        hashes = hashes[:-2] * 0x9E3779B1 + hashes[1:-1] * 0x85EBCA77 + hashes[2:] * 0xC2B2AE3D
        hashes = (hashes >> numpy.uint64(13)) & numpy.uint64(0xFFFFFFFF)
    sketch = _empty_sketch().copy()
    sketch.update_batch(numpy.unique(hashes).tolist())
    values = numpy.asarray(sketch.hashvalues, dtype=numpy.uint64) & numpy.uint64(0xFFFFFFFF)
    return values.astype("<u4").tobytes()


@cache
def _empty_sketch() -> Any:
    """A MinHash of nothing: drawing the permutations anew for each post took a third of the time."""
    from datasketch import MinHash

    return MinHash(num_perm=VALUES, seed=1, hashfunc=int)


def near_pairs(
    signatures: Path, similarity: float = DEFAULT_SIMILARITY
) -> Iterator[tuple[int, int]]:
    """Index pairs of near-duplicates among the ``signatures`` (a file of them in a row).

    Memory: about 24 bytes per post; the file itself is only mapped. Pairs may repeat.
    """
    import numpy

    if signatures.stat().st_size < 2 * SIGNATURE_BYTES:
        return
    values = numpy.memmap(signatures, dtype="<u4", mode="r").reshape(-1, VALUES)
    rows = VALUES // BANDS
    for start in range(0, VALUES, rows):
        keys = numpy.full(len(values), 0xCBF29CE484222325, dtype=numpy.uint64)
        for column in range(start, start + rows):
            keys = (keys ^ values[:, column]) * numpy.uint64(0x100000001B3)
        order = numpy.argsort(keys, kind="stable")
        equal = numpy.flatnonzero(keys[order][1:] == keys[order][:-1])
        for position in equal.tolist():
            left, right = int(order[position]), int(order[position + 1])
            if (values[left] == values[right]).mean() >= similarity:
                yield left, right
    del values  # Windows cannot remove a file that is still mapped
