"""Which of Google's Recipe fields a recipe has: the report of ``--check``.

Source: https://developers.google.com/search/docs/appearance/structured-data/recipe (required and
recommended properties of Recipe). ``image`` is required there, and text cannot provide it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recipe_pipeline.schema.recipe import is_valid, recipes_in

REQUIRED = ("image", "name")
RECOMMENDED = (
    "aggregateRating",
    "author",
    "cookTime",
    "datePublished",
    "description",
    "keywords",
    "nutrition",
    "prepTime",
    "recipeCategory",
    "recipeCuisine",
    "recipeIngredient",
    "recipeInstructions",
    "recipeYield",
    "totalTime",
    "video",
)
# What a page's owner or a photo has to add; no extraction from text can know it.
_NOT_IN_TEXT = {"image", "aggregateRating", "author", "datePublished", "nutrition", "video"}


@dataclass(frozen=True)
class FieldCheck:
    """``schema_valid``: the document passes the schema.org Recipe models."""

    name: str
    schema_valid: bool
    missing_required: tuple[str, ...]
    missing_recommended: tuple[str, ...]

    def describe(self) -> str:
        """The report of one recipe, several lines."""
        lines = [f"check of {self.name!r}:"]
        lines.append(f"  schema.org Recipe: {'valid' if self.schema_valid else 'NOT valid'}")
        lines.append(f"  Google, required fields missing: {_listed(self.missing_required)}")
        lines.append(f"  Google, recommended fields missing: {_listed(self.missing_recommended)}")
        if _NOT_IN_TEXT & {*self.missing_required, *self.missing_recommended}:
            lines.append("  (* comes from the page's owner, not from the text of a recipe)")
        return "\n".join(lines)


def check(document: dict[str, Any]) -> list[FieldCheck]:
    """One report per recipe of a canonical document.

    Google takes ``totalTime`` or the pair of ``prepTime`` and ``cookTime``; the other is then not
    counted as missing.
    """
    reports = []
    for recipe in recipes_in(document):
        present = {key for key, value in recipe.items() if value not in (None, "", [], {})}
        if {"prepTime", "cookTime"} <= present:
            present.add("totalTime")
        elif "totalTime" in present:
            present |= {"prepTime", "cookTime"}
        reports.append(
            FieldCheck(
                name=str(recipe.get("name", "")),
                schema_valid=is_valid(document),
                missing_required=tuple(key for key in REQUIRED if key not in present),
                missing_recommended=tuple(key for key in RECOMMENDED if key not in present),
            )
        )
    return reports


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name + ("*" if name in _NOT_IN_TEXT else "") for name in names) or "none"
