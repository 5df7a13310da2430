"""A recipe card as blocks: title, facts, ingredients, steps, and the furniture of a web page.

The order of the random draws matters: it decides which post a seed gives.
"""

from __future__ import annotations

from recipe_pipeline.offline_teacher.page import article, card, lists
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.recipe.content import Content


def card_blocks(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    """The card of one recipe, with its parts in the order of ``layout``. Blocks may be empty."""
    description = card.description(page, content)
    before, after = _meta(page, content, layout)
    furniture, equipment = _furniture(page, layout)
    description = description or _unlabelled_description(page, content, titled)
    facts = [description, before]
    if layout.card == "dashed" and page.chance(0.6):
        facts.reverse()
    title, below_heading = _title_lines(page, content, layout, titled)
    has_print_button = layout.card == "dashed" and titled and page.chance(0.7)
    has_lead_in = page.chance(0.5 if titled else 0.3)
    in_prose = layout.meta_place in ("prose", "nutrition")
    return [
        article.lead_in(page) if has_lead_in else [],
        ["Print"] if has_print_button else [],
        title,
        furniture,
        *facts,
        card.tag_lines(content) if in_prose else [],
        [layout.heading("Video")] if page.chance(0.04) else [],
        equipment if page.chance(0.18) else [],
        *_lists(page, content, layout, below_heading),
        after,
        _yield_in_nutrition(page, content) if layout.meta_place == "nutrition" else [],
        page.some("card_end", 3) if page.chance(0.25) else [],
    ]


def _unlabelled_description(page: Page, content: Content, titled: bool) -> Block:
    """A description without a heading, on some cards; it may repeat the title."""
    if not page.chance(0.24):
        return []
    if titled and page.chance(0.35):
        return [_titled_blurb(page, content.name)]
    return [article.blurb(page)]


def _titled_blurb(page: Page, title: str) -> str:
    """A description that begins with the title above it."""
    words = page.line("of_the_dish")
    return f"{title} {words[:1].lower()}{words[1:]}"


def _furniture(page: Page, layout: Layout) -> tuple[Block, Block]:
    """Rating, buttons and facts below the title, and the list of tools."""
    share = 1.0 if layout.card == "own" else 0.3
    lines = [page.line("rating")] if page.chance(0.12 * share) else []
    lines += page.several("card_button", 1) if page.chance(0.12 * share) else []
    heading_only = layout.card == "bare" and page.chance(0.5)
    tools = [] if heading_only else page.some("equipment", 4)
    equipment = [layout.heading("Equipment"), *page.bullets(tools)]
    lines += page.some("card_fact", 3) if page.chance(0.15 * share) else []
    return lines, equipment


def _title_lines(page: Page, content: Content, layout: Layout, titled: bool) -> tuple[Block, Block]:
    """The title above the card and, alternatively, below the heading of the ingredients."""
    title = [layout.heading(content.name)] if titled else []
    # Some cards name the dish where others name a part of it.
    one_list = [group.heading for group in content.ingredients] == [None]
    if titled and one_list and len(page.contents) == 1 and page.chance(0.03):
        return [], title
    if page.chance(0.05):
        return title * 2, []
    if titled and page.chance(0.02) and not any(sign in content.name for sign in "|–:"):
        separator = page.rng.choice((" | ", " – ", ": "))
        return [content.name + separator + article.blurb(page)], []
    return title, []


def _meta(page: Page, content: Content, layout: Layout) -> tuple[Block, Block]:
    """Times and yield before and after the lists of the card."""

    def lines(stated: Content, part: str = "all") -> Block:
        return card.meta_lines(page, stated, layout, part)

    place = layout.meta_place
    if place == "ends":
        total = {kind: minutes for kind, minutes in content.times.items() if kind == "total"}
        others = {kind: minutes for kind, minutes in content.times.items() if kind != "total"}
        brief = content.with_(times=total, category=None, cuisine=None, keywords=None)
        return lines(brief), lines(content.with_(times=others, recipe_yield=None))
    before = {"before": "all", "split": "yield"}.get(place)
    after = {"after": "all", "split": "times"}.get(place)
    return lines(content, before) if before else [], lines(content, after) if after else []


def _lists(page: Page, content: Content, layout: Layout, below_heading: Block) -> list[Block]:
    """Ingredients and steps, sometimes with an advertisement or a button between them."""
    ingredients, steps = lists.ingredient_lines(content, layout), lists.step_lines(content, layout)
    blocks = []
    if ingredients:
        heading = layout.heading(layout.ingredient_heading)
        blocks.append([heading, *below_heading, *ingredients])
    if page.chance(0.07):
        blocks.append([page.line(page.rng.choice(("ad", "card_button")))])
    # Some sites continue with the steps below the ingredients, without a heading.
    if ingredients and page.chance(0.06):
        blocks.append(steps)
    elif steps:
        blocks.append([layout.heading(layout.step_heading), *steps])
    return blocks


def _yield_in_nutrition(page: Page, content: Content) -> Block:
    """What one recipe plugin writes below its steps: "Yield: 6 Serving Size: 1" and amounts."""
    if not content.recipe_yield:
        return []
    makes = content.recipe_yield.removesuffix(" servings").removesuffix(" serving")
    heading = page.rng.choice(("Nutrition Information", "Nutrition Information:", "Nutrition"))
    size = page.rng.choice((" Serving Size: 1", " Serving Size: 1", "\nServing Size: 1", ""))
    return [
        page.layout.heading(heading),
        f"Yield: {makes}{size}",
        page.line("nutrition_amounts"),
    ]
