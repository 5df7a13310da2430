"""Find the cards of further dishes in a page's text: those that an answer with one recipe leaves out.

A card has the name of a dish, and below it a list of measured ingredients and a method that uses them. What
only looks like one is not: the same list in other units or for shopping, a part of the dish, teasers,
tips, comments, tools, nutrition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.extraction.dish_lines import Row, bare, food_words, foods_in, rows_of
from recipe_pipeline.extraction.page_lists import key_of, opens_section, words_of
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts

_MOST_CARDS = 4
_FEWEST = 3  # ingredients, two of them with amounts
_SAME = 0.5  # of the words of two ingredients
_REPEATED = 0.8  # of the lines of a list that repeats another one
# Lines: between two ingredients, before the steps, between two steps, from the name down to list and
# method, and below both, where times and yield may be.
_LIST_GAP, _METHOD_GAP, _STEP_GAP, _HEAD, _FOOT = 3, 12, 3, 30, 15

_ALL_OF_THEM = re.compile(
    r"\b(?:everything|(?:the|your|all) (?:of )?(?:the )?(?:\w+ )?ingredients|the (?:rest|vegetables))\b",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"^(?:\w+\W+){0,3}(?:notes?|tips?|hints?|stor(?:e|age|ing)|leftovers?|nutrition\w*|comments?|reviews?|"
    r"variations?|questions?|faqs?|related|similar|serving suggestions?|serve with)\b.{0,25}$",
    re.IGNORECASE,
)

_COMMENTS = re.compile(
    r"^(?:(?:reader|customer) )?(?:\d+ )?(?:comments?|reviews?|responses|replies|discussion|questions & reviews|"
    r"thoughts on .*|leave a .*)(?: \(\d+\))?\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Card:
    """A part of a page's text, from the ``name`` of a dish to the end of its card: the lines numbered
    ``first`` to ``last``."""

    text: str
    first: int
    last: int
    name: str


@dataclass(frozen=True)
class _List:
    """Ingredients and their place among the rows; ``last`` is that of the last ingredient or step.
    Without a name, it is part of something else."""

    foods: list[str]
    first: int
    last: int
    has_method: bool = False
    name: int | None = None


def other_cards(page: str, recipe: dict[str, Any]) -> list[Card]:
    """The cards of ``page`` whose ingredients ``recipe`` does not have, from top to bottom."""
    rows, lines = rows_of(page), page.split("\n")
    lists = _lists(rows)
    known = [[food for line in ingredient_lines(recipe) for food in foods_in(line) or [line]]]
    comments = next((n for n, row in enumerate(rows) if _COMMENTS.match(row.text)), len(rows))
    cards = []
    for place, one in enumerate(lists):
        if any(_repeats(one.foods, foods) or _repeats(foods, one.foods) for foods in known):
            continue
        known.append(one.foods)
        if one.name is None:
            continue
        # What readers cooked instead has no headings; a card below the comments has.
        if one.first > comments and not any(row.is_heading for row in rows[one.name : one.last]):
            continue
        end = next((x.first if x.name is None else x.name for x in lists[place + 1 :]), len(rows))
        first, last = rows[one.name].number, rows[min(end, one.last + _FOOT + 1) - 1].number
        text = "\n".join(lines[first : last + 1])
        cards.append(Card(text, first, last, rows[one.name].text))
    return cards[:_MOST_CARDS]


def without(page: str, cards: Sequence[Card]) -> str:
    """``page`` without ``cards``."""
    taken = {number for card in cards for number in range(card.first, card.last + 1)}
    return "\n".join(x for number, x in enumerate(page.split("\n")) if number not in taken)


def first_line(page: str, recipe: dict[str, Any]) -> int:
    """The number of the first line of ``page`` that is an ingredient of ``recipe``, or 0."""
    keys = {key_of(line) for line in ingredient_lines(recipe)}
    lines = enumerate(page.split("\n"))
    return next((number for number, line in lines if key_of(bare(line)) in keys), 0)


def has_lines_of(recipe: dict[str, Any], cards: Sequence[Card], rest: str) -> bool:
    """Whether ``recipe`` has lines of ``cards`` that the ``rest`` of the page does not have."""
    theirs, others = key_of("\n".join(card.text for card in cards)), key_of(rest)
    keys = map(key_of, [*ingredient_lines(recipe), *instruction_texts(recipe)])
    return any(key in theirs and key not in others for key in keys)


def _repeats(foods: Sequence[str], others: Sequence[str]) -> bool:
    """Whether most of ``foods`` are among ``others``, whatever the amounts."""
    theirs = [food_words(food) for food in others]
    mine = [words for food in foods if (words := food_words(food))]
    same = [any(len(x & y) >= _SAME * len(x | y) for y in theirs) for x in mine]
    return sum(same) >= _REPEATED * len(mine)


# --- lists ---------------------------------------------------------------------------------------


def _lists(rows: list[Row]) -> list[_List]:
    runs: list[tuple[int, int]] = []
    for place, row in enumerate(rows):
        if not row.foods:
            continue
        start, end = runs[-1] if runs else (0, -_LIST_GAP - 2)
        near = place - end <= _LIST_GAP + 1
        if near and all(each.may_be_in_list for each in rows[end + 1 : place]):
            runs[-1] = (start, place)
        else:
            runs.append((place, place))
    runs = [run for run in runs if _is_measured(rows[run[0] : run[1] + 1])]
    return [_with_method(rows, runs, number) for number in range(len(runs))]


def _is_measured(rows: Sequence[Row]) -> bool:
    measured = sum(len(row.foods) for row in rows)
    others = sum(not row.foods for row in rows)
    return measured > 1 and measured + others >= _FEWEST


def _with_method(rows: list[Row], runs: list[tuple[int, int]], number: int) -> _List:
    """The list with its name, if it has a method below it or else above."""
    first, last = runs[number]
    floor = runs[number - 1][1] + 1 if number else 0
    ceiling = runs[number + 1][0] if number + 1 < len(runs) else len(rows)
    foods = [food for row in rows[first : last + 1] for food in row.foods]
    for places in (range(last + 1, ceiling), range(first - 1, floor - 1, -1)):
        method = _steps(rows, places)
        if method and _uses([rows[place].text for place in method], foods):
            top, bottom = min(first, *method), max(last, *method)
            return _List(foods, first, bottom, True, _name(rows, top, floor))
    return _List(foods, first, last)


def _steps(rows: list[Row], places: range) -> list[int]:
    """The steps among ``places``, as far as they are together."""
    found: list[int] = []
    gap = 0
    for place in places:
        row = rows[place]
        if row.is_step:
            found.append(place)
            gap = 0
            continue
        gap += 1
        ends = opens_section(row.text) or (places.step < 0 and row.is_titled)
        if gap > (_STEP_GAP if found else _METHOD_GAP) or (found and ends):
            break
    return found


def _uses(method: Sequence[str], foods: Sequence[str]) -> bool:
    """Whether a method is about these ingredients."""
    told = " ".join(method)
    words = set(words_of(told))
    used = [not words.isdisjoint(words_of(food)) for food in foods]
    return sum(used) > 1 or bool(_ALL_OF_THEM.search(told))


def _name(rows: list[Row], top: int, floor: int) -> int | None:
    """The nearest line above ``top`` that looks like the name of a dish, if possible like a title."""
    fallback = None
    for place in range(top - 1, max(floor, top - _HEAD) - 1, -1):
        row = rows[place]
        if row.is_instruction:
            break
        if _AFTERWARDS.match(row.text):
            continue
        if row.is_titled:
            return place
        if row.may_be_name and row.is_apart and fallback is None:
            fallback = place
    return fallback
