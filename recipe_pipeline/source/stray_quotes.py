"""Quotation marks that a CSV opens and never closes: one would swallow the rest of the file.

soups,"Best" lentil soup,...       closed: a name with quotation marks
soups,"Best lentil soup,...        never closed: everything up to the next quotation mark is one cell
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

MOST = 100
"""Repairs of one file; with more stray marks its quotation is not an accident."""
END_OF_FILE = "(end of the file)"
_FEWEST_COLUMNS = 4
"""With fewer columns, the lines of a proper cell could pass for rows."""
_MANY_ROWS = 5
"""This many lines in a row with the right number of commas are rows, not text."""


def closed(lines: Sequence[str], delimiter: str, width: int) -> tuple[list[str], list[int]]:
    """The lines of a CSV without stray opening marks, and the numbers of the lines that had one.

    ``width`` is the number of columns. A mark is stray if the file ends before it is closed, if the
    lines within the quotation are rows of their own, or if the row has the right number of cells
    without it and only without it. Lines are counted from 1.
    """
    text = [*lines, END_OF_FILE + "\n"]
    stray: list[int] = []
    start = 0
    while start < len(text):
        repaired = None
        for start, cells, size in _records(text, start, delimiter):  # noqa: B020
            repaired = _repaired(text[start : start + size], cells, delimiter, width)
            if repaired is not None:
                break
        if repaired is None or len(stray) >= MOST:
            break
        text[start] = repaired
        stray.append(start + 1)
    return text[:-1], sorted(set(stray))


def _records(
    lines: Sequence[str], start: int, delimiter: str
) -> Iterator[tuple[int, list[str], int]]:
    """First line, cells and number of lines of each record from line ``start`` (from 0) on."""
    reader = csv.reader((lines[i] for i in range(start, len(lines))), delimiter=delimiter)
    before = 0
    for cells in reader:
        yield start + before, cells, reader.line_num - before
        before = reader.line_num


def _repaired(lines: list[str], cells: list[str], delimiter: str, width: int) -> str | None:
    """The first of a record's ``lines`` without its stray mark, None if there is none."""
    if len(lines) == 1:
        # A later quotation of the same line may have closed it, and taken cells with it.
        wrong = len(cells) != width and '"' in lines[0]
        return _without_stray(lines[0], delimiter, width) if wrong else None
    if not _is_swallowed(lines, cells, delimiter, width):
        return None
    repaired = _without_stray(lines[0], delimiter, width)
    return lines[0].replace('"', "") if repaired is None else repaired


def _is_swallowed(lines: Sequence[str], cells: list[str], delimiter: str, width: int) -> bool:
    """True if a record of several ``lines`` holds other records."""
    if lines[-1].startswith(END_OF_FILE):
        return True
    if width < _FEWEST_COLUMNS:
        return False
    others = [line for line in lines[1:] if line.strip()]
    rows = sum(len(row) == width for row in _rows(others, delimiter))
    if len(cells) == width:
        return rows == len(others) >= _MANY_ROWS
    return 2 * rows >= len(others) > 0


def _without_stray(line: str, delimiter: str, width: int) -> str | None:
    """``line`` without the opening mark that leaves it the right number of cells, if there is one."""
    marks = [m.end() - 1 for m in re.finditer(rf'(?:^|{re.escape(delimiter)})\s*"', line)]
    candidates = [line[:mark] + line[mark + 1 :] for mark in reversed(marks)]
    rows = zip(candidates, _rows(candidates, delimiter), strict=True)
    return next((candidate for candidate, row in rows if len(row) == width), None)


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each line alone."""
    for line in lines:
        yield next(csv.reader([line], delimiter=delimiter), [])
