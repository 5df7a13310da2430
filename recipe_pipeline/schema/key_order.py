"""The order of keys in the answers that a model is trained on.

A model writes an answer from left to right, and JSON leaves the order of keys open. In
"ingredients-first" it copies the ingredients, then says what the dish is called, how much it makes
and how long it takes, then copies the steps: by the time of the name it has found the card, and the
title and the times stand near it. "name-first" is the order that people expect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], dict[str, Any]]

ORDERS = ("name-first", "ingredients-first")
FACTS = ("name", "recipeYield", "prepTime", "cookTime", "totalTime")
"""What a recipe says in a few words, as opposed to its lists."""

_INGREDIENTS_FIRST = ("@context", "@type", "recipeIngredient", *FACTS, "recipeInstructions")


def in_order(document: dict[str, Any], order: str) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``) with its recipes' keys in one of `ORDERS`.

    "name-first" leaves it as stage 3 writes it. "ingredients-first": ingredients, `FACTS`, steps, and
    then the others (description, category) as they come: a text in front of the steps can be taken
    for the end.
    """
    if order != "ingredients-first":
        return document
    return in_each_recipe(document, _ingredients_first)


def in_each_recipe(document: dict[str, Any], change: Change) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``), ``change`` made to each recipe of it."""
    if isinstance(document.get("@graph"), list):
        return {**document, "@graph": [change(node) for node in document["@graph"]]}
    return change(document)


def _ingredients_first(recipe: dict[str, Any]) -> dict[str, Any]:
    others = [key for key in recipe if key not in _INGREDIENTS_FIRST]
    return {key: recipe[key] for key in (*_INGREDIENTS_FIRST, *others) if key in recipe}
