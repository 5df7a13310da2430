"""Composition: from facts, style, kind and seed to post, label and reasoning.

Everything is drawn from one ``random.Random`` seeded by the request, so the same request gives the
same post on every machine and in every process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from recipe_pipeline.generation.styles import COMPLETE, KIND_PROMPTS
from recipe_pipeline.offline_teacher.page import hard_kinds, site
from recipe_pipeline.offline_teacher.page.layout import draw_layout
from recipe_pipeline.offline_teacher.page.page import Page
from recipe_pipeline.offline_teacher.page.posts import BUILDERS
from recipe_pipeline.offline_teacher.page.typography import typeset, typeset_all
from recipe_pipeline.offline_teacher.reasoning import explain
from recipe_pipeline.offline_teacher.recipe import side_dishes
from recipe_pipeline.offline_teacher.recipe.builder import build_content
from recipe_pipeline.offline_teacher.recipe.content import document_label
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts, read_facts

_TYPESET_SHARE = 0.65
_HAS_PART = 0.14  # share of complete posts with a sauce or slaw that has its own lists
_LONGEST_SITE = 3.0  # length factor of whole pages: their surroundings are long enough
_LOSES_FACTS = 0.6  # share of copied cards without times and yield


@dataclass(frozen=True)
class Composition:
    """A post, its label (``{}``, a Recipe or a ``@graph``) and the reasoning behind it."""

    post: str
    label: dict[str, Any]
    reasoning: str


def compose(
    facts: Mapping[str, Any],
    style: str,
    seed: int = 0,
    kind: str = COMPLETE,
    left_out: Sequence[str] = (),
    length: float | tuple[float, float] = 1.0,
    breadth: float = 0.0,
) -> Composition:
    """Compose a post about ``facts`` (the keys of ``SourceRecipe.facts``) in ``style``.

    ``kind`` is ``complete`` or a hard kind of ``recipe_pipeline.generation.styles``; ``left_out`` names facts a
    ``missing_parts`` post may not state. ``length`` scales the prose around the recipe; from a
    range each post draws its own (log-uniform). ``breadth`` is the share of posts that look like a
    whole page of any web site (`page.site`) instead of a typical post of the style.

    Raises:
        ValueError: unknown style or kind, or a recipe without a name.
    """
    if style not in BUILDERS:
        raise ValueError(f"unknown style {style!r}; known styles: {', '.join(BUILDERS)}")
    if kind != COMPLETE and kind not in KIND_PROMPTS:
        raise ValueError(f"unknown kind {kind!r}; known kinds: {', '.join(KIND_PROMPTS)}")
    source = read_facts(facts)
    drawn_from = [facts, style, seed, kind, list(left_out), length, *([breadth] * bool(breadth))]
    rng = Random(json.dumps(drawn_from, sort_keys=True))
    wide = style != "instagram_short" and breadth > 0 and rng.random() < breadth
    if kind == "no_recipe":
        post = _without_recipe(source, style, rng, wide)
        return Composition(post, {}, explain([], rng, post))
    page = _page(source, style, rng, length, kind, left_out, wide)
    post = _copied((site.site_page if wide else BUILDERS[style])(page), rng)
    if kind == "missing_parts":
        post = hard_kinds.excuse_gaps(post, page, "\n" if wide else page.layout.gap)
    label = document_label(page.contents)
    reasoning = explain(page.contents, rng, post)
    if rng.random() < _TYPESET_SHARE:
        return Composition(typeset(post), typeset_all(label), typeset(reasoning))
    return Composition(post, label, reasoning)


def _without_recipe(source: SourceFacts, style: str, rng: Random, wide: bool) -> str:
    post = hard_kinds.post_without_recipe(source, style, rng)
    if not wide:
        return post
    layout = site.site_layout(draw_layout(style, source.name, rng), rng)
    return site.surround(Page(source, layout, rng), post)


def _page(
    source: SourceFacts,
    style: str,
    rng: Random,
    length: float | tuple[float, float],
    kind: str,
    left_out: Sequence[str],
    wide: bool,
) -> Page:
    """The page about ``source`` before its builder writes it."""
    if isinstance(length, tuple):
        low, high = (max(bound, 0.01) for bound in length)
        length = low * (high / low) ** rng.random()
    layout = draw_layout(style, source.name, rng)
    own_style = style
    if wide:
        layout, own_style = site.site_layout(layout, rng), "minimal_organized"
        length = min(length, _LONGEST_SITE)
    page = Page(source, layout, rng, length)
    part = None
    has_part = 2 * _HAS_PART if wide else _HAS_PART
    if kind == COMPLETE and style != "instagram_short" and rng.random() < has_part:
        part = side_dishes.part_of(source, rng)
    content = build_content(source, own_style, rng, page.slots["main"], part)
    if layout.title_place == "prose":
        content = content.with_(name=source.name)  # prose has no "(+Video)" or capitals
    if layout.card == "bare":
        content = content.with_(description=None, category=None, cuisine=None, keywords=None)
        if rng.random() < _LOSES_FACTS:
            content = content.with_(times={}, recipe_yield=None)
    page.contents = [content]
    if kind == "missing_parts":
        page.contents = [hard_kinds.leave_parts_out(content, left_out, rng)]
    elif kind == "two_dishes":
        second = side_dishes.second_dish(source, rng)
        other = build_content(second, style, rng, second.name.lower())
        page.contents = [hard_kinds.tell_apart(content), hard_kinds.tell_apart(other)]
    return page


def _copied(post: str, rng: Random) -> str:
    """``post``, rarely with no-break spaces as on web pages; labels have ordinary ones."""
    if rng.random() > 0.05:
        return post
    share = rng.choice((0.02, 0.1))
    return "".join("\xa0" if c == " " and rng.random() < share else c for c in post)
