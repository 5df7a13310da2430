"""Score one answer against gold (the metrics are defined in `metrics`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.evaluation.comparison import Scores, compare
from recipe_pipeline.evaluation.facts import fact_scores, facts_of, times_in
from recipe_pipeline.evaluation.ingredients import agreement
from recipe_pipeline.evaluation.lines import (
    MISSED,
    UNSUPPORTED,
    LineReport,
    ingredient_report,
    step_report,
)
from recipe_pipeline.evaluation.losses import loss_scores
from recipe_pipeline.grounding.post_index import PostIndex, index_of
from recipe_pipeline.schema.reading import Document

_LENGTH_BUCKETS = ((1000, "0-1k"), (2000, "1-2k"), (4000, "2-4k"), (8000, "4-8k"))


@dataclass
class DocumentScore:
    """The scores of one answer: ``metrics[key]`` is (numerator, denominator), see `metrics.METRICS`.

    ``groups`` are the values ("style", "source", "kind", "length") it is also reported under.
    """

    metrics: Scores
    groups: dict[str, str] = field(default_factory=dict)
    ingredients: LineReport = field(default_factory=LineReport)
    steps: LineReport = field(default_factory=LineReport)
    prediction: dict[str, Any] | None = None

    def value(self, key: str) -> float | None:
        """The metric of this document alone; None where it does not apply."""
        numerator, denominator = self.metrics.get(key, (0.0, 0.0))
        return numerator / denominator if denominator else None


def score_document(
    answer_text: str,
    gold: dict[str, Any],
    post: str,
    *,
    page: str | None = None,
    groups: dict[str, str] | None = None,
) -> DocumentScore:
    """Score a model's raw answer.

    ``gold`` is JSON-LD (``{}`` for "no recipe") or page metadata with times in minutes; ``post`` is
    the text that the model was given. ``page``: all text of the web page that ``post`` was taken from;
    times and yields count where it states them, and what the answer lacks is attributed to the text
    step or to the model.
    """
    found = compare(answer_text, gold)
    texts = tuple(index_of(text) for text in (post, page) if text is not None)
    facts = facts_of(found, texts)
    ingredients, steps = ingredient_report(found, texts), step_report(found, texts)
    left, right = found.predicted.ingredients, found.gold.ingredients
    metrics = {
        **found.scores,
        **agreement((left[i], right[j]) for i, j in found.aligned),
        **fact_scores(facts),
        "unsupported_times": _unsupported_times(found.predicted, texts),
        **_support_scores(ingredients, steps),
    }
    if len(texts) == 2:
        metrics |= loss_scores(found, ingredients, steps, times_in(facts), facts["yield"], texts)
    all_groups = {"length": length_bucket(post), "kind": kind_of(found.gold), **(groups or {})}
    return DocumentScore(metrics, all_groups, ingredients, steps, found.data)


def length_bucket(post: str) -> str:
    """The post's length in characters, in buckets that double ("1-2k") and sort as text."""
    return next((name for limit, name in _LENGTH_BUCKETS if len(post) < limit), "8k and more")


def kind_of(gold: Document) -> str:
    """``no_recipe``, ``two_dishes`` or ``complete``; only metadata knows a post with missing parts."""
    return ("no_recipe", "complete", "two_dishes")[min(len(gold.recipes), 2)]


def _unsupported_times(predicted: Document, texts: Sequence[PostIndex]) -> tuple[float, float]:
    claimed = [minutes for recipe in predicted.recipes for minutes in recipe.minutes.values()]
    mentioned = set().union(*(text.evidence.mentioned_minutes for text in texts))
    return float(sum(minutes not in mentioned for minutes in claimed)), float(len(claimed))


def _support_scores(ingredients: LineReport, steps: LineReport) -> Scores:
    bad = [len(report.lines(UNSUPPORTED)) for report in (ingredients, steps)]
    claimed = [len(report.predicted) for report in (ingredients, steps)]
    missed = sum(len(report.lines(MISSED)) for report in (ingredients, steps))
    wanted = len(ingredients.gold) + len(steps.gold)
    return {
        "unsupported_ingredients": (float(bad[0]), float(claimed[0])),
        "unsupported_steps": (float(bad[1]), float(claimed[1])),
        "unsupported": (float(sum(bad)), float(sum(claimed))),
        "missed": (float(missed), float(wanted)),
    }
