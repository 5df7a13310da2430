"""Do two ingredient lines have the same amount, unit and food? (`split_line` finds these parts.)"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from recipe_pipeline.text.ingredient_line import IngredientParts, split_line
from recipe_pipeline.text.match import SAME_LINE_RATIO, similarity
from recipe_pipeline.text.normalise import tokenise
from recipe_pipeline.text.vocabulary import UNIT_OF

_UNIT_OF = {**UNIT_OF, "c": "cup"}


def agreement(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Metrics "quantity", "unit" and "ingredient_name" as (agreeing pairs, pairs).

    Lines that are equal after normalisation agree without being parsed. A part that both lines
    lack agrees; one that only one of them has does not.
    """
    total = quantity = unit = name = 0
    for predicted, gold in pairs:
        total += 1
        if tokenise(predicted) == tokenise(gold):
            quantity, unit, name = quantity + 1, unit + 1, name + 1
            continue
        left, right = _parts(predicted), _parts(gold)
        quantity += left.quantity == right.quantity
        unit += _unit(left.unit) == _unit(right.unit)
        name += similarity(left.food, right.food) >= SAME_LINE_RATIO
    counted = {"quantity": quantity, "unit": unit, "ingredient_name": name}
    return {key: (float(value), float(total)) for key, value in counted.items()}


@lru_cache(maxsize=65536)
def _parts(line: str) -> IngredientParts:
    return split_line(line)


def _unit(text: str) -> str:
    """One name for all spellings of a unit."""
    unit = " ".join(tokenise(text))
    if unit in _UNIT_OF:
        return _UNIT_OF[unit]
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") else unit
