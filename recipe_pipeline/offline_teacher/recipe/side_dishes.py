"""Simple second dishes, for posts with two recipes and as parts of one ("Mango Salsa")."""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR, read
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts

SIDE_DISHES = read("side_dishes")["dish"]
_OWN_MEAL = re.compile(r"Tea|Lemonade|Bread|Cornbread")
_ONE_OF_MANY = re.compile(
    r"\b1 ((?:English |red )?(?:teaspoon|tablespoon|cup|clove|carrot|egg|pound|lime|cucumber|onion))s\b"
)


def second_dish(first: SourceFacts, rng: Random) -> SourceFacts:
    """A simple dish to go with ``first``, with a different name."""
    while True:
        dish = rng.choice(SIDE_DISHES)
        name = GRAMMAR.fill(dish["name"], rng, {})
        if name.lower() != first.name.lower():
            break
    prep, cook = dish["minutes"]
    times = {"prep": prep, "cook": cook, "total": prep + cook} if cook else {"prep": prep}
    ingredients = [GRAMMAR.fill(line, rng, {}) for line in dish["ingredients"]]
    return SourceFacts(
        name=name,
        # The grammar draws count and noun separately: "1 carrots, grated".
        ingredients=tuple(_ONE_OF_MANY.sub(r"1 \1", line) for line in ingredients),
        directions=tuple(GRAMMAR.write(line, rng, {}) for line in dish["steps"]),
        times=times,
        servings=rng.choice(("2", "4", "6", "8")),
    )


def part_of(dish: SourceFacts, rng: Random) -> SourceFacts:
    """A part of a recipe for ``dish`` with its own ingredients and steps, such as a sauce."""
    while True:
        part = second_dish(dish, rng)
        if not _OWN_MEAL.search(part.name):
            return part
