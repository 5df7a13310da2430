"""Ask a model about pages until its answers are usable, then about their other cards: 08 and 07."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.extract import UnusableAnswer
from recipe_pipeline.extraction.reading import Reading

_HOPELESS = 8  # pages without a single usable answer: the model was not made for this


def ask(
    model: Any,
    readings: Sequence[Reading],
    tries: int,
    max_new_tokens: int,
    settled: Callable[[int], None],
    names: Sequence[str] = (),
    unusable: Callable[[UnusableAnswer], None] = lambda error: None,
) -> None:
    """Ask about ``readings``, up to ``tries`` times in all about those without a usable answer.

    ``model``: a `models.generator.Generator` or `extraction.models.ServerModel`. ``settled(position)``
    is called once there is an extraction and nothing more to ask; its OSError (the output cannot be
    written) ends the run. A page that the model did not answer is not asked about again. ``names``
    identify the pages in the model's failure log. A reading without an extraction afterwards has none.
    Raises PipelineError if the model fails before there is a recipe.
    """

    asking = _Asking(model, readings, max_new_tokens, settled, names, unusable)
    pending = [position for position, each in enumerate(readings) if each.extraction is None]
    for attempt in range(tries):
        if not pending or (attempt and len(pending) == len(readings) >= _HOPELESS):
            break
        answered = asking.ask_about(pending, attempt)
        pending = [position for position in answered if readings[position].extraction is None]
    for position in pending:
        readings[position].rescue()
        if readings[position].extraction is not None:
            settled(position)
    asking.ask_further()


@dataclass(frozen=True)
class _Asking:
    """What the rounds of `ask` have in common."""

    model: Any
    readings: Sequence[Reading]
    max_new_tokens: int
    settled: Callable[[int], None]
    names: Sequence[str]
    unusable: Callable[[UnusableAnswer], None]

    def ask_about(self, positions: Sequence[int], repeat: int = 0) -> list[int]:
        """Ask the questions of these readings; returns the positions that got an answer."""
        answered = []

        def take(number: int, answer: str) -> None:
            position = positions[number]
            answered.append(position)
            try:
                self.readings[position].take(answer)
            except UnusableAnswer as error:
                self.unusable(error)
                return
            except Exception:  # the reading has noted it
                return
            if not self.readings[position].question:
                self.settled(position)

        options = {"names": [self.names[n] for n in positions]} if self.names else {}
        asked = [self.readings[position].question for position in positions]
        self.model.generate(asked, self.max_new_tokens, take, repeat=repeat, **options)
        return sorted(answered)

    def ask_further(self) -> None:
        """Ask what is left to ask of the readings that have a recipe."""
        while left := [n for n, x in enumerate(self.readings) if x.extraction and x.question]:
            try:
                answered, reason = self.ask_about(left), "the model did not answer"
            except PipelineError as error:  # the recipes that are there stay
                answered, reason = [], str(error)
            for position in set(left) - set(answered):
                if self.readings[position].question:
                    self.readings[position].ask_no_more(reason)
                    self.settled(position)
