"""Break labels on purpose, the way a careless teacher model does, to see what the checks catch.

Five kinds: an ingredient or step is dropped, an amount is changed, an ingredient is invented, two
steps are swapped, a time is changed. Every corruption really changes what the label says.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from typing import Any

from recipe_pipeline.durations import iso_to_minutes, seconds_to_iso
from recipe_pipeline.schema_org import recipes_in

INVENTED = (
    "2 tablespoons capers, drained", "1 cup crumbled feta cheese", "½ teaspoon ground cardamom",
    "3 anchovy fillets, minced", "1/4 cup maple syrup", "200 g smoked tofu", "2 star anise",
    "1 tablespoon fish sauce", "1 (14 oz) can coconut milk", "a handful of raisins",
    "1 cup pomegranate seeds", "2 teaspoons saffron threads", "1 bunch watercress",
    "4 dried figs, quartered", "1 tablespoon miso paste", "½ cup candied ginger",
)  # fmt: skip
_AMOUNT = re.compile(r"(?<![\d/.,])([1-9]\d?)(?=\s+[A-Za-z(])")


def _body(label: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    return rng.choice(recipes_in(label))


def _step_lists(recipe: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The lists that hold steps: the top one and those of sections."""
    top = recipe.get("recipeInstructions", [])
    inner = [item["itemListElement"] for item in top if item["@type"] == "HowToSection"]
    return inner or [top]


def drop_line(label: dict[str, Any], rng: random.Random) -> bool:
    """Drop one ingredient or one step."""
    recipe = _body(label, rng)
    lists = [recipe.get("recipeIngredient", []), *_step_lists(recipe)]
    lists = [lines for lines in lists if len(lines) > 1]
    if not lists:
        return False
    lines = rng.choice(lists)
    lines.pop(rng.randrange(len(lines)))
    return True


def change_amount(label: dict[str, Any], rng: random.Random) -> bool:
    """Change the whole number that an ingredient line holds."""
    lines = _body(label, rng).get("recipeIngredient", [])
    able = [i for i, line in enumerate(lines) if _AMOUNT.search(line)]
    if not able:
        return False
    at = rng.choice(able)
    lines[at] = _AMOUNT.sub(
        lambda m: str(int(m[1]) + rng.choice((1, 2, 3, int(m[1])))), lines[at], count=1
    )
    return True


def invent_ingredient(label: dict[str, Any], rng: random.Random) -> bool:
    """Put in an ingredient that the post does not have."""
    lines = _body(label, rng).get("recipeIngredient", [])
    text = " ".join(lines).lower()
    able = [line for line in INVENTED if line.split()[-1].strip(",") not in text]
    lines.insert(rng.randint(0, len(lines)), rng.choice(able))
    return bool(lines) and len(lines) > 1


def swap_steps(label: dict[str, Any], rng: random.Random) -> bool:
    """Exchange two neighbouring steps."""
    lists = [steps for steps in _step_lists(_body(label, rng)) if len(steps) > 1]
    if not lists:
        return False
    steps = rng.choice(lists)
    at = rng.randrange(len(steps) - 1)
    if steps[at] == steps[at + 1]:
        return False
    steps[at], steps[at + 1] = steps[at + 1], steps[at]
    return True


def change_time(label: dict[str, Any], rng: random.Random) -> bool:
    """Give a stated time another length."""
    recipe = _body(label, rng)
    keys = [key for key in ("prepTime", "cookTime", "totalTime") if recipe.get(key)]
    if not keys:
        return False
    key = rng.choice(keys)
    minutes = iso_to_minutes(recipe[key]) or 0
    recipe[key] = seconds_to_iso(60 * (minutes + rng.choice((5, 10, 15, 30, 60))))
    return True


KINDS: dict[str, Callable[[dict[str, Any], random.Random], bool]] = {
    "line dropped": drop_line,
    "amount changed": change_amount,
    "ingredient invented": invent_ingredient,
    "steps swapped": swap_steps,
    "time changed": change_time,
}


def corrupt(label: dict[str, Any], rng: random.Random) -> tuple[dict[str, Any], str]:
    """A corrupted copy of ``label`` and the kind of corruption; kinds are drawn evenly.

    Raises ValueError for a label that none of the kinds can change ("{}").
    """
    kinds = rng.sample(list(KINDS), len(KINDS)) if label else []
    for kind in kinds:
        changed = copy.deepcopy(label)
        if KINDS[kind](changed, rng) and changed != label:
            return changed, kind
    raise ValueError("this label cannot be corrupted")
