"""Cells that are lists in the notation of a programming language: Python, JSON, R.

['1 cup oats', '2 eggs']        ["1 cup oats", "2 eggs"]        c("1 cup oats", "2 eggs")
"""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress

from recipe_pipeline.source.cells import clean_cell

_EMPTY = ("[]", "c()", "list()", "character(0)")
_STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_MISSING = r"(?:NA_character_|NA|NULL|None|null|nan)"
_ITEM = re.compile(rf"\s*({_STRING}|{_MISSING})\s*(,|$)", re.DOTALL)
_BRACKETS = re.compile(r"\s*(?:\[(.*)\]|(?:c|list)\((.*)\)|character\((0?)\))\s*", re.DOTALL)
_LOOKS_LIKE = re.compile(r"\s*(?:\[\s*['\"{\[]|c\(\s*['\"]|list\(|\{\s*['\"])")


def read_list(cell: str) -> tuple[str, ...] | None:
    """The items of a cell that is a list of strings, clean and without missing ones; else None."""
    match = _BRACKETS.fullmatch(cell)
    if match is None:
        return None
    inner = match[1] if match[1] is not None else match[2] or ""
    items: list[str] = []
    position = 0
    while inner[position:].strip():
        item = _ITEM.match(inner, position)
        if item is None:
            return None
        items.append(_unquoted(item[1]))
        position = item.end()
    if not items and cell.strip() not in _EMPTY:
        return None
    return tuple(text for text in (" ".join(clean_cell(item).split()) for item in items) if text)


def is_unreadable_list(cell: str) -> bool:
    """True for a cell that looks like a list (of objects, of lists) that `read_list` cannot read."""
    return _LOOKS_LIKE.match(cell) is not None and read_list(cell) is None


def _unquoted(item: str) -> str:
    """The value of a string literal; "" for a missing value."""
    if item[0] not in "'\"":
        return ""
    if item[0] == '"':
        with suppress(ValueError):
            return str(json.loads(item, strict=False))
    # Line breaks may stand in a cell as they are, but not in a literal of Python.
    literal = item.replace("\r", "").replace("\n", "\\n")
    with suppress(ValueError, SyntaxError):
        return str(ast.literal_eval(literal))
    return item[1:-1]
