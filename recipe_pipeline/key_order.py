"""The order of keys in the answers that a model is trained on.

A model writes an answer from left to right, and JSON leaves the order of keys open. "lists-first"
has it copy the ingredients and the steps, which stand side by side on a page, and only then say
what the dish is called, how much it makes and how long it takes: it has seen by then which dish and
which card it is about. "name-first" is the order that people expect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], dict[str, Any]]

ORDERS = ("name-first", "lists-first")

_LISTS = ("@context", "@type", "recipeIngredient", "recipeInstructions")
_FACTS = ("name", "recipeYield", "prepTime", "cookTime", "totalTime")


def in_order(document: dict[str, Any], order: str) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``) with its recipes' keys in one of `ORDERS`.

    "name-first" leaves it as stage 3 writes it. "lists-first": the lists, whatever else there is
    (description, category), then name, yield and times.
    """
    if order != "lists-first":
        return document
    return in_each_recipe(document, _lists_first)


def in_each_recipe(document: dict[str, Any], change: Change) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``), ``change`` made to each recipe of it."""
    if isinstance(document.get("@graph"), list):
        return {**document, "@graph": [change(node) for node in document["@graph"]]}
    return change(document)


def _lists_first(recipe: dict[str, Any]) -> dict[str, Any]:
    others = [key for key in recipe if key not in _LISTS + _FACTS]
    return {key: recipe[key] for key in (*_LISTS, *others, *_FACTS) if key in recipe}
