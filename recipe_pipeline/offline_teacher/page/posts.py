"""The five styles as page builders: a `Page` -> the text of a post.

A builder returns the post together with the contents as it really wrote them (a caption that runs
all steps together has one step), because the label is made from those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from recipe_pipeline.offline_teacher.page import card
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.page.posts_messy import caption, chaotic
from recipe_pipeline.offline_teacher.recipe.content import Content


def card_blocks(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    """Title, times, ingredients and steps of one recipe, in the order the layout asks for."""
    rng = page.rng
    description = []
    if content.description:
        colon = rng.random() < 0.4
        description = [f"Description: {content.description}"] if colon else [
            layout.heading("Description"), content.description]  # fmt: skip
    place = layout.meta_place
    before, after = _meta(page, content, layout)
    ingredients, steps = card.ingredient_lines(content, layout), card.step_lines(content, layout)
    # Nothing much stands between the title of a copied card and its lists.
    rare = 1.0 if layout.card == "own" else 0.3
    furniture = [page.article.page("rating")] if page.chance(0.12 * rare) else []
    furniture += page.article.several("card_button", 1) if page.chance(0.12 * rare) else []
    # Of the tools that a copied card links to, often the heading alone is left.
    tools = 0 if layout.card == "bare" and page.chance(0.5) else rng.randint(1, 4)
    equipment = [
        layout.heading("Equipment"),
        *page.article.bullets(page.article.several("equipment", tools)),
    ]
    if page.chance(0.15 * rare):
        furniture += page.article.several("card_fact", rng.randint(1, 3))
    description = description or _told_of(page, content, titled)
    times_first = layout.card == "dashed" and page.chance(0.6)
    title, below = _title_lines(page, content, layout, titled)
    print_button = ["Print"] if layout.card == "dashed" and titled and page.chance(0.7) else []
    return [
        page.article.lead_in() if page.chance(0.5 if titled else 0.3) else [],
        print_button,
        title,
        furniture,
        [] if times_first else description,
        before,
        description if times_first else [],
        card.tag_lines(content) if place in ("prose", "nutrition") else [],
        [layout.heading("Video")] if page.chance(0.04) else [],
        equipment if page.chance(0.18) else [],
        [layout.heading(layout.ingredient_heading), *below, *ingredients] if ingredients else [],
        [page.article.page(rng.choice(("ad", "card_button")))] if page.chance(0.07) else [],
        _headed(page, layout.step_heading, steps, bool(ingredients)),
        after,
        _yield_in_nutrition(page, content) if place == "nutrition" else [],
        page.article.several("card_end", rng.randint(1, 3)) if page.chance(0.25) else [],
    ]


def _title_lines(page: Page, content: Content, layout: Layout, titled: bool) -> tuple[Block, Block]:
    """The title as it stands above a card and, in its place, below the heading of the ingredients."""
    title = [layout.heading(content.name)] if titled else []
    # Some cards name the dish where the lists of others name a part of it.
    one_list = [group.heading for group in content.ingredients] == [None]
    if titled and one_list and len(page.contents) == 1 and page.chance(0.03):
        return [], title
    if page.chance(0.05):
        return title * 2, []
    if titled and page.chance(0.02) and not any(sign in content.name for sign in "|–:"):
        separator = page.rng.choice((" | ", " – ", ": "))
        return [content.name + separator + page.article.blurb()], []
    return title, []


def _told_of(page: Page, content: Content, titled: bool) -> Block:
    """A description without a heading, on some cards; it may say the title again."""
    if not page.chance(0.24):
        return []
    if titled and page.chance(0.35):
        return [page.article.titled_blurb(content.name)]
    return [page.article.blurb()]


def _meta(page: Page, content: Content, layout: Layout) -> tuple[Block, Block]:
    """Times and yield as they stand before and after the lists of the card."""

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


def _yield_in_nutrition(page: Page, content: Content) -> Block:
    """What one recipe plugin writes below its steps: "Yield: 6 Serving Size: 1" and numbers."""
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


def _headed(page: Page, heading: str, steps: list[str], after_list: bool) -> Block:
    """Steps under ``heading``; some sites run them on below the ingredients without one."""
    bare = after_list and page.chance(0.06)
    return ([] if bare else [page.layout.heading(heading)]) + steps if steps else []


def after_card(page: Page, count: int) -> list[Block]:
    """``count`` of the things that follow a card: notes, nutrition, comments, links, footer."""
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
    # A number of servings stands here only where it is the recipe's own: it would be its yield.
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
    # Stories may come several times, every other section once.
    repeats = [drawn[0], *(min(drawn[i], 1) for i in range(1, len(makers)))]
    return [block for i, times in enumerate(repeats) for _ in range(times) for block in makers[i]()]


def _amount(page: Page, weights: tuple[float, ...]) -> int:
    """How many optional blocks: index drawn with ``weights``, stretched by the page's length."""
    drawn = page.rng.choices(range(len(weights)), weights)[0]
    return round(drawn * page.length + max(0.0, 2 * (page.length - 1)))


def minimal(page: Page) -> str:
    """Title, facts, ingredients, steps; few lines of furniture, a sentence and a note besides."""
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
        # The page's headline and the card's title often differ; the card's is the recipe's name.
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
    """Readers put the first paragraph above the headline of some pages."""
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
    if len(page.contents) == 1:  # of two dishes it tells the first one's times
        article.opening = paragraph
    if layout.meta_place != "glance":
        return [[paragraph]]
    facts = card.meta_lines(content, layout, page.rng, page.other_times)
    return [[paragraph], [layout.heading(page.rng.choice(_GLANCES)), *facts] if facts else []]


def fluffy(page: Page) -> str:
    """The typical blog: intro and sections first, then the card, then what comes after it."""
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
    """Stories without end, the recipe in pieces between them, remarks inside the lists."""
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
    """``lines`` with remarks on lines of their own between some of them."""
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
