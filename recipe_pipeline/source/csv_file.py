"""Read a recipe CSV of unknown origin: encoding, separator, columns, clean cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recipe_pipeline.common.decoding import decode_text, is_binary
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source.cells import clean_cell, clean_text
from recipe_pipeline.source.stray_quotes import END_OF_FILE, closed

if TYPE_CHECKING:
    import pandas as pd

KAGGLE_COLUMNS = (
    "group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient",
)  # fmt: skip
KNOWN_COLUMNS = {*KAGGLE_COLUMNS, "directions"}
# Column of `read_csv` that is True for rows with more or fewer cells than the header.
WRONG_WIDTH = "(wrong width)"
# Attribute of its result: lines with a quotation mark that is never closed, which was ignored.
STRAY_QUOTES = "stray quotes"


def read_csv(path: Path, required: Sequence[str], wanted: Collection[str]) -> pd.DataFrame:
    """The ``wanted`` columns of ``path`` with clean text in every cell, and `WRONG_WIDTH`.

    Column names are lower case. The index counts data rows from 0; rows of empty cells are not
    counted. A missing value, or a wanted column that the file lacks, is "".

    Raises PipelineError when the file is absent, unreadable, empty, or lacks a ``required`` column.
    """
    import pandas as pd

    csv.field_size_limit(2**31 - 1)
    lines = _lines(path)
    delimiter, columns = _read_header(path, lines)
    _require(path, columns, required)
    width = len(columns)
    lines, stray = closed(lines, delimiter, width)
    rows = list(csv.reader([*lines, END_OF_FILE], delimiter=delimiter))
    if rows.pop() != [END_OF_FILE]:
        raise PipelineError(
            f"recipe file {path} has too many quotation marks that are never closed: get a complete"
            " copy, or fix these rows"
        )
    rows = list(filter(any, rows))[1:]

    def column(name: str) -> list[str] | str:
        if name not in columns:
            return ""
        at = columns.index(name)
        return [clean_cell(cells[at]) if at < len(cells) else "" for cells in rows]

    cells_of = {name: column(name) for name in wanted}
    table = pd.DataFrame(cells_of, index=range(len(rows)), dtype=str)
    table[WRONG_WIDTH] = [len(cells) < width or any(cells[width:]) for cells in rows]
    table.attrs[STRAY_QUOTES] = stray
    return table


def _lines(path: Path) -> list[str]:
    """The decoded lines of ``path``, with their ends. Raises PipelineError."""
    try:
        return list(io.StringIO(_decoded(path.read_bytes()), newline=""))
    except FileNotFoundError:
        raise PipelineError(
            f"recipe file {path} does not exist: run 'python 01_download_dataset.py' or name"
            " another CSV (sample_data/recipes.csv comes with the project)"
        ) from None
    except OSError as error:
        raise PipelineError(
            f"cannot read recipe file {path} ({error.strerror}): name a CSV file"
        ) from error
    except UnicodeError as error:
        raise PipelineError(
            f"cannot read recipe file {path} ({error}): save it as CSV in UTF-8"
        ) from error


def _decoded(content: bytes) -> str:
    """UTF-16 if the first bytes say so, else `decode_text`. Raises UnicodeError."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    if b"\0" in content[:2]:  # UTF-16 without a byte order mark
        return content.decode("utf-16-be" if content.startswith(b"\0") else "utf-16-le")
    if is_binary(content.replace(b"\0", b"")):  # a text may have a stray one
        raise UnicodeError("it is a binary file")
    return decode_text(content)


def _read_header(path: Path, lines: list[str]) -> tuple[str, list[str]]:
    """The separator that finds the most known columns (comma when none does), and the columns.

    Raises PipelineError for an empty file.
    """
    headers = {}
    for delimiter in ",;\t":
        cells = next(filter(any, csv.reader(lines, delimiter=delimiter)), None)
        if cells is None:
            raise PipelineError(f"recipe file {path} is empty: it needs a header and rows")
        headers[delimiter] = [clean_text(cell).casefold() for cell in cells]
    best = max(headers, key=lambda delimiter: len(KNOWN_COLUMNS.intersection(headers[delimiter])))
    return best, headers[best]


def _require(path: Path, columns: Sequence[str], required: Sequence[str]) -> None:
    missing = [column for column in required if column not in columns]
    if missing:
        raise PipelineError(
            f"recipe file {path} lacks the column{'s' if len(missing) > 1 else ''}"
            f" {', '.join(missing)} (it has: {', '.join(columns)[:300]}): rename the columns of"
            " the header line or add them"
        )
