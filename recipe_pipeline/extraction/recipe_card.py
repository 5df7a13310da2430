"""Find the recipe's card on a page: the smallest element with the ingredients and the method.

An article about a dish tells the method twice, in passing and on the card, and lists other dishes. Where
the page has a card, the model reads that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from recipe_pipeline.extraction.html_lines import Line
from recipe_pipeline.extraction.recipe_lines import (
    has_time,
    has_yield,
    is_fact,
    is_ingredient_heading,
    is_method_heading,
    is_step,
    opens_with_amount,
)

_GAP = 3  # other lines, such as headings, between two ingredients of a list
_SHORTEST_LIST = 3
_SHORTEST_METHOD = 150  # characters
_METHOD_SHARE = 0.2
_LONGEST_HEAD = 1000  # characters
_MOST_VISITS = 1_000_000


def card_lines(lines: list[Line]) -> list[Line]:
    """``lines`` of the card, and the times and yields outside it; all ``lines`` without a card."""
    listed = _listed(lines)
    steps = [line for line in lines if is_step(line.text) and not opens_with_amount(line.text)]
    if len(listed) < _SHORTEST_LIST:
        return lines
    card = _smallest(lines, listed, steps)
    if card is None:
        return lines
    inside = [_is_within(line.element, card) for line in lines]
    if _has_headings_outside(lines, inside):
        return lines
    text = "\n".join(line.text for x, line in zip(inside, lines, strict=True) if x)
    lacks_time, lacks_yield = not has_time(text), not has_yield(text)
    return [
        line
        for x, line in zip(inside, lines, strict=True)
        if x
        or (lacks_time and has_time(line.text) and is_fact(line.text))
        or (lacks_yield and has_yield(line.text) and is_fact(line.text))
    ]


def _has_headings_outside(lines: list[Line], inside: list[bool]) -> bool:
    """Whether what looks like a card is something else: the page has the headings elsewhere."""
    for is_heading in (is_ingredient_heading, is_method_heading):
        places = {x for x, line in zip(inside, lines, strict=True) if is_heading(line.text)}
        if places == {False}:
            return True
    return False


def _listed(lines: list[Line]) -> list[Line]:
    """The ingredients that are in a list, whatever it is made of."""
    places = [i for i, line in enumerate(lines) if opens_with_amount(line.text)]
    runs: list[list[int]] = []
    for place in places:
        if runs and place - runs[-1][-1] <= _GAP:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [lines[i] for run in runs if len(run) >= _SHORTEST_LIST for i in run]


def _smallest(lines: list[Line], listed: list[Line], steps: list[Line]) -> Any:
    ingredients: dict[Any, int] = defaultdict(int)
    method: dict[Any, int] = defaultdict(int)
    number: dict[Any, int] = defaultdict(int)
    size: dict[Any, int] = defaultdict(int)
    visits = 0
    marked = {id(line) for line in listed}
    stepping = {id(line) for line in steps}
    for line in lines:
        element = line.element
        while element is not None:
            size[element] += len(line.text)
            ingredients[element] += id(line) in marked
            method[element] += len(line.text) if id(line) in stepping else 0
            number[element] += id(line) in stepping
            element = element.getparent()
            visits += 1
        if visits > _MOST_VISITS:
            return None
    total = sum(len(line.text) for line in steps)
    cards = [
        element
        for element, count in ingredients.items()
        if count == len(listed)
        and method[element] >= max(_SHORTEST_METHOD, total * _METHOD_SHARE)
        and number[element] >= 2
    ]
    # They contain each other: the innermost has the longest line of ancestors.
    card = max(cards, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    if card is None:
        return None
    # The head of the card, with its name and times, is often outside the element of both lists.
    while (parent := card.getparent()) is not None and size[parent] - size[card] <= _LONGEST_HEAD:
        card = parent
    return card


def _is_within(element: Any, card: Any) -> bool:
    while element is not None:
        if element is card:
            return True
        element = element.getparent()
    return False
