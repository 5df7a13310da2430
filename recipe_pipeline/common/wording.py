"""Wording of messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """``1 request``, ``2,400 requests``, ``2 retries``."""
    if number != 1:
        noun = f"{noun.removesuffix('y')}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{number:,} {noun}"
