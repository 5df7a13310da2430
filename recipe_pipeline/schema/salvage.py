"""What can be read of a recipe that someone else's software wrote: an odd value costs that value only."""

from __future__ import annotations

from typing import Any

from recipe_pipeline.schema.coerce import coerce_recipe
from recipe_pipeline.schema.recipe import strict_complaints, without_empty


def salvage_recipe(data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """``(recipe, complaints)``: the readable part of one recipe in canonical form.

    Unlike `recipe_pipeline.schema.recipe.normalise_recipe`, which refuses a label with any fault.
    The recipe may lack its name, ingredients or instructions.
    """
    complaints: list[str] = []
    cleaned = without_empty(data, complaints)
    if not isinstance(cleaned, dict):
        return {}, complaints
    recipe = coerce_recipe(cleaned, complaints)
    for field, sentence in strict_complaints(recipe):
        if recipe.pop(field, None) is not None:
            complaints.append(sentence)
    # Complaints also tell a model how to do better; nobody can tell a page.
    return recipe, list(dict.fromkeys(complaint.partition("; ")[0] for complaint in complaints))
