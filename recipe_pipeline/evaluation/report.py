"""The HTML reports of 04 and 07: one static file each, no network, readable from the disk.

Posts and answers are untrusted text. Three layers keep them from doing anything: Jinja2 escapes
every value (autoescape; no value stands inside a script), the only script is part of the template,
and a Content-Security-Policy lets the browser run that script (by its SHA-256) and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.plots import bar_chart, line_chart
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.evaluation.metrics import HEADLINE, METRICS
from recipe_pipeline.evaluation.views import document_views

TEMPLATES = Path(__file__).parents[1] / "common" / "templates"
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
    write_atomic(path, render("evaluation.html.j2", context))


def render(template: str, context: Mapping[str, Any]) -> str:
    """A template of this package as a whole page."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise PipelineError("the report needs Jinja2: pip install Jinja2") from error
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marks"] = _marks
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    page = environment.get_template(template).render(
        **context, style=Markup(style), script=Markup(script), script_sha256=digest
    )
    # Half of a surrogate pair is possible in JSON and impossible in UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def _marks(text: str) -> Any:
    """The ``code`` and *emphasis* marks of the metric definitions as HTML; all else is escaped."""
    import re

    from markupsafe import Markup, escape

    html = str(escape(text))
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html))


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
    yield bar_chart("Errors (lower is better)", by_direction["lower"], labels, limit=None)
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
) -> Any:
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
