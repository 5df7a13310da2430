"""The content of a recipe document in one plain form for scoring, whatever form it came in.

Three forms are read: schema.org JSON-LD as a model answers it (possibly damaged: wrong types are
skipped or turned into text, never an exception), JSON-LD as dataset gold, and the *page metadata* form
``{"name", "ingredients", "instructions", "prep_time", "cook_time", "total_time", "yields"}`` with
times in minutes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.text.durations import parse_seconds
from recipe_pipeline.text.normalise import tokenise

Words = tuple[str, ...]
TIME_KINDS = ("prep", "cook", "total")

_JSON_LD_TIMES = {"prep": "prepTime", "cook": "cookTime", "total": "totalTime"}
_PAGE_TIMES = {"prep": "prep_time", "cook": "cook_time", "total": "total_time"}


@dataclass(frozen=True)
class RecipeFacts:
    """One recipe: its lines in order, times in minutes, the yield as written ("" if absent)."""

    name: str = ""
    ingredients: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    minutes: dict[str, int] = field(default_factory=dict)
    recipe_yield: str = ""
    extras: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """The recipes of one answer or gold: none, one or several.

    ``trusted`` is false for page metadata, which may have times and yields that are not in the page's
    text; they are scored only where the text states them (`recipe_pipeline.text.evidence`).
    """

    recipes: tuple[RecipeFacts, ...] = ()
    trusted: bool = True

    @property
    def ingredients(self) -> list[str]:
        return [line for recipe in self.recipes for line in recipe.ingredients]

    @property
    def steps(self) -> list[str]:
        return [step for recipe in self.recipes for step in recipe.steps]


def is_page_metadata(data: dict[str, Any]) -> bool:
    """Whether gold is in the page metadata form rather than JSON-LD."""
    return "ingredients" in data and "recipeIngredient" not in data and "@graph" not in data


def read_document(data: Any, headings: Collection[Words] = ()) -> Document:
    """JSON-LD or page metadata -> `Document`. Anything unusable counts as "no recipe".

    Names of sections and steps are left out, apart from ``headings``, which are read as steps, as in
    the "headed" form of `recipe_pipeline.schema.layout`.
    """
    if not isinstance(data, dict):
        return Document()
    if is_page_metadata(data):
        return Document((_from_page(data),), trusted=False)
    nodes = data["@graph"] if isinstance(data.get("@graph"), list) else [data]
    recipes = [_from_json_ld(node, headings) for node in nodes if isinstance(node, dict)]
    return Document(tuple(recipe for recipe in recipes if recipe != RecipeFacts()))


def _from_page(data: dict[str, Any]) -> RecipeFacts:
    return RecipeFacts(
        name=_text(data.get("name")),
        ingredients=_lines(data.get("ingredients")),
        steps=_lines(data.get("instructions")),
        minutes=_minutes({kind: data.get(key) for kind, key in _PAGE_TIMES.items()}),
        recipe_yield=_text(data.get("yields")),
        extras=_extras(data, ("description", "category", "cuisine")),
    )


def _from_json_ld(node: dict[str, Any], headings: Collection[Words]) -> RecipeFacts:
    return RecipeFacts(
        name=_text(node.get("name")),
        ingredients=_lines(node.get("recipeIngredient")),
        steps=_lines(_flatten_steps(node.get("recipeInstructions"), headings)),
        minutes=_minutes({kind: node.get(key) for kind, key in _JSON_LD_TIMES.items()}),
        recipe_yield=_text(node.get("recipeYield")),
        extras=_extras(node, ("description", "recipeCategory", "recipeCuisine", "keywords")),
    )


def _extras(data: dict[str, Any], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: text for key in keys if (text := _text(data.get(key)))}


def _minutes(values: dict[str, Any]) -> dict[str, int]:
    seconds = {kind: parse_seconds(value) for kind, value in values.items()}
    return {kind: minutes for kind, s in seconds.items() if s and (minutes := round(s / 60))}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return str(value)  # ":g" fails for hundreds of digits
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(filter(None, (_text(item) for item in value)))
    return json.dumps(value, ensure_ascii=False, default=str)


def _lines(value: Any) -> tuple[str, ...]:
    """List items with at least one word, as text."""
    if isinstance(value, str):
        value = re.split(r"\n+", value)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(text for item in value if tokenise(text := _text(item)))


def _flatten_steps(value: Any, headings: Collection[Words], depth: int = 0) -> list[Any]:
    """Step texts of strings, HowToStep and (nested) HowToSection, in order."""
    if isinstance(value, str):
        return [line for line in value.split("\n") if line.strip()]
    if isinstance(value, dict):
        name = [value["name"]] if tokenise(_text(value.get("name"))) in headings else []
        if "itemListElement" in value and depth < 5:
            return [*name, *_flatten_steps(value["itemListElement"], headings, depth + 1)]
        return [*name, value["text"]] if value.get("text") else [value.get("name") or ""]
    if isinstance(value, list) and depth < 5:
        return [text for item in value for text in _flatten_steps(item, headings, depth + 1)]
    return []
