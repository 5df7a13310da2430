"""Where each recipe of a CSV stands, so that a resumed run need not read what is done.

The index lies in the output folder as ``.recipes.index``: a JSON line about the CSV, then
``<byte offset>\\t<stem>`` for each recipe in order. It is built in the pass that finds repeats and
is read as a stream: with 100,000 recipes of which 99,000 are done, the first request goes out in
well under a second, where parsing the CSV again takes ten. It is only ever a copy of what the CSV
says: when size or time of the CSV differ, it is made anew.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
from collections.abc import Container, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import recipe_stem, write_atomic
from recipe_pipeline.source.csv_file import SourceCsv
from recipe_pipeline.source.recipes import (
    REQUIRED_COLUMNS,
    ReadReport,
    Repeat,
    RepeatFinder,
    SourceRecipe,
    content_key,
    iter_recipes,
    recipe_from_row,
    recipe_name,
)

INDEX_NAME = ".recipes.index"
FORMAT = 1


class RecipeIndex:
    """The recipes of ``path`` in order, with random access. ``report`` counts its rows."""

    def __init__(self, path: Path, source: SourceCsv, head: dict[str, Any], file: Path) -> None:
        self.path = path
        self.report = ReadReport(**head["report"])
        self._source = source
        self._index = file
        self._repeats = {
            bytes.fromhex(key): Repeat(groups, rating)
            for key, (groups, rating) in head["repeats"].items()
        }

    def recipes(
        self, skip: int, stop: int | None, done: Container[str]
    ) -> Iterator[SourceRecipe | None]:
        """Recipes ``skip`` to ``stop``; None in place of each whose stem is in ``done``."""
        with open(self._index, encoding="utf-8") as index, open(self.path, "rb") as table:
            index.readline()
            for position, line in enumerate(index):
                if position < skip:
                    continue
                if stop is not None and position >= stop:
                    return
                offset, _, stem = line.rstrip("\n").partition("\t")
                yield None if stem in done else self._read(table, int(offset), stem)

    def _read(self, table: BinaryIO, offset: int, stem: str) -> SourceRecipe:
        if table.tell() != offset:
            table.seek(offset)
        lines = (_decoded(line, self._source) for line in iter(table.readline, b""))
        cells = next(csv.reader(lines, delimiter=self._source.delimiter))
        row = self._source.clean_row(cells)
        if row is None:
            raise PipelineError(f"{self.path} has changed during the run; run the command again")
        number = int(stem.partition("-")[0])
        return recipe_from_row(number, row, self._repeats.get(content_key(row)))


class WholeFile:
    """The same for a CSV that cannot be read from the middle (UTF-16, old Mac line ends)."""

    def __init__(self, path: Path) -> None:
        self.report = ReadReport()
        self._recipes = iter_recipes(path, self.report)

    def recipes(
        self, skip: int, stop: int | None, done: Container[str]
    ) -> Iterator[SourceRecipe | None]:
        """See `RecipeIndex.recipes`."""
        for position, recipe in enumerate(self._recipes):
            if stop is not None and position >= stop:
                return
            if position >= skip:
                yield None if recipe.stem in done else recipe


def open_recipes(path: Path, folder: Path) -> RecipeIndex | WholeFile:
    """The recipes of the CSV ``path``, with an index in ``folder``, which is made when needed.

    Raises PipelineError as `recipes.iter_recipes` does.
    """
    file = folder / INDEX_NAME
    head = _load_head(file, path)
    if head is None:
        source = SourceCsv(path, REQUIRED_COLUMNS)
        if source.encoding == "utf-16":
            return WholeFile(path)
        try:
            head = _build(source, file)
        except csv.Error:
            return WholeFile(path)
        return RecipeIndex(path, source, head, file)
    source = SourceCsv.known(path, head["encoding"], head["delimiter"], tuple(head["columns"]))
    return RecipeIndex(path, source, head, file)


def _build(source: SourceCsv, file: Path) -> dict[str, Any]:
    """Find the recipes, write the index, return its head; raises csv.Error, PipelineError."""
    status = os.stat(source.path)
    finder = RepeatFinder(ReadReport())
    entries = bytearray()
    for offset, number, cells in _located_rows(source):
        row = source.clean_row(cells)
        if finder.is_new(row) and row is not None:
            entries += f"{offset}\t{recipe_stem(number, recipe_name(row))}\n".encode()
    report = finder.report
    if not report.recipes:
        raise PipelineError(
            f"recipe file {source.path} holds no usable recipe ({report.summary()})"
        )
    head = {
        **_identity(source.path, status),
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "columns": source.columns,
        "report": asdict(report),
        "repeats": {
            key.hex(): (repeat.groups, repeat.rating) for key, repeat in finder.repeats.items()
        },
    }
    write_atomic(file, json.dumps(head).encode() + b"\n" + entries)
    return head


def _located_rows(source: SourceCsv) -> Iterator[tuple[int, int, list[str]]]:
    """``(byte offset, data row number, cells)`` of each row that is not blank."""
    with open(source.path, "rb") as table:
        position = len(codecs.BOM_UTF8) if table.read(3) == codecs.BOM_UTF8 else 0
        table.seek(position)

        def lines() -> Iterator[str]:
            nonlocal position
            for line in iter(table.readline, b""):
                position += len(line)
                yield _decoded(line, source)

        reader = csv.reader(lines(), delimiter=source.delimiter)
        next(reader, None)
        number, offset = 0, position
        for cells in reader:
            if any(cells):
                yield offset, number, cells
                number += 1
            offset = position


def _decoded(line: bytes, source: SourceCsv) -> str:
    encoding = "utf-8" if source.encoding == "utf-8-sig" else source.encoding
    return line.decode(encoding).replace("\0", "")


def _identity(path: Path, status: os.stat_result) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "csv": str(path.resolve()),
        "size": status.st_size,
        "modified": status.st_mtime_ns,
    }


def _load_head(file: Path, path: Path) -> dict[str, Any] | None:
    """First line of an index that fits the CSV, or None."""
    try:
        identity = _identity(path, os.stat(path))
        with open(file, encoding="utf-8") as index:
            head = json.loads(index.readline())
        fits = {key: head[key] for key in identity} == identity
        return head if fits and head.keys() >= {"report", "repeats", "columns"} else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
