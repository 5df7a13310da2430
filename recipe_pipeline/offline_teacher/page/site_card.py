"""The parts of a recipe as any site may write them: facts, ingredient list, steps.

Every function that changes the words of a line returns the changed `Content` too, because the label
is derived from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page.layout import pick
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.site_extras import (
    draw_foods_form,
    foods_of,
    with_last_word,
)
from recipe_pipeline.offline_teacher.phrases import site as phrases
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.recipe.content import Content, Group
from recipe_pipeline.offline_teacher.recipe.ingredients import split_amount

_TIME_LABELS = {
    "prep": ("Prep Time", "Prep", "Prep time", "Preparation time", "Preparation", "Prepping time", "Hands-on time", "PREP TIME", "Prep-time", "Active Time"),
    "cook": ("Cook Time", "Cook", "Cook time", "Cooking time", "Cooking", "Bake Time", "Cooking Time", "COOK TIME", "Cook-time", "Cook Time"),
    "total": ("Total Time", "Total", "Total time", "Ready in", "Time", "Takes", "Total Time", "TOTAL TIME", "Ready In", "Total Time"),
}  # fmt: skip
_SERVING_LABELS = (
    "Serves",
    "Servings",
    "Yield",
    "Makes",
    "Portions",
    "SERVES",
    "SERVINGS",
    "Number of servings",
    "Yields",
    "Serving",
)
_ITEM_LABELS = ("Yield", "Makes", "Yields", "Quantity", "MAKES", "YIELD")
# "{l}" is the label, "{v}" the value.
_PAIR_FORMS = (
    ("{l}\n{v}", 6), ("{l}:\n{v}", 2), ("{l}: {v}", 6), ("{l} {v}", 4), ("{l}{v}", 1.5), ("{l}:{v}", 0.7), ("{l} - {v}", 0.7), ("{l} – {v}", 0.5),
    ("{v}\n{l}", 1.2), ("{v} {l}", 0.8), ("{l} | {v}", 0.5), ("{l}\t{v}", 0.4), ("- {l}: {v}", 2), ("- {l}\n- {v}", 0.6), ("⏱ {l}: {v}", 0.4), ("• {l}: {v}", 0.5), ("**{l}:** {v}", 0.4), ("- {l}{v}", 0.5), ("| {l} | {v} |", 0.5),
)  # fmt: skip
READER = "reader"  # the gap of pages as an HTML reader renders them: blank lines, lists as "- "
_READER_PAIRS = (
    ("{l}: {v}", 5),
    ("{l} {v}", 5),
    ("- {l}: {v}", 3),
    ("- {l} {v}", 2),
    ("{l}\n{v}", 1.5),
    ("{l}{v}", 0.6),
    ("{v} {l}", 0.5),
)
_READER_STEPS = (("- ", 8), ("{n}. ", 1.5), ("", 2), ("Step {n}\n", 1), ("\nStep {n}\n", 1), ("- Step {n} ", 0.7), ("{n}\n", 0.6))  # fmt: skip
_ROW_JOINTS = (
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    " | ",
    " • ",
    "  ",
    ", ",
    " / ",
    " · ",
    "",
    " — ",
)
_INGREDIENT_MARKS = (
    ("- ", 6), ("", 5), ("▢ ", 2), ("▢\n", 1.2), ("• ", 1.5), ("* ", 0.8), ("□ ", 0.5), ("☐ ", 0.7), ("- \n", 0.5), ("[ ] ", 0.2), ("◦ ", 0.3), ("· ", 0.3), ("– ", 0.4), ("- ▢ ", 0.6), ("☐\n", 0.3), ("✓ ", 0.2), ("  * ", 0.4), ("{n}. ", 0.2),
)  # fmt: skip
_STEP_MARKS = (
    ("- ", 4), ("{n}. ", 4), ("", 5), ("{n}\n", 2), ("{n}.\n", 0.8), ("Step {n}\n", 2.5), ("Step {n}: ", 0.8), ("Step {n}", 0.8), ("Step {n} ", 0.8), ("STEP {n} OF {t}\n", 0.6), ("STEP {n}\n", 0.8), ("{n}) ", 0.6),
    ("- Step {n} ", 0.5), ("- \nStep {n}", 0.3), ("STEP {n}.\n", 0.5), ("Step {n}.\n", 0.4), ("0{n} ", 0.2), ("• ", 0.6), ("{n} ", 0.5), ("- {n}. ", 0.5), ("Step {n} – ", 0.4), ("{n}/{t}\n", 0.3), ("  {n}. ", 0.4), ("Step {n}:\n", 0.5), ("▢ ", 0.2),
)  # fmt: skip
_LEAD_VERBS = re.compile(
    r"\b(preheat|bake|simmer|boil|whisk|mix|stir|chill|fry|saute|serve|season|combine|roast|grill|"
    r"drain|pour|cover|blend|brown|toss|heat|melt|cut|slice|knead|roll|cool|marinate|spread|fold)\b",
    re.IGNORECASE,
)


def _served(recipe_yield: str, rng: Random) -> tuple[str, str]:
    match = re.fullmatch(r"(.*\d) servings?", recipe_yield)
    if not match:
        return rng.choice(_ITEM_LABELS), recipe_yield
    if rng.random() < 0.15:
        return "", recipe_yield
    label, number = rng.choice(_SERVING_LABELS), match.group(1)
    if label.lower() in ("number of servings", "servings", "serving"):
        return label, number
    people = f"{number} people" if label.lower() == "serves" else recipe_yield
    return label, rng.choice((number, number, recipe_yield, people))


def fact_pairs(page: Page, content: Content) -> list[tuple[str, str]]:
    """(label, value) of times, yield and tags, shuffled, with facts that no label has."""
    rng = page.rng
    style, variant = rng.randrange(wording.SITE_CLOCK_STYLES), rng.randrange(10)
    pairs = [
        (_TIME_LABELS[kind][variant], wording.site_clock(minutes, style))
        for kind, minutes in content.times.items()
    ]
    if list(content.times) == ["total"] and page.chance(0.2):
        pairs = [("", pairs[0][1])]  # the only time of a page needs no label
    elif page.other_times and page.chance(0.5):
        name, minutes = next(iter(page.other_times.items()))
        pairs.append((f"{name.title()} Time", wording.site_clock(minutes, style)))
    if content.recipe_yield:
        pairs.insert(rng.choice((0, len(pairs), len(pairs))), _served(content.recipe_yield, rng))
    tags = (
        (("Category", "Course"), content.category),
        (("Cuisine", "Cuisine"), content.cuisine),
        (("Keywords", "Keyword"), content.keywords),
    )
    pairs += [(names[variant % 2], value) for names, value in tags if value]
    for _ in range(rng.choices((0, 1, 2, 4), (5, 3, 2, 1))[0]):
        label, _, value = page.article.page("site_noise").partition(": ")
        pairs.insert(rng.randint(0, len(pairs)), (label, value))
    if page.chance(0.2):
        rng.shuffle(pairs)
    return pairs


def facts_block(page: Page, pairs: list[tuple[str, str]]) -> Block:
    """``pairs`` in one of many forms, on lines of their own or in a row."""
    rng = page.rng
    if (
        len(pairs) > 1 and all(label for label, _ in pairs) and page.chance(0.05)
    ):  # a table read column by column
        return [*(label for label, _ in pairs), *(value for _, value in pairs)]
    reader = page.layout.gap == READER
    form, joint = pick(_READER_PAIRS if reader else _PAIR_FORMS, rng), rng.choice(_ROW_JOINTS)
    if (reader and page.chance(0.8)) or "\n" in form or form.startswith("- "):
        joint = "\n"
    lines = [
        form.format(l=label, v=value) if label and value else label or value
        for label, value in pairs
    ]
    text = joint.join(line for line in lines if line)
    return [text] if text else []


def _marked(line: str, mark: str, number: int, total: int) -> str:
    return mark.format(n=number, t=total) + line


def _amount_last(content: Content, between: str) -> Content:
    """ "200 g flour" -> "flour: 200 g", as in tables of bakers."""

    def turned(line: str) -> str:
        amount, food = split_amount(line)
        amount = amount.removesuffix(" of")
        return f"{food}{between}{amount}" if amount and "," not in food else line

    groups = tuple(Group(g.heading, tuple(map(turned, g.lines))) for g in content.ingredients)
    return replace(content, ingredients=groups)


def _parted(line: str, form: str) -> str:
    """``line`` with its amount (and unit) on a line of its own."""
    amount, food = split_amount(line)
    if form == "number" and amount:
        number, _, unit = amount.partition(" ")
        return f"{number}\n{unit} {food}".replace("\n ", "\n")
    return f"{amount}\n{food}" if amount else line


def list_block(page: Page, content: Content, headed: bool = True) -> tuple[Block, Content]:
    """The ingredients with or without heading, buttons and groups, and the content as written."""
    rng, count = page.rng, len(content.ingredient_lines)
    if page.chance(0.3):
        content = _noted(content, rng)
    between = rng.choice((": ", " ", " – ", " - ", ", ", "\n", "\n"))
    shown = content
    if page.chance(0.06):
        shown = _amount_last(content, between)
        # A table has the amount in another cell, below the food.
        content = _amount_last(content, between.replace("\n", " "))
    heading = pick(phrases.INGREDIENT_HEADINGS, rng).format(n=count, name=content.name)
    block = [page.layout.heading(heading)] if headed and page.chance(0.88) else []
    if content.recipe_yield and page.chance(0.07):
        block.append(content.recipe_yield)
    if page.chance(0.3):
        block += page.article.several("site_list_button", rng.choice((1, 1, 2)))
    lines = content.ingredient_lines
    joints = [j for j in (", ", "; ", " • ", " | ") if not any(j.strip() in x for x in lines)]
    if len(content.ingredients) == 1 and joints and page.chance(0.04):
        return [*block, joints[0].join(lines)], content
    reader = page.layout.gap == READER
    mark = "- " if reader and page.chance(0.85) else pick(_INGREDIENT_MARKS, rng)
    form = rng.choice(("number", "amount")) if page.chance(0.09) else ""
    number = 0
    for group in shown.ingredients:
        if group.heading:
            block.append(_group_heading(page, group.heading, mark))
        for line in group.lines:
            number += 1
            block.append(_marked(_parted(line, form) if form else line, mark, number, count))
    if page.chance(0.12):
        block += page.article.several("site_list_button", 1)
    return block, content


def _group_heading(page: Page, heading: str, mark: str) -> str:
    bold = page.layout.heading_form == "bold"
    marked = mark if page.layout.marked_headings and not {"{", "\n"} & set(mark) else ""
    blank = "\n" if page.layout.gap == READER and not marked else ""
    return blank + (f"{marked}**{heading}**" if bold else marked + heading)


def _lead_ins(content: Content, rng: Random) -> Content:
    """Steps that begin with what they are about: "Simmer: Add the beans and simmer ..."."""
    between = rng.choice((": ", ". ", " – "))

    def led(line: str) -> str:
        verbs = _LEAD_VERBS.findall(line)
        return f"{rng.choice(verbs).capitalize()}{between}{line}" if verbs else line

    return _with_steps(content, lambda lines: tuple(map(led, lines)))


def _with_steps(content: Content, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Content:
    groups = tuple(Group(group.heading, change(group.lines)) for group in content.steps)
    return replace(content, steps=groups)


def _run_together(lines: tuple[str, ...], most: int, rng: Random) -> tuple[str, ...]:
    """``lines`` as paragraphs of one to ``most`` steps."""
    left, out = list(lines), []
    while left:
        size = rng.randint(1, most)
        out.append(" ".join(left[:size]))
        left = left[size:]
    return tuple(out)


def _noted(content: Content, rng: Random) -> Content:
    """Some ingredients with a remark, as on pages that leave no question open."""
    share = rng.choice((0.1, 0.25, 0.5))

    def noted(line: str) -> str:
        return line + rng.choice(phrases.INGREDIENT_NOTES) if rng.random() < share else line

    groups = tuple(Group(g.heading, tuple(map(noted, g.lines))) for g in content.ingredients)
    return replace(content, ingredients=groups)


def steps_block(page: Page, content: Content, headed: bool = True) -> tuple[Block, Content]:
    """The steps with captions, tips and advertisements between some of them."""
    rng = page.rng
    if page.chance(0.45):  # many sites tell a whole stage of the work in one paragraph
        most = rng.choice((2, 3, 3, 4, 6, 99))
        content = _with_steps(content, lambda lines: _run_together(lines, most, rng))
    if page.chance(0.14):
        content = _lead_ins(content, rng)
    if page.chance(0.1):
        content = with_last_word(page, content)
    total = len(content.step_lines)
    heading = pick(phrases.STEP_HEADINGS, rng).format(n=total, name=content.name)
    block = [page.layout.heading(heading)] if headed and page.chance(0.87) else []
    marks = _READER_STEPS if page.layout.gap == READER else _STEP_MARKS
    mark = pick(marks, rng) if total > 1 else rng.choice(("", "", "- ", "1. "))
    rule, share = "", 0.0
    if page.chance(0.22):
        rule = rng.choice(("site_caption", "site_between_steps", "site_caption"))
        share = rng.choice((0.1, 0.3, 0.6))
    same = page.article.page(rule) if rule and page.chance(0.4) else ""
    foods = draw_foods_form(rng) if page.chance(0.07) else ""
    number, restarts = 0, page.chance(0.5)
    for group in content.steps:
        if group.heading:
            block.append(_group_heading(page, group.heading, ""))
            number = 0 if restarts else number
        for line in group.lines:
            number += 1
            block.append(_marked(line, mark, number, total))
            block += foods_of(line, content, foods) if foods else []
            if rule and page.chance(share):
                block.append(same or page.article.page(rule))
    return block, content


def described(page: Page, content: Content) -> Block:
    """The labelled description, or on some cards a sentence that no label has."""
    if content.description:
        heading = page.layout.heading("Description")
        inline = f"Description: {content.description}"
        return [inline] if page.chance(0.4) else [heading, content.description]
    return [page.article.blurb()] if page.chance(0.3) else []
