"""Blocks of a web page around a recipe, by the names that forms.toml draws them with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recipe_pipeline.offline_teacher.page import article
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.phrases.book import forms

_WORDS = forms("site")


def drawn(page: Page, table: Sequence[Sequence[Any]], count: int) -> list[Block]:
    """``count`` different rows of ``table`` as blocks, in random order, drawn by their odds.

    A row is [name of a block or section, odds] or [rule, odds, most lines].
    """
    keys = [page.rng.random() ** (1 / odds) for _, odds, *_ in table]
    order = sorted(range(len(table)), key=keys.__getitem__, reverse=True)[:count]
    page.rng.shuffle(order)
    return [_block(page, *table[index]) for index in order]


def _block(page: Page, name: str, _odds: float, most: int = 0) -> Block:
    if most:
        return page.some(name, most)
    return BLOCKS[name](page) if name in BLOCKS else article.block(page, name)


def menu(page: Page) -> Block:
    words = [page.line("site_menu_word") for _ in range(page.rng.randint(3, 9))]
    return [page.rng.choice(_WORDS.menu_joints).join(dict.fromkeys(words))]


def trail(page: Page) -> Block:
    """Where the page stands within its site; it may end with the name of the dish."""
    words = [page.line("site_menu_word") for _ in range(page.rng.randint(1, 2))]
    last = [page.facts.name] if page.chance(0.5) else []
    return [page.rng.choice((" » ", " > ", " / ", "\n", " › ")).join(["Home", *words, *last])]


def dish_titles(page: Page) -> Block:
    """Titles of other dishes, with times, ratings or categories on some pages."""
    rng = page.rng
    extras = {
        "time": lambda: page.line("site_minutes"),
        "rating": lambda: f"{rng.choice((4, 4.5, 4.8, 5))} ({rng.randint(2, 900)})",
        "word": lambda: page.line("site_menu_word"),
        "comments": lambda: f"{rng.randint(0, 300)} Comments",
    }
    extra = extras.get(rng.choice(("", "", "", "time", "rating", "word", "comments")))
    lines = []
    for _ in range(rng.randint(2, 7)):
        lines += [page.line("other_dish"), *([extra()] if extra else [])]
    mark = "" if extra else rng.choice(("", "", "- "))
    return [page.line("site_related_head"), *(mark + line for line in lines)]


def thread(page: Page) -> Block:
    lines = page.several("site_thread", page.rng.choice((1, 1, 2, 3)))
    return [page.line("site_comment_head"), *lines]


def nutrients(page: Page) -> Block:
    rng = page.rng
    chosen = _WORDS.nutrients[: rng.randint(3, len(_WORDS.nutrients))]
    pairs = [(name, f"{rng.randint(0, most)}{unit}") for name, unit, most in chosen]
    form, joint = rng.choice(_WORDS.nutrient_forms)
    last = [page.line("nutrition")] if page.chance(0.15) else []
    heading = rng.choice(_WORDS.nutrient_headings)
    return [heading, joint.join(form.format(*pair) for pair in pairs), *last]


def tools(page: Page) -> Block:
    """Tools under a heading, with numbers and shops on some pages, as ingredients have amounts."""
    rule = page.rng.choice(("equipment", "site_tool", "site_tool", "site_tool"))
    lines = page.some(rule, 4 if rule == "equipment" else 7)
    link = [page.line("site_affiliate")] if page.chance(0.12) else []
    heading = page.layout.heading(page.rng.choice(_WORDS.tool_headings))
    return [heading, *page.bullets(lines), *link]


def shop(page: Page) -> Block:
    """Packs of food to buy, with sizes and prices."""
    heading = page.rng.choice(_WORDS.shop_headings)
    goods = page.some("site_product", 5)
    last = [page.line("site_affiliate")] if page.chance(0.4) else []
    return [*([page.layout.heading(heading)] if heading else []), *page.bullets(goods), *last]


def marked_buttons(page: Page) -> Block:
    """Links of a page that its mark-up has as a list."""
    return [f"- {line}" for line in page.some("site_link", 3)]


def told_list(page: Page) -> Block:
    """The list of the card a first time, in the words of the article."""
    lines = page.contents[0].ingredient_lines
    if not lines:
        return [article.story(page)]
    told = [line + page.rng.choice(("", "", " – " + page.say("because"))) for line in lines]
    heading = page.layout.heading(page.rng.choice(_WORDS.told_lists))
    return [heading, *page.bullets(told[: page.rng.randint(2, 12)])]


def _overview(page: Page) -> Block:
    steps = page.contents[0].step_lines
    if len(page.contents) == 1 and len(steps) > 1:
        return article.overview(page, steps)
    return [article.story(page)]


BLOCKS: dict[str, Callable[[Page], Block]] = {
    "menu": menu,
    "trail": trail,
    "dish_titles": dish_titles,
    "thread": thread,
    "nutrients": nutrients,
    "tools": tools,
    "intro": lambda page: [article.intro(page, 2)],
    "overview": _overview,
    "told_list": told_list,
    "naming": lambda page: [page.line("name_in_prose")],
}
