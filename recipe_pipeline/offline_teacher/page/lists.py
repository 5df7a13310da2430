"""Lines of lists: marks, headings of their parts, and what pages repeat of them."""

from __future__ import annotations

from recipe_pipeline.offline_teacher.page.layout import READER, Layout
from recipe_pipeline.offline_teacher.recipe.content import Content, Groups
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of


def marked(line: str, mark: str, number: int, total: int = 0) -> str:
    """``line`` behind ``mark``, where "{n}" is its number and "{t}" the number of all lines."""
    return mark.format(n=number, t=total) + line


def group_heading(layout: Layout, heading: str, mark: str) -> str:
    """The name of a part of a list; some pages mark it like the lines below it."""
    if not layout.marked_headings or {"{", "\n"} & set(mark):
        mark = ""
    blank = "\n" if layout.gap == READER and not mark else ""
    return blank + mark + (f"**{heading}**" if layout.heading_form == "bold" else heading)


def grouped(groups: Groups, mark: str, layout: Layout, restarts: bool = True) -> list[str]:
    """Marked lines under the headings of their groups; numbers restart in each group or go on."""
    out: list[str] = []
    number = 0
    for group in groups:
        if group.heading:
            out.append(group_heading(layout, group.heading, mark))
        number = 0 if restarts else number
        for line in group.lines:
            number += 1
            out.append(marked(line, mark, number))
    return out


def ingredient_lines(content: Content, layout: Layout) -> list[str]:
    return grouped(content.ingredients, layout.ingredient_mark, layout)


def step_lines(content: Content, layout: Layout) -> list[str]:
    """The steps; in copies of one recipe plugin's cards with their ingredients behind them."""

    def with_foods(step: str) -> str:
        shown = layout.foods_in_steps and step.endswith(".")
        return step + layout.foods_in_steps.join(foods_in(step, content)) if shown else step

    return grouped(content.with_lines(steps=with_foods).steps, layout.step_mark, layout)


def foods_in(step: str, content: Content) -> list[str]:
    """The ingredient lines whose food ``step`` names."""
    words = step.lower()
    return [line for line in content.ingredient_lines if food_of(line).lower() in words]
