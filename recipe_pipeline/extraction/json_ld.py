"""The JSON-LD of a page, also where its scripts are not quite JSON.

The content of script tags is parsed as JSON within limits and used for nothing else.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from typing import Any

from recipe_pipeline.llm.replies import without_lone_surrogates

MAX_SCRIPTS = 50
MAX_SCRIPT_CHARACTERS = 2_000_000
MAX_MENDED_CHARACTERS = 200_000
"""Of one page; mending takes a hundred times as long as parsing."""

_LEAST_KEPT = 0.97
"""Share of a broken script's letters and digits that must be left after mending."""
_DEEPEST = 100  # brackets; json-repair takes seconds for a thousand

# The first bracket behind CDATA marks, a comment mark, a warning of the server or "var recipe =".
_START = re.compile(r"(?<!<!)(?<!CDATA)[{\[]")
_LONGEST_START = 500
# Semicolons, brackets too many, and the ends of the marks.
_BETWEEN = re.compile(r"[^\w\"{\[]*")
_END = " \t\r\n\u200b;/*->"
# A quote inside a string: nothing of JSON's structure stands before or behind it.
_INNER_QUOTE = re.compile(r"(?<=[^\s{\[,:\\])\"(?=\s*[^\s,:}\]])|(?<=[\w.;] )\"(?=\w)")
# The end of a string and the begin of the next key, as text.
_SWALLOWED = re.compile(r"""\\"[\s}\]]*,\s*\\"[\w@]+\\"\s*:|\\"\s*}\s*\]""")
# Real pages often have line breaks inside strings, which strict JSON forbids.
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda name: None)


def json_ld(tree: Any) -> tuple[list[Any], int]:
    """The values of the page's JSON-LD scripts, and how many scripts about a recipe are unreadable."""
    values: list[Any] = []
    unreadable, room = 0, MAX_MENDED_CHARACTERS
    scripts = [s for s in tree.iter("script") if "ld+json" in (s.get("type") or "").lower()]
    for script in scripts[:MAX_SCRIPTS]:
        text = (script.text or "").strip()
        value = None
        if len(text) <= MAX_SCRIPT_CHARACTERS:
            value = _parsed(text)
            if value is None and "Recipe" in text and len(text) <= room:
                room -= len(text)
                value = _mended(text)
        if value is not None:
            values.append(without_lone_surrogates(value, text))
        elif "Recipe" in text:
            unreadable += 1
    return values, unreadable


def _parsed(text: str) -> Any:
    """The value of JSON, or of what is JSON but for what stands around it; else None."""
    for whole in dict.fromkeys((text, html.unescape(text))):
        try:
            return _values(whole)
        except (ValueError, RecursionError):
            pass
    return None


def _values(text: str) -> Any:
    """One or more values one after another. Raises ValueError for anything else between them."""
    start = _START.search(text, 0, _LONGEST_START)
    values, position = [], start.start() if start else len(text)
    while position < len(text) and len(values) < MAX_SCRIPTS:
        value, position = _DECODER.raw_decode(text, position)
        values.append(value)
        position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]
    return values if len(values) > 1 else values[0] if values else None


def _mended(text: str) -> Any:
    """What ``json-repair`` makes of a broken script; None if something would be lost.

    A script that breaks off is not mended: its recipe would be one without its end.
    """
    start = _START.search(text, 0, _LONGEST_START)
    text = text[start.start() :].rstrip(_END) if start else ""
    if not text.endswith(("}", "]")) or _depth(text) > _DEEPEST:
        return None
    try:
        return _values(_INNER_QUOTE.sub(r"\\\g<0>", text))
    except (ValueError, RecursionError):
        pass
    import json_repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict | list) or not value:
        return None
    written = json.dumps(value, ensure_ascii=False)
    if _SWALLOWED.search(written):
        return None
    return value if _letters(written) >= _LEAST_KEPT * _letters(_plain(text)) else None


def _plain(text: str) -> str:
    """``text`` without comments and escapes, which are not part of the data."""
    text = re.sub(r"/\*.{0,1000}?\*/|(?:^|(?<=[\s,{\[]))//[^\n]*", "", text, flags=re.DOTALL)
    return re.sub(r"\\(?:u[0-9a-fA-F]{4}|.)", "", text)


def _depth(text: str) -> int:
    """How deep the brackets of ``text`` are nested at most, those in strings included."""
    steps = (1 if bracket in "{[" else -1 for bracket in re.findall(r"[{}\[\]]", text))
    return max(itertools.accumulate(steps), default=0)


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)
