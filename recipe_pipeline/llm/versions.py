"""Several JSON objects in one answer: dishes of one post, or versions of one recipe."""

from __future__ import annotations

import re
from typing import Any

# Words between two objects that say that the second replaces the first.
_CORRECTION = re.compile(
    r"\bcorrect(?:ed|ion|ing)\b|\brevis(?:ed|ion|ing)\b|\b(?:fixed|improved|updated|rewritten)\b|"
    r"\bfinal(?: (?:answer|json|version|result|output|recipe)|:)|\bmistakes?\b|\bwait[,.:!]|"
    r"\bon second thought",
    re.IGNORECASE,
)
_SAME_RECIPE = 0.6
"""Share of common ingredients from which two objects are versions of one recipe, not two dishes."""

Placed = tuple[str, Any]
"""A value, and the text between it and the value before it."""


def chosen(values: list[Placed]) -> Any:
    """Of the values of an answer: the recipes of different dishes as a list, or one object.

    Of several versions of a recipe the last complete one counts. Versions have the same name, nearly
    the same ingredients, or a word like "corrected" before the second. None if there is no object.
    """
    recipes: list[dict[str, Any]] = []
    for before, value in values:
        new = [node for node in _objects(value) if _is_complete(node)]
        if new and recipes and _CORRECTION.search(before):
            recipes = []
        if not isinstance(value, list):  # recipes in one array are different dishes
            recipes = [old for old in recipes if not any(_are_versions(old, node) for node in new)]
        recipes += new
    objects = [node for _, value in values for node in _objects(value)]
    if not recipes:
        filled = [node for node in objects if node]
        return filled[-1] if filled else {} if objects else None
    by_name = {_name(node): node for node in recipes}
    return list(by_name.values()) if len(by_name) > 1 else recipes[-1]


def _objects(value: Any) -> list[dict[str, Any]]:
    nodes = value if isinstance(value, list) else [value]
    return [node for node in nodes if isinstance(node, dict)]


def _is_complete(node: dict[str, Any]) -> bool:
    """Whether this is a whole recipe rather than a fragment."""
    if "@graph" in node:
        return True
    return bool(node.get("name")) and bool(
        node.get("recipeIngredient") or node.get("recipeInstructions")
    )


def _are_versions(first: dict[str, Any], second: dict[str, Any]) -> bool:
    mine, yours = _ingredients(first), _ingredients(second)
    common = len(mine & yours)
    return common > 1 and common >= _SAME_RECIPE * len(mine | yours)


def _ingredients(node: dict[str, Any]) -> set[str]:
    lines = node.get("recipeIngredient")
    lines = lines if isinstance(lines, list) else [lines] if lines else []
    return {" ".join(str(line).casefold().split()) for line in lines}


def _name(node: dict[str, Any]) -> str:
    return str(node.get("name", "")).strip().casefold()
