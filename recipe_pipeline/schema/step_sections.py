"""Sections of a method in forms that a small model can write, and back.

A ``HowToSection`` nests its steps two levels deeper, and a model of 270 million parameters loses
count of the brackets (docs/experiments.md, rows 6, 8 and 9). So its training labels may hold a flat
list of steps: the name of a section stands before its steps as a step of its own ("headed", line by
line as the page has it), or as the ``name`` of its first step ("named"), or not at all ("flat").
`nested` makes sections of named steps again, `recipe_pipeline.schema.page_sections` of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recipe_pipeline.schema.coerce import section
from recipe_pipeline.schema.key_order import in_each_recipe

Steps = list[dict[str, Any]]


FORMS = ("nested", "named", "headed", "flat")


def in_form(document: dict[str, Any], form: str) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``) with its sections in one of `FORMS`.

    "nested" leaves it as it is; "named" has no HowToSections, but a named first step for each;
    "headed" has a step with the section's name before its steps; "flat" has neither.
    """
    changes = {"named": _named_steps, "headed": _headed_steps, "flat": _plain_steps}
    return with_steps(document, changes[form]) if form in changes else document


def nested(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` with a HowToSection for every named step and the unnamed ones behind it.

    Where every step has a name, the names are titles of steps, and nothing changes; nor does it
    where there are sections already.
    """
    return with_steps(document, _nested_steps)


def with_steps(document: dict[str, Any], change: Callable[[Steps], Steps]) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``), ``change`` made to each recipe's steps."""

    def changed(recipe: dict[str, Any]) -> dict[str, Any]:
        steps = recipe.get("recipeInstructions")
        if not isinstance(steps, list):
            return recipe
        return {**recipe, "recipeInstructions": change(steps)}

    return in_each_recipe(document, changed)


def _plain_steps(steps: Steps) -> Steps:
    out: Steps = []
    for item in steps:
        inside = item.get("itemListElement", [item])
        out += [plain_step(step["text"], step.get("name")) for step in inside]
    return out


def _headed_steps(steps: Steps) -> Steps:
    out: Steps = []
    for item in steps:
        if item.get("@type") == "HowToSection":
            out.append(plain_step(item["name"], None))
        out += _plain_steps([item])
    return out


def plain_step(text: str, name: str | None) -> dict[str, Any]:
    """A HowToStep, with a name if there is one."""
    return {"@type": "HowToStep", **({"name": name} if name else {}), "text": text}


def _named_steps(steps: Steps) -> Steps:
    out: Steps = []
    for item in steps:
        if item.get("@type") != "HowToSection":
            out.append(item)
            continue
        for index, step in enumerate(item["itemListElement"]):
            names = [item["name"]] if index == 0 else []
            if "name" in step:
                names.append(step["name"])
            out.append(plain_step(step["text"], ": ".join(names)))
    return out


def _nested_steps(steps: Steps) -> Steps:
    if all("name" in step for step in steps) or not all(
        step.get("@type") == "HowToStep" for step in steps
    ):
        return steps
    out: Steps = []
    for step in steps:
        plain = {key: value for key, value in step.items() if key != "name"}
        if "name" in step:
            out.append(section(step["name"], [plain]))
        elif out and out[-1]["@type"] == "HowToSection":
            out[-1] = section(out[-1]["name"], [*out[-1]["itemListElement"], plain])
        else:
            out.append(plain)
    return out
