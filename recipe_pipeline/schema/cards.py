"""Recipes as the HTML reports show them, whatever form they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.schema.reading import RecipeFacts, read_document
from recipe_pipeline.text.durations import spell_minutes

Line = tuple[str, str]
"""Text and status ("matched", "missed", "extra", "unsupported"; "" for none)."""


@dataclass(frozen=True)
class Card:
    """One recipe to show."""

    name: str
    facts: tuple[tuple[str, str], ...]
    ingredients: tuple[Line, ...]
    steps: tuple[Line, ...]


def recipe_cards(
    data: Any, ingredients: Sequence[Sequence[str]] = (), steps: Sequence[Sequence[str]] = ()
) -> tuple[Card, ...]:
    """Cards of a JSON-LD document or page metadata.

    ``ingredients`` and ``steps`` are the (text, status) pairs of all recipes, in order; without
    them the lines have no status.
    """
    cards, line, step = [], 0, 0
    for recipe in read_document(data).recipes:
        cards.append(
            Card(
                recipe.name or "(no name)",
                tuple(_facts(recipe)),
                _with_status(recipe.ingredients, ingredients[line:]),
                _with_status(recipe.steps, steps[step:]),
            )
        )
        line, step = line + len(recipe.ingredients), step + len(recipe.steps)
    return tuple(cards)


def _with_status(texts: Sequence[str], lines: Sequence[Sequence[str]]) -> tuple[Line, ...]:
    if len(lines) < len(texts):
        return tuple((text, "") for text in texts)
    return tuple((text, lines[i][1]) for i, text in enumerate(texts))


def _facts(recipe: RecipeFacts) -> list[tuple[str, str]]:
    facts = [("yield", recipe.recipe_yield)] if recipe.recipe_yield else []
    facts += [(kind, spell_minutes(minutes)) for kind, minutes in recipe.minutes.items()]
    return facts + [
        (key.removeprefix("recipe").lower(), text) for key, text in recipe.extras.items()
    ]
