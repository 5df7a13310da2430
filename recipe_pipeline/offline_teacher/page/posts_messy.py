"""The two page builders that break the card up: bad scrapes and captions."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page import article, card, lists
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.recipe.content import Content, Group


def _run_together(lines: list[str], rng: Random) -> str:
    """All lines in one, joined by a separator that no line contains; "" if there is none."""
    separators = [s for s in (" / ", " | ", " • ", " · ", " ~ ") if not any(s in x for x in lines)]
    return rng.choice(separators).join(lines) if separators else ""


def chaotic(page: Page) -> str:
    """A bad scrape: menus and buttons everywhere, parts out of order, headings lost or run in."""
    rng = page.rng
    blocks = [
        block
        for index, content in enumerate(page.contents)
        for block in _scraped_card(page, content, first=index == 0)
    ]
    junk = [
        [page.line(rng.choice(("nav", "ad", "footer", "rating", "byline", "related")))]
        for _ in range(rng.randint(2, 4) + round(page.length))
    ]
    for block in junk:
        at = rng.choice((0, 0, len(blocks), len(blocks), rng.randint(0, len(blocks))))
        blocks.insert(at, block)
    if page.chance(0.5):
        blocks.insert(rng.randint(0, 2), [article.intro(page)])
    if page.chance(0.35):
        blocks.append(article.block(page, "comments"))
    return page.join(blocks)


def _scraped_card(page: Page, content: Content, first: bool) -> list[Block]:
    ingredients, headed = _scraped_ingredients(page, content)
    steps = lists.step_lines(content, page.layout)
    # A bad scrape may lose one heading, but hardly ever both.
    if steps and not (headed and page.chance(0.1)):
        steps.insert(0, page.layout.step_heading)
    body = [ingredients, steps]
    if ingredients and page.chance(0.15):
        body.reverse()
    body.insert(page.rng.randint(0, 2), _scraped_meta(page, content))
    title = [content.name] * (2 if first and page.chance(0.2) else 1)
    return [title, *body]


def _scraped_ingredients(page: Page, content: Content) -> tuple[Block, bool]:
    """The ingredient block, and whether its heading still has its own line."""
    listed = lists.ingredient_lines(content, page.layout)
    heading = page.layout.ingredient_heading
    if not listed:
        return [], True
    if len(content.ingredients) == 1 and page.chance(0.2):
        together = _run_together(content.ingredient_lines, page.rng)
        if together:
            return [f"{heading} {together}"], False
    if page.chance(0.15):
        return listed, False
    if page.chance(0.1):
        glue = " " if heading.endswith(":") else ""
        return [f"{heading}{glue}{listed[0]}", *listed[1:]], False
    if page.chance(0.1):
        listed = _broken(listed)
    return [heading, *listed], True


def _broken(lines: list[str]) -> list[str]:
    """The longest line broken in two at a space, like the narrow columns of a scrape."""
    longest = max(lines, key=len)
    head, space, tail = longest.rpartition(" ")
    if not space or len(head) < 25:
        return lines
    at = lines.index(longest)
    return [*lines[:at], f"{head}\n{tail}", *lines[at + 1 :]]


def _scraped_meta(page: Page, content: Content) -> Block:
    if content.times and page.chance(0.25):
        # Names and values of the times glued to each other.
        pairs = card.time_pairs(page, content, page.layout)
        glued = [f"{name}{':' if page.chance(0.5) else ''}{value}" for name, value in pairs]
        meta = ["".join(glued), *card.meta_lines(page, content.with_(times={}), page.layout)]
    elif page.layout.meta_place == "prose":
        meta = [card.meta_sentence(content, page.rng), *card.tag_lines(content)]
    else:
        meta = card.meta_lines(page, content, page.layout)
    if content.description:
        meta.append(f"Description: {content.description}")
    return [line for line in meta if line]


def caption(page: Page) -> str:
    """A social media caption: hook, name, compact lists, hashtags. May merge all steps into one."""
    rng = page.rng
    page.other_times = {}
    blocks: list[Block] = [[page.line("hook")]] if page.chance(0.75) else []
    for index, content in enumerate(page.contents):
        if len(content.step_lines) > 1 and page.chance(0.4):
            content = content.with_(steps=(Group(None, (" ".join(content.step_lines),)),))
            page.contents[index] = content
        blocks += _caption_card(page, content, index)
    if page.chance(0.5):
        blocks.append([page.line("caption_end")])
    tags = page.several("hashtag", rng.randint(2, 5))
    if page.chance(0.4):
        tags.insert(0, "#" + "".join(filter(str.isalnum, page.slots["short"].title())))
    if page.chance(0.85):
        blocks.append([" ".join(tags)])
    return page.join(blocks)


def _caption_card(page: Page, content: Content, index: int) -> list[Block]:
    rng, layout = page.rng, page.layout
    mark = rng.choice(("", "", "- ", "• ", "▫️ ", "✔️ ", "🔸 "))
    single = len(content.step_lines) == 1
    step_mark = "" if single else rng.choice(("", "{n}. ", "{n}️⃣ ", "➡️ ", "- ", "{n}) "))
    compact = replace(layout, ingredient_mark=mark, step_mark=step_mark)
    decoration = rng.choice(("", "", "✨ ", "🍽️ ", "👉 "))
    name = f"{decoration}{content.name}{rng.choice(('', '', '!', ' ✨', ' 😋', ':'))}"
    if layout.title_place == "prose" and index == 0:
        name = page.line("name_in_prose")
    lines = content.ingredient_lines
    listed = lists.ingredient_lines(content, compact)
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
        meta = card.meta_lines(page, content, layout)
    blocks = [
        [name],
        meta,
        [ingredient_heading, *listed] if lines else [],
        [step_heading, *lists.step_lines(content, compact)] if content.steps else [],
    ]
    return [[line for line in block if line] for block in blocks]
