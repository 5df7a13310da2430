"""The parts of a recipe card as lines: times and yield, ingredients, steps.

Lines of the label are copied verbatim from the `Content`.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.recipe.content import Content, Group
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of

_TIME_NAMES = {
    "prep": ("Prep Time", "Prep", "Prep time", "Preparation time", "Preparation", "Prep Time"),
    "cook": ("Cook Time", "Cook", "Cook time", "Cooking time", "Cooking", "Cook Time"),
    "total": ("Total Time", "Total", "Total time", "Ready in", "Ready In", "Total Time"),
}
_VALUE_FORMS = {"prep": "{} prep", "cook": "{} cook", "total": "{} total"}
_EMOJI = {"prep": ("🔪", "🥣", "⏲"), "cook": ("🔥", "🍳", "♨️"), "total": ("⏱", "⏰", "🕒")}


def time_lines(
    content: Content, layout: Layout, rng: Random, others: dict[str, int], bare: bool = False
) -> list[tuple[str, str]]:
    """(name, value) of every stated time; ``others`` (chill, marinate) are not part of a label.

    ``bare``: numbers of minutes without a unit.
    """
    variant = rng.randrange(6)
    ranges = rng.random() < 0.07
    pairs = [
        (_TIME_NAMES[kind][variant], _written(minutes, bare, ranges, layout))
        for kind, minutes in content.times.items()
    ]
    if len(pairs) > 1 and others and rng.random() < 0.6:
        extra = [
            (f"{name.title()} Time", wording.clock(minutes, layout.clock))
            for name, minutes in list(others.items())[:1]
        ]
        pairs[-1:-1] = extra
    return pairs


def _written(minutes: int, bare: bool, ranges: bool, layout: Layout) -> str:
    if bare:
        return str(minutes)
    if ranges and 15 <= minutes <= 60:
        return f"{minutes - 5}-{minutes} minutes"  # 03 takes the upper end of a range
    return wording.clock(minutes, layout.clock)


def tag_lines(content: Content) -> list[str]:
    named = (
        ("Category", content.category),
        ("Cuisine", content.cuisine),
        ("Keywords", content.keywords),
    )
    return [f"{label}: {value}" for label, value in named if value]


def _written_times(
    content: Content, layout: Layout, rng: Random, others: dict[str, int]
) -> list[str]:
    form = layout.meta_form
    if form == "values":
        return [
            _VALUE_FORMS[kind].format(wording.clock(minutes, layout.clock))
            for kind, minutes in content.times.items()
        ]
    if form == "emoji":
        return [
            f"{rng.choice(_EMOJI[kind])} {_TIME_NAMES[kind][1]}: {wording.clock(m, layout.clock)}"
            for kind, m in content.times.items()
        ]
    # Some cards forget the unit: "Prep Time: 25".
    bare = rng.random() < 0.05 and max(content.times.values(), default=0) <= 60
    pairs = time_lines(content, layout, rng, others, bare)
    if form in ("stacked", "dashed_stack"):
        colon = ":" if form == "dashed_stack" or rng.random() < 0.3 else ""
        between = "\n- " if form == "dashed_stack" else "\n"
        return [f"{name}{colon}{between}{value}" for name, value in pairs]
    between = rng.choice((": ", ": ", ": ", " | ", " – ", " "))
    upper = rng.random() < 0.15
    return [f"{name.upper() if upper else name}{between}{value}" for name, value in pairs]


def meta_lines(
    content: Content, layout: Layout, rng: Random, others: dict[str, int], part: str = "all"
) -> list[str]:
    """Lines with times, yield and tags; ``part`` is "all", "times" or "yield"."""
    times = _written_times(content, layout, rng, others) if part != "yield" else []
    serves = []
    if content.recipe_yield and part != "times":
        serves = [wording.yield_line(content.recipe_yield, rng)]
    tags = tag_lines(content) if part != "yield" else []
    lines = serves + times if rng.random() < 0.3 else times + serves
    if not lines and not tags:
        return []
    if layout.meta_form == "piped" and len(lines) > 1:
        lines = [rng.choice((" | ", " · ", " / ", "  ")).join(lines)]
    lines += tags
    if layout.meta_form in ("dashed", "list", "dashed_stack"):
        mark = "• " if layout.meta_form == "list" else "- "
        lines = [mark + line for line in lines]
    return lines


def _marked(lines: Sequence[str], mark: str, start: int = 1) -> list[str]:
    return [mark.replace("{n}", str(n)) + line for n, line in enumerate(lines, start)]


def grouped_lines(
    groups: Sequence[Group], mark: str, layout: Layout, numbering_restarts: bool = True
) -> list[str]:
    """Marked lines under their section headings, which are not marked."""
    out: list[str] = []
    number = 1
    for group in groups:
        if group.heading:
            bold = layout.heading_form == "bold"
            marked = mark if layout.marked_headings and "{n}" not in mark else ""
            out.append(marked + (f"**{group.heading}**" if bold else group.heading))
        out += _marked(group.lines, mark, number)
        number = 1 if numbering_restarts else number + len(group.lines)
    return out


def ingredient_lines(content: Content, layout: Layout) -> list[str]:
    return grouped_lines(content.ingredients, layout.ingredient_mark, layout)


def step_lines(content: Content, layout: Layout, numbering_restarts: bool = True) -> list[str]:
    steps = content.steps
    if layout.foods_in_steps:
        steps = tuple(
            Group(group.heading, tuple(_with_foods(line, content, layout) for line in group.lines))
            for group in steps
        )
    return grouped_lines(steps, layout.step_mark, layout, numbering_restarts)


def _with_foods(step: str, content: Content, layout: Layout) -> str:
    """``step`` with its ingredients appended, as in copies of one recipe plugin's cards."""
    words = step.lower()
    used = [line for line in content.ingredient_lines if food_of(line).lower() in words]
    return step + layout.foods_in_steps.join(used) if step.endswith(".") else step


