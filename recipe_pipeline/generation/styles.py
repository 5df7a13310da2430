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

    Prompts describe the parts of a post and never name them: small models copy names as headings.
    """

    name: str
    weight: float
    prompt: str
    words: tuple[int, int] | None = None


STYLES: tuple[Style, ...] = (
    Style(
        "instagram_short",
        1,
        "Write a super short Instagram-style caption: 60 to 150 words that begin with something "
        "catchy, a few emojis, the ingredients with their amounts in one compact block or in "
        "running text, how it is made in two to five clipped sentences, hashtags at the very end. "
        "No headings.",
        words=(60, 150),
    ),
    Style(
        "minimal_organized",
        2,
        "Write a clean, minimal recipe page: the name of the dish, one or two sentences about it, "
        "then, clearly separated, its times and servings, the ingredients (one per line) and all "
        "steps, numbered. No stories, no advertising, no comments.",
    ),
    Style(
        "fluffy_organized",
        5,
        "Write a typical food-blog post of 600 to 1,200 words: the author first tells how this dish "
        "came into their life, then, under headings that fit the dish, what to watch out for, what "
        "can be swapped and how leftovers keep. Once or twice the site interrupts with something to "
        "buy or to sign up for. Near the end everything that a cook needs is in one place: times, "
        "servings, ingredients (one per line) and all steps, numbered. Below it three or four people "
        "say, under their first names, how it turned out.",
        words=(600, 1200),
    ),
    Style(
        "chaotic_unstructured",
        2,
        "Write it like the text of a badly scraped web page: links of a menu, a question about "
        "cookies, buttons and titles of unrelated posts mixed in, line breaks in wrong places, "
        "inconsistent bullets, repeated fragments, some typos and uneven capitals, ingredients and "
        "steps not clearly separated. The facts must all still be there.",
    ),
    Style(
        "super_fluffy_chaotic",
        1,
        "Write an extremely long-winded, disorganised post of 1,200 to 2,000 words: anecdotes that "
        "lead nowhere, several interruptions that advertise something, questions answered twice, "
        "ingredients and amounts scattered over the text, steps told out of order with remarks such "
        "as 'I forgot to say', and people who talk about other dishes at the end. The facts must "
        "all still be there.",
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
