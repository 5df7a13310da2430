"""The HTML report of 07: results, plots and every document, worst first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.html import write_page
from recipe_pipeline.evaluation.charts import charts
from recipe_pipeline.evaluation.lines import MISSED
from recipe_pipeline.evaluation.metrics import HEADLINE, METRICS
from recipe_pipeline.schema.cards import recipe_cards

MOST_DOCUMENTS = 300
"""Documents shown, the worst ones."""
MOST_GROUP_VALUES = 60
"""Values of a group that get a table or an entry in a filter."""

GROUP_TITLES = {
    "kind": "kind of post",
    "style": "style",
    "length": "length of the post (characters)",
    "source": "source",
}

#: Problems that documents can be filtered by: slug -> (title, metric that is not perfect).
PROBLEMS = {
    "json": ("invalid JSON", "json_strict"),
    "schema": ("not schema-valid", "schema_valid"),
    "name": ("wrong name", "name"),
    "missed": ("missed lines", "missed"),
    "unsupported": ("unsupported lines", "unsupported"),
    "time": ("wrong time", "times"),
    "yield": ("wrong yield", "yield"),
    "empty": ("recipe overlooked", "false_empty"),
    "dishes": ("not all dishes found", "all_dishes"),
    "invented-recipe": ("recipe invented", "no_recipe"),
}

#: The mean of these is the quality of a document, by which documents are sorted.
QUALITY_KEYS = (
    "schema_valid",
    "name",
    "ingredient_f1",
    "steps_f1",
    "times",
    "yield",
    "no_recipe",
    "all_dishes",
    "unsupported",
)

CHIPS = ("name", "ingredient_f1", "steps_f1", "times", "yield", "no_recipe", "all_dishes")


def write_evaluation_report(
    summary: Mapping[str, Any], rows: Sequence[dict[str, Any]], path: Path
) -> None:
    """``summary`` and ``rows`` as in ``summary.json`` and ``results.jsonl`` -> ``path``."""
    documents = document_views(rows)
    models = summary["models"]
    metrics = [model["metrics"] for model in models]
    groups = {
        name: sorted({d["groups"][name] for d in documents if d["groups"].get(name)})
        for name in GROUP_TITLES
    }
    context = {
        "title": "Evaluation of recipe extraction",
        "summary": summary,
        "models": models,
        "table_rows": _rows(metrics, HEADLINE),
        "other": _rows(metrics, [key for key in METRICS if key not in HEADLINE]),
        "group_tables": list(_group_tables(models)),
        "plots": charts(models, _groups(models)),
        "documents": documents,
        "total": len(rows),
        "filters": {
            name: values for name, values in groups.items() if 1 < len(values) <= MOST_GROUP_VALUES
        },
        "problems": {slug: title for slug, (title, _) in PROBLEMS.items()},
        "definitions": METRICS.values(),
    }
    write_page(path, "evaluation.html.j2", context)


def document_views(
    rows: Sequence[dict[str, Any]], most: int = MOST_DOCUMENTS
) -> list[dict[str, Any]]:
    """The ``most`` documents that are worst for the last model, worst first, for the template."""
    views = [_document(number, row) for number, row in enumerate(rows)]
    views.sort(
        key=lambda view: (view["models"][-1]["quality"] if view["models"] else 0, view["number"])
    )
    return views[:most]


def _document(number: int, row: dict[str, Any]) -> dict[str, Any]:
    gold = recipe_cards(row["gold"])
    models = [_model(label, its) for label, its in row["models"].items()]
    return {
        **row,
        "number": number,
        "title": gold[0].name if gold else "(no recipe)",
        "gold": gold,
        "gold_json": json.dumps(row["gold"], ensure_ascii=False, indent=2),
        "models": models,
    }


def _model(label: str, its: dict[str, Any]) -> dict[str, Any]:
    """One model's answer to a document; ``chips`` are (title, value, perfect)."""
    metrics, ingredients, steps = its["metrics"], its["ingredients"], its["steps"]
    shares = {key: _share(metrics, key) for key in CHIPS}
    return {
        **its,
        "label": label,
        "quality": quality(metrics),
        "chips": [
            (METRICS[key].title, f"{share:.0%}", share == 1)
            for key, share in shares.items()
            if share is not None
        ],
        "cards": recipe_cards(its["prediction"], ingredients["predicted"], steps["predicted"]),
        "missed_ingredients": [text for text, status in ingredients["gold"] if status == MISSED],
        "missed_steps": [text for text, status in steps["gold"] if status == MISSED],
        "problems": [
            slug for slug, (_, key) in PROBLEMS.items() if _goodness(metrics, key, 1.0) < 1
        ],
    }


def _share(metrics: Mapping[str, Sequence[float]], key: str) -> float | None:
    """A metric of one document, None where it does not apply."""
    numerator, denominator = metrics.get(key, (0, 0))
    return numerator / denominator if denominator else None


def _goodness(
    metrics: Mapping[str, Sequence[float]], key: str, default: float | None = None
) -> float | None:
    """A metric of one document with 1 as the best value, ``default`` where it does not apply."""
    share = _share(metrics, key)
    if share is None:
        return default
    return share if METRICS[key].better == "higher" else 1 - share


def quality(metrics: Mapping[str, Sequence[float]]) -> float:
    """Mean of the `QUALITY_KEYS` that apply to a document, from 0 to 1."""
    values = [_goodness(metrics, key) for key in QUALITY_KEYS]
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else 0.0


def _rows(metrics: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Table rows (metric, one cell per model, best value) of the metrics that any model has."""
    rows = []
    for key in keys:
        cells = [of_model.get(key) for of_model in metrics]
        if any(cells):
            values = [cell["value"] for cell in cells if cell]
            best = (max if METRICS[key].better == "higher" else min)(values)
            best = best if len(set(values)) > 1 else None
            rows.append({"metric": METRICS[key], "cells": cells, "best": best})
    return rows


def _groups(models: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[Any]]]:
    """Title, values and metrics of each model, of every group with several values."""
    groups = {}
    for name, title in GROUP_TITLES.items():
        values = sorted({value for model in models for value in model["groups"].get(name, {})})
        if len(values) > 1:
            of_model = [model["groups"].get(name, {}) for model in models]
            groups[title] = {value: [its.get(value, {}) for its in of_model] for value in values}
    return groups


def _group_tables(models: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """For every group with several values: the headline metrics of each value."""
    for title, group in _groups(models).items():
        tables = [
            {
                "value": value,
                "documents": max(
                    (cell["documents"] for its in metrics for cell in its.values()), default=0
                ),
                "rows": _rows(metrics, HEADLINE),
            }
            for value, metrics in list(group.items())[:MOST_GROUP_VALUES]
        ]
        yield {"title": title, "tables": tables, "more": max(0, len(group) - MOST_GROUP_VALUES)}
