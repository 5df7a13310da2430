"""Decides what a post will state and in which spelling: facts -> `Content`."""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher import wording
from recipe_pipeline.offline_teacher.content import Content, Group
from recipe_pipeline.offline_teacher.directions import compose_directions
from recipe_pipeline.offline_teacher.facts import SourceFacts
from recipe_pipeline.offline_teacher.ingredients import draw_line_style, section_names, write_line

_TITLE_FORMS = (
    "{name}",
    "{name} Recipe",
    "Easy {name}",
    "The Best {name}",
    "Best Ever {name}",
    "Homemade {name}",
    "{name} (So Easy!)",
    "My Favorite {name}",
    "{name} | Quick & Easy",
    "{name} (+Video)",
    "Simple {name}",
    "How to Make {name}",
    "{name} – A Family Favorite",
)
_STEP_SECTIONS = (
    ("Make the {short}", "Finish and Serve"),
    ("Prep", "Cook"),
    ("For the {short}", "To Serve"),
    ("Get started", "Put it all together"),
    ("Prepare the {main}", "Assemble"),
    ("To make the {short}:", "To finish:"),
)
# Share of posts that state any time, and a yield, by style. Reader copies of real pages lose the
# card's times in about half of the cases.
_STATES_TIME = {"instagram_short": 0.45, "minimal_organized": 0.8, "fluffy_organized": 0.62,
                "chaotic_unstructured": 0.65, "super_fluffy_chaotic": 0.6}  # fmt: skip
_STATES_YIELD = {"instagram_short": 0.4, "minimal_organized": 0.8, "fluffy_organized": 0.65,
                 "chaotic_unstructured": 0.65, "super_fluffy_chaotic": 0.6}  # fmt: skip


def short_name(name: str) -> str:
    """What a cook calls the dish: the last word or two of its name, without brackets."""
    plain = re.sub(r"\([^)]*\)|\b(?:recipe|[IVX]+)\b", " ", name, flags=re.IGNORECASE)
    plain = re.split(r" with | in | and | for | from |[,:|]", plain.strip())[0] or name
    words = re.findall(r"[^\W\d_][\w'’-]*", plain) or ["dish"]
    return " ".join(words[-2:] if len(words[-1]) < 6 and len(words) > 2 else words[-1:])


def _title(facts: SourceFacts, rng: Random) -> str:
    form = "{name}" if rng.random() < 0.72 else rng.choice(_TITLE_FORMS)
    title = form.format(name=facts.name)
    draw = rng.random()
    if draw < 0.05:
        return title.upper()
    return title.lower() if draw < 0.1 else title


def _ingredient_groups(
    facts: SourceFacts, short: str, main: str, rng: Random, terse: bool
) -> tuple[Group, ...]:
    style = draw_line_style(rng, terse)
    lines = tuple(write_line(line, style) for line in facts.ingredients)
    if terse or len(lines) < 6 or rng.random() > 0.3:
        return (Group(None, lines),) if lines else ()
    cut = rng.randint(max(3, len(lines) // 2), len(lines) - 2)
    first, second = (
        name.replace("<main>", main.title())
        for name in section_names(facts.ingredients[cut:], short.title(), rng)
    )
    colon = ":" if rng.random() < 0.35 else ""
    case = str.upper if rng.random() < 0.12 else str
    # Many cards name only the later parts ("Frosting") and leave the main part without a heading.
    opening = None if rng.random() < 0.3 else case(first + colon)
    return Group(opening, lines[:cut]), Group(case(second + colon), lines[cut:])


def _terse(step: str) -> str:
    """First sentence of a step, as captions shorten it."""
    sentence = re.match(r".{12,}?[.!](?= [A-Z]|$)", step)
    return sentence.group() if sentence else step


def _step_groups(
    facts: SourceFacts, short: str, main: str, groups: tuple[Group, ...], rng: Random, terse: bool
) -> tuple[Group, ...]:
    steps = facts.directions or compose_directions(
        facts.name, facts.category, facts.ingredients, facts.times.get("cook"), rng
    )
    degrees = rng.choice((0, 1, 2, 2, 3))
    lines = [wording.respell_degrees(step, degrees) for step in steps]
    if terse and rng.random() < 0.7:
        lines = [_terse(line) for line in lines]
    elif len(lines) > 3 and rng.random() < 0.15:
        at = rng.randrange(len(lines) - 1)
        lines[at : at + 2] = [" ".join(lines[at : at + 2])]
    if terse or len(lines) < 3 or rng.random() > (0.5 if len(groups) > 1 else 0.08):
        return (Group(None, tuple(lines)),)
    cut = rng.randint(1, len(lines) - 1)
    if len(groups) > 1 and groups[0].heading and rng.random() < 0.6:
        first, second = groups[0].heading, groups[1].heading
    else:
        first, second = (form.format(short=short, main=main) for form in rng.choice(_STEP_SECTIONS))
    # A label's section name stands in the post as it is, list of steps below it.
    return Group(first, tuple(lines[:cut])), Group(second, tuple(lines[cut:]))


def _stated_times(facts: SourceFacts, style: str, rng: Random) -> dict[str, int]:
    if not facts.times or rng.random() > _STATES_TIME[style]:
        return {}
    if rng.random() < 0.65:
        return dict(facts.times)
    kept = [kind for kind in facts.times if rng.random() < 0.55]
    return {kind: facts.times[kind] for kind in kept}


def _stated_yield(facts: SourceFacts, style: str, rng: Random) -> str | None:
    """The label's recipeYield: "4 servings", or what the recipe makes ("10 burritos")."""
    if rng.random() > _STATES_YIELD[style]:
        return None
    servings = facts.servings if facts.servings and facts.servings.isdigit() else None
    if facts.recipe_yield and (servings is None or rng.random() < 0.5):
        made = facts.recipe_yield
        match = re.fullmatch(r"(\d+) servings?", made)
        if not match:
            return made
        servings = match.group(1)
    if servings is None:
        return None
    if int(servings) > 1 and rng.random() < 0.1:
        return f"{servings}-{int(servings) + 2} servings"
    return f"{servings} serving{'' if servings == '1' else 's'}"


def _keywords(facts: SourceFacts, main: str, rng: Random) -> str:
    short = short_name(facts.name).lower()
    words = [facts.name.lower(), f"easy {short}", main.lower(), facts.category.lower(),
             "weeknight dinner", "family favorite", f"{main.lower()} {short}"]  # fmt: skip
    return ", ".join(dict.fromkeys(word for word in rng.sample(words, 3) if word))


def build_content(facts: SourceFacts, style: str, rng: Random, main: str) -> Content:
    """What a post of ``style`` states about ``facts``; ``main`` is the main food, lower case."""
    terse = style == "instagram_short"
    short = short_name(facts.name).lower()
    groups = _ingredient_groups(facts, short, main, rng, terse)
    extras = 0.0 if terse else 0.16
    return Content(
        name=_title(facts, rng),
        ingredients=groups,
        steps=_step_groups(facts, short, main, groups, rng, terse),
        times=_stated_times(facts, style, rng),
        recipe_yield=_stated_yield(facts, style, rng),
        description=facts.summary if facts.summary and rng.random() < extras else None,
        category=facts.category if facts.category and rng.random() < extras else None,
        cuisine=facts.cuisine if facts.cuisine and rng.random() < extras * 1.5 else None,
        keywords=_keywords(facts, main, rng) if rng.random() < extras / 3 else None,
    )
