"""JSON values in the text of an answer: alone, in code fences, among chatter, escaped."""

from __future__ import annotations

import json
import re
from typing import Any

from recipe_pipeline.llm.versions import Placed

MAX_CANDIDATES = 40
"""Objects to look for in a reply; limits the time for a reply full of braces."""

_FENCE = re.compile(r"^```[\w-]*[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r'\{(?:\s|\\[nrt])*\\+"')
_OBJECT = re.compile(r"\{|\[\s*\{")


def strict_json(text: str) -> Any:
    """The value of strict JSON (NaN and Infinity, which are not JSON, become null), else None."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def fenced_values(answer: str) -> list[Placed]:
    """The JSON of code fences, and of objects after the last one."""
    values: list[Placed] = []
    end = 0
    for fence in _FENCE.finditer(answer):
        value = strict_json(fence[1])
        if isinstance(value, dict | list):
            values.append((answer[end : fence.start()], value))
            end = fence.end()
    return values + embedded_values(answer[end:]) if values else []


def embedded_values(answer: str) -> list[Placed]:
    """Objects and arrays of objects within running text, outermost ones only."""
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    values: list[Placed] = []
    position = 0
    for _ in range(MAX_CANDIDATES):
        match = _OBJECT.search(answer, position)
        if match is None:
            break
        before = answer[position : match.start()]
        try:
            value, position = decoder.raw_decode(answer, match.start())
        except (ValueError, RecursionError):
            # An inner object of a broken outer one would turn a step into a recipe.
            break
        values.append((before, value))
    return values


def unescaped(answer: str) -> str:
    r"""The answer with ``\"`` for ``"`` read as inside a JSON string, one level deep."""
    text = answer.replace("\r", "").replace("\n", "\\n")
    text = re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', text)  # quotes that are not escaped
    value = strict_json(f'"{text}"')
    # Not a valid string: only the quotes are unescaped, so that every round shortens the text.
    return value if isinstance(value, str) else answer.replace('\\"', '"')


def is_escaped(answer: str) -> bool:
    r"""True if the object begins ``{\"``: the whole answer is escaped as if it were in a string."""
    return _ESCAPED.search(answer) is not None
