"""Put into one line what mark-up sets apart: the parts of list items and table rows, an amount and its food."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import replace

from recipe_pipeline.extraction.card_facts import join_facts
from recipe_pipeline.extraction.html_lines import Line
from recipe_pipeline.extraction.page_lists import opens_section
from recipe_pipeline.extraction.recipe_lines import is_amount, is_fact, is_imperative, is_ingredient
from recipe_pipeline.text.durations import units_once

_BULLET = re.compile(r"^(?:[▢☐□☑✓✔•·▪●○◦‣∙*–—-]\s*)+(?=\S)")
_ONLY_SIGNS = re.compile(r"^[\W_]*$")
_NUMBER = re.compile(r"^(?:step\s*)?#?(\d{1,2})\s*[.):]?$", re.IGNORECASE)
_FIGURE = re.compile(
    r"^\W*\d[\d\s./½¼¾–-]*(?:h|hrs?|hours?|m|mins?|minutes?|servings?|people)?\W*$", re.I
)
_LONGEST_ITEM = 200
_SHORTEST_STEP = 25
_LONGEST_CELL = 80


def merged(lines: list[Line]) -> Iterable[Line]:
    """``lines`` with the parts of a short list item or table row in one."""
    position = 0
    while position < len(lines):
        line, end = lines[position], position + 1
        while end < len(lines) and (
            _same_line(line, lines[end]) or _completes(lines[position:end], lines[end])
        ):
            end += 1
        parts = [part for part in (_tidy(x.text) for x in lines[position:end]) if part]
        position = end
        if parts and line.row:
            parts = _row(parts)
        elif parts and line.item:
            parts = _item(parts)
        elif parts:
            parts = [" ".join(parts)]
        for part in parts:
            yield replace(line, text=part, heading=line.heading and not line.item)


def _same_line(first: Line, other: Line) -> bool:
    return first.region == other.region and bool(
        (first.row and first.row == other.row)
        or (
            first.item
            and first.item == other.item
            and not (first.row or other.row)
            and not (other.heading and not first.heading)  # the list was never closed
        )
    )


def _completes(amount: list[Line], food: Line) -> bool:
    """Whether ``food`` is what the ``amount`` in the element before it is of."""
    last = amount[-1]
    return (
        last.region == food.region
        and not (last.heading or food.heading or last.item or last.row)
        and food.element is last.element.getnext()
        and is_amount_of(" ".join(line.text for line in amount), food.text)
    )


def is_amount_of(amount: str, food: str) -> bool:
    """Whether a line is the ``amount`` of what the next line names: not the number of a step, or of a
    heading such as "Notes"."""
    if not is_amount(amount) or is_fact(food):
        return False
    is_counted = opens_section(food) or is_imperative(food) or _is_numbered_step(food)
    has_unit = any(map(str.isalpha, amount)) or is_amount(f"{amount} {food}")
    return has_unit or not is_counted


def _item(parts: list[str]) -> list[str]:
    if len(parts) > 1 and _NUMBER.match(parts[0]) and _is_numbered_step(parts[1]):
        parts = parts[1:]
    if all(part[-1] in ".!?:)" for part in parts):
        parts = [" ".join(parts)]
    if sum(map(len, parts)) <= _LONGEST_ITEM:
        parts = [" ".join(text for text, _ in join_facts(parts))]
    return ["- " + parts[0], *parts[1:]]


def without_step_numbers(lines: list[Line]) -> Iterable[Line]:
    """``lines`` with "Step 1" or "1" above a step as an item of a list, as most pages show it."""
    numbered = False
    for line, after in itertools.zip_longest(lines, lines[1:]):
        if after and _NUMBER.match(line.text) and _is_numbered_step(after.text):
            numbered = True
            continue
        yield (
            replace(line, text=f"- {line.text.removeprefix('- ')}", heading=False)
            if numbered
            else line
        )
        numbered = False


def _is_numbered_step(text: str) -> bool:
    # Not "2" before "ripe bananas".
    return len(text) >= _SHORTEST_STEP and text[0].isupper()


def _row(parts: list[str]) -> list[str]:
    if max(map(len, parts)) > _LONGEST_CELL:
        return parts
    whole = sum(is_ingredient(part) for part in parts) > 1
    values = len(parts) > 1 and all(_FIGURE.match(part) for part in parts)
    if whole or values or any(is_fact(part) for part in parts):
        return parts
    return [" ".join(text for text, _ in join_facts(parts))]


def _tidy(text: str) -> str:
    text = _BULLET.sub("", text)
    if _ONLY_SIGNS.match(text):
        return ""
    return units_once(text).replace(" ,", ",").replace("( ", "(").replace(" )", ")")
