"""Curly quotation marks, as content systems set them on most pages (even for inches)."""

from __future__ import annotations

import re
from typing import Any

# A mark closes after a letter, a digit or the end of a sentence; anywhere else it opens.
_OPENING = re.compile(r"""(?<![\w.,;:!?)\]'’”"°%…])\"""")


def typeset(text: str) -> str:
    """``text`` with curly apostrophes and quotation marks.

    What a mark becomes depends on the character before it alone, so a line set by itself equals
    the same line set within its page, unless it begins with a mark and is glued to a letter.
    """
    return _OPENING.sub("“", text).replace('"', "”").replace("'", "’")


def typeset_all(value: Any) -> Any:
    """`typeset` applied to every string of a JSON value except keys."""
    if isinstance(value, str):
        return typeset(value)
    if isinstance(value, list):
        return [typeset_all(item) for item in value]
    if isinstance(value, dict):
        return {key: typeset_all(item) for key, item in value.items()}
    return value
