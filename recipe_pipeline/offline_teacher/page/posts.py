"""The five styles as page builders, from a `Page` to the text of a post.

A builder leaves the contents in the page as it wrote them (a caption that runs all steps together
has one step), because the label is derived from those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from recipe_pipeline.offline_teacher.page import article, card, lists
from recipe_pipeline.offline_teacher.page.card_blocks import card_blocks
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.posts_messy import caption, chaotic
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.content import Content

_WORDS = forms("posts")
# How often each section is drawn, in the order that blogs have them above a card.
_ABOVE_CARD = {"story": 10, "why": 3, "ad": 3, "ingredient_notes": 4, "overview": 4, "tips": 3,
               "swaps": 2, "storage": 2, "faq": 2.5, "related": 1, "serving": 1.5}  # fmt: skip
_BELOW_CARD = {"notes": 5, "nutrition": 4, "comments": 4, "related": 3, "closing": 4, "footer": 3,
               "ad": 1, "nutrition_heading": 1, "storage": 1, "serving": 1}  # fmt: skip
_BELOW_CARD_ORDER = ("serving", "notes", "nutrition_heading", "nutrition", "closing", "storage",
                     "related", "comments", "ad", "footer")  # fmt: skip


def _section(page: Page, name: str) -> Block:
    """The section of that name, of `_ABOVE_CARD` or `_BELOW_CARD`."""
    steps = page.contents[0].step_lines
    match name:
        case "overview":
            return article.overview(page, steps) if len(steps) > 2 else [article.story(page)]
        case "closing":
            return [page.say(name)]
        case "ad" | "footer":
            return [page.line(name)]
        case "nutrition_heading":
            return [page.layout.heading("Nutrition")]
        case "nutrition":
            return [page.layout.heading("Nutrition"), *_nutrition(page)]
    return article.block(page, name)


def _nutrition(page: Page) -> Block:
    if page.chance(0.8):
        return [page.line("nutrition")]
    # A number of servings here would be read as the yield, so it has to be the recipe's own.
    made = page.contents[0].recipe_yield or ""
    stated = len(page.contents) == 1 and made.endswith("servings")
    return [*([made] if stated else []), page.line("nutrition_table")]


def _above_card(page: Page, count: int) -> list[Block]:
    """``count`` sections. Stories may repeat; every other section appears once."""
    drawn = Counter(page.rng.choices(list(_ABOVE_CARD), list(_ABOVE_CARD.values()), k=count))
    return [
        _section(page, name)
        for name in _ABOVE_CARD
        for _ in range(drawn[name] if name == "story" else min(drawn[name], 1))
    ]


def _below_card(page: Page, count: int) -> list[Block]:
    """Up to ``count`` blocks: notes, nutrition, comments, links, footer."""
    drawn = set(page.rng.choices(list(_BELOW_CARD), list(_BELOW_CARD.values()), k=count))
    return [_section(page, name) for name in _BELOW_CARD_ORDER if name in drawn]


def _amount(page: Page, weights: tuple[float, ...]) -> int:
    """Number of optional blocks: an index drawn with ``weights``, scaled by the page's length."""
    drawn = page.rng.choices(range(len(weights)), weights)[0]
    return round(drawn * page.length + max(0.0, 2 * (page.length - 1)))


def minimal(page: Page) -> str:
    """Title, facts, ingredients and steps, with little furniture, a sentence and a note."""
    content, layout = page.contents[0], page.layout
    blocks: list[Block] = [[layout.heading(content.name)]]
    furniture = ("byline", "jump", "rating", "card_fact", "card_fact")
    for rule in page.rng.sample(furniture, page.rng.choices((0, 1, 2, 3), (5, 3, 2, 1))[0]):
        blocks.append([page.line(rule)])
    if page.chance(0.5):
        blocks.append([article.blurb(page)])
    if layout.meta_place == "prose":
        blocks.append([card.meta_sentence(content, page.rng)])
    for index, item in enumerate(page.contents):
        own = layout.for_recipe(index)
        if index == 0 and own.meta_place == "before" and page.chance(0.1):
            # Times and yield above the title.
            own = replace(own, meta_place="top")
            blocks.insert(0, card.meta_lines(page, item, layout))
        blocks += card_blocks(page, item, index > 0, own)
    if page.chance(0.25 * page.length):
        blocks.append(article.notes(page))
    if page.chance(0.1):
        blocks.append([page.line("nutrition")])
    return page.join([block for block in blocks if block and block[0]])


