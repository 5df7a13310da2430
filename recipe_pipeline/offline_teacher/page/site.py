"""Whole web pages of any site: the recipe between menus, teasers, comments, forms and footers.

Where the other builders follow what recipe blogs usually look like, this one draws every choice on
its own: which parts there are, in which order, and how each is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page import site_card
from recipe_pipeline.offline_teacher.page.article import Article
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.site_card import READER
from recipe_pipeline.offline_teacher.page.site_extras import (
    marked_buttons,
    shop_block,
    tools_block,
)
from recipe_pipeline.offline_teacher.phrases.site import MENU_JOINTS
from recipe_pipeline.offline_teacher.recipe.content import Content
from recipe_pipeline.offline_teacher.recipe.units import respelled

_HEADLINES = (
    "The Best {name}", "{name} Recipe", "How to Make {name}", "Easy {name}", "{name} (with Video)", "{name}: A Family Favorite",
    "{name} You Will Love", "Our Favorite {name}", "{name} – Ready in No Time", "Homemade {name}", "{name} for Beginners",
)  # fmt: skip
_TITLE_JOINTS = (" - ", " | ", " – ", " • ", " : ")
_NUTRIENTS = (
    ("Calories", "kcal", 500), ("Fat", "g", 30), ("Carbohydrates", "g", 60), ("Protein", "g", 40), ("Saturated Fat", "g", 12), ("Fiber", "g", 9),
    ("Sugar", "g", 30), ("Sodium", "mg", 900), ("Cholesterol", "mg", 120), ("Potassium", "mg", 700), ("Vitamin C", "mg", 60), ("Iron", "mg", 6), ("Calcium", "mg", 200),
)  # fmt: skip


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


def join(blocks: list[Block], layout: Layout, rng: Random) -> str:
    """The lines of ``blocks``; pages end some lines with spaces and leave some lines blank."""
    texts = ["\n".join(line for line in block if line) for block in blocks]
    texts = [text for text in texts if text]
    if layout.gap == READER:
        text = "\n\n".join(texts)
    elif layout.gap != "mixed":
        text = layout.gap.join(texts)
    else:
        text = "".join(part + rng.choice(("\n", "\n\n", "\n \n")) for part in texts).rstrip()
    if layout.gap != READER and rng.random() < 0.06:
        text = "\n\n".join(line for line in text.split("\n") if line.strip())
    if rng.random() < 0.12:
        share = rng.choice((0.1, 0.5))
        text = "\n".join(line + " " * (rng.random() < share) for line in text.split("\n"))
    return text


# --- around the recipe ---------------------------------------------------------------------------


def menu(article: Article) -> Block:
    rng = article.rng
    words = [article.page("site_menu_word") for _ in range(rng.randint(3, 9))]
    return [rng.choice(MENU_JOINTS).join(dict.fromkeys(words))]


def trail(article: Article) -> Block:
    """Where the page stands within its site; it may end with the name of the dish."""
    words = [article.page("site_menu_word") for _ in range(article.rng.randint(1, 2))]
    last = [article.facts.name] if article.rng.random() < 0.5 else []
    return [article.rng.choice((" » ", " > ", " / ", "\n", " › ")).join(["Home", *words, *last])]


def related(article: Article) -> Block:
    """Titles of other dishes, with times, ratings or categories on some pages."""
    rng = article.rng
    extra = rng.choice(("", "", "", "time", "rating", "word", "comments"))
    lines = []
    for _ in range(rng.randint(2, 7)):
        lines.append(article.page("other_dish"))
        if extra == "time":
            lines.append(article.page("site_minutes"))
        elif extra == "rating":
            lines.append(f"{rng.choice((4, 4.5, 4.8, 5))} ({rng.randint(2, 900)})")
        elif extra == "word":
            lines.append(article.page("site_menu_word"))
        elif extra == "comments":
            lines.append(f"{rng.randint(0, 300)} Comments")
    mark = rng.choice(("", "", "- ")) if not extra else ""
    return [article.page("site_related_head"), *(mark + line for line in lines)]


def thread(article: Article) -> Block:
    lines = article.several("site_thread", article.rng.choice((1, 1, 2, 3)))
    return [article.page("site_comment_head"), *lines]


def nutrition(article: Article) -> Block:
    rng = article.rng
    chosen = _NUTRIENTS[: rng.randint(3, len(_NUTRIENTS))]
    pairs = [(name, f"{rng.randint(0, most)}{unit}") for name, unit, most in chosen]
    form, joint = rng.choice(
        (("{0}: {1}", " | "), ("{0}: {1}", " | "), ("{0}\n{1}", "\n"), ("{0} {1}", "\n"), ("{1}\n{0}", "\n"),
         ("{0}: {1}", ", "), ("| {0} | {1} |", "\n"), ("- {0}: {1}", "\n"), ("{0}{1}", ""), ("{0}: {1}", "\n"))
    )  # fmt: skip
    heads = ("Nutrition", "Nutrition Facts", "Nutrition (per serving)", "Nutritional information", "NUTRITION", "Nutrition Facts (per serving)", "Per serve", "Show Nutrition\nHide Nutrition")  # fmt: skip
    last = [article.page("nutrition")] if rng.random() < 0.15 else []
    return [rng.choice(heads), joint.join(form.format(*pair) for pair in pairs), *last]


def _rule(rule: str, most: int = 1) -> Callable[[Article], Block]:
    return lambda article: article.several(rule, article.rng.randint(1, most))


# (maker, odds)
_ABOVE: tuple[tuple[Callable[[Article], Block], float], ...] = (
    (menu, 3), (trail, 2.5), (_rule("site_skip", 3), 2), (_rule("site_share", 4), 2), (_rule("byline", 2), 4), (_rule("rating"), 2), (_rule("disclosure"), 1.5),
    (_rule("site_button", 2), 3), (_rule("jump"), 2), (_rule("site_dek"), 2), (_rule("site_newsletter"), 0.5), (_rule("site_caption"), 1.2), (_rule("ad"), 1), (_rule("site_video"), 0.5),
)  # fmt: skip
_BELOW: tuple[tuple[Callable[[Article], Block], float], ...] = (
    (Article.notes, 4), (nutrition, 4), (_rule("site_made"), 3), (related, 4), (thread, 3.5), (_rule("site_teaser", 2), 2.5), (_rule("site_mini"), 2), (_rule("site_share", 3), 1.5),
    (_rule("site_newsletter"), 2), (_rule("site_bio"), 1.5), (_rule("site_footer", 3), 3), (menu, 1.5), (_rule("site_video"), 1), (Article.storage, 1), (Article.faq, 1),
    (Article.comments, 1), (Article.serving, 0.7), (_rule("closing"), 1), (_rule("ad"), 1), (_rule("card_end", 2), 1.5), (Article.tips, 1), (tools_block, 0.7),
)  # fmt: skip


def drawn(makers: tuple, count: int, article: Article) -> list[Block]:
    """``count`` blocks of different ``makers``, in random order."""
    rng = article.rng
    keys = [rng.random() ** (1 / odds) for _, odds in makers]
    order = sorted(range(len(makers)), key=keys.__getitem__, reverse=True)[:count]
    rng.shuffle(order)
    return [makers[index][0](article) for index in order]


def _how_many(article: Article, most: int) -> int:
    """0 to ``most``, more in long posts."""
    return round(most * article.rng.random() ** (2.2 / max(0.5, min(article.length, 3))))


def surround(text: str, article: Article) -> str:
    """A post without a recipe as a page of a site."""
    rng, layout = article.rng, article.layout
    above = drawn(_ABOVE, _how_many(article, 6), article)
    below = drawn(_BELOW, _how_many(article, 9), article)
    return join([*above, [text], *below], layout, rng)


# --- the article and the card --------------------------------------------------------------------


def _title_top(page: Page) -> Block:
    """The headline. Text of a page begins with its title, mostly with the site's name in it."""
    name, rng, place = page.contents[0].name, page.rng, page.layout.title_place
    if place == "prose":
        return []
    headline = name
    if place != "top" and page.chance(0.45):
        headline = rng.choice(_HEADLINES).format(name=page.article.facts.name)
    draw = rng.random()
    if place == "card" and draw < 0.7:
        return []
    if draw < 0.14:
        return [headline + rng.choice(_TITLE_JOINTS) + page.article.page("site")]
    if draw < 0.2:
        return [page.article.page("site"), headline]
    return [page.layout.heading(headline) if draw < 0.9 else f"{headline}\n"]


