"""The bar charts of the report of 07; ``plots.html.j2`` draws them as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.evaluation.metrics import HEADLINE, METRICS

MOST_PLOTTED_VALUES = 12
"""Groups with more values (one host per page) are left out."""

Interval = tuple[float, float, float]
"""Value, lower and upper end."""
Row = tuple[str, Sequence[Interval | None]]
"""A label, and a bar for each series."""
Groups = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
"""By title of the group and its values: the metrics of each model."""


@dataclass(frozen=True)
class BarChart:
    """One group of bars per row, one colour per series; ``scale`` is the full width."""

    title: str
    series: Sequence[str]
    rows: Sequence[Row]
    scale: float = 1.0


def charts(models: Sequence[Mapping[str, Any]], groups: Groups) -> Iterator[BarChart]:
    """The charts for ``models`` as in ``summary.json``."""
    labels = [model["model"] for model in models]
    metrics = [model["metrics"] for model in models]
    for title, better in (
        ("All fields (higher is better)", "higher"),
        ("Errors (lower is better)", "lower"),
    ):
        keys = [key for key in HEADLINE if METRICS[key].better == better]
        rows = _with_bars((METRICS[key].title, _cells(metrics, key)) for key in keys)
        if rows:
            yield BarChart(title, labels, rows, 1.0 if better == "higher" else _longest(rows))
    for group, values in groups.items():
        for key in ("ingredient_f1", "steps_f1") if len(values) <= MOST_PLOTTED_VALUES else ():
            rows = _with_bars((value, _cells(its, key)) for value, its in values.items())
            title = METRICS[key].title
            if rows:
                yield BarChart(f"{title[0].upper()}{title[1:]} by {group}", labels, rows)


def _cells(metrics: Sequence[Mapping[str, Any]], key: str) -> list[Interval | None]:
    """A metric of each model."""
    found = [of_model.get(key) for of_model in metrics]
    return [(cell["value"], cell["low"], cell["high"]) if cell else None for cell in found]


def _with_bars(rows: Iterator[Row]) -> list[Row]:
    return [(label, cells) for label, cells in rows if any(cells)]


def _longest(rows: Sequence[Row]) -> float:
    return max(cell[2] for _, cells in rows for cell in cells if cell) or 1.0
