"""Does the post support the label, and does the label tell what the post says?

Every name, ingredient, step, time and yield of a label gets a degree of support by the text of its
post, 0 to 1; everything the post is known to state and the label lacks is a finding too. The
*support* of a label is that of its weakest point, because one invented ingredient teaches a model
to invent, however good the rest is. Needs no model and no network; a label takes a few milliseconds.

Degrees: 1 said as it is; below 1 the share of its words that stand together in the post; at most 0.4
when the post gives another amount, unit, time or order, or something is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from recipe_pipeline.grounding.gaps import TIMES, Told, find_gaps
from recipe_pipeline.grounding.lines import (
    Support,
    ingredient_support,
    passage_support,
    window_support,
)
from recipe_pipeline.grounding.post_index import (
    PostIndex,
    canonical,
    content_words,
    is_number,
    line_tokens,
)
from recipe_pipeline.grounding.record import DEFAULT_MIN_SUPPORT
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts, recipes_in
from recipe_pipeline.text.durations import iso_to_minutes, parse_seconds
from recipe_pipeline.text.vocabulary import HEADING_WORDS

OMITTED = 0.3
HEADING_AS_NAME = 0.3
WRONG_ORDER = 0.35
UNLABELLED_TIME = 0.7
LOOSE_YIELD = 0.8
_YIELD_WORDS = frozenset(
    map(
        canonical, ("serve", "serves", "servings", "yields", "makes", "feeds", "portions", "people")
    )
)


@dataclass(frozen=True)
class Finding:
    """One checked point of a label. ``field``: where ("recipeIngredient"), ``text``: what.

    An omission is something that the post states and the label lacks.
    """

    field: str
    text: str
    degree: float
    reason: str = ""
    is_omission: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.text[:120]!r}: {self.reason}"


@dataclass(frozen=True)
class Grounding:
    """All findings about a label; ``support`` is the lowest degree (1 when nothing was checked)."""

    findings: tuple[Finding, ...]

    @property
    def support(self) -> float:
        return min((finding.degree for finding in self.findings), default=1.0)

    def complaints(self, min_support: float = DEFAULT_MIN_SUPPORT) -> list[str]:
        """What is below ``min_support``, one sentence fragment each, worst first."""
        poor = sorted((f for f in self.findings if f.degree < min_support), key=lambda f: f.degree)
        return [str(finding) for finding in poor]


def ground(label: dict[str, Any], post: str, source: dict[str, Any] | None = None) -> Grounding:
    """Check a canonical ``label`` ({}, a Recipe or an @graph) against its ``post``.

    ``source``: the facts the post was written from (keys of ``SourceRecipe.facts``), when known.
    They only tell what to look for: a fact that the post does not state is not missed.
    """
    index = _index(post)
    recipes = recipes_in(label)
    findings: list[Finding] = []
    ingredients: list[str] = []
    steps: list[str] = []
    for recipe in recipes:
        checked = _Recipe(recipe, index)
        findings += checked.findings()
        ingredients += checked.ingredients
        steps += checked.steps
    gaps = find_gaps(Told(recipes, ingredients, steps), index, source or {})
    why = "the post states it, but the label " + ("leaves it out" if recipes else "is empty")
    findings += [Finding(field, text, OMITTED, why, is_omission=True) for field, text in gaps]
    return Grounding(tuple(findings))


@lru_cache(maxsize=4)
def _index(post: str) -> PostIndex:
    return PostIndex(post)


@cache
def _heading_words() -> frozenset[str]:
    return frozenset(line_tokens(HEADING_WORDS).words)


class _Recipe:
    """The checks of one recipe; remembers where its lines stand."""

    def __init__(self, recipe: dict[str, Any], post: PostIndex) -> None:
        self.recipe = recipe
        self.post = post
        self.ingredients = ingredient_lines(recipe)
        self.steps = instruction_texts(recipe)

    def findings(self) -> list[Finding]:
        found = [self._name(), *self._times(), *self._yield()]
        places: list[tuple[int, ...]] = []
        for line in self.ingredients:
            support = ingredient_support(line, self.post)
            found.append(Finding("recipeIngredient", line, support.degree, support.reason))
        for step in self.steps:
            support = passage_support(step, self.post)
            places.append(support.places if support.degree >= 0.8 else ())
            found.append(Finding("recipeInstructions", step, support.degree, support.reason))
        return found + self._order(places)

    def _name(self) -> Finding:
        name = str(self.recipe.get("name", ""))
        words = line_tokens(name).words
        content = set(content_words(words))
        if content and content <= _heading_words():
            reason = "a heading of the page, not the name of a dish"
            return Finding("name", name, HEADING_AS_NAME, reason)
        support = Support(1.0) if self.post.places_of(words) else window_support(words, self.post)
        return Finding("name", name, support.degree, support.reason)

    def _times(self) -> list[Finding]:
        evidence = self.post.evidence
        found = []
        for key, (kind, _) in TIMES.items():
            minutes = iso_to_minutes(self.recipe.get(key))
            if minutes is None:
                continue
            stated = evidence.stated_minutes(kind)
            if minutes in stated:
                degree, reason = 1.0, ""
            elif not stated and minutes in evidence.mentioned_minutes:
                degree, reason = UNLABELLED_TIME, f"the post does not call it {key}"
            else:
                said = ", ".join(f"{m} minutes" for m in sorted(stated)) or "no such time"
                degree, reason = 0.0, f"the post says {said}"
            found.append(Finding(key, self.recipe[key], degree, reason))
        return found

    def _yield(self) -> list[Finding]:
        text = self.recipe.get("recipeYield")
        if not isinstance(text, str):
            return []
        words = line_tokens(text).words
        if any(map(str.isalpha, text)) and parse_seconds(text) is not None:
            return [Finding("recipeYield", text, 0.0, "a time, not a yield")]
        if self.post.evidence.states_yield(text) or self.post.holds_on_a_line(words):
            return [Finding("recipeYield", text, 1.0)]
        if self._beside_yield_word({word for word in words if is_number(word)}):
            return [Finding("recipeYield", text, LOOSE_YIELD, "said in other words")]
        if not any(character.isdigit() for character in "".join(words)):
            support = window_support(words, self.post)
            return [Finding("recipeYield", text, support.degree, support.reason)]
        return [Finding("recipeYield", text, 0.0, "the post does not state this yield")]

    def _beside_yield_word(self, numbers: set[str]) -> bool:
        """Whether each number stands near a word such as "feeds" ("feeds a family of four")."""
        words = self.post.words
        return bool(numbers) and all(
            any(
                _YIELD_WORDS & set(words[max(0, at - 5) : at + 4])
                for at in self.post.positions.get(number, ())
            )
            for number in numbers
        )

    def _order(self, places: Sequence[tuple[int, ...]]) -> list[Finding]:
        if _in_order(places, self.steps):
            return []
        return [
            Finding(
                "recipeInstructions",
                "order of the steps",
                WRONG_ORDER,
                "the post has another order",
            )
        ]


def _in_order(places: Sequence[tuple[int, ...]], steps: Sequence[str]) -> bool:
    """Whether the steps stand in the post in this order, by their first or by their last places.

    A post may tell some steps twice (an overview above the recipe), but a section by itself is in
    order. Steps that stand in more than three places ("Serve.") say nothing about order.
    """
    known = [p for p in places if 0 < len(p) <= 3]
    firsts, lasts = [p[0] for p in known], [p[-1] for p in known]
    if firsts == sorted(firsts) or lasts == sorted(lasts):
        return True
    if len(set(steps)) == len(steps):
        return False
    last = -1
    for options in known:
        following = [place for place in options if place > last]
        if not following:
            return False
        last = following[0]
    return True