def _sections(page: Page, count: int) -> list[Block]:
    """Sections of the article; some tell or list the recipe before its card does."""
    article, content = page.article, page.contents[0]
    steps, lines = content.step_lines, content.ingredient_lines
    several = len(page.contents) == 1 and len(steps) > 1
    makers: tuple[tuple[Callable[[Article], Block], float], ...] = (
        (lambda a: [a.story()], 3), (lambda a: [a.intro(2)], 3), (Article.why, 1.5), (Article.tips, 1.5), (Article.swaps, 1.2), (Article.storage, 1), (Article.faq, 1), (Article.serving, 0.8),
        (lambda a: a.ingredient_notes(lines), 2.5), (lambda a: a.overview(steps) if several else [a.story()], 2.5), (_rule("site_mini"), 1), (related, 0.8), (_rule("site_teaser"), 0.7),
        (_rule("ad"), 1), (_rule("site_caption", 2), 1), (lambda a: _told_list(a, lines), 1.2), (_rule("site_title_line"), 1.2), (_rule("site_video"), 0.4), (lambda a: [a.naming()], 1),
    )  # fmt: skip
    return drawn(makers, count, article)


def _told_list(article: Article, lines: list[str]) -> Block:
    """The list of the card a first time, in the words of the article."""
    if not lines:
        return [article.story()]
    rng = article.rng
    told = [f"{line}{rng.choice(('', '', ' – ' + article.say('because')))}" for line in lines]
    head = rng.choice(
        ("To make this you need:", "Here's what goes in", "Ingredients", "You'll need:")
    )
    return [article.layout.heading(head), *article.bullets(told[: rng.randint(2, 12)])]


