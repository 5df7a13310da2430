"""The facts of a recipe's card, a line each: "Prep Time" above "20 mins" becomes "Prep Time: 20 mins"."""

from __future__ import annotations

import itertools
import re

from recipe_pipeline.extraction.recipe_lines import is_label, is_method_heading, is_value
from recipe_pipeline.text.durations import parse_seconds

_EDGE = " \t:|•·-–—"
_UNIT = re.compile(r"^\W*(?:hours?|hrs?|minutes?|mins?|days?|servings?|people|portions?)\W*$", re.I)
_MOST_FACTS = 8
_LABEL, _VALUE, _OTHER = "label", "value", ""


def join_facts(lines: list[str]) -> list[tuple[str, int]]:
    """``lines`` with the labels of times and yields beside their values, each with its old position.

    A label stands before its value, behind it, or several labels before as many values.
    """
    kinds = [_kind(line) for line in lines]
    joined: list[tuple[str, int]] = []
    position = 0
    while position < len(lines):
        texts, end = _facts_at(lines, kinds, position)
        joined += [(text, position) for text in texts]
        position = end
    return joined


def _kind(line: str) -> str:
    if len(line) < 40 and is_label(line):
        return _LABEL
    return _VALUE if len(line) < 50 and is_value(line) else _OTHER


def _facts_at(lines: list[str], kinds: list[str], start: int) -> tuple[list[str], int]:
    """The facts that begin with line ``start``, or else that line, and where the next ones begin."""
    near = kinds[start : start + _MOST_FACTS]
    count = len(list(itertools.takewhile(_LABEL.__eq__, near)))
    middle, end = start + count, start + 2 * count
    labels, values = lines[start:middle], lines[middle:end]
    if count and kinds[middle:end] == [_VALUE] * count and _belong(labels[-1], values[-1]):
        facts = [_pair(label, value) for label, value in zip(labels, values, strict=True)]
        if count == 1 and facts[0][-1].isdigit() and end < len(lines) and _UNIT.match(lines[end]):
            return [f"{facts[0]} {lines[end].strip(_EDGE)}"], end + 1
        return facts, end
    if kinds[start] == _VALUE:
        end = start + 1
        while (
            end < len(lines)
            and end - start <= 2 * _MOST_FACTS
            and kinds[end] not in (_OTHER, kinds[end - 1])
        ):
            end += 1
        is_even = (end - start) % 2 == 0 and (end == len(lines) or kinds[end] == _OTHER)
        if is_even and _belong(lines[end - 1], lines[end - 2]):
            return [_pair(lines[i + 1], lines[i]) for i in range(start, end, 2)], end
    return [lines[start]], start + 1


def _belong(label: str, value: str) -> bool:
    """Whether the ``value`` may be the label's: beside a heading of the method it has to be a time."""
    value = value.strip(_EDGE)
    return not is_method_heading(label) or bool(not value.isdigit() and parse_seconds(value))


def _pair(label: str, value: str) -> str:
    return f"{label.strip(_EDGE)}: {value.strip(_EDGE)}"
