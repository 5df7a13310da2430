"""What a card states besides its lists: times, yield and tags, in lines or in prose."""

from __future__ import annotations

from random import Random

from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.page.page import Block, Page
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.offline_teacher.recipe.content import Content

_WORDS = forms("card")
TAGS = ("Category", "Cuisine", "Keywords")


def time_pairs(
    page: Page, content: Content, layout: Layout, bare: bool = False
) -> list[tuple[str, str]]:
    """(name, value) of every stated time; ``bare`` values are minutes without a unit."""
    variant = page.rng.randrange(6)
    ranges = page.chance(0.07)

    def written(minutes: int) -> str:
        if bare:
            return str(minutes)
        if ranges and 15 <= minutes <= 60:
            return f"{minutes - 5}-{minutes} minutes"  # 03 takes the upper end of a range
        return wording.clock(minutes, layout.clock)

    pairs = [
        (_WORDS.time_names[kind][variant], written(minutes))
        for kind, minutes in content.times.items()
    ]
    if len(pairs) > 1 and page.other_times and page.chance(0.6):
        name, minutes = next(iter(page.other_times.items()))
        pairs.insert(-1, (f"{name.title()} Time", wording.clock(minutes, layout.clock)))
    return pairs


def tags(content: Content, names: tuple[str, str, str] = TAGS) -> list[tuple[str, str]]:
    """(name, value) of category, cuisine and keywords, as far as they are stated."""
    values = (content.category, content.cuisine, content.keywords)
    return [(name, value) for name, value in zip(names, values, strict=True) if value]


def tag_lines(content: Content) -> Block:
    return [f"{name}: {value}" for name, value in tags(content)]


def description(page: Page, content: Content) -> Block:
    """The description under its label."""
    if not content.description:
        return []
    if page.chance(0.4):
        return [f"Description: {content.description}"]
    return [page.layout.heading("Description"), content.description]


def _time_lines(page: Page, content: Content, layout: Layout) -> Block:
    rng, form = page.rng, layout.meta_form
    if form == "values":
        return [
            f"{wording.clock(minutes, layout.clock)} {kind}"
            for kind, minutes in content.times.items()
        ]
    if form == "emoji":
        return [
            f"{rng.choice(_WORDS.emoji[kind])} {_WORDS.time_names[kind][1]}: "
            f"{wording.clock(minutes, layout.clock)}"
            for kind, minutes in content.times.items()
        ]
    # Some cards forget the unit: "Prep Time: 25".
    bare = page.chance(0.05) and max(content.times.values(), default=0) <= 60
    pairs = time_pairs(page, content, layout, bare)
    if form == "dashed_stack":
        return [f"{name}:\n- {value}" for name, value in pairs]
    if form == "stacked":
        colon = ":" if page.chance(0.3) else ""
        return [f"{name}{colon}\n{value}" for name, value in pairs]
    between = rng.choice((": ", ": ", ": ", " | ", " – ", " "))
    upper = page.chance(0.15)
    return [f"{name.upper() if upper else name}{between}{value}" for name, value in pairs]


def meta_lines(page: Page, content: Content, layout: Layout, part: str = "all") -> Block:
    """Lines with times, yield and tags; ``part`` is "all", "times" (with tags) or "yield"."""
    times = _time_lines(page, content, layout) if part != "yield" else []
    serves = []
    if content.recipe_yield and part != "times":
        serves = [wording.yield_line(content.recipe_yield, page.rng)]
    tagged = tag_lines(content) if part != "yield" else []
    lines = serves + times if page.chance(0.3) else times + serves
    if layout.meta_form == "piped" and len(lines) > 1:
        lines = [page.rng.choice((" | ", " · ", " / ", "  ")).join(lines)]
    mark = {"dashed": "- ", "dashed_stack": "- ", "list": "• "}.get(layout.meta_form, "")
    return [mark + line for line in lines + tagged]


def meta_sentence(content: Content, rng: Random) -> str:
    """Times and yield in prose: "It takes ten minutes to prep and half an hour to cook."."""
    times = {kind: wording.spoken(minutes, rng) for kind, minutes in content.times.items()}
    sentences = []
    if "prep" in times and "cook" in times:
        sentences.append(rng.choice(_WORDS.prep_and_cook).format(**times))
        times = {kind: said for kind, said in times.items() if kind == "total"}
    for kind in ("prep", "cook", "total"):
        if kind in times:
            form = rng.choice(_WORDS.time_sentences[kind])
            sentences.append(form.format(time=times[kind]))
    if content.recipe_yield:
        sentences.append(_yield_sentence(content.recipe_yield, rng))
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)


def _yield_sentence(recipe_yield: str, rng: Random) -> str:
    count, _, unit = recipe_yield.partition(" ")
    if unit in ("serving", "servings"):
        return rng.choice(_WORDS.serving_sentences).format(n=count)
    if count.isdecimal() and unit.isalpha() and rng.random() < 0.4:
        adjective = rng.choice(_WORDS.adjectives)
        return rng.choice(_WORDS.many_sentences).format(n=count, adj=adjective, unit=unit)
    return rng.choice(_WORDS.item_sentences).format(n=recipe_yield)
