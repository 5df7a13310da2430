"""Pair predicted with gold recipes, and their ingredient lines."""

from __future__ import annotations

import re
from itertools import permutations

from recipe_pipeline.schema.reading import Document, RecipeFacts
from recipe_pipeline.text.match import SAME_LINE_RATIO, align_lines, similarity

#: From this ingredient F1 on, a predicted recipe counts as the gold recipe whatever its name.
SAME_DISH_F1 = 0.5

#: Up to this number, recipes are paired by trying all orders; only a looping model writes more.
MOST_RECIPES = 6

_NAME_FILLER = re.compile(r"\b(?:recipes?|video)\b", re.IGNORECASE)

Pair = tuple[RecipeFacts | None, RecipeFacts | None]


def pair_recipes(predicted: Document, gold: Document) -> list[Pair]:
    """Pair predicted and gold recipes one to one so that names and ingredients agree best.

    Recipes left over on either side are paired with None. More than `MOST_RECIPES` are paired in
    the order they come in.
    """
    left, right = list(predicted.recipes), list(gold.recipes)
    size = max(len(left), len(right))
    left += [None] * (size - len(left))
    right += [None] * (size - len(right))
    if 1 < size <= MOST_RECIPES:
        affinity = {
            (i, j): _affinity(a, b) for i, a in enumerate(left) for j, b in enumerate(right)
        }
        best = max(
            permutations(range(size)),
            key=lambda order: sum(affinity[i, j] for j, i in enumerate(order)),
        )
        left = [left[i] for i in best]
    return list(zip(left, right, strict=True))


def _affinity(predicted: RecipeFacts | None, gold: RecipeFacts | None) -> float:
    if predicted is None or gold is None:
        return 0.0
    return similarity(predicted.name, gold.name) / 100 + recipe_f1(predicted, gold)


def recipe_f1(predicted: RecipeFacts, gold: RecipeFacts) -> float:
    """Ingredient F1 of two recipes."""
    paired = len(align_lines(predicted.ingredients, gold.ingredients))
    return f1(paired, len(predicted.ingredients), len(gold.ingredients))


def f1(shared: float, predicted: float, gold: float) -> float:
    """Harmonic mean of shared/predicted and shared/gold; 0 when both sides are empty."""
    return 2 * shared / (predicted + gold) if predicted + gold else 0.0


def same_name(predicted: str, gold: str) -> bool:
    """Token-sort ratio >= 85, ignoring the words *recipe* and *video*."""
    left, right = (_NAME_FILLER.sub(" ", name) for name in (predicted, gold))
    return bool(predicted) and similarity(left, right) >= SAME_LINE_RATIO


def align_ingredients(
    predicted: Document, gold: Document, pairs: list[Pair]
) -> list[tuple[int, int]]:
    """Positions (in ``predicted.ingredients``, in ``gold.ingredients``) of matching lines.

    Lines match within paired recipes only: an ingredient of the cake is not one of the sauce.
    """
    left, right = _offsets(predicted), _offsets(gold)
    return [
        (left[id(p)] + i, right[id(g)] + j)
        for p, g in pairs
        if p is not None and g is not None
        for i, j in align_lines(p.ingredients, g.ingredients)
    ]


def _offsets(document: Document) -> dict[int, int]:
    """Start of each recipe's ingredients in ``document.ingredients``, by the recipe's ``id()``."""
    starts, position = {}, 0
    for recipe in document.recipes:
        starts[id(recipe)] = position
        position += len(recipe.ingredients)
    return starts
