"""All that a post states and its label leaves out: by the source's facts, and by the post alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from recipe_pipeline.grounding.omissions import (
    ListLines,
    looks_like_ingredient,
    looks_like_step,
    missing_ingredients,
    missing_steps,
)
from recipe_pipeline.grounding.post_index import (
    STOP_WORDS,
    PostIndex,
    holds_word,
    is_number,
    line_tokens,
)
from recipe_pipeline.text.durations import iso_to_minutes
from recipe_pipeline.text.vocabulary import UNIT_NAMES

# Label key -> kind of time in a post, key of the source's fact.
TIMES = {
    "prepTime": ("prep", "prep_time"),
    "cookTime": ("cook", "cook_time"),
    "totalTime": ("total", "total_time"),
}


# Share of its numbers and words by which a line of a post is recognised in the label.
SAME_ENTRY = 0.65
# "Stir in the cabbage.100 g flour, 2 eggs": some cards name the foods of a step below it, and readers'
# copies glue them to it.
_GLUED_FOODS = re.compile(r"(?<=[a-z)])\.(?=\d)")


@dataclass(frozen=True)
class Told:
    """What a label tells: its recipes, and the lines of all of them together."""

    recipes: Sequence[dict[str, Any]]
    ingredients: Sequence[str]
    steps: Sequence[str]


def find_gaps(told: Told, post: PostIndex, source: dict[str, Any]) -> list[tuple[str, str]]:
    """(field, text) of everything the post states and the label does not.

    ``source``: facts to look for (keys of ``SourceRecipe.facts``); {} finds only what the post's own
    lists give away, and times and a yield that stand in lines of their own.
    """
    found = [
        ("recipeIngredient", line)
        for line in missing_ingredients(_lines(source.get("ingredients")), told.ingredients, post)
    ]
    found += [
        ("recipeInstructions", line)
        for line in missing_steps(_lines(source.get("directions")), told.steps, post)
    ]
    if told.recipes or source:
        found += _missing_times(told.recipes, post, source)
        found += _missing_yield(told.recipes, post, source)
    if told.recipes:
        return list(dict.fromkeys(found + _missing_entries(told, post)))
    found = found if source else _recipe_like_lines(post)
    # A post without a recipe may name a food or two; a list of them is a recipe.
    return found if len(found) > 2 else []


def _recipe_like_lines(post: PostIndex) -> list[tuple[str, str]]:
    """Ingredient and step lines of a post, when it has some of both (a shopping list has not)."""
    lines = ListLines(post)
    listed, told = (
        [line for line in lines.all() if looks_right(lines.words(line), lines.raw(line))]
        for looks_right in (looks_like_ingredient, looks_like_step)
    )
    if len(listed) < 3 or len(told) < 2:
        return []
    return [("recipeIngredient", lines.raw(line)) for line in listed]


def _missing_times(
    recipes: Sequence[dict[str, Any]], post: PostIndex, source: dict[str, Any]
) -> list[tuple[str, str]]:
    found = []
    for key, (kind, fact) in TIMES.items():
        if any(key in recipe for recipe in recipes):
            continue
        if not source:
            found += [(key, f"{n} minutes") for n in sorted(post.evidence.card_minutes(kind))[:1]]
            continue
        minutes = iso_to_minutes(source.get(fact))
        if minutes is not None and minutes in post.evidence.stated_minutes(kind):
            found.append((key, f"{minutes} minutes"))
    return found


def _missing_yield(
    recipes: Sequence[dict[str, Any]], post: PostIndex, source: dict[str, Any]
) -> list[tuple[str, str]]:
    if any("recipeYield" in recipe for recipe in recipes):
        return []
    facts = [str(source[key]) for key in ("yield", "servings") if source.get(key)]
    stated = [fact for fact in facts if post.evidence.labels_yield(fact)]
    if not source and (line := post.evidence.card_yield()):
        stated = [line]
    return [("recipeYield", fact) for fact in stated[:1]]


def _missing_entries(told: Told, post: PostIndex) -> list[tuple[str, str]]:
    """List entries of the post between or beside those the label has, found without a source."""
    lines = ListLines(post)
    headings = _headings(told.recipes)
    found = []
    for field, entries, others, looks_right in (
        # Steps name the foods again, so they do not tell that an ingredient is listed.
        ("recipeIngredient", told.ingredients, headings, looks_like_ingredient),
        ("recipeInstructions", told.steps, [*told.ingredients, *headings], looks_like_step),
    ):
        stands = [
            [lines.line_of(place) for place in post.places_of(_words(entry))] for entry in entries
        ]
        own = {at[-1] for at in stands if at}
        texts = [set(map(post.spelt, _words(text))) for text in (*entries, *others)]
        for number in lines.uncovered(own, looks_right):
            known = texts
            if field == "recipeIngredient":
                # "1 tsp onion powder" with a line of its own does not tell "1 tsp garlic powder".
                here = set(lines.words(number)) - STOP_WORDS
                known = [
                    words
                    for words, at in zip_longest(texts, stands, fillvalue=())
                    if number in at or own.isdisjoint(at) or here <= set(words)
                ]
            entry, *foods = _GLUED_FOODS.split(lines.raw(number))
            parts = [entry, *(part for line in foods for part in line.split(","))]
            if not all(_is_known(_words(part), known) for part in parts):
                found.append((field, lines.raw(number)))
    return found


def _is_known(words: Sequence[str], known: Sequence[set[str]]) -> bool:
    """Whether some line of the label holds most of ``words``, of an ingredient without its units."""
    wanted = set(words) - STOP_WORDS - (UNIT_NAMES if words and is_number(words[0]) else set())
    return not wanted or any(
        sum(holds_word(told, word) for word in wanted) >= SAME_ENTRY * len(wanted) for told in known
    )


def _headings(recipes: Sequence[dict[str, Any]]) -> list[str]:
    """Names of the recipes and of the sections of their instructions."""
    names = [str(recipe.get("name", "")) for recipe in recipes]
    for recipe in recipes:
        names += [
            str(item["name"]) for item in recipe.get("recipeInstructions", ()) if "name" in item
        ]
    return names


def _words(text: str) -> Sequence[str]:
    return line_tokens(text).words


def _lines(value: Any) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list | tuple) else []
