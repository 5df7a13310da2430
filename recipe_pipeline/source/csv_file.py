"""Read a recipe CSV of unknown origin with pandas: encoding, separator, columns, clean cells."""

from __future__ import annotations

import codecs
import functools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source.cells import clean_cell, clean_text

if TYPE_CHECKING:
    import pandas as pd

KAGGLE_COLUMNS = (
    "group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient",
)  # fmt: skip
KNOWN_COLUMNS = {*KAGGLE_COLUMNS, "directions"}
# Column of `read_csv` that is True for rows with more cells than the header.
TOO_MANY_CELLS = "(too many cells)"


def read_csv(path: Path, required: Sequence[str], wanted: Collection[str]) -> pd.DataFrame:
    """The ``wanted`` columns of ``path`` with clean text in every cell, and `TOO_MANY_CELLS`.

    Column names are lower case. The index counts data rows from 0; blank rows are not counted. A
    missing value, or a wanted column that the file lacks, is "".

    Raises PipelineError when the file is absent, unreadable, empty, or lacks a ``required`` column.
    """
    import pandas as pd

    try:
        read = _reader(path)
        delimiter, columns = _read_header(read)
        _require(path, columns, required)
        table = _read_rows(functools.partial(read, sep=delimiter), len(columns))
    except FileNotFoundError:
        raise PipelineError(
            f"recipe file {path} does not exist: run 'python 01_download_dataset.py' or name"
            " another CSV (sample_data/recipes.csv comes with the project)"
        ) from None
    except pd.errors.EmptyDataError:
        raise PipelineError(f"recipe file {path} is empty: it needs a header and rows") from None
    except (OSError, UnicodeError, pd.errors.ParserError) as error:
        reason = " ".join(str(error).split())
        raise PipelineError(f"cannot read recipe file {path}: {reason}") from error
    cells = {
        name: table[columns.index(name)].map(clean_cell) if name in columns else ""
        for name in wanted
    }
    too_many = table[len(columns)] != "" if len(columns) in table else False
    return pd.DataFrame({**cells, TOO_MANY_CELLS: too_many}, index=table.index)


def _reader(path: Path) -> Callable[..., pd.DataFrame]:
    """``pandas.read_csv`` for ``path`` in its encoding, with every cell as a string."""
    import pandas as pd

    # low_memory=False: the whole file is tokenised before the width of its rows is judged.
    options = {"dtype": str, "na_filter": False, "low_memory": False}
    return functools.partial(pd.read_csv, path, encoding=_encoding_of(path), **options)


def _encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 when the bytes of ``path`` say so, otherwise Windows-1252.

    The codec for Windows-1252 is ftfy's: as in browsers, its five undefined bytes become control
    characters, so that decoding cannot fail and mojibake can still be repaired.
    """
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
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
    there is such a row; a row with fewer cells is filled up.
    """
    import pandas as pd

    try:
        wider = range(width + 1)
        table = read(header=0, names=wider, usecols=wider)
    except pd.errors.ParserError:  # no row is that wide, or an error that is raised again here
        table = read(header=0, names=range(width))
    return table[(table != "").any(axis=1)].reset_index(drop=True)
