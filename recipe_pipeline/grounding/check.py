"""Does the post support the label, and does the label say what the post says?

Every name, ingredient, step, time and yield of a label gets a support score by the text of its post,
0 to 1; everything the post is known to state and the label lacks is a finding too. The *support* of
a label is that of its weakest point, because one invented ingredient teaches a model to invent,
however good the rest is. Needs no model and no network; a label takes a few milliseconds.

Scores: 1 for what the post says as it is; below 1 the share of the words that are together in the
post; at most 0.4 when the post gives another amount, unit, time or order, or something is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.facts import TIMES, time_support, yield_support
from recipe_pipeline.grounding.ingredients import ingredient_support
from recipe_pipeline.grounding.lines import Support, passage_support, window_support
from recipe_pipeline.grounding.omissions import find_gaps
from recipe_pipeline.grounding.post_index import (
    HEADINGS,
    PostIndex,
    content_words,
    index_of,
    line_tokens,
)
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts, recipes_in
from recipe_pipeline.text.durations import iso_to_minutes

MAX_COMPLAINTS = 12
OMITTED = 0.3
HEADING_AS_NAME = 0.3
WRONG_ORDER = 0.35
STEP_IS_PLACED = 0.8


@dataclass(frozen=True)
class Finding:
    """One checked point of a label. ``field``: where ("recipeIngredient"), ``text``: what.

    An omission is something that the post states and the label lacks.
    """

    field: str
    text: str
    score: float
    reason: str = ""
    is_omission: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.text[:120]!r}: {self.reason}"


@dataclass(frozen=True)
class Grounding:
    """All findings about a label; ``support`` is the lowest score (1 when nothing was checked)."""

    findings: tuple[Finding, ...]

    @property
    def support(self) -> float:
        return min((finding.score for finding in self.findings), default=1.0)

    def complaints(self, min_support: float = DEFAULT_MIN_SUPPORT) -> list[str]:
        """What is below ``min_support``, one sentence fragment each, the worst 12, worst first."""
        poor = sorted((f for f in self.findings if f.score < min_support), key=lambda f: f.score)
        return [str(finding) for finding in poor[:MAX_COMPLAINTS]]


def ground(label: dict[str, Any], post: str, source: dict[str, Any] | None = None) -> Grounding:
    """Check a canonical ``label`` ({}, a Recipe or an @graph) against its ``post``.

    ``source``: the facts the post was written from (keys of ``SourceRecipe.facts``), when known.
    They only say what to look for: a fact that the post does not state is not missed.
    """
    index = index_of(post)
    recipes = recipes_in(label)
    findings = [finding for recipe in recipes for finding in _recipe_findings(recipe, index)]
    why = "the post states it, but the label " + ("leaves it out" if recipes else "is empty")
    for field, text in find_gaps(recipes, index, source or {}):
        findings.append(Finding(field, text, OMITTED, why, is_omission=True))
    return Grounding(tuple(findings))


def _recipe_findings(recipe: dict[str, Any], post: PostIndex) -> Iterator[Finding]:
    yield _name(str(recipe.get("name", "")), post)
    steps = instruction_texts(recipe)
    for key in TIMES:
        minutes = iso_to_minutes(recipe.get(key))
        if minutes is not None:
            yield _finding(key, recipe[key], time_support(key, minutes, post, steps))
    if isinstance(recipe.get("recipeYield"), str):
        text = recipe["recipeYield"]
        yield _finding("recipeYield", text, yield_support(text, post))
    for line in ingredient_lines(recipe):
        yield _finding("recipeIngredient", line, ingredient_support(line, post))
    supports = [passage_support(step, post) for step in steps]
    for step, support in zip(steps, supports, strict=True):
        yield _finding("recipeInstructions", step, support)
    places = [support.places if support.score >= STEP_IS_PLACED else () for support in supports]
    if not _in_order(places, steps):
        reason = "the post has another order"
        yield Finding("recipeInstructions", "order of the steps", WRONG_ORDER, reason)


def _finding(field: str, text: str, support: Support) -> Finding:
    return Finding(field, text, support.score, support.reason)


def _name(name: str, post: PostIndex) -> Finding:
    words = line_tokens(name).words
    content = set(content_words(words))
    if content and content <= HEADINGS:
        reason = "a heading of the page, not the name of a dish"
        return Finding("name", name, HEADING_AS_NAME, reason)
    return _finding("name", name, window_support(words, post, {}))


def _in_order(places: Sequence[tuple[int, ...]], steps: Sequence[str]) -> bool:
    """Whether the post has the steps in this order, by their first or by their last places.

    A post may give some steps twice (an overview above the recipe), but each section by itself is in
    order. Steps that occur in more than three places ("Serve.") say nothing about order.
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
