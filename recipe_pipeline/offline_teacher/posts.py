"""The five styles as page builders: `Content` and `Article` blocks -> the text of a post.

A builder returns the post together with the contents as it really wrote them (a caption that runs
all steps together has one step), because the label is made from those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from recipe_pipeline.offline_teacher import card
from recipe_pipeline.offline_teacher.article import Article
from recipe_pipeline.offline_teacher.content import Content, Group
from recipe_pipeline.offline_teacher.layout import Layout

Block = list[str]


@dataclass
class Page:
    """Everything a builder needs; ``contents`` holds one recipe or several, in post order."""

    contents: list[Content]
    article: Article
    layout: Layout
    rng: Random
    other_times: dict[str, int]
    length: float = 1.0  # scales the amount of prose and furniture around the recipe

    def layout_for(self, index: int) -> Layout:
        """Only the first recipe's times can stand in the opening sentences."""
        if index and self.layout.meta_place == "prose":
            return replace(self.layout, meta_place="before")
        return self.layout

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def join(self, blocks: list[Block]) -> str:
        return self.layout.gap.join("\n".join(block) for block in blocks if block)


def card_blocks(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    """Title, times, ingredients and steps of one recipe, in the order the layout asks for."""
    rng = page.rng
    description = []
    if content.description:
        colon = rng.random() < 0.4
        description = [f"Description: {content.description}"] if colon else [
            layout.heading("Description"), content.description]  # fmt: skip
    place = layout.meta_place
    before = {"before": "all", "split": "yield"}.get(place)
    after = {"after": "all", "split": "times"}.get(place)
    meta = page.other_times
    ingredients, steps = card.ingredient_lines(content, layout), card.step_lines(content, layout)
    furniture = [page.article.page("rating")] if page.chance(0.15) else []
    equipment = [layout.heading("Equipment"), *page.article.several("equipment", rng.randint(1, 4))]
    return [
        [layout.heading(content.name)] if titled else [],
        furniture,
        description,
        card.meta_lines(content, layout, rng, meta, before) if before else [],
        card.tag_lines(content) if place == "prose" else [],
        equipment if page.chance(0.08) else [],
        [layout.heading(layout.ingredient_heading), *ingredients] if ingredients else [],
        [page.article.page("ad")] if page.chance(0.06) else [],
        [layout.heading(layout.step_heading), *steps] if steps else [],
        card.meta_lines(content, layout, rng, meta, after) if after else [],
    ]


def after_card(page: Page, count: int) -> list[Block]:
    """``count`` of the things that follow a card: notes, nutrition, comments, links, footer."""
    article = page.article
    makers: list[Callable[[], Block]] = [
        article.notes,
        lambda: [page.layout.heading("Nutrition"), article.page("nutrition")],
        lambda: article.comments(page.rng.randint(1, 4)),
        article.related,
        lambda: [article.say("closing")],
        lambda: [article.page("footer")],
        lambda: [article.page("ad")],
        lambda: [page.layout.heading("Nutrition")],
        article.storage,
    ]
    weights = [5, 4, 4, 3, 4, 3, 1, 1, 1]
    order = [0, 7, 1, 4, 8, 3, 2, 6, 5]
    drawn = {page.rng.choices(range(len(makers)), weights)[0] for _ in range(count)}
    return [makers[i]() for i in order if i in drawn]


def before_card(page: Page, count: int) -> list[Block]:
    """``count`` sections of the article above a card, in the order blogs have them."""
    article, rng = page.article, page.rng
    steps = page.contents[0].step_lines
    makers: list[Callable[[], list[Block]]] = [
        lambda: [[article.story()]],
        lambda: [[article.story()]],
        lambda: [article.why()],
        lambda: [[article.page("ad")]],
        lambda: [article.ingredient_notes()],
        lambda: [article.overview(steps)] if len(steps) > 2 else [[article.story()]],
        lambda: [article.tips(rng.randint(2, 3))],
        lambda: [article.swaps()],
        lambda: [article.storage()],
        lambda: [article.faq(rng.randint(1, 3))],
        lambda: [article.related()],
    ]
    weights = [6, 4, 3, 3, 4, 1.5, 3, 2, 2, 2.5, 1]
    drawn = [rng.choices(range(len(makers)), weights)[0] for _ in range(count)]
    blocks = [block for i in sorted(set(drawn)) for block in makers[i]()]
    return blocks


def _amount(page: Page, weights: tuple[float, ...]) -> int:
    """How many optional blocks: index drawn with ``weights``, stretched by the page's length."""
    drawn = page.rng.choices(range(len(weights)), weights)[0]
    return round(drawn * page.length)


def minimal(page: Page) -> str:
    """Title, facts, ingredients, steps; at most a sentence and a note besides."""
    content, layout = page.contents[0], page.layout
    blocks: list[Block] = [[layout.heading(content.name)]]
    if layout.title_place == "both" and page.chance(0.5):
        blocks.append([page.article.intro()])
    if layout.meta_place == "prose":
        blocks.append([card.meta_sentence(content, page.rng)])
    for index, item in enumerate(page.contents):
        blocks += card_blocks(page, item, index > 0, page.layout_for(index))
    if page.chance(0.25 * page.length):
        blocks.append(page.article.notes())
    if page.chance(0.1):
        blocks.append([page.article.page("nutrition")])
    return page.join([block for block in blocks if block and block[0]])


def _head(page: Page) -> list[Block]:
    article, name = page.article, page.contents[0].name
    top = page.layout.title_place in ("top", "both")
    return [
        [article.page("nav")] if page.chance(0.08) else [],
        [page.layout.heading(name)] if top else [],
        [article.page("byline")] if page.chance(0.2) else [],
        [article.page("disclosure")] if page.chance(0.18) else [],
        [article.page("jump")] if page.chance(0.18) else [],
        [article.page("rating")] if page.chance(0.08) else [],
    ]


def _opening(page: Page) -> Block:
    article, layout = page.article, page.layout
    paragraph = article.intro(page.rng.randint(1, 2))
    if layout.meta_place == "prose":
        sentence = card.meta_sentence(page.contents[0], page.rng)
        paragraph = f"{paragraph} {sentence}".strip()
    return [paragraph]


def fluffy(page: Page) -> str:
    """The typical blog: intro and sections first, then the card, then what comes after it."""
    blocks = [*_head(page), _opening(page)]
    blocks += before_card(page, _amount(page, (2, 5, 5, 3, 2, 1, 0.6, 0.4)))
    titled = page.layout.title_place != "top"
    for index, content in enumerate(page.contents):
        if index and page.chance(0.6):
            blocks.append([page.article.story()])
        blocks += card_blocks(page, content, titled or index > 0, page.layout_for(index))
    blocks += after_card(page, _amount(page, (3, 5, 4, 2, 1, 0.5)))
    return page.join(blocks)


def _glued_meta(page: Page, content: Content) -> Block:
    pairs = card.time_lines(content, page.layout, page.rng, page.other_times)
    text = "".join(f"{name}{':' if page.chance(0.5) else ''}{value}" for name, value in pairs)
    rest = replace(content, times={})
    return [line for line in (text, *card.meta_lines(rest, page.layout, page.rng, {})) if line]


def _run_together(lines: list[str], rng: Random) -> str | None:
    """All lines on one, between separators that no line contains; None if there is none."""
    separators = [s for s in (" / ", " | ", " • ", " · ", " ~ ") if not any(s in x for x in lines)]
    return rng.choice(separators).join(lines) if separators else None


def chaotic(page: Page) -> str:
    """A bad scrape: menu and buttons everywhere, parts out of order, headings lost or glued."""
    rng, article = page.rng, page.article
    parts: list[Block] = []
    for index, content in enumerate(page.contents):
        parts += _scraped_card(page, content, first=index == 0)
    junk = [[article.page(rng.choice(("nav", "ad", "footer", "rating", "byline", "related")))]
            for _ in range(rng.randint(2, 4) + round(page.length))]  # fmt: skip
    blocks = parts
    for block in junk:
        at = rng.choice((0, 0, len(blocks), len(blocks), rng.randint(0, len(blocks))))
        blocks.insert(at, block)
    if page.chance(0.5):
        blocks.insert(rng.randint(0, 2), [article.intro()])
    if page.chance(0.35):
        blocks.append(article.comments(rng.randint(1, 2)))
    return page.join(blocks)


def _scraped_card(page: Page, content: Content, first: bool) -> list[Block]:
    rng, layout = page.rng, page.layout
    ingredients, steps = card.ingredient_lines(content, layout), card.step_lines(content, layout)
    one_line = None
    if len(content.ingredients) == 1 and page.chance(0.2):
        one_line = _run_together(content.ingredient_lines, rng)
    listed = [one_line] if one_line else ingredients
    heading = layout.ingredient_heading if one_line or not page.chance(0.15) else ""
    if one_line or (heading and page.chance(0.1)):
        glue = " " if heading.endswith(":") or one_line else ""
        listed = [f"{heading}{glue}{listed[0]}", *listed[1:]]
        heading = ""
    ingredient_block = [line for line in (heading, *listed) if line] if ingredients else []
    # A bad scrape may lose one heading, hardly ever both.
    step_heading = layout.step_heading if heading == "" or not page.chance(0.1) else ""
    step_block = [line for line in (step_heading, *steps) if line] if steps else []
    if page.chance(0.25) and content.times:
        meta = _glued_meta(page, content)
    elif layout.meta_place == "prose":
        meta = [card.meta_sentence(content, rng), *card.tag_lines(content)]
    else:
        meta = card.meta_lines(content, layout, rng, page.other_times)
    if content.description:
        meta.append(f"Description: {content.description}")
    meta = [line for line in meta if line]
    body = [ingredient_block, step_block]
    if page.chance(0.15) and ingredient_block:
        body.reverse()
    body.insert(rng.randint(0, 2), meta)
    title = [content.name] * (2 if first and page.chance(0.2) else 1)
    return [title, *body]


def rambling(page: Page) -> str:
    """Stories without end, the recipe in pieces between them, remarks inside the lists."""
    article = page.article
    blocks: list[Block] = [*_head(page), _opening(page)]
    blocks += [[article.story()] for _ in range(2 + _amount(page, (1, 2, 2, 1)))]
    if page.chance(0.5):
        blocks += before_card(page, 2)
    titled = page.layout.title_place != "top"
    for index, content in enumerate(page.contents):
        blocks += _scattered_card(page, content, titled or index > 0, page.layout_for(index))
    blocks += [[article.story()], *after_card(page, 2 + _amount(page, (1, 2, 2)))]
    if page.chance(0.6):
        blocks.append(article.faq(2))
    return page.join(blocks)


def _with_remarks(lines: list[str], page: Page, share: float) -> Block:
    """``lines`` with remarks on lines of their own between some of them."""
    out: Block = []
    for line in lines:
        if out and page.chance(share):
            out.append(page.article.say("chatter"))
        out.append(line)
    return out


def _scattered_card(page: Page, content: Content, titled: bool, layout: Layout) -> list[Block]:
    article = page.article
    pieces = card_blocks(page, replace(content, ingredients=(), steps=()), titled, layout)
    ingredients, steps = card.ingredient_lines(content, layout), card.step_lines(content, layout)
    middle = [[article.story()]] if page.chance(0.6) else [[article.say("digression")]]
    listed, told = [], []
    if ingredients:
        listed = [
            [layout.heading(layout.ingredient_heading), *_with_remarks(ingredients, page, 0.06)]
        ]
    if steps:
        told = [[layout.heading(layout.step_heading), *_with_remarks(steps, page, 0.2)]]
    return [*pieces, *listed, *middle, *told]


def caption(page: Page) -> str:
    """A social media caption: hook, name, compact lists, hashtags. May merge all steps into one."""
    rng, article = page.rng, page.article
    blocks: list[Block] = [[article.page("hook")]] if page.chance(0.75) else []
    for index, content in enumerate(list(page.contents)):
        if len(content.step_lines) > 1 and page.chance(0.4):
            content = replace(content, steps=(Group(None, (" ".join(content.step_lines),)),))
            page.contents[index] = content
        blocks += _caption_card(page, content)
    if page.chance(0.5):
        blocks.append([article.page("caption_end")])
    tags = article.several("hashtag", rng.randint(2, 5))
    if page.chance(0.4):
        tags.insert(
            0, "#" + "".join(word for word in article.slots["short"].title() if word.isalnum())
        )
    if page.chance(0.85):
        blocks.append([" ".join(tags)])
    return page.join(blocks)


def _caption_card(page: Page, content: Content) -> list[Block]:
    rng, layout = page.rng, page.layout
    mark = rng.choice(("", "", "- ", "• ", "▫️ ", "✔️ ", "🔸 "))
    single = len(content.step_lines) == 1
    step_mark = "" if single else rng.choice(("", "{n}. ", "{n}️⃣ ", "➡️ ", "- ", "{n}) "))
    compact = replace(layout, ingredient_mark=mark, step_mark=step_mark)
    decoration = rng.choice(("", "", "✨ ", "🍽️ ", "👉 "))
    name = f"{decoration}{content.name}{rng.choice(('', '', '!', ' ✨', ' 😋', ':'))}"
    lines = content.ingredient_lines
    listed = card.ingredient_lines(content, compact)
    if len(content.ingredients) == 1 and page.chance(0.35):
        plain = not any("," in line for line in lines)
        together = ", ".join(lines) if plain else _run_together(lines, rng)
        listed = [together] if together else listed
    ingredient_heading = rng.choice(
        ("", "Ingredients:", "You need:", "INGREDIENTS", "🛒", "What you need 👇")
    )
    step_heading = rng.choice(("", "Directions:", "How to:", "METHOD", "👩‍🍳", "Steps:"))
    if layout.meta_place == "prose":
        meta = [card.meta_sentence(content, rng)]
    else:
        meta = card.meta_lines(content, layout, rng, {})
    blocks = [
        [name],
        [line for line in meta if line],
        [line for line in (ingredient_heading, *listed) if line] if lines else [],
        [line for line in (step_heading, *card.step_lines(content, compact)) if line]
        if content.steps
        else [],
    ]
    return [block for block in blocks if block]


BUILDERS: dict[str, Callable[[Page], str]] = {
    "instagram_short": caption,
    "minimal_organized": minimal,
    "fluffy_organized": fluffy,
    "chaotic_unstructured": chaotic,
    "super_fluffy_chaotic": rambling,
}
