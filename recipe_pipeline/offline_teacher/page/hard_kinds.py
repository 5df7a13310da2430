"""The hard kinds of posts: missing parts, two dishes, no recipe."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.page.page import Page, Voice
from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR, forms
from recipe_pipeline.offline_teacher.recipe.content import Content, Group
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of, without_amount

_GAPS = forms("gaps")


def leave_parts_out(content: Content, left_out: Sequence[str], rng: Random) -> Content:
    """``content`` without what ``left_out`` names, and by chance without amounts or some lines.

    Ingredients and steps are never both dropped: what remains is a recipe with gaps.
    """
    keeps_steps = "directions" not in left_out or "ingredients" in left_out
    ingredients = () if "ingredients" in left_out else content.ingredients
    if rng.random() < (0.75 if keeps_steps and ingredients else 0.3):
        ingredients = tuple(_thin_out(group, rng) for group in ingredients)
    steps = content.steps if keeps_steps else ()
    if keeps_steps and rng.random() < 0.15 and ingredients and len(content.step_lines) > 2:
        steps = (Group(None, tuple(content.step_lines[: rng.randint(1, 2)])),)
    return content.with_(ingredients=ingredients, steps=steps)


def _thin_out(group: Group, rng: Random) -> Group:
    """Without any amounts, or without some lines; the remaining lines are in the post as they are."""
    if rng.random() < 0.7:
        return group.with_lines(without_amount)
    kept = tuple(line for line in group.lines if rng.random() < 0.7)
    return Group(group.heading, kept or group.lines[:1])


def excuse_gaps(post: str, page: Page, gap: str) -> str:
    """``post``, sometimes with an author's remark on what is missing."""
    content = page.contents[0]
    if not content.steps:
        remarks = _GAPS.no_steps
    elif not content.ingredients:
        remarks = _GAPS.no_ingredients
    elif not any(c.isdigit() for c in "".join(content.ingredient_lines)):
        remarks = _GAPS.no_amounts
    else:
        remarks = [""]
    remark = page.write(page.rng.choice(remarks))
    if not remark:
        return post
    return f"{remark}{gap}{post}" if page.chance(0.25) else f"{post}{gap}{remark}"


def tell_apart(content: Content) -> Content:
    """One of two dishes, with plain lists: a section heading would look like a third title."""
    return content.with_(
        ingredients=(Group(None, tuple(content.ingredient_lines)),),
        steps=(Group(None, tuple(content.step_lines)),),
        description=None,
        category=None,
        cuisine=None,
        keywords=None,
    )


def post_without_recipe(facts: SourceFacts, style: str, rng: Random) -> str:
    """A review, travel story, shopping list, ... about the dish, without a recipe."""
    voice = Voice(facts, rng)
    foods = list(dict.fromkeys(food_of(line) for line in facts.ingredients)) or [facts.name]
    theme = rng.choice([name for name in GRAMMAR.rules if name.startswith("page_")])
    subject = theme.removeprefix("page_")
    paragraphs = [voice.line(theme)]
    if subject in ("shopping", "plan", "menu", "roundup"):
        paragraphs.append(_food_list(subject, foods, voice))
    short = style in ("instagram_short", "minimal_organized")
    more = rng.randint(0, 1) if short else rng.randint(1, 3)
    paragraphs += voice.several(f"more_{subject}", more)
    if not short:
        paragraphs += voice.several("story", rng.randint(0, 2))
    if style == "instagram_short":
        paragraphs.append(" ".join(voice.several("hashtag", 3)))
    elif style != "minimal_organized":
        for _ in range(rng.randint(1, 3)):
            rule = rng.choice(("nav", "ad", "byline", "footer", "related", "rating", "comment"))
            paragraphs.insert(rng.randint(0, len(paragraphs)), voice.line(rule))
    title = rng.random() < 0.6 and style != "instagram_short"
    head = [voice.line(f"title_{subject}")] if title else []
    return rng.choice(("\n", "\n\n")).join([*head, *dict.fromkeys(paragraphs)])


def _food_list(subject: str, foods: list[str], voice: Voice) -> str:
    """A list that looks like ingredients or a menu but belongs to no recipe."""
    rng, name = voice.rng, voice.facts.name
    chosen = rng.sample(foods, min(len(foods), rng.randint(3, 8)))

    def dishes(others: int) -> list[str]:
        return [name, *(voice.line("other_dish") for _ in range(others))]

    if subject == "roundup":
        named = dishes(5)
        blurbs = [voice.line("because") for _ in named]
        pairs = enumerate(zip(named, blurbs, strict=True), 1)
        return "\n".join(f"{n}. {dish}\n{blurb}" for n, (dish, blurb) in pairs)
    if subject == "shopping":
        extras = voice.several("grocery", rng.randint(3, 7))
        amounts = ("1 ", "2 ", "1 bag ", "1 lb ", "", "", "1 can ", "3 ")
        lines = [rng.choice(amounts) + food for food in [*chosen, *extras]]
        rng.shuffle(lines)
    elif subject == "plan":
        days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        lines = [f"{day}: {voice.line('other_dish')}" for day in days]
        today = rng.randrange(7)
        lines[today] = f"{days[today]}: {name}"
    else:
        named = dishes(4)
        lines = [f"{dish} {rng.choice(('– ', '... ', '$'))}{rng.randint(6, 32)}" for dish in named]
    mark = rng.choice(("- ", "• ", "", "* ", "▢ "))
    return "\n".join(mark + line for line in lines)
