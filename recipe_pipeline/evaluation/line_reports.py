"""What became of every line of a document: matched, missed, extra or unsupported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from recipe_pipeline.schema.reading import Document
from recipe_pipeline.text.match import TextIndex

MATCHED, MISSED, EXTRA, UNSUPPORTED = "matched", "missed", "extra", "unsupported"


@dataclass(frozen=True)
class LineReport:
    """Ingredient lines or steps in their order, each as (text, status).

    ``predicted`` lines are *matched* (a gold line), *extra* (no gold line, but the post has it) or
    *unsupported* (the post does not have it, whatever gold says); ``gold`` lines are *matched* or
    *missed*.
    """

    predicted: tuple[tuple[str, str], ...] = ()
    gold: tuple[tuple[str, str], ...] = ()

    def lines(self, status: str) -> list[str]:
        """The texts with ``status``, those of the prediction first."""
        return [text for text, its in (*self.predicted, *self.gold) if its == status]

    def count(self, side: str, status: str) -> int:
        """How many lines of ``side`` ("predicted" or "gold") have ``status``."""
        return sum(its == status for _, its in getattr(self, side))


def ingredient_report(
    predicted: Document, gold: Document, aligned: Iterable[tuple[int, int]], post: str
) -> LineReport:
    """``aligned`` holds the paired positions in ``predicted.ingredients`` and ``gold.ingredients``."""
    pairs = list(aligned)
    found, matched = {i for i, _ in pairs}, {j for _, j in pairs}
    index = index_of(post)

    def status(position: int, line: str) -> str:
        if not index.supports(line):
            return UNSUPPORTED
        return MATCHED if position in found else EXTRA

    return LineReport(
        tuple((line, status(i, line)) for i, line in enumerate(predicted.ingredients)),
        tuple(
            (line, MATCHED if j in matched else MISSED) for j, line in enumerate(gold.ingredients)
        ),
    )


def step_report(predicted: Document, gold: Document, post: str) -> LineReport:
    """Steps are compared by their words, because another cut into steps is no error.

    A gold step is missed when the predicted steps together do not hold 80 % of its words in one
    place; a predicted step is extra when the gold steps do not, unsupported when the post does not.
    """
    index = index_of(post)
    predicted_index, gold_index = (TextIndex("\n".join(side.steps)) for side in (predicted, gold))

    def status(step: str) -> str:
        if not index.supports(step, strict_numbers=False):
            return UNSUPPORTED
        return MATCHED if gold_index.supports(step, strict_numbers=False) else EXTRA

    return LineReport(
        tuple((step, status(step)) for step in predicted.steps),
        tuple(
            (step, MATCHED if predicted_index.supports(step, strict_numbers=False) else MISSED)
            for step in gold.steps
        ),
    )


def support_scores(ingredients: LineReport, steps: LineReport) -> dict[str, tuple[float, float]]:
    """The metrics "unsupported", "unsupported_ingredients", "unsupported_steps" and "missed"."""
    bad = [report.count("predicted", UNSUPPORTED) for report in (ingredients, steps)]
    claimed = [len(report.predicted) for report in (ingredients, steps)]
    missed = sum(report.count("gold", MISSED) for report in (ingredients, steps))
    wanted = len(ingredients.gold) + len(steps.gold)
    return {
        "unsupported_ingredients": (float(bad[0]), float(claimed[0])),
        "unsupported_steps": (float(bad[1]), float(claimed[1])),
        "unsupported": (float(sum(bad)), float(sum(claimed))),
        "missed": (float(missed), float(wanted)),
    }


@lru_cache(maxsize=64)
def index_of(text: str) -> TextIndex:
    """The (cached) index of a post: every model of a comparison is scored on the same posts."""
    return TextIndex(text)
