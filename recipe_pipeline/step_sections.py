"""Sections of a method in the form a small model writes, and back.

A ``HowToSection`` nests its steps two levels deeper, and a model of 270 million parameters loses
count of the brackets (docs/experiments.md, rows 6 and 8). Its training labels therefore hold a flat
list, in which the first step of a section carries the section's name as its own
(https://schema.org/HowToStep has one): ``{"@type": "HowToStep", "text": ..., "name": "For the
filling"}``. The text comes first: a model that may begin with a name now and then writes the whole
step as one. Nothing is lost: `nested` makes sections of such a list again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recipe_pipeline.recipe_coercion import section

Steps = list[dict[str, Any]]


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``) without HowToSections."""
    return _with_steps(document, _flat_steps)


def nested(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` with a HowToSection for every named step and the unnamed ones behind it.

    Where every step has a name, the names are titles of steps, and nothing changes; nor does it
    where there are sections already.
    """
    return _with_steps(document, _nested_steps)


def _with_steps(document: dict[str, Any], change: Callable[[Steps], Steps]) -> dict[str, Any]:
    if isinstance(document.get("@graph"), list):
        return {**document, "@graph": [_with_steps(node, change) for node in document["@graph"]]}
    steps = document.get("recipeInstructions")
    if not isinstance(steps, list):
        return document
    return {**document, "recipeInstructions": change(steps)}


def _flat_steps(steps: Steps) -> Steps:
    out: Steps = []
    for item in steps:
        if item.get("@type") != "HowToSection":
            out.append(item)
            continue
        for index, step in enumerate(item["itemListElement"]):
            names = [item["name"]] if index == 0 else []
            if "name" in step:
                names.append(step["name"])
            name = {"name": ": ".join(names)} if names else {}
            out.append({"@type": "HowToStep", "text": step["text"], **name})
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
