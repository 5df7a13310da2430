"""Sections of the article around a recipe card: stories, notes on ingredients, questions, comments."""

from __future__ import annotations

import re
from collections.abc import Callable

from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of

_SECTIONS, _WORDS = vars(forms("sections")), forms("article")


def block(page: Page, name: str) -> Block:
    """The block of that name: one of `BLOCKS`, or a section that forms.toml describes."""
    if name in BLOCKS:
        return BLOCKS[name](page)
    form = _SECTIONS[name]
    heading = page.heading(form["headings"])
    lines = page.several(form["rule"], page.extent(*form["lines"]))
    if "more" in form:
        lines = _wordy(page, lines, form["more"])
    return [heading, *(page.bullets(lines) if form.get("marked") else lines)]


def _wordy(page: Page, lines: list[str], rule: str) -> list[str]:
    """``lines``; in long posts some get a few more sentences of the same kind."""
    share = min(0.7, 0.45 * (page.length - 1))
    return [
        " ".join([line, *page.several(rule, page.extent(1, 3))]) if page.chance(share) else line
        for line in lines
    ]


def story(page: Page) -> str:
    """A paragraph of one to three stories that are new in this post."""
    told = [page.new_story() for _ in range(page.extent(1, 3 if page.length < 2 else 5))]
    parts = [part for part in told if part]
    if not parts or page.chance(0.3):
        parts.append(page.say("name_in_prose" if page.chance(0.3) else "digression"))
    return " ".join(parts)


def intro(page: Page, sentences: int = 1) -> str:
    return " ".join(page.several("opening", sentences))


def blurb(page: Page) -> str:
    """The source's summary if it is short and can be quoted, otherwise an intro.

    Some cards repeat the first paragraph of the post instead.
    """
    if page.opening and page.chance(0.3):
        return page.opening
    summary = page.facts.quotable_summary
    return summary if summary and len(summary) < 400 else intro(page)


def lead_in(page: Page) -> Block:
    """Lines right above a card's title that are not a title: links, buttons, a call to rate."""
    makers = (
        lambda: [page.layout.heading(page.line("related_heading"))],
        lambda: [page.layout.heading(page.line("related_heading")), page.line("related")],
        lambda: related(page),
        lambda: [page.say("closing")],
        lambda: [page.line("card_mark")],
        lambda: [page.line("card_mark")],
        lambda: [page.say("closing"), page.line("card_mark")],
        lambda: [page.line("ad")],
        lambda: [page.heading(_WORDS.lone_headings)],
        lambda: [page.say(page.rng.choice(("chatter", "tip")))],
    )
    return page.rng.choice(makers)()


def related(page: Page) -> Block:
    lines = [page.line("related") for _ in range(page.extent(2, 6))]
    return [page.layout.heading(page.line("related_heading")), *page.bullets(lines)]


def notes(page: Page) -> Block:
    """Notes below a card; they look like steps but are not."""
    rule = page.rng.choice(("tip", "swap", "storing", "tip"))
    lines = page.several(rule, page.extent(1, 4))
    marked = [f"*{line}" for line in lines] if page.chance(0.15) else page.bullets(lines)
    return [page.heading(_WORDS.note_headings), *marked]


def serving(page: Page) -> Block:
    """Side dishes: short food lines after the steps that are not ingredients."""
    sides = dict.fromkeys(page.line("side") for _ in range(page.extent(2, 6)))
    plain = [side.removeprefix("a ") for side in sides]
    heading = page.heading(_WORDS.serving_headings)
    return [heading, *page.bullets([side[:1].upper() + side[1:] for side in plain])]


def ingredient_notes(page: Page) -> Block:
    """Foods without amounts, with remarks: a list that is not the card's.

    Some blogs list bare names, others repeat the card's lines.
    """
    foods = list(dict.fromkeys(food_of(line) for line in page.facts.ingredients))
    if not foods:
        return block(page, "tips")
    heading = page.heading(_WORDS.ingredient_headings)
    lines = page.contents[0].ingredient_lines
    if page.length > 1.5 and lines and page.chance(0.15):
        return [heading, *page.bullets(lines)]
    form = page.rng.choices((": ", " – ", " - ", "bare", "stacked"), (5, 3, 2, 3, 2))[0]
    chosen = foods[: page.extent(3, 9)]
    noted = [line for food in chosen for line in _food_note(page, food, form)]
    where = page.rng.choice(("in the card below", "below", "at the bottom of the page"))
    last = f"{page.rng.choice(('', '*'))}Find the full recipe with amounts {where}."
    listed = noted if form == "stacked" else page.bullets(noted)
    return [heading, *listed, *([last] if page.chance(0.3) else [])]


def _food_note(page: Page, food: str, form: str) -> Block:
    name = food[:1].upper() + food[1:]
    if form == "bare":
        return [name]
    remarks = [page.rng.choice(_WORDS.food_remarks)]
    if page.length > 1.5 and page.chance(0.5):
        remarks.append(page.rng.choice(_WORDS.food_remarks))
    remark = page.write(" ".join(remarks))
    if page.length > 1.2 and page.chance(0.35):
        rule = page.rng.choice(("swap", "tip", "digression"))
        remark = " ".join([remark, *page.several(rule, page.extent(1, 3))]).strip()
    if form == "stacked":
        return [name.upper(), remark or "A must."]
    return [f"{name}{form + remark if remark else ''}"]


def overview(page: Page, steps: list[str]) -> Block:
    """The steps summarised before the card, like captions between photos."""
    form = page.rng.choice(
        ("spoken", "spoken", "numbered", "short", "step", "whole", "whole", "told", "told")
    )
    out = [page.heading(_WORDS.overview_headings)]
    if form == "told":
        return out + _told(page, steps[: page.extent(4, 12)])
    for number, step in enumerate(steps[: page.extent(3, 9)], 1):
        clause = re.split(r"[.;,] ", step)[0].rstrip(".!")
        if form == "spoken":
            lead = _WORDS.leads[min(number, len(_WORDS.leads)) - 1]
            out.append(f"{lead}{clause[:1].lower()}{clause[1:]}.")
        elif form == "whole":
            out.append(f"{step} {page.say('chatter') if page.chance(0.3) else ''}".strip())
        else:
            mark = {"numbered": f"{number}. ", "short": "- ", "step": f"Step {number}: "}[form]
            out.append(f"{mark}{clause}.")
    return out


def _told(page: Page, steps: list[str]) -> Block:
    """The card's sentences as paragraphs, most of them verbatim.

    Paragraphs and steps break at different sentences, so a sentence has different successors
    here and in the card.
    """
    told: list[str] = []
    for sentence in [s for step in steps for s in re.split(r"(?<=[.!]) (?=[A-Z])", step)]:
        draw = page.rng.random()
        if draw < 0.1:
            continue
        if draw < 0.25:
            sentence = f"{page.rng.choice(_WORDS.leads)}{sentence[:1].lower()}{sentence[1:]}"
        told.append(sentence)
        if page.chance(0.08):
            told.append(page.say(page.rng.choice(("chatter", "digression"))))
    paragraphs = []
    while told:
        size = page.rng.randint(2, 5)
        paragraphs.append(" ".join(told[:size]))
        told = told[size:]
    return paragraphs


BLOCKS: dict[str, Callable[[Page], Block]] = {
    "story": lambda page: [story(page)],
    "related": related,
    "notes": notes,
    "serving": serving,
    "ingredient_notes": ingredient_notes,
}
