"""Which lines of an answer are in gold and in the post, and which lines of gold it misses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from recipe_pipeline.evaluation.comparison import Comparison
from recipe_pipeline.grounding.ingredients import supports_ingredient
from recipe_pipeline.grounding.lines import supports_passage
from recipe_pipeline.grounding.post_index import PostIndex

MATCHED, MISSED, EXTRA, UNSUPPORTED = "matched", "missed", "extra", "unsupported"

Supports = Callable[[str, PostIndex], bool]


@dataclass(frozen=True)
class LineReport:
    """Ingredient lines or steps in order, each as (text, status).

    ``predicted`` lines are *matched* (also in gold), *extra* (in the post, not in gold) or *unsupported*
    (not in the post, nor on the page it is from, whatever gold says); ``gold`` lines are *matched* or
    *missed*.
    """

    predicted: tuple[tuple[str, str], ...] = ()
    gold: tuple[tuple[str, str], ...] = ()

    def lines(self, status: str) -> list[str]:
        """The texts with ``status``, those of the prediction first."""
        return [text for text, its in (*self.predicted, *self.gold) if its == status]


def ingredient_report(found: Comparison, texts: Sequence[PostIndex]) -> LineReport:
    """``texts``: the post, and the page it is from, if it is from one; either may support a line."""
    predicted, gold = {i for i, _ in found.aligned}, {j for _, j in found.aligned}
    return _report(
        [(line, i in predicted) for i, line in enumerate(found.predicted.ingredients)],
        [(line, j in gold) for j, line in enumerate(found.gold.ingredients)],
        supports_ingredient,
        texts,
    )


def step_report(found: Comparison, texts: Sequence[PostIndex]) -> LineReport:
    """Steps are compared by their words, because splitting them differently is not an error: each is
    matched if all steps of the other side together support it."""
    predicted, gold = (PostIndex("\n".join(s.steps)) for s in (found.predicted, found.gold))
    return _report(
        [(step, supports_passage(step, gold)) for step in found.predicted.steps],
        [(step, supports_passage(step, predicted)) for step in found.gold.steps],
        supports_passage,
        texts,
    )


def _report(
    predicted: Iterable[tuple[str, bool]],
    gold: Iterable[tuple[str, bool]],
    supports: Supports,
    texts: Sequence[PostIndex],
) -> LineReport:
    """``predicted`` and ``gold``: lines, and whether the other side has them."""

    def status(line: str, is_in_gold: bool) -> str:
        if not any(supports(line, text) for text in texts):
            return UNSUPPORTED
        return MATCHED if is_in_gold else EXTRA

    return LineReport(
        tuple((line, status(line, is_in_gold)) for line, is_in_gold in predicted),
        tuple((line, MATCHED if is_found else MISSED) for line, is_found in gold),
    )
