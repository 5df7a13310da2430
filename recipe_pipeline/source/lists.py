"""Cells that are lists in the notation of a programming language: Python, JSON, R.

['1 cup oats', '2 eggs']        ["1 cup oats", "2 eggs"]        c("1 cup oats", "2 eggs")
"""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress

from recipe_pipeline.source.cells import clean_cell

_R_VECTOR = re.compile(r"(?:c|list)\((.*)\)|character\(0\)", re.DOTALL)
_R_MISSING = re.compile(r"\bNA(?:_character_)?(?=\s*(?:,|$))")
_NO_COMMA = re.compile(r"""(?<!\\)['"]\s+['"]""")  # numpy's ['a' 'b'], which Python reads as 'ab'
_LOOKS_LIKE = re.compile(r"\[\s*['\"{\[]|c\(\s*['\"]|list\(|\{\s*['\"]")


def read_list(cell: str) -> tuple[str, ...] | None:
    """The items of a cell that is a list of strings, clean and without missing ones; else None."""
    text = " ".join(cell.split())
    if vector := _R_VECTOR.fullmatch(text):
        text = f"[{_R_MISSING.sub('null', vector[1] or '')}]"
    if not (text.startswith("[") and text.endswith("]")) or _NO_COMMA.search(text):
        return None
    items = None
    for parse in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            items = parse(text)
            break
    if not isinstance(items, list) or not all(isinstance(item, str | None) for item in items):
        return None
    return tuple(text for item in items if (text := " ".join(clean_cell(item or "").split())))


def is_unreadable_list(cell: str) -> bool:
    """True for a cell that looks like a list (of objects, of lists) that `read_list` cannot read."""
    return _LOOKS_LIKE.match(cell.strip()) is not None and read_list(cell) is None
