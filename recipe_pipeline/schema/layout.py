"""The layouts of an answer that a model can be trained on: the order of keys, the form of sections.

A model writes an answer from left to right. With "ingredients-first" it copies the ingredients, then
gives name, yield and times, then copies the steps: after the ingredients it has found the recipe card,
where title and times are. "name-first" is the order that people expect.

A ``HowToSection`` nests its steps two levels deeper, and a model of 270 million parameters loses
count of the brackets. In the "headed" form, the name of a section is a step of its own before the
steps of the section, line by line as on the page; `recipe_pipeline.schema.page_sections` turns these
back into sections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Steps = list[dict[str, Any]]
Change = Callable[[dict[str, Any]], dict[str, Any]]

ORDERS = ("name-first", "ingredients-first")
FORMS = ("nested", "headed")
FACTS = ("name", "recipeYield", "prepTime", "cookTime", "totalTime")
"""What a recipe says in a few words, as opposed to its lists."""

_INGREDIENTS_FIRST = ("@context", "@type", "recipeIngredient", *FACTS, "recipeInstructions")


def laid_out(document: dict[str, Any], sections: str, order: str) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``) in one of `FORMS` and one of `ORDERS`."""
    if sections == "headed":
        document = with_steps(document, _headed_steps)
    return in_order(document, order)


def in_order(document: dict[str, Any], order: str) -> dict[str, Any]:
    """``document`` with the keys of its recipes in one of `ORDERS`.

    "name-first" is what stage 3 writes. "ingredients-first": ingredients, `FACTS`, steps, then the
    others; a description before the steps can look like the end to a model.
    """
    if order != "ingredients-first":
        return document
    return _in_each_recipe(document, _ingredients_first)


def with_steps(document: dict[str, Any], change: Callable[[Steps], Steps]) -> dict[str, Any]:
    """``document`` with the instructions of each recipe replaced by ``change`` of them."""

    def changed(recipe: dict[str, Any]) -> dict[str, Any]:
        steps = recipe.get("recipeInstructions")
        if not isinstance(steps, list):
            return recipe
        return {**recipe, "recipeInstructions": change(steps)}

    return _in_each_recipe(document, changed)


def plain_step(text: str, name: str | None = None) -> dict[str, Any]:
    """A HowToStep, with a name if there is one."""
    return {"@type": "HowToStep", **({"name": name} if name else {}), "text": text}


def section(name: str, steps: Steps) -> dict[str, Any]:
    """A HowToSection of HowToSteps, whose ``@type`` comes last.

    JSON does not care about the order; a model that writes it sees from each step whether a section
    is open.
    """
    inside = [
        {**{key: value for key, value in step.items() if key != "@type"}, "@type": step["@type"]}
        for step in steps
    ]
    return {"@type": "HowToSection", "name": name, "itemListElement": inside}


def _in_each_recipe(document: dict[str, Any], change: Change) -> dict[str, Any]:
    if isinstance(document.get("@graph"), list):
        return {**document, "@graph": [change(node) for node in document["@graph"]]}
    return change(document)


def _ingredients_first(recipe: dict[str, Any]) -> dict[str, Any]:
    others = [key for key in recipe if key not in _INGREDIENTS_FIRST]
    return {key: recipe[key] for key in (*_INGREDIENTS_FIRST, *others) if key in recipe}


def _headed_steps(steps: Steps) -> Steps:
    out: Steps = []
    for item in steps:
        if item.get("@type") == "HowToSection":
            out.append(plain_step(item["name"]))
        inside = item.get("itemListElement", [item])
        out += [plain_step(each["text"], each.get("name")) for each in inside]
    return out
