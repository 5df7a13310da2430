"""The article around a recipe card: intro, notes on ingredients, overview, questions, comments."""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.phrases import headings, wording
from recipe_pipeline.offline_teacher.phrases.grammar import Grammar
from recipe_pipeline.offline_teacher.phrases.page import PAGE
from recipe_pipeline.offline_teacher.phrases.prose import PROSE
from recipe_pipeline.offline_teacher.phrases.site import SITE
from recipe_pipeline.offline_teacher.recipe.builder import short_name, spoken_name
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of

GRAMMAR = Grammar({**PROSE, **PAGE, **SITE})

_NOTE_REMARKS = (
    "{Use|I used} {whatever you have|the good stuff|store-bought}.", "{Adds|For} {flavor|richness|a little crunch|color}.",
    "{Fresh|Frozen|Canned} works{ too|}.", "{You can|Feel free to} {leave it out|use less|swap it}.",
    "{Any kind|Any brand|Your favorite} {will do|works great}.", "{Don't skip it|A must|Optional, but so good}!",
    "{Full-fat is best|Low-sodium if you can find it|Make sure it's fresh}.", "{This is|It's} {key|what makes it special}.",
    "{Room temperature|Cold|At room temp} {works best|please}.", "{I like|We prefer} the {mild|sharp|plain|organic} {kind|one}.",
    "",
)  # fmt: skip
_LEADS = ("First, ", "Then, ", "Next, ", "Now ", "After that, ", "Then ", "Finally, ")


def make_slots(facts: SourceFacts, rng: Random) -> dict[str, str]:
    """Values of the recipe that prose refers to."""
    foods = list(dict.fromkeys(food_of(line) for line in facts.ingredients if len(line) < 90))
    foods = [
        food.lower()
        for food in foods
        if not re.match(r"(?i)(salt|water|pepper|cooking spray|ice|ground black)", food)
    ] or [short_name(facts.name).lower()]
    named = [food for food in foods if set(food.split()) & set(facts.name.lower().split())]
    main = named[0] if named else rng.choice(foods[:3])
    others = [food for food in foods if food != main] or [main]
    short = short_name(facts.name).lower()
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


