"""Decide what a post states and in which spelling: facts -> `Content`."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.content import Content, Group, Groups
from recipe_pipeline.offline_teacher.recipe.directions import compose_directions
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts
from recipe_pipeline.offline_teacher.recipe.ingredients import (
    decorate,
    draw_line_style,
    names_a_part,
    section_names,
    with_bare_foods,
    with_repeats,
    write_line,
)
from recipe_pipeline.offline_teacher.recipe.names import short_name, title
from recipe_pipeline.offline_teacher.recipe.step_details import ended

_STEPS = forms("steps")
# Share of posts of a style that state any time, and a yield. Copies of real pages lose the times of
# the card in about half of the cases.
_STATED = {
    "instagram_short": (0.5, 0.4),
    "minimal_organized": (0.85, 0.8),
    "fluffy_organized": (0.72, 0.65),
    "chaotic_unstructured": (0.72, 0.72),
    "super_fluffy_chaotic": (0.7, 0.7),
}


def _divided(lines: list[str], count: int, rng: Random) -> list[list[str]]:
    """``lines`` in ``count`` parts, some of one line."""
    cuts = sorted(rng.sample(range(1, len(lines)), count - 1))
    return [lines[i:j] for i, j in pairwise([0, *cuts, len(lines)])]


def _ingredient_groups(
    facts: SourceFacts, short: str, main: str, rng: Random, terse: bool, part: SourceFacts | None
) -> Groups:
    style = draw_line_style(rng, terse)
    written = with_bare_foods([write_line(line, style) for line in facts.ingredients], rng)
    lines = decorate(written, rng)
    divided = not terse and len(lines) >= 5 and rng.random() < (0.25 if part else 0.42)
    if not divided and (not lines or not part):
        return (Group(None, tuple(lines)),) if lines else ()
    parts = [lines]
    if divided:
        count = min(rng.choices((2, 3, 4, 5, 6), (5, 3, 2, 1, 0.7))[0], len(lines) // 2)
        parts = with_repeats(_divided(lines, count, rng), rng)
    names = section_names(parts, short.title(), main.title(), facts.name, rng)
    if part:
        parts.append([write_line(line, style) for line in part.ingredients])
        names.append(rng.choice(("", "", "For the ")) + part.name)
    if rng.random() < 0.4:
        names = [name.removeprefix("For the ") for name in names]
    colon = ":" if rng.random() < 0.35 else ""
    case = str.upper if rng.random() < 0.12 else str
    headings: list[str | None] = [case(name + colon) for name in names]
    if rng.random() < 0.3:
        # Many cards name only the later parts ("Frosting") and not the main one.
        headings[0] = None
    return tuple(Group(head, tuple(own)) for head, own in zip(headings, parts, strict=True))


def _terse(step: str) -> str:
    """The first sentence of a step, as shortened in captions."""
    sentence = re.match(r".{12,}?[.!](?= [A-Z]|$)", step)
    return sentence.group() if sentence else step


def _joined(lines: list[str], rng: Random) -> list[str]:
    """Sometimes two steps as one, or all steps in one or two paragraphs."""
    draw = rng.random()
    if len(lines) > 3 and draw < 0.15:
        at = rng.randrange(len(lines) - 1)
        return [*lines[:at], " ".join(lines[at : at + 2]), *lines[at + 2 :]]
    if len(lines) > 2 and draw < 0.22:
        half = len(lines) if draw < 0.19 else len(lines) // 2
        return [" ".join(part) for part in (lines[:half], lines[half:]) if part]
    return lines


def _flourished(lines: list[str], rng: Random) -> list[str]:
    """Small habits of authors: a final "Enjoy!", a first word in capitals, no full stops."""
    draw = rng.random()
    if draw < 0.12:
        return [*lines[:-1], f"{lines[-1]} {rng.choice(_STEPS.last_words)}"]
    if draw < 0.16:
        return [re.sub(r"^\w+", lambda match: match.group().upper(), line) for line in lines]
    if draw < 0.21:
        return [line.removesuffix(".") for line in lines]
    if draw < 0.29 and len(lines) > 1:
        first, *others, last = _STEPS.leads
        leads = [first, *(rng.choice(others) for _ in lines[1:-1]), last]
        share = rng.choice((0.3, 0.6, 1))
        return [
            f"{lead}: {line}" if rng.random() < share else line
            for lead, line in zip(leads, lines, strict=True)
        ]
    return lines


def _step_lines(facts: SourceFacts, rng: Random, terse: bool) -> list[str]:
    steps = facts.directions or compose_directions(
        facts.name, facts.category, facts.ingredients, facts.times.get("cook"), rng, terse
    )
    degrees = rng.choice((0, 1, 2, 2, 3))
    lines = [wording.respell_degrees(step, degrees) for step in steps]
    if terse and rng.random() < 0.7:
        return [_terse(line) for line in lines]
    return _flourished(lines if terse else _joined([ended(x, rng) for x in lines], rng), rng)


def _step_groups(lines: list[str], short: str, main: str, groups: Groups, rng: Random) -> Groups:
    """Steps in sections, mostly if the ingredients have sections too."""
    if len(lines) < 4 or rng.random() > (0.85 if len(groups) > 1 else 0.45):
        return (Group(None, tuple(lines)),)
    count = 2 if len(lines) < 5 or rng.random() < 0.5 else rng.randint(3, min(6, len(lines) - 1))
    headings = _step_headings(count, short, main, groups, rng)[: len(lines)]
    # The name of a section is in the post verbatim, with its steps below.
    parts = _divided(lines, len(headings), rng)
    return tuple(Group(name, tuple(part)) for name, part in zip(headings, parts, strict=True))


def _step_headings(
    count: int, short: str, main: str, groups: Groups, rng: Random
) -> list[str | None]:
    """Up to ``count`` section names; the first steps often have none."""
    shared = [group.heading for group in groups if group.heading]
    headings: list[str | None]
    if len(shared) > 1 and all(names_a_part(heading) for heading in shared):
        before = [rng.choice(_STEPS.first_stages)] if rng.random() < 0.3 else []
        after = rng.sample(_STEPS.last_stages, rng.choice((1, 1, 2))) if rng.random() < 0.6 else []
        before, after = ([x.format(short=short, main=main) for x in xs] for xs in (before, after))
        headings = [*before, *shared, *after]
    else:
        first, last = rng.choice(_STEPS.sections)
        middle = rng.sample(_STEPS.middle_sections, count - 2)
        case = rng.choice((str, str, str.title, str.upper))
        headings = [case(form.format(short=short, main=main)) for form in (first, *middle, last)]
    if rng.random() < 0.3:
        headings[0] = None
    return headings


def _stated_times(facts: SourceFacts, style: str, rng: Random) -> dict[str, int]:
    if not facts.times or rng.random() > _STATED[style][0]:
        return {}
    if rng.random() < 0.65:
        return dict(facts.times)
    kept = [kind for kind in facts.times if rng.random() < 0.55]
    return {kind: facts.times[kind] for kind in kept}


def _stated_yield(facts: SourceFacts, style: str, rng: Random) -> str | None:
    """The recipeYield of the label: "4 servings", or the product ("10 burritos")."""
    if rng.random() > _STATED[style][1]:
        return None
    servings = facts.servings if facts.servings and facts.servings.isdecimal() else None
    if facts.recipe_yield and (servings is None or rng.random() < 0.5):
        made = facts.recipe_yield
        match = re.fullmatch(r"(\d+) servings?", made)
        if not match:
            return made
        servings = match.group(1)
    if servings is None:
        return None
    if int(servings) > 1 and rng.random() < 0.12:
        between, more = rng.choice((("-", 2), ("–", 2), (" to ", 2), (" to ", 1), (" or ", 1)))
        return f"{servings}{between}{int(servings) + more} servings"
    return f"{servings} serving{'' if servings == '1' else 's'}"


def _keywords(facts: SourceFacts, main: str, rng: Random) -> str:
    short = short_name(facts.name).lower()
    words = [facts.name.lower(), f"easy {short}", main.lower(), facts.category.lower(),
             "weeknight dinner", "family favorite", f"{main.lower()} {short}"]  # fmt: skip
    return ", ".join(dict.fromkeys(word for word in rng.sample(words, 3) if word))


def _with_part(steps: Groups, part: SourceFacts, ingredients: Groups, rng: Random) -> Groups:
    """``steps`` with those of ``part`` before or after them, mostly under its heading."""
    colon = rng.choice(("", "", ":"))
    heading = ingredients[-1].heading if rng.random() < 0.6 else f"Make the {part.name}{colon}"
    own = Group(heading, part.directions)
    if rng.random() < 0.35:
        main = rng.choice(("Assemble", "To Serve", "Put it together")) + colon
        return (own, Group(steps[0].heading or main, steps[0].lines), *steps[1:])
    return (*steps, own)


def build_content(
    facts: SourceFacts, style: str, rng: Random, main: str, part: SourceFacts | None = None
) -> Content:
    """What a post of ``style`` states about ``facts``; ``main`` is the main food, lower case.

    ``part``: a sauce, a slaw, ... of this recipe with a list and steps of its own.
    """
    terse = style == "instagram_short"
    short = short_name(facts.name).lower()
    groups = _ingredient_groups(facts, short, main, rng, terse, part)
    lines = _step_lines(facts, rng, terse)
    steps = (Group(None, tuple(lines)),) if terse else _step_groups(lines, short, main, groups, rng)
    if part and groups:
        steps = _with_part(steps, part, groups, rng)
    extras = 0.0 if terse else 0.16
    summary = facts.quotable_summary
    return Content(
        name=title(facts.name, rng),
        ingredients=groups,
        steps=steps,
        times=_stated_times(facts, style, rng),
        recipe_yield=_stated_yield(facts, style, rng),
        description=summary if summary and rng.random() < extras else None,
        category=facts.category if facts.category and rng.random() < extras else None,
        cuisine=facts.cuisine if facts.cuisine and rng.random() < extras * 1.5 else None,
        keywords=_keywords(facts, main, rng) if rng.random() < extras / 3 else None,
    )