def _head(page: Page) -> list[Block]:
    """Headline, byline, buttons."""
    name, place = page.contents[0].name, page.layout.title_place
    if place == "both" and page.chance(0.4):
        # Headline and card title often differ; the card's is the name of the recipe.
        name = page.rng.choice(_WORDS.headlines).format(name=page.facts.name)
    nav = [[page.line("nav")]] if page.chance(0.08) else []
    headline = [[page.layout.heading(name)]] if place in ("top", "both") else []
    shares = {"byline": 0.2, "disclosure": 0.18, "jump": 0.18, "rating": 0.08}
    return nav + headline + [[page.line(rule)] for rule in shares if page.chance(shares[rule])]


def _head_and_opening(page: Page) -> list[Block]:
    """Head and opening; reader views put the first paragraph above the headline on some pages."""
    head, opening = _head(page), _opening(page)
    if page.layout.title_place in ("top", "both") and page.chance(0.3):
        return [*opening[:1], *head, *opening[1:]]
    return [*head, *opening]


def _opening(page: Page) -> list[Block]:
    layout, content = page.layout, page.contents[0]
    in_short = page.chance(0.3)
    paragraph = article.blurb(page) if in_short else article.intro(page, page.extent(1, 3))
    if layout.title_place == "prose" and content.name not in paragraph:
        paragraph = f"{paragraph} {page.line('name_in_prose')}"
    if layout.meta_place in ("prose", "nutrition"):
        stated = content.with_(recipe_yield=None) if layout.meta_place == "nutrition" else content
        told = [paragraph, card.meta_sentence(stated, page.rng)]
        paragraph = " ".join(reversed(told) if page.chance(0.3) else told).strip()
    if len(page.contents) == 1:  # with two dishes it gives the times of the first
        page.opening = paragraph
    if layout.meta_place != "glance":
        return [[paragraph]]
    facts = card.meta_lines(page, content, layout)
    return [[paragraph], [layout.heading(page.rng.choice(_WORDS.glances)), *facts] if facts else []]


def fluffy(page: Page) -> str:
    """The typical blog: intro and sections, then the card, then notes and comments."""
    blocks = _head_and_opening(page)
    sections = _above_card(page, _amount(page, (2, 5, 5, 3, 2, 1, 0.6, 0.4)))
    # Some sites put the card first and the article after it.
    card_first = page.chance(0.12)
    blocks += [] if card_first else sections
    if page.chance(0.15):
        blocks.append(article.related(page))
    titled = page.layout.title_place in ("card", "both")
    for index, content in enumerate(page.contents):
        if index and page.chance(0.6):
            blocks.append([article.story(page)])
        blocks += card_blocks(page, content, titled or index > 0, page.layout.for_recipe(index))
    blocks += _below_card(page, _amount(page, (3, 5, 4, 2, 1, 0.5)))
    return page.join(blocks + sections if card_first else blocks)


def rambling(page: Page) -> str:
    """Endless stories with the recipe in pieces between them and remarks inside the lists."""
    blocks = _head_and_opening(page)
    blocks += [[article.story(page)] for _ in range(2 + _amount(page, (1, 2, 2, 1)))]
    if page.chance(0.5):
        blocks += _above_card(page, 2)
    titled = page.layout.title_place in ("card", "both")
    for index, content in enumerate(page.contents):
        own = page.layout.for_recipe(index)
        blocks += _scattered_card(page, content, titled or index > 0, own)
    blocks += [[article.story(page)], *_below_card(page, 2 + _amount(page, (1, 2, 2)))]
    if page.chance(0.6):
        blocks.append(article.block(page, "faq"))
    return page.join(blocks)


def _with_remarks(lines: list[str], page: Page, share: float) -> Block:
    """``lines`` with remarks between some of them."""
    out: Block = []
    for line in lines:
        if out and page.chance(share):
            out.append(page.say("chatter"))
        out.append(line)
    return out


def _scattered_card(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    blocks = card_blocks(page, content.with_(ingredients=(), steps=()), titled, layout)
    middle = article.story(page) if page.chance(0.6) else page.say("digression")
    lines = content.ingredient_lines
    if lines and len(content.ingredients) == 1 and page.chance(0.15) and ";" not in "".join(lines):
        told = "; ".join(lines)
        blocks.append([f"{page.rng.choice(_WORDS.told_lists)} {told}{page.rng.choice(('.', ''))}"])
    elif lines:
        listed = _with_remarks(lists.ingredient_lines(content, layout), page, 0.06)
        blocks.append([layout.heading(layout.ingredient_heading), *listed])
    blocks.append([middle])
    if content.steps:
        told = _with_remarks(lists.step_lines(content, layout), page, 0.2)
        blocks.append([layout.heading(layout.step_heading), *told])
    return blocks


BUILDERS: dict[str, Callable[[Page], str]] = {
    "instagram_short": caption,
    "minimal_organized": minimal,
    "fluffy_organized": fluffy,
    "chaotic_unstructured": chaotic,
    "super_fluffy_chaotic": rambling,
}
