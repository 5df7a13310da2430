"""Plausible directions for recipes without any (the Kaggle CSV).

The steps name the recipe's own ingredients and follow the kind of dish its name suggests. They
are training material, not cooking advice: post and label contain the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR, read
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of
from recipe_pipeline.offline_teacher.recipe.step_details import elaborate

_BOOK = read("directions")
_STEPS, _FOODS = _BOOK["steps"], _BOOK["foods"]
_FOODS_THAT_MUST_FIT = [slot for slot in _FOODS if slot not in ("rest", "all", "fat")]


def dish_kind(name: str, category: str = "") -> str:
    """The cooking sequence that fits: "bake", "soup", "drink", ...; "pan" by default."""
    for text in (name.lower(), category.lower().replace("-", " ")):
        for kind, pattern in _BOOK["kinds"]:
            if re.search(pattern, text):
                return kind
    return "pan"


def _named(foods: Sequence[str]) -> str:
    """ "flour", "flour and salt", "flour, salt, and eggs"."""
    if len(foods) < 2:
        return "".join(foods)
    return ", ".join(foods[:-1]) + (", and " if len(foods) > 2 else " and ") + foods[-1]


def _shared_out(foods: Sequence[str], templates: Sequence[str]) -> dict[str, str]:
    """What every slot of ``templates`` says, so that each food is used once.

    "rest" and "all" are last in the table, so that they leave foods for the other slots.
    """
    left = list(dict.fromkeys(food[:1].lower() + food[1:] for food in foods))
    slots = {}
    for slot, (pattern, most, fallback) in _FOODS.items():
        if any(f"<{slot}>" in template for template in templates):
            taken = [food for food in left if re.search(pattern, food.lower())][:most]
            left = [food for food in left if food not in taken]
            slots[slot] = _named(taken) or fallback
    return slots


def _time_words(minutes: int | None, rng: Random) -> str:
    if not minutes or minutes > 600:
        return ""
    if minutes >= 120 and minutes % 60 == 0:
        return f" for {minutes // 60} hours"
    if minutes > 180:
        return f" for about {round(minutes / 60)} hours"
    if minutes > 20 and rng.random() < 0.4:
        return f", {minutes - 5} to {minutes} minutes"
    return rng.choice((f" for {minutes} minutes", f", about {minutes} minutes"))


def compose_directions(
    name: str,
    category: str,
    ingredients: Sequence[str],
    cook_minutes: int | None,
    rng: Random,
    terse: bool = False,
) -> tuple[str, ...]:
    """Steps of one to four sentences, at least one; ``terse`` omits all details."""
    foods = [food_of(line) for line in ingredients]
    templates = _fitting_templates(dish_kind(name, category), foods, rng)
    slots = _shared_out(foods, templates)
    slots |= {"temp": rng.choice(_BOOK["temperatures"]), "pan": rng.choice(_BOOK["pans"])}
    timing = _time_words(cook_minutes, rng)
    steps = []
    for template in templates:
        steps.append(GRAMMAR.write(template, rng, {**slots, "for_time": timing}))
        if "<for_time>" in template:
            timing = ""
    return tuple(steps if terse else elaborate(steps, foods, rng))


def _fitting_templates(kind: str, foods: Sequence[str], rng: Random) -> list[str]:
    """A sequence of step templates without those that need a food the recipe lacks."""
    text = "\n".join(foods).lower()
    lacking = [slot for slot in _FOODS_THAT_MUST_FIT if not re.search(_FOODS[slot][0], text)]
    chosen = [rng.choice(_STEPS[step]) for step in rng.choice(_BOOK["sequences"][kind])]
    fitting = [t for t in chosen if not any(f"<{slot}>" in t for slot in lacking)]
    if not any("<rest>" in template or "<all>" in template for template in fitting):
        late = (*_STEPS["into_pan"], *_STEPS["bake"])
        places = [i for i, t in enumerate(fitting) if t in late or "<for_time>" in t]
        at = places[0] if places else len(fitting)
        fitting.insert(at, rng.choice(_STEPS["fold" if kind == "bake" else "cook_rest"]))
    return fitting
