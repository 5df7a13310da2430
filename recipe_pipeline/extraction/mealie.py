"""A recipe in the forms of Mealie: what it asks an AI provider for, and its own recipe JSON.

Field names and meanings: ``mealie/schema/openai/recipe.py`` and ``mealie/schema/recipe`` of Mealie 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from recipe_pipeline.schema.recipe import ingredient_lines, recipes_in
from recipe_pipeline.text.durations import iso_to_minutes
from recipe_pipeline.text.ingredient_line import split_line

_TIMES = {"total_time": ("totalTime",), "prep_time": ("prepTime",), "perform_time": ("cookTime", "performTime")}  # fmt: skip


def mealie_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """A schema.org recipe as Mealie's import asks for it. Without one (``{}``) the lists are empty,
    which Mealie takes as "no recipe".

    Ingredients have the fields of old and new versions: the whole line and its parts.
    """
    times = {
        name: next((words for key in keys if (words := spelled_time(recipe.get(key)))), None)
        for name, keys in _TIMES.items()
    }
    return {
        "name": recipe.get("name", ""),
        "description": recipe.get("description"),
        "recipe_yield": recipe.get("recipeYield"),
        **times,
        "ingredients": [_ingredient(line) for line in ingredient_lines(recipe)],
        "instructions": list(_instructions(recipe)),
        "notes": [],
        "nutrition": _nutrition(recipe.get("nutrition")),
    }


def mealie_export(document: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
    """``document`` as Mealie's own recipe JSON, as its API takes it: a list if it has several
    recipes, ``{}`` if it has none."""
    exported = [_export(mealie_recipe(recipe)) for recipe in recipes_in(document)]
    return exported if len(exported) > 1 else exported[0] if exported else {}


def _export(recipe: dict[str, Any]) -> dict[str, Any]:
    ingredients = [
        {
            "title": line["title"],
            "quantity": line["quantity"],
            "unit": {"name": line["unit"]} if line["unit"] else None,
            "food": {"name": line["food"]} if line["food"] else None,
            "note": line["note"] or "",
            "originalText": line["original_text"],
        }
        for line in recipe["ingredients"]
    ]
    return {
        "name": recipe["name"],
        "description": recipe["description"] or "",
        "recipeYield": recipe["recipe_yield"],
        "totalTime": recipe["total_time"],
        "prepTime": recipe["prep_time"],
        "performTime": recipe["perform_time"],
        "recipeIngredient": ingredients,
        "recipeInstructions": [
            {"title": step["title"] or "", "text": step["text"]} for step in recipe["instructions"]
        ],
    }


def ingredient_parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The ingredient lines of all recipes in parts."""
    return [
        {"recipe": recipe["name"], "text": line, **_parts(line)}
        for recipe in recipes_in(document)
        for line in ingredient_lines(recipe)
    ]


def spelled_time(value: Any) -> str | None:
    """``PT1H30M`` -> "1 hour 30 minutes"; None if it is not a duration."""
    minutes = iso_to_minutes(value)
    if minutes is None:
        return None
    parts = [(minutes // 60, "hour"), (minutes % 60, "minute")]
    words = [f"{number} {word}{'s' * (number != 1)}" for number, word in parts if number]
    return " ".join(words) or "0 minutes"


def _parts(line: str) -> dict[str, Any]:
    parts = split_line(line)
    return {
        "quantity": parts.quantity,
        "unit": parts.unit or None,
        "food": parts.food or None,
        "note": parts.note or None,
    }


def _ingredient(line: str) -> dict[str, Any]:
    return {"title": None, "text": line, **_parts(line), "original_text": line}


def _instructions(recipe: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Steps; the first of a section has its title."""
    for item in recipe.get("recipeInstructions", ()):
        steps = item.get("itemListElement", [item])
        for number, step in enumerate(steps):
            title = item["name"] if "itemListElement" in item and number == 0 else None
            name = f"{step['name']}: " if step.get("name") else ""
            yield {"title": title, "text": name + step["text"]}


def _nutrition(data: Any) -> dict[str, str] | None:
    """``{"fatContent": "12 g"}`` -> ``{"fat_content": "12 g"}``."""
    if not isinstance(data, dict):
        return None
    named = {re.sub(r"(?=[A-Z])", "_", str(key)).lower(): value for key, value in data.items()}
    texts = {
        key: str(value) for key, value in named.items() if isinstance(value, str | int | float)
    }
    return {key: text for key, text in texts.items() if not key.startswith("@")} or None
