"""An append-only file of JSON rows that a killed run can continue: failures, answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from recipe_pipeline.common.storage import write_atomic

Row = dict[str, Any]
Key = tuple[Any, ...]


class JsonlStore:
    """JSON objects, one per line; of several rows with the same key the last one counts.

    ``key`` names the fields that identify a row. The file appears with the first row. Lines that
    cannot be read (a killed run leaves the last one torn) are skipped.
    """

    def __init__(self, path: Path, *key: str) -> None:
        self.path = path
        self._key = key

    def append(self, row: Row) -> None:
        """Add a row; it is in the file when this returns. Raises OSError."""
        line = _encode(row)
        with open(self.path, "a+b") as file:
            # The next row must not be glued to a torn line.
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    line = b"\n" + line
            file.write(line)

    def rows(self) -> Iterator[Row]:
        """Every readable row in file order; none if there is no file."""
        with suppress(FileNotFoundError), open(self.path, "rb") as file:
            for line in file:
                with suppress(ValueError, RecursionError):
                    row = json.loads(line)
                    if isinstance(row, dict):
                        yield row

    def latest(self) -> dict[Key, Row]:
        """The last row of each key, in the order of the keys' last rows; rows without key fields
        are left out."""
        found: dict[Key, Row] = {}
        for row in self.rows():
            if all(name in row for name in self._key):
                key = tuple(row[name] for name in self._key)
                found.pop(key, None)
                found[key] = row
        return found

    def rewrite(self, rows: Iterable[Row]) -> None:
        """Replace the whole content atomically; no rows remove the file."""
        content = b"".join(map(_encode, rows))
        if content:
            write_atomic(self.path, content)
        else:
            self.path.unlink(missing_ok=True)

    def compact(self, keep: Callable[[Row], bool] = lambda row: True) -> None:
        """Drop outdated and unreadable lines, and the rows that ``keep`` refuses."""
        if self.path.exists():
            self.rewrite(row for row in self.latest().values() if keep(row))


def _encode(row: Row) -> bytes:
    text = json.dumps(row, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace") + b"\n"
