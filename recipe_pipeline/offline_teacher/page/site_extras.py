"""What stands between and inside the lists of many recipe cards without being part of them, and back.

Equipment, shops and the foods of a step look like ingredients; a last step about leftovers looks like
a note.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page.article import Article
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.recipe.content import Content, Group
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of

_TOOL_HEADINGS = (
    "Equipment", "Equipment", "Equipment:", "EQUIPMENT", "Special equipment", "Tools", "Kitchen tools", "You will also need",
    "Equipment Needed", "Recommended Equipment", "What I used", "Special Tools", "Tools you'll need", "Utensils", "Kitchen Equipment",
)  # fmt: skip
_SHOP_HEADINGS = (
    "Shop this recipe", "Shop ingredients", "Products used", "Get the ingredients", "In this recipe", "Our favorite products", "Buy it here",
    "Recommended Products", "",
)  # fmt: skip
_LAST_SECTIONS = (
    "To store", "Storage", "To Serve and Store", "Leftovers", "Serving", "To Serve:", "Store", "Make Ahead", "To Finish", "Serving suggestions",
)  # fmt: skip
_FEWEST_HEADED = 2


def tools_block(article: Article) -> Block:
    """Tools under a heading, with numbers and shops on some pages, as ingredients have amounts."""
    rng = article.rng
    rule = rng.choice(("equipment", "site_tool", "site_tool", "site_tool"))
    tools = article.several(rule, rng.randint(1, 4 if rule == "equipment" else 7))
    link = [article.page("site_affiliate")] if rng.random() < 0.12 else []
    return [article.layout.heading(rng.choice(_TOOL_HEADINGS)), *article.bullets(tools), *link]


def shop_block(article: Article) -> Block:
    """Packs of food to buy, with sizes and prices."""
    rng = article.rng
    heading = rng.choice(_SHOP_HEADINGS)
    goods = article.several("site_product", rng.randint(1, 5))
    last = [article.page("site_affiliate")] if rng.random() < 0.4 else []
    return [*([article.layout.heading(heading)] if heading else []), *article.bullets(goods), *last]


def marked_buttons(article: Article) -> Block:
    """Links of a page that its mark-up has as a list."""
    lines = article.several("site_link", article.rng.randint(1, 3))
    return [f"- {line}" for line in lines]


def with_last_word(page: Page, content: Content) -> Content:
    """``content`` with a last step about storing or serving, in a section of its own on some pages."""
    last = page.article.page(page.rng.choice(("storing", "storing", "site_serving_step")))
    headed = len([group for group in content.steps if group.heading]) >= _FEWEST_HEADED
    if headed and page.chance(0.6):
        own = Group(page.rng.choice(_LAST_SECTIONS), (last,))
        return replace(content, steps=(*content.steps, own))
    end = content.steps[-1]
    steps = (*content.steps[:-1], replace(end, lines=(*end.lines, last)))
    return replace(content, steps=steps)


def foods_of(step: str, content: Content, form: str) -> Block:
    """The ingredients that ``step`` uses, as cards repeat them below it: in a line, or in several."""
    words = step.lower()
    used = [line for line in content.ingredient_lines if food_of(line).lower() in words]
    if not used:
        return []
    return used if form == "lines" else [form.join(used)]


def draw_foods_form(rng: Random) -> str:
    return rng.choice((", ", ", ", ", ", "; ", " | ", "lines"))
