"""What a post looks like (its style) and what it contains (its kind).

Both depend on the recipe and the seed alone: a recipe gets the same style and kind whatever
``--skip``, ``--limit``, ``--concurrency`` or restarts.
"""

from __future__ import annotations

from dataclasses import dataclass

from recipe_pipeline.common.seeding import unit_interval


@dataclass(frozen=True)
class Style:
    """A way to write a post; ``weight`` is its relative share, ``words`` the length that ``prompt``
    asks for (None: any).

    Small models copy what a prompt says, so its examples are what a real page could say.
    """

    name: str
    weight: float
    prompt: str
    words: tuple[int, int] | None = None


PEOPLE = "PEOPLE"
"""Stands in a prompt for the first names of four people."""

STYLES: tuple[Style, ...] = (
    Style(
        "instagram_short",
        1,
        "Write an Instagram caption of 60 to 150 words, as somebody types it on a phone. It begins "
        "with something catchy and the name of the dish, with an emoji or two. Then come all "
        "ingredients with their amounts, in one compact block or in running text, then how it is "
        "made, in two to five clipped sentences. A few hashtags at the very end. No headings.",
        words=(60, 150),
    ),
    Style(
        "minimal_organized",
        2,
        "Write a clean, minimal recipe page. The first line is the name of the dish, the next one "
        "or two sentences about it. Then, clearly separated, its times (Prep, Cook and Total, if "
        "they are known) and servings, the ingredients, one per line, and all steps, numbered. No "
        "stories, no advertising, no comments.",
    ),
    Style(
        "fluffy_organized",
        5,
        "Write a typical food-blog post of 600 to 1,200 words. Below the name of the dish, the "
        "author tells in four or more paragraphs, without headings and in the first person, a "
        "memory that this dish brings back. Then come some sections under short headings as blogs "
        "have them (such as Why You'll Love This, Tips, Substitutions, Storage), a few sentences "
        "each; one sentence among them asks readers to join the newsletter. Then comes the whole "
        "recipe: its name, times and servings, the heading Ingredients with every ingredient and "
        "its amount on a line of its own, the heading Instructions with all steps, numbered. Below "
        f"it {PEOPLE} say in a sentence or two how it turned out.",
        words=(600, 1200),
    ),
    Style(
        "chaotic_unstructured",
        2,
        "Write what a reader gets who selects everything on a cluttered recipe page and pastes it. "
        "It begins with the words of the site's menu (such as Home Recipes About Shop) and a line "
        "about cookies (such as We use cookies. Accept all). Buttons such as Jump to Recipe, Print "
        "or Pin it and names of other dishes of the site stand between the real lines. Line breaks "
        "come in wrong places, bullets differ from line to line, some lines come twice, some words "
        "have typos or odd capitals, and ingredients and steps follow each other without "
        "headings. No square brackets. The facts must all still be there.",
    ),
    Style(
        "super_fluffy_chaotic",
        1,
        "Write an extremely long-winded, disorganised post of 1,200 to 2,000 words, without "
        "headings and in the first person: anecdotes about family, weather and work that lead "
        "nowhere, twice a few sentences that advertise something, a reader's question that is "
        "answered twice. The ingredients and their amounts are in no list: one or two of them at a "
        "time come up in sentences all over the text. The steps come out of order, with remarks "
        f"such as 'I forgot to say'. The last lines are remarks of {PEOPLE} about other dishes. The "
        "facts must all still be there.",
        words=(1200, 2000),
    ),
)

COMPLETE = "complete"

KIND_PROMPTS: dict[str, str] = {
    "missing_parts": (
        "The author left some facts out. They are missing from the recipe below and are named "
        "under 'Leave out'. Do not state, estimate or hint at them anywhere in the post; "
        "without directions it gives no steps at all."
    ),
    "two_dishes": (
        "The post holds two full recipes: the one below, and after or around it a second, simple "
        "one of your own that goes with it (a sauce, side, drink or dessert) with its own name, "
        "ingredients with amounts, and steps."
    ),
    "no_recipe": (
        "The post talks about this dish but holds no recipe: a restaurant visit, a memory, a "
        "product review, a travel note or an announcement. Give no ingredient list, no amounts, no "
        "steps and no cooking times; nobody could cook the dish from it."
    ),
}
"""Prompts of the hard cases that ``--hard-cases`` mixes in, by kind."""

KIND_WEIGHTS: dict[str, float] = {"missing_parts": 2, "two_dishes": 1, "no_recipe": 1}

LEAVE_OUT_GROUPS: tuple[tuple[str, ...], ...] = (
    ("prep_time", "cook_time", "total_time"),
    ("servings", "yield"),
    ("prep_time", "cook_time", "total_time", "servings", "yield"),
    ("directions",),
    ("ingredients",),
)
"""Facts that a ``missing_parts`` post leaves out together, never both steps and ingredients."""


def choose_style(recipe_key: str, seed: int) -> Style:
    """The style of a recipe, weighted; ``recipe_key`` is the file stem of the recipe."""
    return STYLES[_weighted([style.weight for style in STYLES], "style", seed, recipe_key)]


def choose_kind(recipe_key: str, seed: int, hard_share: float) -> str:
    """``complete``, or for a share of ``hard_share`` (0 to 1) of the recipes one of the hard kinds.

    Recipes that are hard at a low share stay hard at a higher one.
    """
    if unit_interval("hard", seed, recipe_key) >= hard_share:
        return COMPLETE
    kinds = list(KIND_WEIGHTS)
    return kinds[_weighted(list(KIND_WEIGHTS.values()), "kind", seed, recipe_key)]


def choose_left_out(recipe_key: str, seed: int, known: set[str]) -> tuple[str, ...]:
    """The ``known`` facts that a ``missing_parts`` post leaves out; at least one.

    ``directions`` may be among them even if the recipe has none: the post must not invent steps.
    """
    groups = [group for group in LEAVE_OUT_GROUPS if known & set(group) or group == ("directions",)]
    index = _weighted([1.0] * len(groups), "left out", seed, recipe_key)
    return tuple(key for key in groups[index] if key in known or key == "directions")


def _weighted(weights: list[float], *parts: object) -> int:
    """Index drawn with ``weights``, from ``unit_interval(*parts)``."""
    target = unit_interval(*parts) * sum(weights)
    for index, weight in enumerate(weights):
        target -= weight
        if target < 0:
            return index
    return len(weights) - 1
