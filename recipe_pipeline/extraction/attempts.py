"""Ask a model about pages until its answers are usable, then about their other cards: 08 and 07."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def ask_about(positions: Sequence[int], repeat: int) -> set[int]:
        """Those of ``positions`` that got an answer."""
        answered = set()

        def take(number: int, answer: str) -> None:
            position = positions[number]
            answered.add(position)
            try:
                readings[position].take(answer)
            except UnusableAnswer as error:
                unusable(error)
            except Exception:  # the reading has noted it
                return
            if not readings[position].question:
                settled(position)

        options = {"names": [names[position] for position in positions]} if names else {}
        asked = [readings[position].question for position in positions]
        model.generate(asked, max_new_tokens, take, repeat=repeat, **options)
        return answered

    pending = [position for position, each in enumerate(readings) if each.extraction is None]
    for attempt in range(tries):
        if not pending or (attempt and len(pending) == len(readings) >= _HOPELESS):
            break
        answered = ask_about(pending, attempt)
        pending = [
            position for position in sorted(answered) if readings[position].extraction is None
        ]
    for position in pending:
        readings[position].rescue()
        if readings[position].extraction is not None:
            settled(position)
    while further := [n for n, each in enumerate(readings) if each.extraction and each.question]:
        try:
            answered = ask_about(further, 0)
            reason = "the model did not answer"
        except PipelineError as error:  # the recipes that are there stay
            answered, reason = set(), str(error)
        for position in further:
            if position not in answered:
                readings[position].ask_no_more(reason)
                settled(position)
