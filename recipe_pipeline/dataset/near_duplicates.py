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

VALUES = 128
BANDS = 16
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
    signatures: bytes | bytearray, similarity: float = DEFAULT_SIMILARITY
) -> Iterator[tuple[int, int]]:
    """Index pairs of near-duplicates among the ``signatures`` (one after the other).

    Pairs may repeat.
    """
    import numpy

    values = numpy.frombuffer(signatures, dtype="<u4").reshape(-1, VALUES)
    for band in numpy.split(values, BANDS, axis=1):
        keys = numpy.full(len(values), 0xCBF29CE484222325, dtype=numpy.uint64)
        for column in band.T:
            keys = (keys ^ column) * numpy.uint64(0x100000001B3)
        order = numpy.argsort(keys, kind="stable")
        equal = numpy.flatnonzero(keys[order][1:] == keys[order][:-1])
        for left, right in zip(order[equal].tolist(), order[equal + 1].tolist(), strict=True):
            if (values[left] == values[right]).mean() >= similarity:
                yield left, right
