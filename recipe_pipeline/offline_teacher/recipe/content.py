"""What a post states about a recipe, and the schema.org label for it.

The label is derived from the same object the post is written from, line by line, so it cannot
contain anything that the post does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from recipe_pipeline.schema.layout import section
from recipe_pipeline.text.durations import seconds_to_iso


@dataclass(frozen=True)
class Group:
    """Lines under an optional section heading ("For the sauce")."""

    heading: str | None
    lines: tuple[str, ...]

    def with_lines(self, change: Callable[[str], str]) -> Self:
        """The group with every line changed."""
        return replace(self, lines=tuple(map(change, self.lines)))


Groups = tuple[Group, ...]


def lines_of(groups: Groups) -> list[str]:
    return [line for group in groups for line in group.lines]


@dataclass(frozen=True)
class Content:
    """A recipe in the exact words of the post. Times in minutes; absent means not stated."""

    name: str
    ingredients: Groups = ()
    steps: Groups = ()
    times: dict[str, int] = field(default_factory=dict)  # keys: prep, cook, total
    recipe_yield: str | None = None  # as in the label: "4 servings", "10 burritos"
    description: str | None = None
    category: str | None = None
    cuisine: str | None = None
    keywords: str | None = None

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def with_lines(
        self,
        ingredients: Callable[[str], str] = str,
        steps: Callable[[str], str] = str,
    ) -> Self:
        """The content with every ingredient line and every step changed."""
        return self.with_(
            ingredients=tuple(group.with_lines(ingredients) for group in self.ingredients),
            steps=tuple(group.with_lines(steps) for group in self.steps),
        )

    @property
    def ingredient_lines(self) -> list[str]:
        return lines_of(self.ingredients)

    @property
    def step_lines(self) -> list[str]:
        return lines_of(self.steps)


def _instructions(groups: Groups) -> list[dict[str, Any]]:
    """Steps, or sections if the post names any."""
    result: list[dict[str, Any]] = []
    for group in groups:
        steps = [{"@type": "HowToStep", "text": line} for line in group.lines]
        result += [section(group.heading, steps)] if group.heading else steps
    return result


def recipe_label(content: Content) -> dict[str, Any]:
    """schema.org Recipe of ``content`` without ``@context``, with keys only for stated facts."""
    times = {kind: seconds_to_iso(minutes * 60) for kind, minutes in content.times.items()}
    label: dict[str, Any] = {
        "@type": "Recipe",
        "name": content.name,
        "description": content.description,
        "recipeYield": content.recipe_yield,
        "prepTime": times.get("prep"),
        "cookTime": times.get("cook"),
        "totalTime": times.get("total"),
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
