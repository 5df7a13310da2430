"""Find the recipe's card on a page: the smallest element with the ingredients and the method.

An article about a dish tells the method twice, in passing and on the card, and lists other dishes. Where
the page has a card, the model reads that.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

from recipe_pipeline.extraction.html_lines import Line
from recipe_pipeline.extraction.recipe_lines import (
    fact_kinds,
    is_ingredient_heading,
    is_method_heading,
    is_step,
    opens_with_amount,
)
from recipe_pipeline.text.normalise import tokenise

_GAP = 3  # other lines, such as headings, between two ingredients of a list
_SHORTEST_LIST = 3
_SHORTEST_METHOD = 150  # characters
_FEWEST_STEPS = 2
_METHOD_SHARE = 0.2  # of all lines on the page that look like steps
_LONGEST_HEAD = 1000  # characters
_SAME_LINE = 0.5  # of the words of two lines
_SAME_LIST = 0.6  # of the lines of two lists
_MOST_COMPARED = 600  # lines of all lists
_MOST_AROUND = 60  # elements around a line; pages that people made have some thirty


def card_lines(lines: list[Line]) -> list[Line]:
    """``lines`` of the card, and the times and yields outside it; all ``lines`` without a card."""
    card = _find(lines)
    if card is None:
        return lines
    parts = set(card.iter())
    inside = [line.element in parts for line in lines]
    if _has_headings_outside(lines, inside):
        return lines
    return _with_facts(lines, inside)


def _with_facts(lines: list[Line], inside: list[bool]) -> list[Line]:
    """The lines inside, and the first line outside for each time and the yield that they lack."""
    known = {
        kind for x, line in zip(inside, lines, strict=True) if x for kind in fact_kinds(line.text)
    }
    kept: list[Line] = []
    for x, line in zip(inside, lines, strict=True):
        if x:
            kept.append(line)
        elif not fact_kinds(line.text) <= known:
            kept.append(line)
            known |= fact_kinds(line.text)
    return kept


def _has_headings_outside(lines: list[Line], inside: list[bool]) -> bool:
    """Whether what looks like a card is something else: the page has the headings elsewhere."""
    for is_heading in (is_ingredient_heading, is_method_heading):
        places = {x for x, line in zip(inside, lines, strict=True) if is_heading(line.text)}
        if places == {False}:
            return True
    return False


def _listed(lines: list[Line]) -> list[Line]:
    """The ingredients that are in a list, whatever it is made of.

    A list that the page repeats counts once: the last one is the card's.
    """
    runs: list[list[int]] = []
    for place, line in enumerate(lines):
        if not opens_with_amount(line.text):
            continue
        if runs and place - runs[-1][-1] <= _GAP:
            runs[-1].append(place)
        else:
            runs.append([place])
    lists = [
        [lines[i] for i in run]
        for run in runs
        if len(run) >= _SHORTEST_LIST or _is_headed(lines[max(0, run[0] - 2) : run[0]])
    ]
    # Of "7 easy breakfasts" and the like, which link to other pages.
    without_links = [run for run in lists if sum(line.linked > 0.8 for line in run) * 2 < len(run)]
    lists = without_links or lists
    if sum(map(len, lists)) > _MOST_COMPARED:
        return [line for run in lists for line in run]
    words = [[set(tokenise(line.text)) for line in run] for run in lists]
    return [
        line
        for position, run in enumerate(lists)
        if not any(_is_repeated(words[position], later) for later in words[position + 1 :])
        for line in run
    ]


def _is_headed(before: list[Line]) -> bool:
    return any(is_ingredient_heading(line.text) for line in before)


def _is_repeated(lines: list[set[str]], later: list[set[str]]) -> bool:
    """Whether most of ``lines`` are among ``later``, amounts included but for other spellings."""
    found = sum(
        any(len(line & other) >= _SAME_LINE * len(line | other) for other in later)
        for line in lines
    )
    return found >= _SAME_LIST * len(lines)


def _find(lines: list[Line]) -> Any:
    listed = _listed(lines)
    if not listed:
        return None
    steps = [line for line in lines if is_step(line.text) and not opens_with_amount(line.text)]
    size = _count(lines, by_length=True)
    ingredients = _count(listed)
    number = _count(steps)
    method = _count(steps, by_length=True)
    headings = _count([line for line in lines if is_method_heading(line.text)])
    least = _METHOD_SHARE * sum(len(line.text) for line in steps)
    # They contain each other: the innermost comes first.
    for element in _around(listed[0]):
        if (
            ingredients[element] == len(listed)
            and number[element] >= _FEWEST_STEPS
            and method[element] >= _SHORTEST_METHOD
            and (method[element] >= least or headings[element])
        ):
            break
    else:
        return None
    # The head of the card, with its name and times, is often outside the element of both lists.
    card = element
    while (parent := card.getparent()) is not None and size[parent] - size[
        element
    ] <= _LONGEST_HEAD:
        card = parent
    return _with_next_steps(card, lines)


def _with_next_steps(card: Any, lines: list[Line]) -> Any:
    """The element around ``card`` in which no step follows directly behind it."""
    parts = set(card.iter())
    last = max(i for i, line in enumerate(lines) if line.element in parts)
    while last + 1 < len(lines) and is_step(lines[last + 1].text):
        card = card.getparent()
        parts = set(card.iter())
        while last + 1 < len(lines) and lines[last + 1].element in parts:
            last += 1
    return card


def _around(line: Line) -> list[Any]:
    """The elements around ``line``, innermost first."""
    return [line.element, *itertools.islice(line.element.iterancestors(), _MOST_AROUND)]


def _count(lines: list[Line], by_length: bool = False) -> dict[Any, int]:
    """How many of ``lines``, or of their characters, each element contains."""
    counts: dict[Any, int] = defaultdict(int)
    for line in lines:
        for element in _around(line):
            counts[element] += len(line.text) if by_length else 1
    return counts
