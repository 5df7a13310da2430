"""The card of a recipe as any site may write it: its title, facts and lists, and what stands between."""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher.page import article, card
from recipe_pipeline.offline_teacher.page.layout import READER, pick
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.site_blocks import marked_buttons, nutrients, shop, tools
from recipe_pipeline.offline_teacher.page.site_lists import ingredients_block, steps_block
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.content import Content

_WORDS = forms("site_card")


def card_blocks(page: Page, index: int) -> list[Block]:
    """The card of recipe ``index``, which is replaced by what was written."""
    rng = page.rng
    content = page.contents[index]
    titled = index > 0 or page.layout.title_place in ("both", "card")
    title: Block = [page.layout.heading(content.name)] * (1 + page.chance(0.07)) if titled else []
    headed = not page.chance(0.06)  # some cards have neither heading
    listed, content = ingredients_block(page, content, headed)
    told, content = steps_block(page, content, headed)
    page.contents[index] = content
    pairs = _fact_pairs(page, content)
    cut = rng.randint(0, len(pairs)) if page.chance(0.15) else len(pairs)
    facts, rest = (_facts(page, part) for part in (pairs[:cut], pairs[cut:]))
    small = [
        page.some(rule, 3) if page.chance(share) else []
        for rule, share in (("site_button", 0.35), ("rating", 0.15), ("site_share", 0.1))
    ]
    top = [_description(page, content), facts, *small]
    if page.chance(0.5):
        rng.shuffle(top)
    if titled and index == 0 and page.chance(0.08):
        top, title = [facts, title, rest, *(part for part in top if part is not facts)], []
        rest = []
    lists = _lists(page, listed, told)
    if page.chance(0.08):
        lists.append(top.pop(top.index(facts)) if facts in top else [])
    if page.layout.gap == READER and page.chance(0.6):
        # The head of a card is one block there, and lists that no text is left of keep a heading.
        title, top = [line for part in (title, *top) for line in part], []
        lost = rng.choice(_WORDS.lost_headings)
        lists += [[lost]] if page.chance(0.25) else []
    return [title, *top, *lists, rest]


def _description(page: Page, content: Content) -> Block:
    """The labelled description, or on some cards a sentence that no label has."""
    if content.description:
        return card.description(page, content)
    return [article.blurb(page)] if page.chance(0.3) else []


def _lists(page: Page, listed: Block, told: Block) -> list[Block]:
    """The two lists with what cards have before, between and after them."""
    rng, lists = page.rng, [listed, told]
    if page.chance(0.22):
        lists.insert(rng.choice((0, 0, 0, 1, 2)), tools(page))
    if page.chance(0.07):
        lists.reverse()
    if page.chance(0.08):
        lists.insert(rng.randint(1, 2), [page.line(rng.choice(("ad", "site_caption", "tip")))])
    for maker, share in ((shop, 0.05), (nutrients, 0.03), (marked_buttons, 0.05)):
        if page.chance(share):
            lists.insert(rng.randint(0, len(lists)), maker(page))
    return [*lists, article.notes(page)] if page.chance(0.15) else lists


def _fact_pairs(page: Page, content: Content) -> list[tuple[str, str]]:
    """(label, value) of times, yield and tags, shuffled, with facts that no label has."""
    rng = page.rng
    style, variant = rng.randrange(wording.SITE_CLOCK_STYLES), rng.randrange(10)
    pairs = [
        (_WORDS.time_labels[kind][variant], wording.site_clock(minutes, style))
        for kind, minutes in content.times.items()
    ]
    if list(content.times) == ["total"] and page.chance(0.2):
        pairs = [("", pairs[0][1])]  # the only time of a page needs no label
    elif page.other_times and page.chance(0.5):
        name, minutes = next(iter(page.other_times.items()))
        pairs.append((f"{name.title()} Time", wording.site_clock(minutes, style)))
    if content.recipe_yield:
        pairs.insert(rng.choice((0, len(pairs), len(pairs))), _served(content.recipe_yield, rng))
    names = ("Course", "Cuisine", "Keyword") if variant % 2 else card.TAGS
    pairs += card.tags(content, names)
    for _ in range(rng.choices((0, 1, 2, 4), (5, 3, 2, 1))[0]):
        label, _, value = page.line("site_noise").partition(": ")
        pairs.insert(rng.randint(0, len(pairs)), (label, value))
    if page.chance(0.2):
        rng.shuffle(pairs)
    return pairs


def _served(recipe_yield: str, rng: Random) -> tuple[str, str]:
    match = re.fullmatch(r"(.*\d) servings?", recipe_yield)
    if not match:
        return rng.choice(_WORDS.item_labels), recipe_yield
    if rng.random() < 0.15:
        return "", recipe_yield
    label, number = rng.choice(_WORDS.serving_labels), match.group(1)
    if label.lower() in ("number of servings", "servings", "serving"):
        return label, number
    people = f"{number} people" if label.lower() == "serves" else recipe_yield
    return label, rng.choice((number, number, recipe_yield, people))


def _facts(page: Page, pairs: list[tuple[str, str]]) -> Block:
    """``pairs`` in one of many forms, on lines of their own or in a row."""
    rng = page.rng
    if len(pairs) > 1 and all(label for label, _ in pairs) and page.chance(0.05):
        # A table read column by column.
        return [*(label for label, _ in pairs), *(value for _, value in pairs)]
    reader = page.layout.gap == READER
    form = pick(_WORDS.reader_pairs if reader else _WORDS.pairs, rng)
    joint = rng.choice(_WORDS.row_joints)
    if (reader and page.chance(0.8)) or "\n" in form or form.startswith("- "):
        joint = "\n"
    lines = [
        form.format(l=label, v=value) if label and value else label or value
        for label, value in pairs
    ]
    text = joint.join(line for line in lines if line)
    return [text] if text else []
