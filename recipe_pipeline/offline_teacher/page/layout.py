"""Choices of form for a whole post: list marks, headings, gaps, positions of times and yield."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.phrases.wording import CLOCK_STYLES

_WORDS = forms("layout")
READER = "reader"  # the gap of pages as an HTML reader renders them: blank lines, lists as "- "

# What remains of a recipe plugin's card when a reader copies the page. "bare": ingredients right
# below the title, times and yield lost; "dashed": "Print" above the title, times and yield as a
# dashed list below it; "own": the rest of the layout decides.
_COPIED_CARDS = (("bare", 6), ("dashed", 1.8), ("own", 2.2))
_DASHED_CARD_PLACES = (("before", 6), ("ends", 4))
_BARE_CARD_PLACES = (("prose", 1), ("glance", 1), ("after", 1), ("nutrition", 2))

# "prose": the dish is only named in the first sentences.
_USUAL_TITLE_PLACES = (("card", 6), ("both", 2.5), ("top", 2.5))
_TITLE_PLACES = {
    "minimal_organized": (("top", 3), ("both", 1)),
    "fluffy_organized": (*_USUAL_TITLE_PLACES, ("prose", 0.2)),
    "super_fluffy_chaotic": (*_USUAL_TITLE_PLACES, ("prose", 0.3)),
    "instagram_short": (("card", 5), ("prose", 1)),
}
# How often a post is a reader's copy of a page, with plain headings, dashes and no blank lines.
_COPIED = {"fluffy_organized": 0.75, "super_fluffy_chaotic": 0.5}
_OTHERS_COPIED = 0.3


def pick(weighted: Sequence[tuple[str, float]], rng: Random) -> str:
    """One of the values, drawn with their weights."""
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


@dataclass(frozen=True)
class Layout:
    """The form of one post.

    ``meta_place`` is the position of times and yield: "before" or "after" the lists of the card,
    "split" (yield before, times after), at both "ends" (total time and yield before, the others
    after), in "prose", at a "glance" (a list near the top of the page), "nutrition" (yield among the
    nutrition facts, times in prose) or "top" (above the title).
    """

    gap: str
    heading_form: str  # plain, markdown, bold, upper
    ingredient_heading: str
    step_heading: str
    ingredient_mark: str
    step_mark: str
    meta_form: str
    meta_place: str
    marked_headings: bool  # "- For the sauce:", marked like an ingredient
    clock: int  # spelling of times, see wording.clock
    title_place: str  # top, card, both, prose
    foods_in_steps: str  # separator of the ingredients repeated after a step; "": none
    card: str = "own"  # own, bare, dashed: see _COPIED_CARDS

    def heading(self, text: str) -> str:
        if self.heading_form == "markdown":
            return f"## {text}"
        if self.heading_form == "upper":
            return text.upper()
        return f"**{text}**" if self.heading_form == "bold" else text

    def for_recipe(self, index: int) -> Layout:
        """The layout of recipe ``index``: only the first one can have its times in the opening."""
        if index and self.meta_place in ("prose", "glance", "nutrition"):
            return replace(self, meta_place="after" if self.card == "bare" else "before")
        return self


def draw_layout(style: str, name: str, rng: Random, clock_styles: int = CLOCK_STYLES) -> Layout:
    """A layout that suits ``style``; ``name`` goes into headings that mention the dish."""
    is_article = style in _COPIED
    is_copy = rng.random() < _COPIED.get(style, _OTHERS_COPIED)
    step_mark = rng.choice(("- ", "- ", "{n}. ")) if is_copy else ""
    heading_form = "plain" if is_copy else rng.choice(("plain", "plain", "markdown", "bold"))
    layout = Layout(
        gap="\n" if is_copy or rng.random() < 0.35 else "\n\n",
        heading_form=heading_form,
        ingredient_heading=pick(_WORDS.ingredient_headings, rng).format(name=name),
        step_heading=pick(_WORDS.step_headings, rng).format(name=name),
        ingredient_mark="- " if is_copy else pick(_WORDS.ingredient_marks, rng),
        step_mark=step_mark or pick(_WORDS.step_marks, rng),
        meta_form=rng.choice(_WORDS.meta_forms),
        meta_place=rng.choices(
            ("before", "after", "split", "prose", "glance"),
            (6, 3, 2, 1.2, 0.8 if is_article else 0),
        )[0],
        marked_headings=rng.random() < 0.08,
        clock=rng.randrange(CLOCK_STYLES),
        title_place=pick(_TITLE_PLACES.get(style, _USUAL_TITLE_PLACES), rng),
        foods_in_steps=rng.choice((", ", ",")) if rng.random() < 0.04 else "",
    )
    return _with_copied_card(layout, rng) if is_copy and is_article else layout


def _with_copied_card(layout: Layout, rng: Random) -> Layout:
    card = pick(_COPIED_CARDS, rng)
    if card == "own":
        return layout
    headings = {"ingredient_heading": "Ingredients", "step_heading": "Instructions"}
    usual = headings if rng.random() < 0.7 else {}
    return replace(
        layout,
        card=card,
        meta_place=pick(_BARE_CARD_PLACES if card == "bare" else _DASHED_CARD_PLACES, rng),
        meta_form="dashed" if card == "dashed" else layout.meta_form,
        title_place="both" if rng.random() < 0.25 else "card",
        **usual,
    )
