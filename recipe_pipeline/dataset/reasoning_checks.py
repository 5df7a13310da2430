"""Is a reasoning trace worth training on? Finds empty, truncated and looping ones."""

from __future__ import annotations

import zlib
from collections import Counter

LOOP_RATIO = 6.0
"""Text that deflates to less than a sixth of its size repeats itself: English prose of a few hundred
words deflates to about half."""
LOOP_FROM = 600  # characters; shorter texts say nothing by their ratio
SAME_LINE = 5


def reasoning_problem(reasoning: str, finish_reason: str | None = None) -> str | None:
    """``"empty"``, ``"looping"``, ``"truncated"`` or None for a trace that looks whole.

    ``finish_reason``: what the server said ("length" means cut off).
    """
    text = reasoning.strip()
    if not text:
        return "empty"
    if _loops(text):
        return "looping"
    if finish_reason == "length" or (len(text) > 200 and (text[-1].isalnum() or text[-1] in ",-(")):
        # Short notes often end without a full stop; a long trace that does was cut off.
        last = text.rsplit("\n", 1)[-1]
        if finish_reason == "length" or not last.lstrip().startswith(("-", "*", "•")):
            return "truncated"
    return None


def _loops(text: str) -> bool:
    lines = Counter(line.strip() for line in text.splitlines() if len(line.strip()) > 20)
    if lines and lines.most_common(1)[0][1] >= SAME_LINE:
        return True
    data = text.encode("utf-8", "replace")
    return len(text) >= LOOP_FROM and len(data) / len(zlib.compress(data)) > LOOP_RATIO
