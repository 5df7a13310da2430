"""The five styles as page builders, from a `Page` to the text of a post.

A builder returns the post together with the contents as it actually wrote them (a caption that runs
all steps together has one step), because the label is derived from those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from recipe_pipeline.offline_teacher.page import card
from recipe_pipeline.offline_teacher.page.card_blocks import card_blocks
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.posts_messy import caption, chaotic
from recipe_pipeline.offline_teacher.recipe.content import Content


def after_card(page: Page, count: int) -> list[Block]:
    """``count`` blocks from below a card: notes, nutrition, comments, links, footer."""
    article = page.article
    makers: list[Callable[[], Block]] = [
        article.notes,
        lambda: [page.layout.heading("Nutrition"), *_nutrition(page)],
        lambda: article.comments(),
        article.related,
        lambda: [article.say("closing")],
        lambda: [article.page("footer")],
        lambda: [article.page("ad")],
        lambda: [page.layout.heading("Nutrition")],
        article.storage,
        article.serving,
    ]
    weights = [5, 4, 4, 3, 4, 3, 1, 1, 1, 1]
    order = [9, 0, 7, 1, 4, 8, 3, 2, 6, 5]
    drawn = {page.rng.choices(range(len(makers)), weights)[0] for _ in range(count)}
    return [makers[i]() for i in order if i in drawn]


def _nutrition(page: Page) -> Block:
    if page.chance(0.8):
        return [page.article.page("nutrition")]
    # A number of servings here would be read as the yield, so it has to be the recipe's own.
    made = page.contents[0].recipe_yield or ""
    stated = len(page.contents) == 1 and made.endswith("servings")
    return [*([made] if stated else []), page.article.page("nutrition_table")]


def before_card(page: Page, count: int) -> list[Block]:
    """``count`` sections of the article above a card, in the order blogs have them."""
    article, rng = page.article, page.rng
    steps = page.contents[0].step_lines
    makers: list[Callable[[], list[Block]]] = [
        lambda: [[article.story()]],
        lambda: [article.why()],
        lambda: [[article.page("ad")]],
        lambda: [article.ingredient_notes(page.contents[0].ingredient_lines)],
        lambda: [article.overview(steps)] if len(steps) > 2 else [[article.story()]],
        lambda: [article.tips()],
        lambda: [article.swaps()],
        lambda: [article.storage()],
        lambda: [article.faq()],
        lambda: [article.related()],
        lambda: [article.serving()],
    ]
    weights = [10, 3, 3, 4, 4, 3, 2, 2, 2.5, 1, 1.5]
    drawn = Counter(rng.choices(range(len(makers)), weights, k=count))
    # Stories may repeat; every other section appears once.
    repeats = [drawn[0], *(min(drawn[i], 1) for i in range(1, len(makers)))]
    return [block for i, times in enumerate(repeats) for _ in range(times) for block in makers[i]()]


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
        blocks.append([page.article.page(rule)])
    if page.chance(0.5):
        blocks.append([page.article.blurb()])
    if layout.meta_place == "prose":
        blocks.append([card.meta_sentence(content, page.rng)])
    for index, item in enumerate(page.contents):
        own = page.layout_for(index)
        if index == 0 and own.meta_place == "before" and page.chance(0.1):
            # Times and yield above the title.
            own = replace(own, meta_place="top")
            blocks.insert(0, card.meta_lines(item, layout, page.rng, page.other_times))
        blocks += card_blocks(page, item, index > 0, own)
    if page.chance(0.25 * page.length):
        blocks.append(page.article.notes())
    if page.chance(0.1):
        blocks.append([page.article.page("nutrition")])
    return page.join([block for block in blocks if block and block[0]])


_HEADLINES = (
    "The Best {name} You'll Ever Make", "{name} (Family Favorite!)", "How to Make {name} at Home",
    "{name}: the only recipe you need", "Easy {name}", "{name} Recipe", "Our Go-To {name}",
)  # fmt: skip


def _head(page: Page) -> list[Block]:
    article, name = page.article, page.contents[0].name
    top = page.layout.title_place in ("top", "both")
    if page.layout.title_place == "both" and page.chance(0.4):
        # Headline and card title often differ; the card's is the name of the recipe.
        name = page.rng.choice(_HEADLINES).format(name=article.facts.name)
    return [
        [article.page("nav")] if page.chance(0.08) else [],
        [page.layout.heading(name)] if top else [],
        [article.page("byline")] if page.chance(0.2) else [],
        [article.page("disclosure")] if page.chance(0.18) else [],
        [article.page("jump")] if page.chance(0.18) else [],
        [article.page("rating")] if page.chance(0.08) else [],
    ]


_GLANCES = (
    "At a Glance",
    "Quick Look at This Recipe",
    "Recipe Overview",
    "Quick facts",
    "In short",
)


def _head_and_opening(page: Page) -> list[Block]:
    """Head and opening; reader views put the first paragraph above the headline on some pages."""
    head, opening = _head(page), _opening(page)
    if page.layout.title_place in ("top", "both") and page.chance(0.3):
        return [*opening[:1], *head, *opening[1:]]
    return [*head, *opening]


def _opening(page: Page) -> list[Block]:
    article, layout, content = page.article, page.layout, page.contents[0]
    paragraph = article.blurb() if page.chance(0.3) else article.intro(article.extent(1, 3))
    if layout.title_place == "prose" and content.name not in paragraph:
        paragraph = f"{paragraph} {article.naming()}"
    if layout.meta_place in ("prose", "nutrition"):
        stated = content.with_(recipe_yield=None) if layout.meta_place == "nutrition" else content
        told = [paragraph, card.meta_sentence(stated, page.rng)]
        paragraph = " ".join(reversed(told) if page.chance(0.3) else told).strip()
    if len(page.contents) == 1:  # with two dishes it gives the times of the first
        article.opening = paragraph
    if layout.meta_place != "glance":
        return [[paragraph]]
    facts = card.meta_lines(content, layout, page.rng, page.other_times)
    return [[paragraph], [layout.heading(page.rng.choice(_GLANCES)), *facts] if facts else []]


def fluffy(page: Page) -> str:
    """The typical blog: intro and sections, then the card, then notes and comments."""
    blocks = _head_and_opening(page)
    sections = before_card(page, _amount(page, (2, 5, 5, 3, 2, 1, 0.6, 0.4)))
    # Some sites put the card first and the article after it.
    card_first = page.chance(0.12)
    blocks += [] if card_first else sections
    if page.chance(0.15):
        blocks.append(page.article.related())
    titled = page.layout.title_place in ("card", "both")
    for index, content in enumerate(page.contents):
        if index and page.chance(0.6):
            blocks.append([page.article.story()])
        blocks += card_blocks(page, content, titled or index > 0, page.layout_for(index))
    blocks += after_card(page, _amount(page, (3, 5, 4, 2, 1, 0.5)))
    return page.join(blocks + sections if card_first else blocks)


def rambling(page: Page) -> str:
    """Endless stories with the recipe in pieces between them and remarks inside the lists."""
    article = page.article
    blocks = _head_and_opening(page)
    blocks += [[article.story()] for _ in range(2 + _amount(page, (1, 2, 2, 1)))]
    if page.chance(0.5):
        blocks += before_card(page, 2)
    titled = page.layout.title_place in ("card", "both")
    for index, content in enumerate(page.contents):
        blocks += _scattered_card(page, content, titled or index > 0, page.layout_for(index))
    blocks += [[article.story()], *after_card(page, 2 + _amount(page, (1, 2, 2)))]
    if page.chance(0.6):
        blocks.append(article.faq())
    return page.join(blocks)


def _with_remarks(lines: list[str], page: Page, share: float) -> Block:
    """``lines`` with remarks between some of them."""
    out: Block = []
    for line in lines:
        if out and page.chance(share):
            out.append(page.article.say("chatter"))
        out.append(line)
    return out


_TOLD_LISTS = ("You will need:", "Here's what goes in:", "Ingredients:", "So, you need", "Get out")


def _scattered_card(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    article = page.article
    pieces = card_blocks(page, replace(content, ingredients=(), steps=()), titled, layout)
    ingredients, steps = card.ingredient_lines(content, layout), card.step_lines(content, layout)
    middle = [[article.story()]] if page.chance(0.6) else [[article.say("digression")]]
    listed, told = [], []
    plain = content.ingredient_lines
    if plain and len(content.ingredients) == 1 and page.chance(0.15) and ";" not in "".join(plain):
        told_lines = "; ".join(plain)
        listed = [[f"{page.rng.choice(_TOLD_LISTS)} {told_lines}{page.rng.choice(('.', ''))}"]]
    elif ingredients:
        listed = [
            [layout.heading(layout.ingredient_heading), *_with_remarks(ingredients, page, 0.06)]
        ]
    if steps:
        told = [[layout.heading(layout.step_heading), *_with_remarks(steps, page, 0.2)]]
    return [*pieces, *listed, *middle, *told]


BUILDERS: dict[str, Callable[[Page], str]] = {
    "instagram_short": caption,
    "minimal_organized": minimal,
    "fluffy_organized": fluffy,
    "chaotic_unstructured": chaotic,
    "super_fluffy_chaotic": rambling,
}
