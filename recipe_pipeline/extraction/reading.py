"""What comes of asking a model about one page: its recipe, and those of the page's other cards.

A small model answers with one recipe, whatever else the page has, and is good at that. So when its answer is
one recipe and the page has cards of other dishes, it is asked about each of these alone; and about the
page without them, if the answer mixes the dishes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from recipe_pipeline.extraction.extract import Extraction, UnusableAnswer, interpret, joined
from recipe_pipeline.extraction.other_cards import (
    Card,
    first_line,
    has_lines_of,
    other_cards,
    without,
)
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts, recipes_in
from recipe_pipeline.text.normalise import tokenise

_LISTS = ("recipeIngredient", "recipeInstructions")
_UNSUPPORTED = 0.25  # of the lines of a further recipe


@dataclass
class Reading:
    """The ``text`` that a model reads of a page with this ``title``, and what its answers come to.

    ``answers`` are all that were taken, and ``error`` is what was wrong with the first. ``is_whole`` says
    whether `extraction` is from an answer that was not cut off.
    """

    text: str
    title: str = ""
    strict: bool = False
    answers: list[str] = field(default_factory=list)
    error: Exception | None = None
    is_whole: bool = True
    _best: Extraction | None = None
    _rest: str = ""  # the page without the cards, if it is to be asked about
    _cards: list[Card] = field(default_factory=list)
    _found: list[tuple[int, Extraction]] = field(default_factory=list)  # by line of the page
    _notes: list[str] = field(default_factory=list)

    @property
    def extraction(self) -> Extraction | None:
        """What there is so far; None if no answer was usable."""
        if self._best is None:
            return None
        return replace(self._best, removed=(*self._best.removed, *self._notes))

    @property
    def question(self) -> str:
        """The text to ask about next, "" when there is nothing more to ask."""
        if self._best is None:
            return self.text
        return self._rest or (self._cards[0].text if self._cards else "")

    def take(self, answer: str) -> None:
        """Take the answer to `question`. Raises UnusableAnswer unless there is a recipe already."""
        self.answers.append(answer)
        if self._best is not None:
            self._take_further(answer)
            return
        try:
            extraction = interpret(answer, self.text, self.strict, self.title)
            self._look_for_cards(extraction)
        except Exception as error:
            self.error = self.error or error
            raise
        self._best = extraction

    def rescue(self) -> None:
        """Make do with what there is of the first answer, if it was cut off below its ingredients."""
        if self.strict or not isinstance(self.error, UnusableAnswer):
            return
        try:
            self._best = interpret(self.answers[0], self.text, title=self.title, whole=False)
        except UnusableAnswer:
            return
        self.is_whole = False

    def ask_no_more(self, reason: str) -> None:
        """Leave out what no answer was taken about, for this ``reason``."""
        self._notes += [f"the recipe below {card.name!r}: {reason}" for card in self._cards]
        self._rest, self._cards = "", []

    def _look_for_cards(self, extraction: Extraction) -> None:
        recipes = recipes_in(extraction.document)
        if len(recipes) != 1:
            return
        self._cards = other_cards(self.text, recipes[0])
        rest = without(self.text, self._cards)
        if has_lines_of(recipes[0], self._cards, rest):
            self._rest = rest
        else:
            self._found = [(first_line(self.text, recipes[0]), extraction)]

    def _take_further(self, answer: str) -> None:
        """Add the recipe in ``answer``. Whatever is wrong with it must not cost those that are there."""
        rest, text = self._rest, self.question
        card = None if rest else self._cards[0]
        try:
            extraction = interpret(answer, text, self.strict, self.title if rest else "")
            recipe = self._own_recipe(extraction)
            start = card.first if card else first_line(self.text, recipe)
            found = sorted([*self._found, (start, extraction)], key=lambda pair: pair[0])
            best = joined([each for _, each in found], self.text)
        except Exception as error:
            reason = f"no usable answer ({error})"
            if card is None:  # the recipe that is there has lines of the cards
                self.ask_no_more(reason)
                return
            self._notes.append(f"the recipe below {card.name!r}: {reason}")
        else:
            self._found, self._best = found, best
        self._rest = ""
        if card:
            del self._cards[0]

    def _own_recipe(self, extraction: Extraction) -> dict[str, Any]:
        """The complete recipe that it is, of another name. Raises UnusableAnswer."""
        recipes = recipes_in(extraction.document)
        others = [recipe for _, each in self._found for recipe in recipes_in(each.document)]
        if len(recipes) != 1 or not recipes[0].keys() >= set(_LISTS):
            raise UnusableAnswer("incomplete", "not one complete recipe")
        [recipe] = recipes
        if tokenise(recipe["name"]) in [tokenise(other["name"]) for other in others]:
            raise UnusableAnswer("same_name", "the name is another recipe's")
        lines = [*ingredient_lines(recipe), *instruction_texts(recipe)]
        invented = [x for x in extraction.unsupported if x.startswith(_LISTS)]
        if len(invented) > _UNSUPPORTED * len(lines):
            raise UnusableAnswer("unsupported", "the text does not support it")
        return recipe
