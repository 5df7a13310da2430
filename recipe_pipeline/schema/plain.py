"""Text out of JSON values: what the readers of single properties share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Complain = Callable[[str], None]
"""Takes a sentence fragment about a value that cannot be read."""

LIST_KEYS = (
    "itemListElement",
    "@list",
    "@set",
    "steps",
    "step",
    "instructions",
    "items",
    "directions",
)
"""Properties that hold the members of a list, under schema.org's names and under others."""

_PLACEHOLDERS = frozenset(
    (
        *("n/a", "na", "none", "null", "nan", "unknown", "unspecified", "-", "–", "—", "?", "tbd"),
        *(f"not {word}" for word in ("specified", "stated", "mentioned", "provided", "given")),
    )
)
_MARKER = re.compile(r"^\s*(?:[-*•◦▪·‣–—□☐▢✓✔]+\s+|[•◦▪‣□☐▢✓✔]+)")


def clean_text(text: str) -> str:
    """``text`` on one line, with single spaces."""
    return " ".join(text.split())


def is_placeholder(text: str) -> bool:
    """Whether ``text`` only says that there is no value ("n/a")."""
    return text.lower() in _PLACEHOLDERS


def without_marker(line: str) -> str:
    """``line`` without a list marker or checkbox at its start."""
    return _MARKER.sub("", line)


def read_text(value: Any, complain: Complain) -> str | None:
    """A single text; lists of texts are joined by ", "."""
    if isinstance(value, str):
        text = clean_text(value)
        return None if is_placeholder(text) else text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    if isinstance(value, list):
        texts = [read_text(item, complain) for item in value]
        return ", ".join(dict.fromkeys(text for text in texts if text)) or None
    if isinstance(value, dict):
        for key in ("name", "@value", "text", "value"):
            if isinstance(value.get(key), str):
                return read_text(value[key], complain)
    complain(f"expected text, found {kind_of(value)}")
    return None


def number_text(value: int | float) -> str:
    """The number as a person writes it: 250, 0.5."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def kind_of(value: Any) -> str:
    """What ``value`` is, in words for a complaint."""
    names = {dict: "an object", list: "a list", bool: "true/false", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else type(value).__name__)
