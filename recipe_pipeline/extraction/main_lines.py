"""Choose the lines of a page that may belong to its recipe."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import replace

from recipe_pipeline.extraction.card_facts import join_facts
from recipe_pipeline.extraction.html_lines import Line
from recipe_pipeline.extraction.merged_lines import merged, without_step_numbers
from recipe_pipeline.extraction.recipe_lines import (
    is_fact,
    is_ingredient,
    is_ingredient_heading,
    is_method_heading,
    is_step,
)
from recipe_pipeline.text.normalise import tokenise

_CONTROL = re.compile(
    r"(?:(?:(?:(?:jump|skip|scroll|go) to \S+|print|pin|saved?|share|rate|email|copy|comment|tweet|"
    r"review|reviews|facebook|pinterest|twitter|whatsapp|advertisement|ad|us customary|metric|[123]x)"
    r"(?: (?:this|the|it|recipe|page|ingredients|article|on facebook|on pinterest|your own))*[\s|/·!–-]*)+"
    r"|(?:cook mode )?(?:prevent|keep) (?:your )?screen .{0,30}|table of contents)",
    re.IGNORECASE,
)
_LONGEST_CELL = 80
_SHORTEST_LIST = 2
_LONG_LIST = 4
_LINKS_IN_A_ROW = 3
_LINK = 0.8  # of the characters of a line


def main_lines(lines: list[Line], title: str = "") -> list[Line]:
    """The lines of the page's main part, and of others that hold its recipe.

    ``title`` is the page's: headings like it are kept wherever they are.
    """
    regions: dict[int, list[Line]] = {}
    for line in lines:
        regions.setdefault(line.region, []).append(line)
    lacks = _Lacks([line for line in lines if not line.kind])
    kept = {id(line) for members in regions.values() for line in _kept(members, lacks)}
    kept |= {id(line) for line in _below_headings(lines, kept, regions)}
    names = set(tokenise(title))
    kept |= {
        id(line)
        for line in lines
        if line.heading and line.kind == "chrome" and _is_named(line, names)
    }
    # A page that hides everything until its scripts have run is read nevertheless.
    shown = [line for line in lines if id(line) in kept] or lines
    shown = [line for line in shown if not _is_control(line.text)]
    whole = list(merged(list(_without_menus(shown))))
    joined = join_facts([line.text for line in whole])
    return list(without_step_numbers([replace(whole[place], text=text) for text, place in joined]))


def _is_named(line: Line, names: set[str]) -> bool:
    words = set(tokenise(line.text))
    return 2 * len(words & names) >= len(words | names)


class _Lacks:
    """Whether the page's main lines lack ingredients or steps: then its parts have misleading names."""

    def __init__(self, main: list[Line]) -> None:
        self.ingredients = sum(is_ingredient(line.text) for line in main) < _SHORTEST_LIST
        self.steps = sum(is_step(line.text) for line in main) < _SHORTEST_LIST


def _kept(lines: list[Line], lacks: _Lacks) -> list[Line]:
    """The ``lines`` of one region that may belong to the recipe."""
    kind = lines[0].kind
    if not kind:
        return lines
    if kind == "button":
        return [line for line in lines if _is_of_recipe(line.text)]
    ingredients = sum(is_ingredient(line.text) for line in lines)
    steps = sum(is_step(line.text) for line in lines)
    if kind == "chrome" and (ingredients >= _SHORTEST_LIST or steps >= _SHORTEST_LIST):
        return lines
    few = _SHORTEST_LIST if kind == "hidden" else _LONG_LIST
    if (lacks.ingredients and ingredients >= few) or (
        lacks.steps and steps >= few - 1 and kind == "hidden"
    ):
        return lines
    return _facts(lines) if kind == "chrome" else []


def _is_of_recipe(text: str) -> bool:
    checks = (is_ingredient_heading, is_method_heading, is_ingredient, is_step, is_fact)
    return any(check(text) for check in checks)


def _below_headings(
    lines: list[Line], kept: set[int], regions: dict[int, list[Line]]
) -> Iterable[Line]:
    """The regions right below a heading of a recipe's part which would have nothing below it."""
    for line, below in itertools.pairwise(lines):
        if (
            id(line) in kept
            and id(below) not in kept
            and below.kind in ("chrome", "hidden")
            and below.linked < _LINK
            and (is_ingredient_heading(line.text) or is_method_heading(line.text))
        ):
            yield from regions[below.region]


def _is_control(text: str) -> bool:
    return len(text) < _LONGEST_CELL and bool(_CONTROL.fullmatch(text))


def _facts(lines: list[Line]) -> list[Line]:
    """The times and yields among ``lines``, each with its label and its value."""
    facts = [is_fact(line.text) for line in lines]
    return [
        line
        for place, line in enumerate(lines)
        if any(facts[max(0, place - 1) : place + 2]) and len(line.text) < _LONGEST_CELL
    ]


def _without_menus(lines: list[Line]) -> Iterable[Line]:
    """``lines`` without runs of links, unless they are ingredients."""
    run: list[Line] = []
    before: Line | None = None
    for line in [*lines, None]:
        if line and line.linked > _LINK and not is_ingredient(line.text):
            run.append(line)
            continue
        listed = any(
            x and (is_ingredient(x.text) or is_ingredient_heading(x.text)) for x in (before, line)
        )
        if len(run) < _LINKS_IN_A_ROW or listed:
            yield from run
        run = []
        if line:
            yield line
        before = line
