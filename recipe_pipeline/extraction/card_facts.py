"""The facts of a recipe's card, a line each: "Prep Time" above "20 mins" becomes "Prep Time: 20 mins"."""

from __future__ import annotations

import re

from recipe_pipeline.extraction.recipe_lines import LABEL, VALUE

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
        facts, length = _facts_at(lines, kinds, position)
        joined += [(text, position) for text in facts or lines[position : position + 1]]
        position += length or 1
    return joined


def _kind(line: str) -> str:
    if len(line) < 40 and LABEL.match(line):
        return _LABEL
    return _VALUE if len(line) < 50 and VALUE.match(line) else _OTHER


def _facts_at(lines: list[str], kinds: list[str], start: int) -> tuple[list[str], int]:
    """The facts that begin with line ``start`` and the number of lines that they take up."""
    if kinds[start] == _LABEL:
        labels = _run(lines, kinds, start, _LABEL)
        count = len(labels)
        values = _run(lines, kinds, labels[-1] + 1, _VALUE, limit=count)
        if len(values) == count:
            facts = [_pair(lines[i], lines[j]) for i, j in zip(labels, values, strict=True)]
            end = values[-1] + 1
            if count == 1 and end < len(lines) and _continues(facts[0], lines[end]):
                # "20" and "mins" in lines of their own
                facts = [f"{facts[0]} {lines[end].strip(_EDGE)}"]
                end += 1
            return facts, end - start
        return [], 0
    if kinds[start] == _VALUE:
        run, position = [start], start + 1
        while (
            position < len(lines)
            and len(run) <= 2 * _MOST_FACTS
            and kinds[position] not in (_OTHER, kinds[run[-1]])
        ):
            run.append(position)
            position += 1
        if len(run) % 2 == 0 and (position >= len(lines) or kinds[position] == _OTHER):
            facts = [_pair(lines[j], lines[i]) for i, j in zip(run[::2], run[1::2], strict=True)]
            return facts, run[-1] + 1 - start
    return [], 0


def _continues(fact: str, line: str) -> bool:
    return fact[-1].isdigit() and bool(_UNIT.match(line))


def _run(
    lines: list[str], kinds: list[str], start: int, kind: str, limit: int = _MOST_FACTS
) -> list[int]:
    """The positions of up to ``limit`` lines of ``kind`` from ``start``."""
    found: list[int] = []
    position = start
    while position < len(lines) and kinds[position] == kind and len(found) < limit:
        found.append(position)
        position = position + 1
    return found


def _pair(label: str, value: str) -> str:
    return f"{label.strip(_EDGE)}: {value.strip(_EDGE)}"
