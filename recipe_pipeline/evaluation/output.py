"""The files of 07: ``results.jsonl``, ``summary.json`` and ``report.html``."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common.storage import write_atomic, write_json
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.report import write_evaluation_report
from recipe_pipeline.evaluation.scoring import DocumentScore
from recipe_pipeline.evaluation.settings import EvaluationSettings
from recipe_pipeline.evaluation.summary import Summary
from recipe_pipeline.text.ingredient_line import parser_is_ready

RESULTS_NAME, SUMMARY_NAME, REPORT_NAME = "results.jsonl", "summary.json", "report.html"


@dataclass
class ModelResult:
    """One model's answers and scores, in the order of the documents, and their summary.

    ``spec`` names the model, ``failed`` documents got no answer. ``is_first``: they are its first
    answers, beside those that 08 gives.
    """

    summary: Summary
    spec: str
    answers: list[str]
    scores: list[DocumentScore]
    failed: int
    is_first: bool


def write_results(
    settings: EvaluationSettings,
    documents: list[EvaluationDocument],
    results: list[ModelResult],
) -> list[Path]:
    """Write all three files and return their paths."""
    rows = [document_row(i, document, results) for i, document in enumerate(documents)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    summary = {
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "dataset": str(settings.dataset),
        "documents": len(documents),
        "web_pages": sum(document.page is not None for document in documents),
        "tries": settings.answers.tries,
        "max_new_tokens": settings.answers.max_new_tokens,
        "ingredient_reader": "ingredient-parser" if parser_is_ready() else "rules",
        "models": [
            {**result.summary.to_dict(), "spec": result.spec, "unanswered": result.failed}
            for result in results
        ],
    }
    files = [settings.output / name for name in (RESULTS_NAME, SUMMARY_NAME, REPORT_NAME)]
    write_atomic(files[0], lines)
    write_json(files[1], summary)
    write_evaluation_report(summary, rows, files[2])
    return files


def document_row(
    position: int, document: EvaluationDocument, results: list[ModelResult]
) -> dict[str, Any]:
    """One line of ``results.jsonl``: the document and every model's answer with its scores."""
    models = {}
    for result in results:
        score = result.scores[position]
        models[result.summary.model] = {
            "answer": result.answers[position],
            "prediction": score.prediction,
            "metrics": {key: list(pair) for key, pair in score.metrics.items()},
            "ingredients": {
                "predicted": score.ingredients.predicted,
                "gold": score.ingredients.gold,
            },
            "steps": {"predicted": score.steps.predicted, "gold": score.steps.gold},
        }
    groups = results[0].scores[position].groups if results else document.groups
    return {
        "id": document.id,
        "groups": groups,
        "post": document.post,
        "gold": document.gold,
        "models": models,
    }
