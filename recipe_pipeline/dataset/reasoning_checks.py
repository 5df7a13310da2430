"""Is a reasoning trace worth training on? Finds empty, truncated and looping ones."""

from __future__ import annotations

import zlib
from collections import Counter

LOOP_RATIO = 6.0
"""Text that compresses to less than a sixth of its size repeats itself; English prose of a few
hundred words compresses to about half."""
LOOP_FROM = 600  # characters; the ratio of shorter texts means nothing
SAME_LINE = 5


def reasoning_problem(reasoning: str, finish_reason: str | None = None) -> str | None:
    """``"empty"``, ``"looping"``, ``"truncated"`` or None for a trace that looks complete.

    ``finish_reason``: as reported by the server ("length": cut off).
    """
    text = reasoning.strip()
    if not text:
        return "empty"
    if _loops(text):
        return "looping"
    if finish_reason == "length":
        return "truncated"
    # Short notes and list items often end without a full stop; a long trace that does was cut off.
    is_list_item = text.rsplit("\n", 1)[-1].lstrip().startswith(("-", "*", "•"))
    ends_midway = text[-1].isalnum() or text[-1] in ",-("
    return "truncated" if len(text) > 200 and ends_midway and not is_list_item else None


def _loops(text: str) -> bool:
    lines = Counter(line.strip() for line in text.splitlines() if len(line.strip()) > 20)
    if lines and lines.most_common(1)[0][1] >= SAME_LINE:
        return True
    data = text.encode("utf-8", "replace")
    return len(text) >= LOOP_FROM and len(data) / len(zlib.compress(data)) > LOOP_RATIO
