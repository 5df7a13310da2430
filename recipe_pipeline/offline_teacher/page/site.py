"""Whole web pages of any site: the recipe between menus, teasers, comments, forms and footers.

Where the other builders follow what recipe blogs usually look like, this one draws every choice on
its own: which parts there are, in which order, and how each is written.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page import site_card
from recipe_pipeline.offline_teacher.page.layout import READER, Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.site_blocks import drawn
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.units import respelled

_WORDS = forms("site")


def site_layout(layout: Layout, rng: Random) -> Layout:
    """``layout`` with headings, gaps and a place for the title as any site may have them."""
    place = rng.choices(("both", "top", "card", "prose"), (40, 35, 23, 2))[0]
    form = rng.choices(("plain", "markdown", "bold", "upper"), (80, 8, 6, 6))[0]
    return replace(
        layout,
        gap=rng.choices((READER, "\n", "\n\n", "mixed"), (9, 6, 2, 3))[0],
        heading_form="plain" if place == "prose" else form,  # prose has the name as it is
        title_place=place,
        marked_headings=rng.random() < 0.12,
        card="own",
        meta_place="before",
        foods_in_steps="",
    )


def site_page(page: Page) -> str:
    """The page as text. Its contents are replaced by what it says in the words it says it."""
    rng = page.rng
    page.contents = [respelled(content, rng) for content in page.contents]
    if page.layout.heading_form == "upper":
        page.contents = [content.with_(name=content.name.upper()) for content in page.contents]
    above = drawn(page, _WORDS.above, _how_many(page, 5))
    above.insert(rng.choice((0, 0, 0, len(above), rng.randint(0, len(above)))), _headline(page))
    if page.layout.title_place == "prose":
        above.append([page.line("name_in_prose")])
    sections = drawn(page, _WORDS.sections, _how_many(page, 6))
    cards = []
    for index in range(len(page.contents)):
        if index and page.chance(0.4):
            cards += drawn(page, _WORDS.sections, 1)
        cards += site_card.card_blocks(page, index)
    middle = [*cards, *sections] if page.chance(0.15) else [*sections, *cards]
    below = drawn(page, _WORDS.below, _how_many(page, 8))
    return _join(page, [*above, *middle, *below])


def surround(page: Page, text: str) -> str:
    """A post without a recipe as a page of a site."""
    above = drawn(page, _WORDS.above, _how_many(page, 6))
    below = drawn(page, _WORDS.below, _how_many(page, 9))
    return _join(page, [*above, [text], *below])


def _how_many(page: Page, most: int) -> int:
    """0 to ``most``, more in long posts."""
    return round(most * page.rng.random() ** (2.2 / max(0.5, min(page.length, 3))))


def _headline(page: Page) -> Block:
    """Text of a page begins with its title, mostly with the site's name in it."""
    rng, place = page.rng, page.layout.title_place
    if place == "prose":
        return []
    headline = page.contents[0].name
    if place != "top" and page.chance(0.45):
        headline = rng.choice(_WORDS.headlines).format(name=page.facts.name)
    draw = rng.random()
    if place == "card" and draw < 0.7:
        return []
    if draw < 0.14:
        return [headline + rng.choice(_WORDS.title_joints) + page.line("site")]
    if draw < 0.2:
        return [page.line("site"), headline]
    return [page.layout.heading(headline) if draw < 0.9 else f"{headline}\n"]


def _join(page: Page, blocks: list[Block]) -> str:
    """The lines of ``blocks``; pages end some lines with spaces and leave some lines blank."""
    rng, gap = page.rng, page.layout.gap
    texts = ["\n".join(filter(None, lines)) for lines in blocks]
    texts = [text for text in texts if text]
    if gap == "mixed":
        text = "".join(part + rng.choice(("\n", "\n\n", "\n \n")) for part in texts).rstrip()
    else:
        text = ("\n\n" if gap == READER else gap).join(texts)
    if gap != READER and page.chance(0.06):
        text = "\n\n".join(line for line in text.split("\n") if line.strip())
    if page.chance(0.12):
        share = rng.choice((0.1, 0.5))
        text = "\n".join(line + " " * page.chance(share) for line in text.split("\n"))
    return text
