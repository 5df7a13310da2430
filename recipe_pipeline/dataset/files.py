"""The files of a dataset: shuffled without holding them in memory, all written or none.

Examples are first spilled into 256 bucket files by the leading bits of their shuffle key; then one
bucket after the other is sorted and copied to its place. Memory is one bucket, about 1/256 of the
dataset.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

BUCKETS = 256
_LOCK = "lock"
_FIELD = b"\t"  # JSON text never holds a raw tab


def split_names(output: Path) -> tuple[Path, Path]:
    """``finetuning_dataset.jsonl`` -> (``finetuning_dataset_train.jsonl``, ``..._test.jsonl``)."""
    suffix = output.suffix or ".jsonl"
    return tuple(output.with_name(f"{output.stem}_{side}{suffix}") for side in ("train", "test"))


def meta_name(dataset: Path) -> Path:
    """The file of per-example metadata beside a dataset file."""
    return dataset.with_name(f"{dataset.stem}.meta.jsonl")


def _remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove the work folders of killed runs: those whose lock nobody holds any more."""
    import filelock

    for folder in parent.glob(f"{glob.escape(prefix)}*.tmp"):
        if not folder.is_dir():
            continue
        with suppress(filelock.Timeout, OSError), filelock.FileLock(folder / _LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)


class Spill:
    """Examples in bucket files inside a hidden work folder beside the output.

    Use as a context manager: the work folder goes away whatever happens, after ``kill -9`` with the
    next run for the same output. Nothing else is touched before `publish` has written every file
    completely.
    """

    def __init__(self, output: Path) -> None:
        import filelock

        output.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{output.stem[:40]}."
        _remove_abandoned(output.parent, prefix)
        self._folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=".tmp", dir=output.parent))
        self._lock = filelock.FileLock(self._folder / _LOCK)
        self._lock.acquire(timeout=0)
        self._buckets: dict[int, IO[bytes]] = {}
        self._count = 0
        self._dropped = (self._folder / "dropped").open("wb")
        self._signatures = (self._folder / "signatures").open("wb")

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (*self._buckets.values(), self._dropped, self._signatures):
            with suppress(OSError):  # a full disk: closing writes what is still in the buffer
                file.close()
        self._lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, order: int, example: bytes, meta: bytes, signature: bytes = b"") -> None:
        """Keep one example (two JSON texts without line ends) under its 64-bit shuffle key."""
        self._signatures.write(signature)
        number = order >> 56
        bucket = self._buckets.get(number)
        if bucket is None:
            # Small buffers: 256 of the default ones would cost memory for nothing.
            bucket = self._buckets[number] = open(  # noqa: SIM115 - closed in _close_buckets
                self._folder / f"{number:02x}", "ab", buffering=16384
            )
        fields = (b"%016x" % order, b"%d" % self._count, example, meta)
        bucket.write(_FIELD.join(fields) + b"\n")
        self._count += 1

    def drop(self, row: bytes) -> None:
        """Keep one line about a post that gives no example."""
        self._dropped.write(row + b"\n")

    def publish_dropped(self, target: Path) -> bool:
        """Put the list of dropped posts at ``target``; False (and no file) when there are none."""
        self._dropped.close()
        draft = Path(self._dropped.name)
        if draft.stat().st_size == 0:
            target.unlink(missing_ok=True)
            return False
        os.replace(draft, target)
        return True

    def signatures(self) -> Path:
        """The file of the signatures of all examples, in the order they were added."""
        self._signatures.close()
        return Path(self._signatures.name)

    def publish(self, targets: list[Path], sides: bytearray | None = None) -> None:
        """Write ``targets[sides[i]]`` and its metadata file for every example i, in shuffled order.

        Without ``sides`` everything goes to the only target.
        """
        self._close_buckets()
        drafts = [
            (self._folder / f"{i}.jsonl", self._folder / f"{i}.meta") for i in range(len(targets))
        ]
        files = [(data.open("wb"), meta.open("wb")) for data, meta in drafts]
        try:
            for index, example, meta in self._shuffled():
                data_file, meta_file = files[sides[index] if sides is not None else 0]
                data_file.write(example + b"\n")
                meta_file.write(meta + b"\n")
        finally:
            for pair in files:
                for file in pair:
                    file.close()
        for (data, meta), target in zip(drafts, targets, strict=True):
            # The dataset last: where it stands, its metadata stands too.
            os.replace(meta, meta_name(target))
            os.replace(data, target)

    def _shuffled(self) -> Iterator[tuple[int, bytes, bytes]]:
        for number in range(BUCKETS):
            bucket = self._folder / f"{number:02x}"
            if not bucket.exists():
                continue
            # Sorting whole lines sorts by the fixed-width key in front.
            with bucket.open("rb") as file:
                lines = sorted(file)
            for line in lines:
                _, index, example, meta = line.rstrip(b"\n").split(_FIELD)
                yield int(index), example, meta
            bucket.unlink()

    def _close_buckets(self) -> None:
        for bucket in self._buckets.values():
            bucket.close()
        self._buckets = {}