def _card(page: Page, index: int) -> list[Block]:
    """Title, facts, description, lists; the content is replaced by what was written."""
    rng, article = page.rng, page.article
    content = page.contents[index]
    titled = index > 0 or page.layout.title_place in ("both", "card")
    title: Block = [page.layout.heading(content.name)] * (1 + page.chance(0.07)) if titled else []
    headed = not page.chance(0.06)  # some cards have neither heading
    listed, content = _ingredients(page, content, headed)
    told, content = _steps(page, content, headed)
    page.contents[index] = content
    pairs = site_card.fact_pairs(page, content)
    cut = rng.randint(0, len(pairs)) if page.chance(0.15) else len(pairs)
    facts, rest = (site_card.facts_block(page, part) for part in (pairs[:cut], pairs[cut:]))
    small = [article.several(rule, rng.randint(1, 3)) if page.chance(share) else []
             for rule, share in (("site_button", 0.35), ("rating", 0.15), ("site_share", 0.1))]  # fmt: skip
    top = [site_card.described(page, content), facts, *small]
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
        lost = rng.choice(("Equipment", "Video", "Notes", "Nutrition", "Watch how to make it"))
        lists += [[lost]] if page.chance(0.25) else []
    return [title, *top, *lists, rest]


def _lists(page: Page, listed: Block, told: Block) -> list[Block]:
    """The two lists with what cards have before, between and after them."""
    article, rng = page.article, page.rng
    lists = [listed, told]
    if page.chance(0.22):
        lists.insert(rng.choice((0, 0, 0, 1, 2)), tools_block(article))
    if page.chance(0.07):
        lists.reverse()
    if page.chance(0.08):
        lists.insert(rng.randint(1, 2), [article.page(rng.choice(("ad", "site_caption", "tip")))])
    for maker, share in ((shop_block, 0.05), (nutrition, 0.03), (marked_buttons, 0.05)):
        if page.chance(share):
            lists.insert(rng.randint(0, len(lists)), maker(article))
    return [*lists, article.notes()] if page.chance(0.15) else lists


def _ingredients(page: Page, content: Content, headed: bool) -> tuple[Block, Content]:
    if content.ingredients:
        return site_card.list_block(page, content, headed)
    return ([page.article.page("site_no_list")] if page.chance(0.4) else []), content


def _steps(page: Page, content: Content, headed: bool) -> tuple[Block, Content]:
    if content.steps:
        return site_card.steps_block(page, content, headed)
    return ([page.article.page("site_no_steps")] if page.chance(0.45) else []), content


def site_page(page: Page) -> str:
    """The page as text. Its contents are replaced by what it says in the words it says it."""
    article, rng = page.article, page.rng
    page.contents = [respelled(content, rng) for content in page.contents]
    if page.layout.heading_form == "upper":
        page.contents = [c.with_(name=c.name.upper()) for c in page.contents]
    above = drawn(_ABOVE, _how_many(article, 5), article)
    above.insert(rng.choice((0, 0, 0, len(above), rng.randint(0, len(above)))), _title_top(page))
    if page.layout.title_place == "prose":
        above.append([article.naming()])
    sections = _sections(page, _how_many(article, 6))
    cards = []
    for index in range(len(page.contents)):
        if index and page.chance(0.4):
            cards += _sections(page, 1)
        cards += _card(page, index)
    middle = [*cards, *sections] if page.chance(0.15) else [*sections, *cards]
    below = drawn(_BELOW, _how_many(article, 8), article)
    return join([*above, *middle, *below], page.layout, rng)
