"""The short reasoning before a label: what was found, what is missing, what was ignored."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from recipe_pipeline.common.wording import counted
from recipe_pipeline.offline_teacher.recipe.content import Content
from recipe_pipeline.text.durations import seconds_to_iso


def _explain_recipe(content: Content, rng: Random) -> str:
    lines, steps = content.ingredient_lines, content.step_lines
    sections = [group.heading for group in content.ingredients if group.heading]
    parts = [rng.choice((f"The dish is “{content.name}”.", f"Recipe name: {content.name}."))]
    if lines:
        said = f"{counted(len(lines), 'ingredient line')}, copied as written"
        if sections:
            verb = "names a group" if len(sections) == 1 else "name groups"
            said += f"; {', '.join(sections)} only {verb}"
        parts.append(f"{said[:1].upper()}{said[1:]}.")
        if not any(any(c.isdigit() or c in "½¼¾⅓⅔" for c in line) for line in lines):
            parts.append("There are no amounts, so none are added.")
    else:
        parts.append("No ingredient list is given, so recipeIngredient is left out.")
    parts.append(
        f"{counted(len(steps), 'step')}." if steps else "No steps are given, so none are written."
    )
    times = ", ".join(
        f"{kind} {minutes} min = {seconds_to_iso(minutes * 60)}"
        for kind, minutes in content.times.items()
    )
    parts.append(f"Stated times: {times}." if times else "No times are stated; leave them out.")
    parts.append(
        f"Yield: {content.recipe_yield}." if content.recipe_yield else "No yield is stated."
    )
    return " ".join(parts)


def explain(contents: Sequence[Content], rng: Random, post: str) -> str:
    """Two to eight sentences, one line per recipe."""
    if not contents:
        return rng.choice(
            (
                "The text talks about food, but nobody could cook from it: no ingredient list that "
                "belongs to a dish and no steps. The answer is {}.",
                "No recipe here, just a text about food. So the answer is an empty object.",
            )
        )
    lines = [_explain_recipe(content, rng) for content in contents]
    if len(contents) > 1:
        lines.insert(
            0, f"The post holds {len(contents)} separate recipes, so the answer is a @graph."
        )
    if len(post) > 1500:
        lines.append("Stories, notes, links and comments around it are not part of the recipe.")
    return "\n".join(lines)
