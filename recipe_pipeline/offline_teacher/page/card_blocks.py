"""A recipe card as blocks: title, facts, ingredients, steps, and the furniture of a web page.

The order of the random draws matters: it decides which post a seed gives.
"""

from __future__ import annotations

from recipe_pipeline.offline_teacher.page import card
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.recipe.content import Content

# How often a card has each of its optional parts.
LEAD_IN, LEAD_IN_WITHOUT_TITLE = 0.5, 0.3
PRINT_BUTTON = 0.7  # of dashed cards with a title
RATING = BUTTON = 0.12
FACTS = 0.15
COPIED_FURNITURE = 0.3  # factor on the three above: copied cards have little of it
VIDEO = 0.04
EQUIPMENT = 0.18
EQUIPMENT_HEADING_ONLY = 0.5  # of bare cards: the linked tools did not survive the copying
BREAK_BETWEEN_LISTS = 0.07
CLOSING = 0.25
# Variations of the parts that every card has.
DESCRIPTION_INLINE = 0.4  # "Description: ..." instead of a heading
UNLABELLED_DESCRIPTION, DESCRIPTION_REPEATS_TITLE = 0.24, 0.35
DESCRIPTION_AFTER_TIMES = 0.6  # of dashed cards
TITLE_BELOW_INGREDIENTS, TITLE_TWICE, TITLE_WITH_BLURB = 0.03, 0.05, 0.02
STEPS_WITHOUT_HEADING = 0.06


def card_blocks(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    """The card of one recipe, with its parts in the order of ``layout``. Blocks may be empty."""
    description = _labelled_description(page, content, layout)
    before, after = _meta(page, content, layout)
    furniture, equipment = _furniture(page, layout)
    description = description or _unlabelled_description(page, content, titled)
    facts = [description, before]
    if layout.card == "dashed" and page.chance(DESCRIPTION_AFTER_TIMES):
        facts.reverse()
    title, below_heading = _title_lines(page, content, layout, titled)
    has_print_button = layout.card == "dashed" and titled and page.chance(PRINT_BUTTON)
    has_lead_in = page.chance(LEAD_IN if titled else LEAD_IN_WITHOUT_TITLE)
    in_prose = layout.meta_place in ("prose", "nutrition")
    return [
        page.article.lead_in() if has_lead_in else [],
        ["Print"] if has_print_button else [],
        title,
        furniture,
        *facts,
        card.tag_lines(content) if in_prose else [],
        [layout.heading("Video")] if page.chance(VIDEO) else [],
        equipment if page.chance(EQUIPMENT) else [],
        *_lists(page, content, layout, below_heading),
        after,
        _yield_in_nutrition(page, content) if layout.meta_place == "nutrition" else [],
        _some(page, "card_end", 3) if page.chance(CLOSING) else [],
    ]


def _some(page: Page, rule: str, most: int) -> Block:
    """1 to ``most`` lines of ``rule``."""
    return page.article.several(rule, page.rng.randint(1, most))


def _labelled_description(page: Page, content: Content, layout: Layout) -> Block:
    if not content.description:
        return []
    if page.chance(DESCRIPTION_INLINE):
        return [f"Description: {content.description}"]
    return [layout.heading("Description"), content.description]


def _unlabelled_description(page: Page, content: Content, titled: bool) -> Block:
    """A description without a heading, on some cards; it may repeat the title."""
    if not page.chance(UNLABELLED_DESCRIPTION):
        return []
    if titled and page.chance(DESCRIPTION_REPEATS_TITLE):
        return [page.article.titled_blurb(content.name)]
    return [page.article.blurb()]


def _furniture(page: Page, layout: Layout) -> tuple[Block, Block]:
    """Rating, buttons and facts below the title, and the list of tools."""
    share = 1.0 if layout.card == "own" else COPIED_FURNITURE
    lines = [page.article.page("rating")] if page.chance(RATING * share) else []
    lines += page.article.several("card_button", 1) if page.chance(BUTTON * share) else []
    heading_only = layout.card == "bare" and page.chance(EQUIPMENT_HEADING_ONLY)
    tools = [] if heading_only else _some(page, "equipment", 4)
    equipment = [layout.heading("Equipment"), *page.article.bullets(tools)]
    lines += _some(page, "card_fact", 3) if page.chance(FACTS * share) else []
    return lines, equipment


def _title_lines(page: Page, content: Content, layout: Layout, titled: bool) -> tuple[Block, Block]:
    """The title above the card and, alternatively, below the heading of the ingredients."""
    title = [layout.heading(content.name)] if titled else []
    # Some cards name the dish where others name a part of it.
    one_list = [group.heading for group in content.ingredients] == [None]
    if titled and one_list and len(page.contents) == 1 and page.chance(TITLE_BELOW_INGREDIENTS):
        return [], title
    if page.chance(TITLE_TWICE):
        return title * 2, []
    if titled and page.chance(TITLE_WITH_BLURB) and not any(sign in content.name for sign in "|–:"):
        separator = page.rng.choice((" | ", " – ", ": "))
        return [content.name + separator + page.article.blurb()], []
    return title, []


def _meta(page: Page, content: Content, layout: Layout) -> tuple[Block, Block]:
    """Times and yield before and after the lists of the card."""

    def lines(stated: Content, part: str = "all") -> Block:
        return card.meta_lines(stated, layout, page.rng, page.other_times, part)

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
    ingredients, steps = card.ingredient_lines(content, layout), card.step_lines(content, layout)
    blocks = []
    if ingredients:
        heading = layout.heading(layout.ingredient_heading)
        blocks.append([heading, *below_heading, *ingredients])
    if page.chance(BREAK_BETWEEN_LISTS):
        blocks.append([page.article.page(page.rng.choice(("ad", "card_button")))])
    # Some sites continue with the steps below the ingredients, without a heading.
    if ingredients and page.chance(STEPS_WITHOUT_HEADING):
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
        page.article.page("nutrition_amounts"),
    ]
