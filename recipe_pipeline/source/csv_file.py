"""Read a recipe CSV of unknown origin with pandas: encoding, separator, columns, clean cells."""

from __future__ import annotations

import codecs
import csv
import functools
import io
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source.cells import clean_cell, clean_text
from recipe_pipeline.source.stray_quotes import closed

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

    Column names are lower case. The index counts data rows from 0; blank rows are not counted. A
    missing value, or a wanted column that the file lacks, is "".

    Raises PipelineError when the file is absent, unreadable, empty, or lacks a ``required`` column.
    """
    import pandas as pd

    try:
        encoding = _encoding_of(path)
        delimiter, columns = _read_header(_reader(path, encoding))
        _require(path, columns, required)
        table, stray = _read_table(path, encoding, delimiter, len(columns))
    except FileNotFoundError:
        raise PipelineError(
            f"recipe file {path} does not exist: run 'python 01_download_dataset.py' or name"
            " another CSV (sample_data/recipes.csv comes with the project)"
        ) from None
    except pd.errors.EmptyDataError:
        raise PipelineError(f"recipe file {path} is empty: it needs a header and rows") from None
    except (OSError, UnicodeError, pd.errors.ParserError) as error:
        reason = " ".join(str(error).split())
        if "EOF inside string" in reason:
            reason += " (quotes that are never closed): get a complete copy, or fix that row"
        raise PipelineError(f"cannot read recipe file {path}: {reason}") from error
    cells = {
        name: table[columns.index(name)].map(clean_cell) if name in columns else ""
        for name in wanted
    }
    result = pd.DataFrame({**cells, WRONG_WIDTH: table[WRONG_WIDTH]}, index=table.index)
    result.attrs[STRAY_QUOTES] = stray
    return result


def _read_table(
    path: Path, encoding: str, delimiter: str, width: int
) -> tuple[pd.DataFrame, list[int]]:
    """The rows with columns numbered from 0 and `WRONG_WIDTH`, and lines with a stray quote."""
    import pandas as pd

    read = functools.partial(_reader(path, encoding), sep=delimiter)
    try:
        table = _read_rows(read, width)
        wrong = _wrong_width(table, lambda: _lines(path, encoding), delimiter, width)
        has_breaks = any(table[name].str.contains("\n", regex=False).any() for name in table)
        if not wrong.any() and not has_breaks:
            return table.assign(**{WRONG_WIDTH: wrong}), []
    except pd.errors.ParserError as error:
        if "EOF inside string" not in str(error):
            raise
    lines, stray = closed(_lines(path, encoding), delimiter, width)
    if stray:
        source = io.StringIO("".join(lines), newline="")
        table = _read_rows(functools.partial(_reader(source), sep=delimiter), width)
        wrong = _wrong_width(table, lambda: lines, delimiter, width)
    return table.assign(**{WRONG_WIDTH: wrong}), stray


def _wrong_width(
    table: pd.DataFrame, lines: Callable[[], list[str]], delimiter: str, width: int
) -> pd.Series:
    """For each row, whether it has more or fewer cells than the header."""
    import pandas as pd

    wrong = table[width] != "" if width in table else pd.Series(False, table.index)
    if (table[width - 1] == "").any():
        wrong = wrong | pd.Series(_short_rows(lines(), delimiter, width), table.index, dtype=bool)
    return wrong


def _lines(path: Path, encoding: str) -> list[str]:
    with path.open(encoding=encoding, newline="") as file:
        return list(file)


def _reader(source: Path | TextIO, encoding: str | None = None) -> Callable[..., pd.DataFrame]:
    """``pandas.read_csv`` for ``source``, with every cell as a string."""
    import pandas as pd

    # low_memory=False: the whole file is tokenised before the width of its rows is judged.
    options = {"dtype": str, "na_filter": False, "low_memory": False}

    def read(**more: Any) -> pd.DataFrame:
        if not isinstance(source, Path):
            source.seek(0)
        return pd.read_csv(source, encoding=encoding, **options, **more)

    return read


def _encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 when the bytes of ``path`` say so, otherwise Windows-1252.

    The codec for Windows-1252 is ftfy's: as in browsers, its five undefined bytes become control
    characters, so that decoding cannot fail and mojibake can still be repaired.
    """
    with path.open("rb") as file:
        start = file.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        if b"\0" in start:  # UTF-16 without a byte order mark
            return "utf-16-be" if start.startswith(b"\0") else "utf-16-le"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            import ftfy.bad_codecs  # noqa: F401, registers the codec

            return "sloppy-windows-1252"
    return "utf-8-sig"


def _read_header(read: Callable[..., pd.DataFrame]) -> tuple[str, list[str]]:
    """The separator that finds the most known columns (comma when none does), and the columns."""
    headers = {}
    for delimiter in ",;\t":
        cells = read(sep=delimiter, header=None, nrows=1).iloc[0]
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


def _read_rows(read: Callable[..., pd.DataFrame], width: int) -> pd.DataFrame:
    """All rows that are not blank, with columns numbered from 0.

    A row with more than ``width`` cells shows as text in column ``width``, which exists only when
    there is such a row; a row with fewer cells is filled up. White space alone is not a blank row.
    """
    import pandas as pd

    try:
        wider = range(width + 1)
        table = read(names=wider, usecols=wider, skip_blank_lines=False)
    except pd.errors.ParserError:  # no row is that wide, or an error that is raised again here
        table = read(names=range(width), skip_blank_lines=False)
    return table[(table != "").any(axis=1)][1:].reset_index(drop=True)


def _short_rows(lines: list[str], delimiter: str, width: int) -> list[bool]:
    """For each row of `_read_rows`, whether it has fewer cells than the header.

    pandas fills such a row up, and the first half of a recipe that was cut in two would pass for a
    recipe with empty last columns.
    """
    csv.field_size_limit(2**31 - 1)
    rows = csv.reader(lines, delimiter=delimiter)
    return [len(cells) < width for cells in rows if any(cells[: width + 1])][1:]
