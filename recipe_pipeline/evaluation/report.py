"""The HTML report of 07: tables, plots and every document, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.html import write_page
from recipe_pipeline.common.plots import BarChart, bar_chart, line_chart
from recipe_pipeline.evaluation.metrics import HEADLINE, METRICS
from recipe_pipeline.evaluation.views import document_views

MOST_GROUP_VALUES = 12
"""Groups with more values (one host per page) are left out of the plots."""

GROUP_TITLES = {
    "kind": "kind of post",
    "style": "style",
    "length": "length of the post (characters)",
    "source": "source",
}
PROBLEMS = {
    "json": "invalid JSON",
    "schema": "not schema-valid",
    "name": "wrong name",
    "missed": "missed lines",
    "unsupported": "unsupported lines",
    "time": "wrong time",
    "yield": "wrong yield",
    "empty": "recipe overlooked",
    "dishes": "dishes not all found",
    "invented-recipe": "recipe invented",
}


def write_evaluation_report(
    summary: Mapping[str, Any], rows: Sequence[dict[str, Any]], path: Path, most: int = 300
) -> None:
    """``summary`` and ``rows`` as in ``summary.json`` and ``results.jsonl`` -> ``path``.

    ``most`` documents are shown, the worst first (0: all). Raises PipelineError when a library of
    the report is missing.
    """
    documents = document_views(rows, most)
    models = summary["models"]
    labels = [model["model"] for model in models]
    groups = {
        name: sorted({d.groups[name] for d in documents if d.groups.get(name)})
        for name in GROUP_TITLES
    }
    context = {
        "title": "Evaluation of recipe extraction",
        "summary": summary,
        "models": models,
        "table_rows": _table(models, HEADLINE),
        "other": _table(models, [key for key in METRICS if key not in HEADLINE]),
        "group_tables": list(_group_tables(models)),
        "plots": [plot for plot in _evaluation_plots(models, labels) if plot],
        "documents": documents,
        "total": len(rows),
        "filters": {name: values for name, values in groups.items() if 1 < len(values) <= 60},
        "group_titles": GROUP_TITLES,
        "problems": PROBLEMS,
        "definitions": METRICS.values(),
    }
    write_page(path, "evaluation.html.j2", context)


def _table(models: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Rows (title, better, one cell per model) of the metrics that any model has."""
    return _rows([model["metrics"] for model in models], keys)


def _rows(metrics: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for key in keys:
        cells = [of_model.get(key) for of_model in metrics]
        if any(cells):
            values = [cell["value"] for cell in cells if cell]
            best = (max if METRICS[key].better == "higher" else min)(values)
            rows.append(
                {
                    "key": key,
                    "metric": METRICS[key],
                    "cells": cells,
                    "best": best if len(set(values)) > 1 else None,
                }
            )
    return rows


def _group_tables(models: Sequence[Mapping[str, Any]]):
    """For every group with several values: the headline metrics of each value."""
    for name, title in GROUP_TITLES.items():
        values = sorted({value for model in models for value in model["groups"].get(name, {})})
        if len(values) < 2:
            continue
        tables = []
        for value in values[:60]:
            metrics = [model["groups"].get(name, {}).get(value, {}) for model in models]
            documents = max(
                (cell["documents"] for of_model in metrics for cell in of_model.values()), default=0
            )
            tables.append(
                {"value": value, "documents": documents, "rows": _rows(metrics, HEADLINE)}
            )
        yield {"title": title, "tables": tables, "more": max(0, len(values) - 60)}


def _evaluation_plots(models: Sequence[Mapping[str, Any]], labels: list[str]):
    by_direction = {"higher": [], "lower": []}
    for row in _table(models, [key for key in HEADLINE if not key.startswith("judge_")]):
        cells = [_interval(cell) for cell in row["cells"]]
        by_direction[row["metric"].better].append((row["metric"].title, cells))
    yield bar_chart("Every field (higher is better)", by_direction["higher"], labels)
    yield bar_chart("Errors (lower is better)", by_direction["lower"], labels, scale=None)
    for name, title in GROUP_TITLES.items():
        for key in ("ingredient_f1", "steps_f1"):
            yield _group_plot(models, labels, name, title, key)
    curves = {}
    for model in models:
        history = model.get("loss_history") or []
        for kind in ("loss", "eval_loss"):
            points = [(entry["step"], entry[kind]) for entry in history if kind in entry]
            curves[f"{model['model']}: {'training' if kind == 'loss' else 'evaluation'}"] = points
    yield line_chart("Loss of the training run", curves, "step", "nats per answer token")


def _group_plot(
    models: Sequence[Mapping[str, Any]], labels: list[str], name: str, title: str, key: str
) -> BarChart | None:
    values = sorted({value for model in models for value in model["groups"].get(name, {})})
    if not 1 < len(values) <= MOST_GROUP_VALUES:
        return None
    rows = []
    for value in values:
        cells = [_interval(m["groups"].get(name, {}).get(value, {}).get(key)) for m in models]
        if any(cells):
            rows.append((value, cells))
    heading = METRICS[key].title
    return bar_chart(f"{heading[0].upper()}{heading[1:]} by {title}", rows, labels)


def _interval(cell: Mapping[str, float] | None) -> tuple[float, float, float] | None:
    return (cell["value"], cell["low"], cell["high"]) if cell else None
