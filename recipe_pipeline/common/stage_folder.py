"""The output folder of a stage: where its files are, what is done, who may write to it.

Layout: ``<stem><suffix>`` in the folder itself; rows from 50,000 on are in subfolders of 10,000 rows
(``120000-129999/123456-apple-pie.txt``), because many file systems and all file managers slow down
with more. The path of a file depends on its stem alone, so no index is needed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.jsonl import JsonlStore
from recipe_pipeline.common.storage import TEMPORARY_SUFFIX

FLAT_ROWS = 50_000
SHARD_ROWS = 10_000
POST_SUFFIX = ".txt"
META_SUFFIX = ".meta.json"
RECIPE_SUFFIX = ".json"
FAILURES_NAME = "failures.jsonl"
LOCK_NAME = ".lock"

_ROW = re.compile(r"(\d{5,})-")
_SHARD = re.compile(r"\d{5,}-\d{5,}")


def stage_path(folder: Path, stem: str, suffix: str) -> Path:
    """Path of a stage file; stems without a row number (hand-made files) have no subfolder."""
    return folder / (shard_of(stem) + stem + suffix)


def shard_of(stem: str) -> str:
    """Subfolder of a stem, with a slash at the end; "" for none."""
    match = _ROW.match(stem)
    row = int(match[1]) if match else 0
    if row < FLAT_ROWS:
        return ""
    first = row - row % SHARD_ROWS
    return f"{first:05d}-{first + SHARD_ROWS - 1:05d}/"


def iter_stage_files(folder: Path, suffix: str) -> Iterator[tuple[str, str]]:
    """``(stem, path)`` of every file with ``suffix``, folder by folder, unsorted.

    Hidden files and, if ``suffix`` is ``.json``, the ``.meta.json`` sidecars are left out. One
    directory listing per folder and no stat per file: 100,000 files take a tenth of a second.
    Raises PipelineError if the folder does not exist.
    """
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        raise PipelineError(
            f"folder {folder} does not exist; run the previous stage first"
        ) from None
    except NotADirectoryError:
        raise PipelineError(f"{folder} is a file: name the folder of such files") from None
    cut = -len(suffix)
    with entries:
        for entry in entries:
            name = entry.name
            if name.endswith(suffix):
                if name[0] != "." and not (suffix == RECIPE_SUFFIX and name.endswith(META_SUFFIX)):
                    yield name[:cut], entry.path
            elif _SHARD.fullmatch(name) and entry.is_dir():
                yield from iter_stage_files(Path(entry.path), suffix)


def existing_path(folder: Path, stem: str, suffix: str) -> str:
    """Path of a stage file, which a person may have put outside its subfolder.

    A string, because building Path objects would take a tenth of 04's time.
    """
    shard = shard_of(stem)
    path = f"{folder}/{shard}{stem}{suffix}"
    return path if not shard or os.path.exists(path) else f"{folder}/{stem}{suffix}"


def list_stage(folder: Path, suffix: str) -> list[str]:
    """Stems of the files of a stage folder, in row order (100000-x comes after 99999-x)."""
    stems = {stem for stem, _ in iter_stage_files(folder, suffix)}
    return sorted(stems, key=lambda stem: (_row_digits(stem), stem))


def _row_digits(stem: str) -> int:
    match = _ROW.match(stem)
    return len(match[1]) if match else 0


def done_stems(folder: Path, suffix: str) -> set[str]:
    """Stems that have an output; none if the folder does not exist."""
    if not folder.exists():
        return set()
    return {stem for stem, _ in iter_stage_files(folder, suffix)}


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """A whole file. Unbuffered: the buffer costs as much as reading a small file."""
    with open(path, "rb", buffering=0) as file:
        return file.read()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create the folder and lock it for one run; raises PipelineError if another run has it.

    A new folder that stays empty is removed again.

    The operating system drops the lock when a process dies, however it dies, so no stale lock is
    left. Temporary files in the folder are leftovers of a killed run and are removed.
    """
    import filelock

    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK_NAME)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise PipelineError(
            f"another run is writing to {folder}; wait for it, stop it, or choose another "
            "output folder"
        ) from None
    except FileExistsError:
        raise PipelineError(f"{folder} is a file; choose another output folder") from None
    except OSError as error:
        raise PipelineError(
            f"cannot write to {folder} ({error.strerror or error}): choose another output folder"
        ) from None
    try:
        remove_remains(folder)
        yield
    finally:
        if is_new and os.listdir(folder) == [LOCK_NAME]:  # after an error such as a missing input
            with suppress(OSError):
                os.unlink(folder / LOCK_NAME)
                folder.rmdir()
        lock.release()


class FailureLog:
    """``failures.jsonl``: one row per failed item, written the moment it fails."""

    def __init__(self, folder: Path) -> None:
        self._store = JsonlStore(folder / FAILURES_NAME, "id")
        self.path = self._store.path
        self._failed: set[str] = set()

    def add(self, stem: str, reason: str, detail: str, **extra: Any) -> None:
        """``reason`` is a slug; ``extra`` holds what helps to find the cause (the raw reply)."""
        self._store.append({"id": stem, "reason": reason, "detail": detail, **extra})
        self._failed.add(stem)

    def settle(self, is_open: Callable[[str], bool]) -> None:
        """Keep the last row of every item that failed in this run (its output may be an older one)
        or that ``is_open``, still to be done; remove an empty log."""
        self._store.compact(lambda row: row["id"] in self._failed or is_open(row["id"]))


def remove_remains(folder: Path) -> None:
    """Remove what an interrupted `storage.write_atomic` left; only for the holder of the lock."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] == "." and entry.name.endswith(TEMPORARY_SUFFIX):
                with suppress(OSError):
                    os.unlink(entry.path)
            elif _SHARD.fullmatch(entry.name) and entry.is_dir():
                remove_remains(Path(entry.path))
