"""The files of a dataset: shuffled without holding the examples in memory, all written or none."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = "lock"
_FIELD = b"\t"  # JSON text never holds a raw tab


def split_names(output: Path) -> tuple[Path, Path]:
    """``finetuning_dataset.jsonl`` -> (``finetuning_dataset_train.jsonl``, ``..._test.jsonl``)."""
    suffix = output.suffix or ".jsonl"
    train, test = (output.with_name(f"{output.stem}_{side}{suffix}") for side in ("train", "test"))
    return train, test


def meta_name(dataset: Path) -> Path:
    """The file of per-example metadata beside a dataset file."""
    return dataset.with_name(f"{dataset.stem}.meta.jsonl")


@contextmanager
def work_folder(output: Path) -> Iterator[Path]:
    """A hidden folder beside ``output`` that goes away whatever happens.

    The folder of a run ended by ``kill -9`` is removed by the next run for the same output.
    """
    import filelock

    output.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{output.stem[:40]}."
    for folder in output.parent.glob(f"{glob.escape(prefix)}*.tmp"):
        # A run that is still alive holds the lock of its folder.
        with suppress(filelock.Timeout, OSError), filelock.FileLock(folder / _LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=".tmp", dir=output.parent))
    try:
        with filelock.FileLock(folder / _LOCK, timeout=0):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class ShuffledExamples:
    """Examples in one draft file, to be written in the order of their keys.

    Only the position and the key of each example stay in memory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._draft = (folder / "draft").open("w+b")
        self._starts = array("Q", [0])
        self.orders = array("Q")

    def close(self) -> None:
        """Close the draft file."""
        with suppress(OSError):  # a full disk: closing writes what is still in the buffer
            self._draft.close()

    def add(self, order: int, example: bytes, meta: bytes) -> None:
        """Keep an example and its metadata (JSON texts) under a 64-bit shuffle key."""
        line = example + _FIELD + meta + b"\n"
        self._draft.write(line)
        self._starts.append(self._starts[-1] + len(line))
        self.orders.append(order)

    def publish(self, targets: Sequence[Path], sides: Sequence[int]) -> None:
        """Write example i and its metadata to ``targets[sides[i]]``, for all i in shuffled order.

        The targets are replaced after everything has been written.
        """
        drafts = [self._folder / target.name for target in targets]
        files = [(draft.open("wb"), meta_name(draft).open("wb")) for draft in drafts]
        try:
            for index in sorted(range(len(self.orders)), key=self.orders.__getitem__):
                start, end = self._starts[index : index + 2]
                self._draft.seek(start)
                example, meta = self._draft.read(end - start).split(_FIELD)
                data_file, meta_file = files[sides[index]]
                data_file.write(example + b"\n")
                meta_file.write(meta)
        finally:
            for file in (file for pair in files for file in pair):
                file.close()
        for draft, target in zip(drafts, targets, strict=True):
            # The dataset comes last: if it exists, its metadata exists too.
            os.replace(meta_name(draft), meta_name(target))
            os.replace(draft, target)
