"""The hard kinds of posts: missing parts, two dishes, no recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from recipe_pipeline.offline_teacher.page.article import GRAMMAR, Article, make_slots
from recipe_pipeline.offline_teacher.phrases.grammar import Grammar
from recipe_pipeline.offline_teacher.phrases.no_recipe import NO_RECIPE_RULES
from recipe_pipeline.offline_teacher.phrases.page import PAGE
from recipe_pipeline.offline_teacher.phrases.prose import PROSE
from recipe_pipeline.offline_teacher.recipe.content import Content, Group
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of, without_amount

_NO_RECIPE = Grammar({**PROSE, **PAGE, **NO_RECIPE_RULES})

_NO_STEPS = (
    "{Watch|See} {the video|my reel|my stories} for {the full method|how I make it}.",
    "{Full|Complete} {directions|instructions} {are in my cookbook|on the blog, link in bio|coming next week}.",
    "{You know what to do|I trust you to figure out the rest|No instructions needed}{!|, right?}",
    "{The steps got lost|I forgot to write down the steps}{, sorry|}!",
    "",
)  # fmt: skip
_NO_INGREDIENTS = (
    "{The ingredient list is in|See} {the photo|the video|my last post} {above|for the ingredients}.",
    "{Sorry, I never measure|I cook this by feel}{, so no list today|}.",
    "",
)  # fmt: skip
_NO_AMOUNTS = (
    "{I never measure|No exact amounts|I eyeball everything here}{, sorry|}!",
    "{Amounts|Quantities} {are up to you|as you like}.",
    "",
    "",
)


def leave_parts_out(content: Content, left_out: Sequence[str], rng: Random) -> Content:
    """``content`` without what ``left_out`` names, and by chance without amounts or some lines.

    Ingredients and steps are never both dropped: what remains is a recipe with gaps.
    """
    keeps_steps = "directions" not in left_out or "ingredients" in left_out
    ingredients = () if "ingredients" in left_out else content.ingredients
    if rng.random() < (0.75 if keeps_steps and ingredients else 0.3):
        ingredients = tuple(_thin_out(group, rng) for group in ingredients)
    changes = {"ingredients": tuple(group for group in ingredients if group.lines)}
    if not keeps_steps:
        changes["steps"] = ()
    elif rng.random() < 0.15 and changes["ingredients"] and len(content.step_lines) > 2:
        lines = content.step_lines[: rng.randint(1, 2)]
        changes["steps"] = (Group(None, tuple(lines)),)
    return replace(content, **changes)


def _thin_out(group: Group, rng: Random) -> Group:
    """Without any amounts, or without some lines; the remaining lines are in the post as they are."""
    if rng.random() < 0.7:
        return Group(group.heading, tuple(without_amount(line) for line in group.lines))
    kept = tuple(line for line in group.lines if rng.random() < 0.7)
    return Group(group.heading, kept or group.lines[:1])


def excuse_gaps(post: str, content: Content, article: Article, gap: str) -> str:
    """``post``, sometimes with an author's remark on what is missing."""
    rng = article.rng
    if not content.steps:
        forms = _NO_STEPS
    elif not content.ingredients:
        forms = _NO_INGREDIENTS
    else:
        forms = (
            _NO_AMOUNTS
            if not any(c.isdigit() for c in "".join(content.ingredient_lines))
            else ("",)
        )
    remark = GRAMMAR.say_template(rng.choice(forms), rng, article.slots)
    if not remark:
        return post
    return f"{remark}{gap}{post}" if rng.random() < 0.25 else f"{post}{gap}{remark}"


def tell_apart(contents: list[Content]) -> list[Content]:
    """Two dishes for one post, with plain lists: a section heading would look like a third title."""
    return [
        replace(
            content,
            ingredients=(Group(None, tuple(content.ingredient_lines)),),
            steps=(Group(None, tuple(content.step_lines)),),
            description=None,
            category=None,
            cuisine=None,
            keywords=None,
        )
        for content in contents
    ]


def post_without_recipe(facts: SourceFacts, style: str, rng: Random) -> str:
    """A review, travel story, shopping list, ... about the dish, without a recipe."""
    slots = make_slots(facts, rng)
    foods = list(dict.fromkeys(food_of(line) for line in facts.ingredients)) or [facts.name]
    theme = rng.choice([name for name in NO_RECIPE_RULES if name.startswith("page_")])
    subject = theme.removeprefix("page_")
    paragraphs = [_NO_RECIPE.say(theme, rng, slots)]
    if subject in _LISTED:
        paragraphs.append(_food_list(subject, foods, rng, slots))
    short = style in ("instagram_short", "minimal_organized")
    more = rng.randint(0, 1) if short else rng.randint(1, 3)
    paragraphs += _NO_RECIPE.say_several(f"more_{subject}", more, rng, slots)
    if not short:
        paragraphs += _NO_RECIPE.say_several("story", rng.randint(0, 2), rng, slots)
    if style == "instagram_short":
        paragraphs.append(" ".join(_NO_RECIPE.say_several("hashtag", 3, rng, slots)))
    elif style != "minimal_organized":
        for _ in range(rng.randint(1, 3)):
            rule = rng.choice(("nav", "ad", "byline", "footer", "related", "rating", "comment"))
            paragraphs.insert(rng.randint(0, len(paragraphs)), _NO_RECIPE.say(rule, rng, slots))
    title = rng.random() < 0.6 and style != "instagram_short"
    head = [_NO_RECIPE.say(f"title_{subject}", rng, slots)] if title else []
    return rng.choice(("\n", "\n\n")).join([*head, *dict.fromkeys(paragraphs)])


_LISTED = ("shopping", "plan", "menu", "roundup")


def _food_list(subject: str, foods: list[str], rng: Random, slots: dict[str, str]) -> str:
    """A list that looks like ingredients or a menu but belongs to no recipe."""
    chosen = rng.sample(foods, min(len(foods), rng.randint(3, 8)))
    if subject == "shopping":
        extras = _NO_RECIPE.say_several("grocery", rng.randint(3, 7), rng, slots)
        amounts = ("1 ", "2 ", "1 bag ", "1 lb ", "", "", "1 can ", "3 ")
        lines = [rng.choice(amounts) + food for food in [*chosen, *extras]]
        rng.shuffle(lines)
    elif subject == "plan":
        days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        lines = [f"{day}: {_NO_RECIPE.say('other_dish', rng, slots)}" for day in days]
        today = rng.randrange(7)
        lines[today] = f"{days[today]}: {slots['name']}"
    elif subject == "roundup":
        dishes = [slots["name"], *(_NO_RECIPE.say("other_dish", rng, slots) for _ in range(5))]
        blurbs = [_NO_RECIPE.say("because", rng, slots) for _ in dishes]
        lines = [
            f"{n}. {dish}\n{blurb}"
            for n, (dish, blurb) in enumerate(zip(dishes, blurbs, strict=True), 1)
        ]
        return "\n".join(lines)
    else:
        dishes = [slots["name"], *(_NO_RECIPE.say("other_dish", rng, slots) for _ in range(4))]
        lines = [f"{dish} {rng.choice(('– ', '... ', '$'))}{rng.randint(6, 32)}" for dish in dishes]
    mark = rng.choice(("- ", "• ", "", "* ", "▢ "))
    return "\n".join(mark + line for line in lines)