class Article:
    """Blocks of prose and furniture about one dish; every method draws from the same ``Random``."""

    def __init__(
        self, facts: SourceFacts, layout: Layout, rng: Random, length: float = 1.0
    ) -> None:
        self.facts, self.layout, self.rng, self.length = facts, layout, rng, length
        self.slots = make_slots(facts, rng)
        self.opening = ""  # the post's first paragraph, once it is written
        if layout.title_place != "prose":
            self.slots["name"] = spoken_name(facts.name, rng)
        self._stories_left = list(range(len(PROSE["story"])))
        rng.shuffle(self._stories_left)

    def say(self, rule: str) -> str:
        text = GRAMMAR.say(rule, self.rng, self.slots)
        # Typos are for prose only: lines of the label never pass through here.
        return wording.misspell(text, self.rng) if self.rng.random() < 0.02 else text

    def page(self, rule: str) -> str:
        return GRAMMAR.say(rule, self.rng, self.slots)

    def several(self, rule: str, count: int) -> list[str]:
        return GRAMMAR.say_several(rule, count, self.rng, self.slots)

    def lead_in(self) -> list[str]:
        """Lines right above a card's title that are not a title: links, buttons, a call to rate."""
        maker = self.rng.choice(
            (
                lambda: [self.layout.heading(self.page("related_heading"))],
                lambda: [self.layout.heading(self.page("related_heading")), self.page("related")],
                lambda: self.related(),
                lambda: [self.say("closing")],
                lambda: [self.page("card_mark")],
                lambda: [self.page("card_mark")],
                lambda: [self.say("closing"), self.page("card_mark")],
                lambda: [self.page("ad")],
                lambda: [self.heading(headings.LONE_HEADINGS)],
                lambda: [self.say(self.rng.choice(("chatter", "tip")))],
            )
        )
        return maker()

    def heading(self, forms: tuple[str, ...]) -> str:
        text = self.rng.choice(forms).format(
            name=self.facts.name,
            short=self.slots["short"].title(),
            n=self.rng.randint(2, 60),
            site=self.page("site"),
        )
        return self.layout.heading(text)

    def bullets(self, lines: list[str]) -> list[str]:
        mark = self.rng.choice(("- ", "- ", "• ", "* ", ""))
        return [mark + line for line in lines]

    def story(self) -> str:
        """A paragraph of one to three stories that are new in this post."""
        parts = []
        for _ in range(self.extent(1, 3 if self.length < 2 else 5)):
            if self._stories_left:
                template = PROSE["story"][self._stories_left.pop()]
                parts.append(GRAMMAR.say_template(template, self.rng, self.slots))
        if not parts or self.rng.random() < 0.3:
            parts.append(self.say("name_in_prose" if self.rng.random() < 0.3 else "digression"))
        return " ".join(parts)

    def extent(self, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, closer to ``most`` in long posts."""
        drawn = self.rng.random() ** (1.6 / max(self.length, 0.2) ** 1.5)
        return least + round(drawn * (most - least))

    def wordy(self, lines: list[str], rule: str) -> list[str]:
        """``lines``; in long posts some get a few more sentences of the same kind."""
        share = min(0.7, 0.45 * (self.length - 1))
        return [
            " ".join([line, *self.several(rule, self.extent(1, 3))])
            if self.rng.random() < share
            else line
            for line in lines
        ]

    def intro(self, sentences: int = 1) -> str:
        return " ".join(self.several("opening", sentences))

    def naming(self) -> str:
        """A sentence that names the dish, without a typo."""
        return GRAMMAR.say("name_in_prose", self.rng, self.slots)

    def why(self) -> list[str]:
        return [
            self.heading(headings.WHY_HEADINGS),
            *self.bullets(self.wordy(self.several("because", self.extent(2, 6)), "digression")),
        ]

    def tips(self) -> list[str]:
        return [
            self.heading(headings.TIP_HEADINGS),
            *self.bullets(self.wordy(self.several("tip", self.extent(2, 7)), "tip")),
        ]

    def notes(self) -> list[str]:
        """Notes below a card; they look like steps but are not."""
        rule = self.rng.choice(("tip", "swap", "storing", "tip"))
        lines = self.several(rule, self.extent(1, 4))
        star = self.rng.random() < 0.15
        marked = [f"*{line}" for line in lines] if star else self.bullets(lines)
        return [self.heading(headings.NOTE_HEADINGS), *marked]

    def storage(self) -> list[str]:
        return [
            self.heading(headings.STORE_HEADINGS),
            *self.bullets(self.wordy(self.several("storing", self.extent(1, 4)), "storing")),
        ]

    def swaps(self) -> list[str]:
        return [
            self.heading(headings.SWAP_HEADINGS),
            *self.bullets(self.wordy(self.several("swap", self.extent(1, 5)), "swap")),
        ]

    def faq(self) -> list[str]:
        return [
            self.heading(headings.FAQ_HEADINGS),
            *self.wordy(self.several("question", self.extent(1, 6)), "tip"),
        ]

    def comments(self) -> list[str]:
        return [
            self.heading(headings.COMMENT_HEADINGS),
            *self.several("comment", self.extent(1, 7)),
        ]

    def related(self) -> list[str]:
        lines = [self.page("related") for _ in range(self.extent(2, 6))]
        return [self.layout.heading(self.page("related_heading")), *self.bullets(lines)]

    def titled_blurb(self, title: str) -> str:
        """A description that begins with the title above it."""
        words = GRAMMAR.say("of_the_dish", self.rng, self.slots)
        return f"{title} {words[:1].lower()}{words[1:]}"

    def blurb(self) -> str:
        """The source's summary if it is short and can be quoted, otherwise an intro.

        Some cards repeat the first paragraph of the post instead.
        """
        if self.opening and self.rng.random() < 0.3:
            return self.opening
        summary = self.facts.quotable_summary
        if summary and len(summary) < 400:
            return summary
        return self.intro()

    def serving(self) -> list[str]:
        """Side dishes: short food lines after the steps that are not ingredients."""
        sides = dict.fromkeys(self.page("side") for _ in range(self.extent(2, 6)))
        capital = [
            side.removeprefix("a ")[:1].upper() + side.removeprefix("a ")[1:] for side in sides
        ]
        return [self.heading(headings.SERVING_HEADINGS), *self.bullets(capital)]

    def _food_note(self, food: str, form: str) -> list[str]:
        name = food[:1].upper() + food[1:]
        if form == "bare":
            return [name]
        remarks = [self.rng.choice(_NOTE_REMARKS)]
        if self.length > 1.5 and self.rng.random() < 0.5:
            remarks.append(self.rng.choice(_NOTE_REMARKS))
        remark = GRAMMAR.say_template(" ".join(remarks), self.rng, self.slots)
        if self.length > 1.2 and self.rng.random() < 0.35:
            told = self.several(self.rng.choice(("swap", "tip", "digression")), self.extent(1, 3))
            remark = " ".join([remark, *told]).strip()
        if form == "stacked":
            return [name.upper(), remark or "A must."]
        return [f"{name}{form + remark if remark else ''}"]

    def ingredient_notes(self, card_lines: list[str]) -> list[str]:
        """Foods without amounts, with remarks: a list that is not the card's.

        Some blogs list bare names, others repeat the card's lines.
        """
        foods = list(dict.fromkeys(food_of(line) for line in self.facts.ingredients))
        if not foods:
            return self.tips()
        heading = self.heading(headings.NOTES_HEADINGS)
        if self.length > 1.5 and card_lines and self.rng.random() < 0.15:
            return [heading, *self.bullets(card_lines)]
        form = self.rng.choices((": ", " – ", " - ", "bare", "stacked"), (5, 3, 2, 3, 2))[0]
        chosen = foods[: self.extent(3, 9)]
        lines = [line for food in chosen for line in self._food_note(food, form)]
        where = self.rng.choice(("in the card below", "below", "at the bottom of the page"))
        last = [f"{self.rng.choice(('', '*'))}Find the full recipe with amounts {where}."]
        return [
            heading,
            *(lines if form == "stacked" else self.bullets(lines)),
            *(last if self.rng.random() < 0.3 else []),
        ]

    def _told(self, steps: list[str]) -> list[str]:
        """The card's sentences as paragraphs, most of them verbatim.

        Paragraphs and steps break at different sentences, so a sentence has different successors
        here and in the card.
        """
        sentences = [part for step in steps for part in re.split(r"(?<=[.!]) (?=[A-Z])", step)]
        told: list[str] = []
        for sentence in sentences:
            draw = self.rng.random()
            if draw < 0.1:
                continue
            if draw < 0.25:
                lead = self.rng.choice(_LEADS)
                sentence = f"{lead}{sentence[:1].lower()}{sentence[1:]}"
            told.append(sentence)
            if self.rng.random() < 0.08:
                told.append(self.say(self.rng.choice(("chatter", "digression"))))
        paragraphs = []
        while told:
            size = self.rng.randint(2, 5)
            paragraphs.append(" ".join(told[:size]))
            told = told[size:]
        return paragraphs

    def overview(self, steps: list[str]) -> list[str]:
        """The steps summarised before the card, like captions between photos."""
        forms = ("spoken", "spoken", "numbered", "short", "step", "whole", "whole", "told", "told")
        form = self.rng.choice(forms)
        out = [self.heading(headings.OVERVIEW_HEADINGS)]
        if form == "told":
            return out + self._told(steps[: self.extent(4, 12)])
        for number, step in enumerate(steps[: self.extent(3, 9)], 1):
            clause = re.split(r"[.;,] ", step)[0].rstrip(".!")
            if form == "spoken":
                lead = _LEADS[min(number - 1, len(_LEADS) - 1)]
                out.append(f"{lead}{clause[:1].lower()}{clause[1:]}.")
            elif form == "whole":
                out.append(
                    f"{step} {self.say('chatter') if self.rng.random() < 0.3 else ''}".strip()
                )
            else:
                mark = {"numbered": f"{number}. ", "short": "- ", "step": f"Step {number}: "}[form]
                out.append(f"{mark}{clause}.")
        return out
