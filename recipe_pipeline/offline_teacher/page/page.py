"""A post in the making: the recipes on it, its layout, and the means to write prose about the dish."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR
from recipe_pipeline.offline_teacher.recipe.content import Content
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of
from recipe_pipeline.offline_teacher.recipe.names import short_name, spoken_name

Block = list[str]
"""Lines that stand together."""


def _slots(facts: SourceFacts, rng: Random) -> dict[str, str]:
    """Values of the recipe that prose refers to."""
    short = short_name(facts.name).lower()
    foods = dict.fromkeys(food_of(line) for line in facts.ingredients if len(line) < 90)
    foods = [
        food.lower()
        for food in foods
        if not re.match(r"(?i)(salt|water|pepper|cooking spray|ice|ground black)", food)
    ] or [short]
    named = [food for food in foods if set(food.split()) & set(facts.name.lower().split())]
    main = named[0] if named else rng.choice(foods[:3])
    others = [food for food in foods if food != main] or [main]
    plural = bool(re.search(r"(?<![suia'’])s\)?$|(?:ie|e)s\)?$", facts.name.lower()))
    return {
        "name": facts.name,
        "short": short,
        "these": "these" if plural else "this",
        "is": "are" if plural else "is",
        "is_q": "Are" if plural else "Is",
        "it": "they" if plural else "it",
        "s": "" if plural else "s",
        "main": main,
        "second": rng.choice(others),
    }


class Voice:
    """An author who talks about one dish; everything is drawn from ``rng``."""

    def __init__(self, facts: SourceFacts, rng: Random) -> None:
        self.facts, self.rng = facts, rng
        self.slots = _slots(facts, rng)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def line(self, rule: str) -> str:
        """One expansion of ``rule``."""
        return GRAMMAR.say(rule, self.rng, self.slots)

    def several(self, rule: str, count: int) -> list[str]:
        """Up to ``count`` expansions of different templates of ``rule``."""
        return GRAMMAR.say_several(rule, count, self.rng, self.slots)

    def some(self, rule: str, most: int) -> Block:
        """One to ``most`` lines of ``rule``."""
        return self.several(rule, self.rng.randint(1, most))

    def write(self, template: str) -> str:
        return GRAMMAR.write(template, self.rng, self.slots)


class Page(Voice):
    """Everything a builder needs.

    ``contents`` holds one recipe or several, in post order; ``length`` scales the amount of prose
    and furniture around them.
    """

    def __init__(
        self, facts: SourceFacts, layout: Layout, rng: Random, length: float = 1.0
    ) -> None:
        super().__init__(facts, rng)
        self.layout, self.length = layout, length
        self.contents: list[Content] = []
        self.other_times = facts.other_times  # chill, marinate: shown, but not part of a label
        self.opening = ""  # the first paragraph, once it is written
        if layout.title_place != "prose":
            self.slots["name"] = spoken_name(facts.name, rng)
        self._stories = list(GRAMMAR.rules["story"])
        rng.shuffle(self._stories)

    def extent(self, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, closer to ``most`` in long posts."""
        drawn = self.rng.random() ** (1.6 / max(self.length, 0.2) ** 1.5)
        return least + round(drawn * (most - least))

    def say(self, rule: str) -> str:
        """`line` for prose, which has a typo now and then; lines of the label never pass here."""
        text = self.line(rule)
        return wording.misspell(text, self.rng) if self.chance(0.02) else text

    def new_story(self) -> str | None:
        """A story that this post does not tell yet."""
        return self.write(self._stories.pop()) if self._stories else None

    def heading(self, wordings: Sequence[str]) -> str:
        """One of ``wordings`` about the dish, as a heading."""
        text = self.rng.choice(wordings).format(
            name=self.facts.name,
            short=self.slots["short"].title(),
            n=self.rng.randint(2, 60),
            site=self.line("site"),
        )
        return self.layout.heading(text)

    def bullets(self, lines: list[str]) -> Block:
        mark = self.rng.choice(("- ", "- ", "• ", "* ", ""))
        return [mark + line for line in lines]

    def join(self, blocks: Sequence[Block]) -> str:
        return self.layout.gap.join("\n".join(block) for block in blocks if block)
