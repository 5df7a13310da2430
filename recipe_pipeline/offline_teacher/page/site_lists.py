"""The two lists of a recipe as any site may write them.

What changes the words of a line returns the changed `Content` too, because the label is derived
from it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page.layout import READER, pick
from recipe_pipeline.offline_teacher.page.lists import foods_in, group_heading, grouped, marked
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.content import Content, Group
from recipe_pipeline.offline_teacher.recipe.ingredients import split_amount

_WORDS = forms("site_lists")
_LEAD_VERBS = re.compile(
    r"\b(preheat|bake|simmer|boil|whisk|mix|stir|chill|fry|saute|serve|season|combine|roast|grill|"
    r"drain|pour|cover|blend|brown|toss|heat|melt|cut|slice|knead|roll|cool|marinate|spread|fold)\b",
    re.IGNORECASE,
)


def ingredients_block(page: Page, content: Content, headed: bool) -> tuple[Block, Content]:
    """The list with or without heading, buttons and groups, and the content as written."""
    if not content.ingredients:
        return ([page.line("site_no_list")] if page.chance(0.4) else []), content
    rng, count = page.rng, len(content.ingredient_lines)
    if page.chance(0.3):
        content = _noted(content, rng)
    between = rng.choice((": ", " ", " – ", " - ", ", ", "\n", "\n"))
    shown = content
    if page.chance(0.06):
        shown = _amount_last(content, between)
        # A table has the amount in another cell, below the food.
        content = _amount_last(content, between.replace("\n", " "))
    heading = pick(_WORDS.ingredient_headings, rng).format(n=count, name=content.name)
    block = [page.layout.heading(heading)] if headed and page.chance(0.88) else []
    if content.recipe_yield and page.chance(0.07):
        block.append(content.recipe_yield)
    if page.chance(0.3):
        block += page.several("site_list_button", rng.choice((1, 1, 2)))
    lines = content.ingredient_lines
    joints = [j for j in (", ", "; ", " • ", " | ") if not any(j.strip() in x for x in lines)]
    if len(content.ingredients) == 1 and joints and page.chance(0.04):
        return [*block, joints[0].join(lines)], content
    reader = page.layout.gap == READER
    mark = "- " if reader and page.chance(0.85) else pick(_WORDS.ingredient_marks, rng)
    if page.chance(0.09):
        number_only = rng.choice((True, False))
        shown = shown.with_lines(ingredients=lambda line: _parted(line, number_only))
    block += grouped(shown.ingredients, mark, page.layout, restarts=False)
    if page.chance(0.12):
        block += page.several("site_list_button", 1)
    return block, content


def _noted(content: Content, rng: Random) -> Content:
    """Some ingredients with a remark, as on pages that leave no question open."""
    share = rng.choice((0.1, 0.25, 0.5))

    def noted(line: str) -> str:
        return line + rng.choice(_WORDS.ingredient_notes) if rng.random() < share else line

    return content.with_lines(ingredients=noted)


def _amount_last(content: Content, between: str) -> Content:
    """ "200 g flour" -> "flour: 200 g", as in tables of bakers."""

    def turned(line: str) -> str:
        amount, food = split_amount(line)
        amount = amount.removesuffix(" of")
        return f"{food}{between}{amount}" if amount and "," not in food else line

    return content.with_lines(ingredients=turned)


def _parted(line: str, number_only: bool) -> str:
    """``line`` with its amount (or the number of it) on a line of its own."""
    amount, food = split_amount(line)
    if number_only and amount:
        number, _, unit = amount.partition(" ")
        return f"{number}\n{unit} {food}".replace("\n ", "\n")
    return f"{amount}\n{food}" if amount else line


def steps_block(page: Page, content: Content, headed: bool) -> tuple[Block, Content]:
    """The steps with captions, tips and advertisements between some of them."""
    if not content.steps:
        return ([page.line("site_no_steps")] if page.chance(0.45) else []), content
    rng = page.rng
    content = _retold(page, content)
    total = len(content.step_lines)
    heading = pick(_WORDS.step_headings, rng).format(n=total, name=content.name)
    block = [page.layout.heading(heading)] if headed and page.chance(0.87) else []
    reader = page.layout.gap == READER
    marks = _WORDS.reader_step_marks if reader else _WORDS.step_marks
    mark = pick(marks, rng) if total > 1 else rng.choice(("", "", "- ", "1. "))
    rule, share = "", 0.0
    if page.chance(0.22):
        rule = rng.choice(("site_caption", "site_between_steps", "site_caption"))
        share = rng.choice((0.1, 0.3, 0.6))
    same = page.line(rule) if rule and page.chance(0.4) else ""
    foods = page.chance(0.07) and rng.choice((", ", ", ", ", ", "; ", " | ", "\n"))
    number, restarts = 0, page.chance(0.5)
    for group in content.steps:
        if group.heading:
            block.append(group_heading(page.layout, group.heading, ""))
            number = 0 if restarts else number
        for line in group.lines:
            number += 1
            block.append(marked(line, mark, number, total))
            if foods:
                block.append(foods.join(foods_in(line, content)))
            if rule and page.chance(share):
                block.append(same or page.line(rule))
    return block, content


def _retold(page: Page, content: Content) -> Content:
    """``content`` with steps in the words of a site."""
    rng = page.rng
    if page.chance(0.45):  # many sites tell a whole stage of the work in one paragraph
        most = rng.choice((2, 3, 3, 4, 6, 99))
        groups = [replace(g, lines=_run_together(g.lines, most, rng)) for g in content.steps]
        content = content.with_(steps=tuple(groups))
    if page.chance(0.14):
        content = _lead_ins(content, rng)
    return _with_last_word(page, content) if page.chance(0.1) else content


def _run_together(lines: tuple[str, ...], most: int, rng: Random) -> tuple[str, ...]:
    """``lines`` as paragraphs of one to ``most`` steps."""
    left, out = list(lines), []
    while left:
        size = rng.randint(1, most)
        out.append(" ".join(left[:size]))
        left = left[size:]
    return tuple(out)


def _lead_ins(content: Content, rng: Random) -> Content:
    """Steps that begin with what they are about: "Simmer: Add the beans and simmer ..."."""
    between = rng.choice((": ", ". ", " – "))

    def led(line: str) -> str:
        verbs = _LEAD_VERBS.findall(line)
        return f"{rng.choice(verbs).capitalize()}{between}{line}" if verbs else line

    return content.with_lines(steps=led)


def _with_last_word(page: Page, content: Content) -> Content:
    """``content`` with a last step about storing or serving, in a section of its own on some pages."""
    last = page.line(page.rng.choice(("storing", "storing", "site_serving_step")))
    has_sections = sum(group.heading is not None for group in content.steps) > 1
    if has_sections and page.chance(0.6):
        own = Group(page.rng.choice(_WORDS.last_sections), (last,))
        return content.with_(steps=(*content.steps, own))
    *others, end = content.steps
    return content.with_(steps=(*others, replace(end, lines=(*end.lines, last))))
