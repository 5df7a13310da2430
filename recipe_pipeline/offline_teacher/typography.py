"""Quotation marks as content systems set them: most real pages have curly ones, inch marks too."""

from __future__ import annotations

import re
from typing import Any

_OPENING = re.compile(r'(^|[\s(\[—–-])"', re.MULTILINE)


def typeset(text: str) -> str:
    """``text`` with curly apostrophes and quotation marks.

    What a mark becomes depends on the character before it alone, so a line set by itself equals
    the same line set within its page.
    """
    return _OPENING.sub(r"\1“", text).replace('"', "”").replace("'", "’")


def typeset_all(value: Any) -> Any:
    """`typeset` on every string of a JSON value; keys stay."""
    if isinstance(value, str):
        return typeset(value)
    if isinstance(value, list):
        return [typeset_all(item) for item in value]
    if isinstance(value, dict):
        return {key: typeset_all(item) for key, item in value.items()}
    return value
