"""Choices of form for a whole post: list marks, headings, gaps, positions of times and yield."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

INGREDIENT_HEADINGS = (
    ("Ingredients", 12), ("INGREDIENTS", 3), ("Ingredients:", 4), ("ingredients", 2),
    ("What You'll Need", 1), ("You will need:", 1), ("Ingredient List", 1), ("🛒 Ingredients", 0.6),
    ("Here's what you need", 0.5), ("What you need:", 0.7), ("Ingredients for {name}", 1),
)  # fmt: skip
STEP_HEADINGS = (
    ("Instructions", 9), ("Directions", 5), ("Method", 3), ("Preparation", 2), ("INSTRUCTIONS", 2),
    ("DIRECTIONS", 1.5), ("METHOD", 1), ("Directions:", 2), ("Instructions:", 2), ("directions", 1),
    ("How to make it", 1), ("Steps", 1), ("RECIPE", 0.5), ("What to do", 0.7), ("How To Make {name}", 1),
    ("👩‍🍳 Instructions", 0.5), ("Step by step", 0.6), ("Procedure", 0.4), ("Cooking Instructions", 0.4),
)  # fmt: skip

# "{n}" is the running number. An empty mark is a bare line.
INGREDIENT_MARKS = (
    ("- ", 9), ("", 4), ("• ", 2.5), ("* ", 2), ("▢ ", 2), ("◦ ", 0.5), ("– ", 0.7), ("□ ", 0.5),
    ("· ", 0.5), ("{n}. ", 0.3), ("[ ] ", 0.3),
)  # fmt: skip
STEP_MARKS = (
    ("- ", 7), ("{n}. ", 8), ("{n}) ", 1.5), ("Step {n}: ", 1.2), ("", 4), ("• ", 1), ("* ", 1),
    ("Step {n}\n", 1), ("Step {n}", 0.5), ("STEP {n}: ", 0.5), ("{n}: ", 0.4), ("Step {n}. ", 0.5),
    ("{n}\n", 0.5), ("▢ ", 0.2), ("- Step {n}", 0.4), ("- {n}\nStep {n}", 0.2), ("{n} - ", 0.4), ("{n}.", 0.3),
)  # fmt: skip

META_FORMS = (
    "lines",
    "lines",
    "dashed",
    "dashed",
    "piped",
    "stacked",
    "values",
    "emoji",
    "list",
    "dashed_stack",
)


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


def pick(weighted: tuple[tuple[str, float], ...], rng: Random) -> str:
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


def draw_layout(style: str, name: str, rng: Random, clock_styles: int) -> Layout:
    """A layout that suits ``style``; ``name`` goes into headings that mention the dish."""
    # A reader's copy of a page has plain headings, dashes and no blank lines between the blocks.
    articles = style in ("fluffy_organized", "super_fluffy_chaotic")
    reader_copy = rng.random() < {"fluffy_organized": 0.75, "super_fluffy_chaotic": 0.5}.get(
        style, 0.3
    )
    marks = ("- ", rng.choice(("- ", "- ", "{n}. "))) if reader_copy else (None, None)
    heading_form = "plain" if reader_copy else rng.choice(("plain", "plain", "markdown", "bold"))
    places = _TITLE_PLACES.get(style, _USUAL_TITLE_PLACES)
    layout = Layout(
        gap="\n" if reader_copy or rng.random() < 0.35 else "\n\n",
        heading_form=heading_form,
        ingredient_heading=pick(INGREDIENT_HEADINGS, rng).format(name=name),
        step_heading=pick(STEP_HEADINGS, rng).format(name=name),
        ingredient_mark=marks[0] or pick(INGREDIENT_MARKS, rng),
        step_mark=marks[1] or pick(STEP_MARKS, rng),
        meta_form=rng.choice(META_FORMS),
        meta_place=rng.choices(
            ("before", "after", "split", "prose", "glance"),
            (6, 3, 2, 1.2, 0.8 if articles else 0),
        )[0],
        marked_headings=rng.random() < 0.08,
        clock=rng.randrange(clock_styles),
        title_place=pick(places, rng),
        foods_in_steps=rng.choice((", ", ",")) if rng.random() < 0.04 else "",
    )
    return _with_copied_card(layout, rng) if reader_copy and articles else layout


def _with_copied_card(layout: Layout, rng: Random) -> Layout:
    card = pick(_COPIED_CARDS, rng)
    if card == "own":
        return layout
    headings = {"ingredient_heading": "Ingredients", "step_heading": "Instructions"}
    usual = headings if rng.random() < 0.7 else {}
    place = pick(_BARE_CARD_PLACES if card == "bare" else _DASHED_CARD_PLACES, rng)
    return replace(
        layout,
        card=card,
        meta_place=place,
        meta_form="dashed" if card == "dashed" else layout.meta_form,
        title_place="both" if rng.random() < 0.25 else "card",
        **usual,
    )
