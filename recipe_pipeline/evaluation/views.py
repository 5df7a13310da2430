"""From result rows to what the report's templates show: recipe cards, chips, order of documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.evaluation.line_reports import MISSED, UNSUPPORTED
from recipe_pipeline.evaluation.metrics import METRICS
from recipe_pipeline.schema.cards import Card, recipe_cards

#: What makes up the quality of one document, by which documents are ordered.
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


@dataclass(frozen=True)
class ModelView:
    """What one model made of a document. ``problems`` are slugs that the filter knows."""

    label: str
    index: int
    quality: float
    chips: tuple[tuple[str, str, bool], ...]
    cards: tuple[Card, ...]
    missed_ingredients: tuple[str, ...]
    missed_steps: tuple[str, ...]
    problems: tuple[str, ...]
    answer: str
    judge: tuple[tuple[str, float, str], ...] = ()


@dataclass(frozen=True)
class DocumentView:
    """A document of the browser; ``qualities`` stand in the order of the models."""

    id: str
    number: int
    title: str
    post: str
    groups: dict[str, str]
    gold: tuple[Card, ...]
    gold_json: str
    models: tuple[ModelView, ...] = field(default_factory=tuple)

    @property
    def qualities(self) -> list[float]:
        return [model.quality for model in self.models]


def document_views(rows: Sequence[dict[str, Any]], most: int) -> list[DocumentView]:
    """The ``most`` (0: all) worst documents for the last model, worst first."""
    views = [_document(number, row) for number, row in enumerate(rows)]
    views.sort(key=lambda view: (view.qualities[-1] if view.models else 0.0, view.number))
    return views[:most] if most else views


def quality(metrics: dict[str, Sequence[float]]) -> float:
    """Mean of the applicable `QUALITY_KEYS` of one document, 0 to 1 (lower-is-better turned)."""
    values = []
    for key in QUALITY_KEYS:
        numerator, denominator = metrics.get(key, (0, 0))
        if denominator:
            share = numerator / denominator
            values.append(share if METRICS[key].better == "higher" else 1 - share)
    return sum(values) / len(values) if values else 0.0


def _document(number: int, row: dict[str, Any]) -> DocumentView:
    gold = recipe_cards(row["gold"])
    return DocumentView(
        id=row["id"],
        number=number,
        title=gold[0].name if gold else "(no recipe)",
        post=row["post"],
        groups=row["groups"],
        gold=gold,
        gold_json=json.dumps(row["gold"], ensure_ascii=False, indent=2),
        models=tuple(
            _model(index, label, its) for index, (label, its) in enumerate(row["models"].items())
        ),
    )


def _model(index: int, label: str, its: dict[str, Any]) -> ModelView:
    metrics = its["metrics"]
    judge = its.get("judge") or {"scores": {}, "reasons": {}}
    return ModelView(
        label=label,
        index=index,
        quality=quality(metrics),
        chips=tuple(_chips(metrics)),
        cards=recipe_cards(
            its["prediction"], its["ingredients"]["predicted"], its["steps"]["predicted"]
        ),
        missed_ingredients=_of_status(its["ingredients"]["gold"], MISSED),
        missed_steps=_of_status(its["steps"]["gold"], MISSED),
        problems=tuple(_problems(its)),
        answer=its["answer"],
        judge=tuple(
            (aspect, score, judge["reasons"].get(aspect, ""))
            for aspect, score in judge["scores"].items()
        ),
    )


def _of_status(lines: Sequence[Sequence[str]], status: str) -> tuple[str, ...]:
    return tuple(text for text, its in lines if its == status)


def _chips(metrics: dict[str, Sequence[float]]) -> list[tuple[str, str, bool]]:
    """(title, value, perfect) of the metrics that apply."""
    chips = []
    for key in CHIPS:
        numerator, denominator = metrics.get(key, (0, 0))
        if denominator:
            share = numerator / denominator
            chips.append((METRICS[key].title, f"{share:.0%}", share == 1))
    return chips


def _problems(its: dict[str, Any]) -> list[str]:
    """Slugs of what went wrong, for the filter."""
    metrics = its["metrics"]

    def below_one(key: str) -> bool:
        numerator, denominator = metrics.get(key, (0, 0))
        return bool(denominator) and numerator < denominator

    checks = {
        "json": below_one("json_strict"),
        "schema": below_one("schema_valid"),
        "name": below_one("name"),
        "time": below_one("times"),
        "yield": below_one("yield"),
        "missed": metrics.get("missed", (0, 0))[0] > 0,
        "unsupported": any(
            status == UNSUPPORTED
            for part in ("ingredients", "steps")
            for _, status in its[part]["predicted"]
        ),
        "empty": metrics.get("false_empty", (0, 0))[0] > 0,
        "dishes": below_one("all_dishes"),
        "invented-recipe": below_one("no_recipe"),
    }
    return [slug for slug, wrong in checks.items() if wrong]
