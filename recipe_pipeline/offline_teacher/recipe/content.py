"""What a post states about a recipe, and the schema.org label for it.

The label is derived from the same object the post is written from, line by line, so it cannot
contain anything that the post does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from recipe_pipeline.schema.layout import section
from recipe_pipeline.text.durations import seconds_to_iso

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Lines under an optional section heading ("For the sauce")."""

    heading: str | None
    lines: Lines


@dataclass(frozen=True)
class Content:
    """A recipe in the exact words of the post. Times in minutes; absent means not stated."""

    name: str | None
    ingredients: tuple[Group, ...] = ()
    steps: tuple[Group, ...] = ()
    times: dict[str, int] = field(default_factory=dict)  # keys: prep, cook, total
    recipe_yield: str | None = None  # as in the label: "4 servings", "10 burritos"
    description: str | None = None
    category: str | None = None
    cuisine: str | None = None
    keywords: str | None = None

    def with_(self, **changes: Any) -> Content:
        return replace(self, **changes)

    @property
    def ingredient_lines(self) -> list[str]:
        return [line for group in self.ingredients for line in group.lines]

    @property
    def step_lines(self) -> list[str]:
        return [line for group in self.steps for line in group.lines]


def _iso(minutes: int | None) -> str | None:
    return None if minutes is None else seconds_to_iso(minutes * 60)


def _step(text: str) -> dict[str, str]:
    return {"@type": "HowToStep", "text": text}


def _instructions(groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    """Steps, or sections if the post names any."""
    result: list[dict[str, Any]] = []
    for group in groups:
        steps = [_step(line) for line in group.lines]
        if group.heading:
            result.append(section(group.heading, steps))
        else:
            result.extend(steps)
    return result


def recipe_label(content: Content) -> dict[str, Any]:
    """schema.org Recipe of ``content`` without ``@context``, with keys only for stated facts."""
    label: dict[str, Any] = {
        "@type": "Recipe",
        "name": content.name,
        "description": content.description,
        "recipeYield": content.recipe_yield,
        "prepTime": _iso(content.times.get("prep")),
        "cookTime": _iso(content.times.get("cook")),
        "totalTime": _iso(content.times.get("total")),
        "recipeIngredient": content.ingredient_lines or None,
        "recipeInstructions": _instructions(content.steps) or None,
        "recipeCategory": content.category,
        "recipeCuisine": content.cuisine,
        "keywords": content.keywords,
    }
    return {key: value for key, value in label.items() if value is not None}


def document_label(contents: list[Content]) -> dict[str, Any]:
    """The label of a post: ``{}``, one Recipe, or a ``@graph`` of several."""
    if not contents:
        return {}
    recipes = [recipe_label(content) for content in contents]
    if len(recipes) == 1:
        return {"@context": "https://schema.org", **recipes[0]}
    return {"@context": "https://schema.org", "@graph": recipes}
