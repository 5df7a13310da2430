"""What the CSV says about one recipe, and how its cells are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from recipe_pipeline.common.storage import recipe_stem
from recipe_pipeline.source.lists import read_list
from recipe_pipeline.text import durations

_JOINT = re.compile(r"(?:^|\s)\+(?=\s|$)|\n")
_LABEL = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z _-]{0,30}?)\s*:")
_MAIN_TIMES = {"prep": "prep_minutes", "cook": "cook_minutes", "total": "total_minutes"}
_AMOUNTS = {"servings": "servings", "yield": "recipe_yield"}
# Top-level groups that say when or why, not what: another group makes a better category.
_VAGUE_GROUPS = {"everyday-cooking", "healthy-recipes", "holidays-and-events"}
_SMALL_WORDS = {"and", "or", "for", "of", "the"}


@dataclass(frozen=True)
class SourceRecipe:
    """One recipe of the CSV; None, "" and () where the CSV says nothing.

    ``row`` is the 0-based data row of its first appearance, times are minutes. ``other_minutes``
    holds the other times by label ("additional", "chill").
    """

    row: int
    name: str
    ingredients: tuple[str, ...]
    summary: str = ""
    groups: tuple[str, ...] = ()
    prep_minutes: int | None = None
    cook_minutes: int | None = None
    total_minutes: int | None = None
    other_minutes: dict[str, int] = field(default_factory=dict)
    servings: str | None = None
    recipe_yield: str | None = None
    directions: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """File stem of everything made from this recipe, unique within one CSV."""
        return recipe_stem(self.row, self.name)

    @property
    def category(self) -> str | None:
        """Kind of dish from the groups: "bread.quick-bread" -> "Bread". Cuisines do not count."""
        tops = [group.split(".")[0] for group in self.groups]
        dishes = [top for top in tops if top != "world-cuisine"]
        plain = [top for top in dishes if top not in _VAGUE_GROUPS]
        return _title((plain or dishes)[0]) if dishes else None

    @property
    def cuisine(self) -> str | None:
        """Cuisine from the groups: "world-cuisine.asian.thai" -> "Thai"."""
        for group in self.groups:
            top, *rest = group.split(".")
            if top == "world-cuisine" and rest:
                # Regions come before cuisines, and "main-dishes.enchiladas" may follow them.
                end = rest.index("main-dishes") if "main-dishes" in rest[1:] else len(rest)
                return _title(rest[end - 1])
        return None

    def facts(self) -> dict[str, Any]:
        """What is known, ready for JSON and for a prompt; times in ISO 8601."""
        times = {
            "prep_time": self.prep_minutes,
            "cook_time": self.cook_minutes,
            **{f"{label.replace('-', '_')}_time": m for label, m in self.other_minutes.items()},
            "total_time": self.total_minutes,
        }
        facts: dict[str, Any] = {
            "name": self.name,
            "summary": self.summary,
            "category": self.category,
            "cuisine": self.cuisine,
            "ingredients": list(self.ingredients),
            "directions": list(self.directions),
            **{key: durations.seconds_to_iso(m * 60) for key, m in times.items() if m is not None},
            "servings": self.servings,
            "yield": self.recipe_yield,
        }
        return {key: value for key, value in facts.items() if value}


def split_joined(text: str) -> tuple[str, ...]:
    """Ingredients or steps joined by " + " or line breaks (a plus sign inside a word is kept), or in
    the notation of a list.
    """
    if (items := read_list(text)) is not None:
        return items
    pieces = (piece.strip() for piece in _JOINT.split(text))
    return tuple(piece for piece in pieces if piece)


def parse_process(text: str) -> dict[str, Any]:
    """The ``process`` cell as keyword arguments of `SourceRecipe`.

    Grammar: ``label: value`` pairs joined by commas. A comma inside a value ("Yield: 24 muffins, or
    48 mini muffins") does not start a pair, since no label follows it.
    """
    result: dict[str, Any] = {}
    others: dict[str, int] = {}
    labels = list(_LABEL.finditer(text))
    for label, following in zip(labels, [*labels[1:], None], strict=False):
        value = text[label.end() : following.start() if following else len(text)].strip(" ,")
        key = re.sub(r"[\s_]+", "-", label[1].casefold())
        key = key if key == "other-time" else key.removesuffix("-time")
        if key in _AMOUNTS:
            result[_AMOUNTS[key]] = value or None
            continue
        minutes = parse_minutes(value)
        if minutes is None:
            continue
        if key in _MAIN_TIMES:
            result[_MAIN_TIMES[key]] = minutes
        else:
            others[key.removesuffix("-time")] = minutes
    return {**result, "other_minutes": others}


@lru_cache(maxsize=4096)
def parse_minutes(text: str) -> int | None:
    """Minutes of "1 day 1 hr 15 mins" (1515); None for anything else or when no unit is named."""
    # The Kaggle file has "other-time: 10" where the page gives no unit: unknown, so left out.
    if not re.search(r"[A-Za-z:]", text):
        return None
    seconds = durations.parse_seconds(text)
    return None if seconds is None else round(seconds / 60)


def _title(slug: str) -> str:
    words = slug.replace("-", " ").replace("_", " ").split()
    return " ".join(
        word if word in _SMALL_WORDS and index else word[:1].upper() + word[1:]
        for index, word in enumerate(words)
    )
