"""Names of many files in little memory: in order on the disk, or as a set of hashes.

100,000 names are 10 MB as a list of texts and 15 MB as a set. Here they are nothing and 1 MB.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import chain, islice

from recipe_pipeline.common.errors import PipelineError

RUN = 20_000  # names that are sorted in memory at a time
_BLOCK = 8192
_END = b"\0"  # no file name holds it


class SortedNames:
    """Names in order, to be read any number of times. ``rank`` (0 to 254) counts before the name.

    They are sorted in runs into one temporary file and merged while they are read. One that is given
    twice is read once, but counted twice. Raises PipelineError when the file cannot be written.
    """

    def __init__(self, names: Iterable[str], rank: Callable[[str], int] = lambda name: 0) -> None:
        self._runs: list[tuple[int, int]] = []
        self._length = 0
        entries = (bytes([1 + rank(name)]) + os.fsencode(name) for name in names)
        runs = iter(lambda: sorted(islice(entries, RUN)), [])
        with _told():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the object lives
        for run in runs:
            with _told():
                start = self._file.tell()
                self._file.write(_END.join(run) + _END)
                self._file.flush()
            self._runs.append((start, self._file.tell()))
            self._length += len(run)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        runs = [self._read(start, end) for start, end in self._runs]
        last = b""
        for entry in merge(*runs) if len(runs) > 1 else chain(*runs):
            if entry != last:
                yield os.fsdecode(entry[1:])
            last = entry

    def _read(self, start: int, end: int) -> Iterator[bytes]:
        rest = b""
        while start < end:
            self._file.seek(start)
            block = self._file.read(min(_BLOCK, end - start))
            start += len(block)
            *entries, rest = (rest + block).split(_END)
            yield from entries


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PipelineError(
            f"cannot write a temporary file to {tempfile.gettempdir()}: {error.strerror or error}; "
            "make room there or name another folder in TMPDIR"
        ) from error


class NameSet:
    """A set of names that can be asked for membership only; 8 to 16 bytes for each.

    By 64-bit hashes: among 100,000 names a wrong yes has a chance of 5 in 10^15 per question.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        buckets = [array("Q") for _ in range(256)]
        for name in names:
            key = hash(name) & 0xFFFFFFFFFFFFFFFF
            buckets[key & 255].append(key)
        self._buckets = [array("Q", sorted(bucket)) for bucket in buckets]

    def __len__(self) -> int:
        return sum(map(len, self._buckets))

    def __contains__(self, name: object) -> bool:
        key = hash(name) & 0xFFFFFFFFFFFFFFFF
        bucket = self._buckets[key & 255]
        place = bisect_left(bucket, key)
        return place < len(bucket) and bucket[place] == key
