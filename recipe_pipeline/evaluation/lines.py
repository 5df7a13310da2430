"""Which lines of an answer are in gold and in the post, and which lines of gold it misses."""

from __future__ import annotations

from dataclasses import dataclass

from recipe_pipeline.grounding.ingredients import supports_ingredient
from recipe_pipeline.grounding.lines import supports_passage
from recipe_pipeline.grounding.post_index import PostIndex, index_of
from recipe_pipeline.schema.reading import Document

MATCHED, MISSED, EXTRA, UNSUPPORTED = "matched", "missed", "extra", "unsupported"


@dataclass(frozen=True)
class LineReport:
    """Ingredient lines or steps in order, each as (text, status).

    ``predicted`` lines are *matched* (also in gold), *extra* (in the post, not in gold) or
    *unsupported* (not in the post, nor on the page it is from, whatever gold says); ``gold`` lines are *matched* or *missed*.
    """

    predicted: tuple[tuple[str, str], ...] = ()
    gold: tuple[tuple[str, str], ...] = ()

    def lines(self, status: str) -> list[str]:
        """The texts with ``status``, those of the prediction first."""
        return [text for text, its in (*self.predicted, *self.gold) if its == status]


def ingredient_report(
    predicted: Document,
    gold: Document,
    aligned: list[tuple[int, int]],
    post: str,
    page: str | None = None,
) -> LineReport:
    """``aligned`` is the result of `align_ingredients`; ``page``: all text of the page of ``post``."""
    found, matched = {i for i, _ in aligned}, {j for _, j in aligned}
    indices = _indices(post, page)

    def status(position: int, line: str) -> str:
        if not any(supports_ingredient(line, index) for index in indices):
            return UNSUPPORTED
        return MATCHED if position in found else EXTRA

    return LineReport(
        tuple((line, status(i, line)) for i, line in enumerate(predicted.ingredients)),
        tuple(
            (line, MATCHED if j in matched else MISSED) for j, line in enumerate(gold.ingredients)
        ),
    )


def _indices(post: str, page: str | None) -> list[PostIndex]:
    """The texts that may support a line. What the text step of 08 lost is not invented."""
    return [index_of(text) for text in (post, page) if text is not None]


def step_report(
    predicted: Document, gold: Document, post: str, page: str | None = None
) -> LineReport:
    """Steps are compared by their words, because splitting them differently is not an error.

    A gold step is missed when the predicted steps do not support it; a predicted step is extra when
    the gold steps do not, and unsupported when the post does not.
    """
    indices = _indices(post, page)
    predicted_index, gold_index = (PostIndex("\n".join(side.steps)) for side in (predicted, gold))

    def status(step: str) -> str:
        if not any(supports_passage(step, index) for index in indices):
            return UNSUPPORTED
        return MATCHED if supports_passage(step, gold_index) else EXTRA

    return LineReport(
        tuple((step, status(step)) for step in predicted.steps),
        tuple(
            (step, MATCHED if supports_passage(step, predicted_index) else MISSED)
            for step in gold.steps
        ),
    )
