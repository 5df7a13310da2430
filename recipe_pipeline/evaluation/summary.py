"""Metrics over many documents: means with bootstrap intervals, groups, the table.

The interval is the 95% percentile bootstrap over documents (Efron & Tibshirani, 1993, ch. 13):
documents are drawn with replacement, the metric is computed again, and the 2.5th and 97.5th
percentiles of 1,000 such draws are reported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from recipe_pipeline.evaluation.metrics import HEADLINE, LOSSES, LOST_FIELDS, METRICS
from recipe_pipeline.evaluation.scoring import DocumentScore

BOOTSTRAP_DRAWS = 1000
GROUP_BY = ("kind", "style", "length", "source")


@dataclass(frozen=True)
class Estimate:
    """A metric over ``documents`` documents with its 95% interval [low, high]."""

    value: float
    low: float
    high: float
    documents: int


@dataclass
class Summary:
    """All metrics of one model: overall, and ``groups["style"]["fluffy_organized"][key]``.

    ``speed`` has "tokens_per_second" and "documents_per_minute" as far as they were measured.
    """

    model: str
    documents: int
    metrics: dict[str, Estimate]
    groups: dict[str, dict[str, dict[str, Estimate]]] = field(default_factory=dict)
    speed: dict[str, float] = field(default_factory=dict)

    def value(self, key: str) -> float | None:
        """The metric's value; None when it applied to no document."""
        estimate = self.metrics.get(key)
        return estimate.value if estimate else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def aggregate(
    scores: Iterable[DocumentScore],
    model: str = "model",
    speed: dict[str, float] | None = None,
) -> Summary:
    """All metrics over ``scores`` with intervals, and the same for every value of every group.

    The order of the documents does not matter. Metrics that apply to no document are left out, as
    are groups with a value for nearly every document (pages that all come from different sites).
    """
    scores = list(scores)
    groups: dict[str, dict[str, dict[str, Estimate]]] = {}
    for name in GROUP_BY:
        values = sorted({score.groups[name] for score in scores if name in score.groups})
        if len(values) > max(5, len(scores) / 2):
            continue
        for value in values:
            members = [score for score in scores if score.groups.get(name) == value]
            groups.setdefault(name, {})[value] = _estimates(members)
    return Summary(model, len(scores), _estimates(scores), groups, speed or {})


def _estimates(scores: list[DocumentScore]) -> dict[str, Estimate]:
    estimates = {}
    for key in METRICS:
        pairs = [score.metrics[key] for score in scores if score.metrics.get(key, (0, 0))[1] > 0]
        if pairs:
            # Sorted, so that the draws do not depend on the order of the documents.
            estimates[key] = _estimate(sorted(pairs))
    return estimates


def _estimate(pairs: list[tuple[float, float]]) -> Estimate:
    import numpy as np

    numerators, denominators = np.array(pairs, dtype=float).T
    value = math.fsum(numerators) / math.fsum(denominators)
    counts = _draws(len(pairs))
    drawn = (counts @ numerators) / (counts @ denominators)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, min(float(low), value), max(float(high), value), len(pairs))


@lru_cache(maxsize=2)
def _draws(documents: int) -> Any:
    """How often each document is drawn, shape (draws, documents).

    Counts rather than indices, so that one matrix product evaluates all draws.
    """
    import numpy as np

    shares = np.full(documents, 1 / documents)
    return (
        np.random.default_rng(0).multinomial(documents, shares, BOOTSTRAP_DRAWS).astype(np.float32)
    )


def format_table(
    summaries: Sequence[Summary], keys: Sequence[str] = HEADLINE, intervals: bool = True
) -> str:
    """Plain text for the terminal: one row per metric, one column per model, 95% intervals.

    Metrics that no model has are left out.
    """
    header = ["", *(summary.model for summary in summaries)]
    rows = [["documents", *(str(summary.documents) for summary in summaries)]]
    for key in keys:
        estimates = [summary.metrics.get(key) for summary in summaries]
        if any(estimates):
            direction = "" if METRICS[key].better == "higher" else " (lower is better)"
            rows.append([METRICS[key].title + direction, *(_cell(e, intervals) for e in estimates)])
    for key, title in (
        ("tokens_per_second", "tokens/s"),
        ("documents_per_minute", "documents/min"),
    ):
        if any(key in summary.speed for summary in summaries):
            rows.append([title, *(_number(summary.speed.get(key), 1) for summary in summaries)])
    return _layout([header, *rows])


def format_losses(summary: Summary) -> str:
    """Plain text for the terminal: the share of gold that answers about web pages lack, and why."""
    rows = [
        [title, *(_number(summary.value(f"lost_{where}_{field}")) for where in LOSSES)]
        for field, title in LOST_FIELDS.items()
    ]
    header = f"{summary.model}: share of gold that was lost"
    return _layout([[header, *LOSSES.values()], *rows])


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _cell(estimate: Estimate | None, intervals: bool) -> str:
    interval = f" [{estimate.low:.2f}, {estimate.high:.2f}]" if estimate and intervals else ""
    return _number(estimate and estimate.value) + interval


def _layout(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