_PREP_COOK = (
    "It takes {prep} to prep and {cook} to cook.",
    "You need {prep} for the prep and {cook} of cooking.",
    "Give yourself {prep} of prep time, then {cook} for cooking.",
    "Prep is {prep}, cooking {cook}.",
)
_SINGLE = {
    "prep": (
        "Prep takes {time}.",
        "You'll spend {time} on prep.",
        "Only {time} of prep!",
        "Set aside {time} for the prep work.",
    ),
    "cook": (
        "The cooking takes {time}.",
        "It cooks for {time}.",
        "Cooking time is {time}.",
        "{time} of cooking, that's all.",
    ),
    "total": (
        "Start to finish it takes {time}.",
        "The whole thing is ready in {time}.",
        "All in all, count on {time}.",
        "Ready in {time}!",
        "Total time: {time}.",
        "In {time} it is on the table.",
    ),
}
_SERVING_SENTENCES = (
    "It serves {n}.", "This feeds {n} people.", "Enough for {n} servings.", "The recipe serves {n}.",
    "I get {n} servings out of it.", "Makes {n} servings.", "It will easily feed {n} people.",
    "It's enough for {n} hungry people.", "One pan is plenty for {n} people.",
)  # fmt: skip
_MANY_SENTENCES = (
    "Great for parties because it makes {n} {adj} {unit}.", "One batch yields {n} {adj} {unit}.",
    "The recipe makes {n} {adj} {unit}!",
)  # fmt: skip
_ITEM_SENTENCES = (
    "You'll get {n}.", "The recipe makes {n}.", "It makes {n}.", "Makes {n}.", "One batch yields {n}.",
)  # fmt: skip


def meta_sentence(content: Content, rng: Random) -> str:
    """Times and yield in prose: "It takes ten minutes to prep and half an hour to cook."."""
    times = {kind: wording.spoken(minutes, rng) for kind, minutes in content.times.items()}
    sentences = []
    if "prep" in times and "cook" in times:
        sentences.append(rng.choice(_PREP_COOK).format(**times))
    else:
        sentences += [
            rng.choice(_SINGLE[kind]).format(time=times[kind])
            for kind in ("prep", "cook")
            if kind in times
        ]
    if "total" in times:
        sentences.append(rng.choice(_SINGLE["total"]).format(time=times["total"]))
    if content.recipe_yield:
        count, _, unit = content.recipe_yield.partition(" ")
        if unit in ("serving", "servings"):
            sentences.append(rng.choice(_SERVING_SENTENCES).format(n=count))
        elif count.isdecimal() and unit.isalpha() and rng.random() < 0.4:
            adjective = rng.choice(("big", "incredible", "delicious", "generous"))
            form = rng.choice(_MANY_SENTENCES)
            sentences.append(form.format(n=count, adj=adjective, unit=unit))
        else:
            sentences.append(rng.choice(_ITEM_SENTENCES).format(n=content.recipe_yield))
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)
