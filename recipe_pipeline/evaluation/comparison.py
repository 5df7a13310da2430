"""Compare one answer with its gold, without the post: JSON, name, ingredients, steps.

The metrics are defined in `metrics`; `scoring` adds those that need the post.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.evaluation.pairing import (
    SAME_DISH_F1,
    Pair,
    align_ingredients,
    f1,
    pair_recipes,
    recipe_f1,
    same_name,
)
from recipe_pipeline.llm.replies import ParsedAnswer, parse_answer
from recipe_pipeline.schema.reading import Document, read_document
from recipe_pipeline.schema.recipe import is_valid
from recipe_pipeline.text.match import overlap
from recipe_pipeline.text.normalise import tokenise

Scores = dict[str, tuple[float, float]]
"""Numerator and denominator of each metric, by its key in `metrics.METRICS`."""


@dataclass(frozen=True)
class Comparison:
    """An answer beside its gold; ``aligned`` are the positions of matching ingredient lines."""

    data: dict[str, Any] | None
    predicted: Document
    gold: Document
    pairs: list[Pair]
    aligned: list[tuple[int, int]]
    scores: Scores


def compare(answer_text: str, gold: dict[str, Any]) -> Comparison:
    """Compare a model's raw answer with ``gold``: JSON-LD (``{}`` for no recipe) or page metadata."""
    parsed = parse_answer(answer_text)
    wanted = read_document(gold)
    # Names of sections count where gold has them among its steps.
    predicted = read_document(parsed.data, {tokenise(step) for step in wanted.steps})
    pairs = pair_recipes(predicted, wanted)
    aligned = align_ingredients(predicted, wanted, pairs)
    scores = {
        **_validity(parsed),
        **_dishes(parsed.data, predicted, wanted, pairs),
        **_ingredient_scores(predicted, wanted, len(aligned)),
        **_step_scores(pairs),
    }
    return Comparison(parsed.data, predicted, wanted, pairs, aligned, scores)


def _validity(parsed: ParsedAnswer) -> Scores:
    return {
        "json_strict": (float(parsed.strict), 1.0),
        "json_repaired": (float(parsed.data is not None), 1.0),
        "schema_valid": (float(parsed.strict and is_valid(parsed.data)), 1.0),
    }


def _dishes(data: Any, predicted: Document, gold: Document, pairs: list[Pair]) -> Scores:
    if not gold.recipes:
        return {"no_recipe": (float(data == {}), 1.0)}
    named = [(p, g) for p, g in pairs if g and g.name]
    scores = {
        "false_empty": (float(not predicted.recipes), 1.0),
        "name": (float(sum(bool(p) and same_name(p.name, g.name) for p, g in named)), len(named)),
    }
    if len(gold.recipes) > 1:
        found = all(
            p and g and (same_name(p.name, g.name) or recipe_f1(p, g) >= SAME_DISH_F1)
            for p, g in pairs
        )
        scores["all_dishes"] = (float(found), 1.0)
    return scores


def _ingredient_scores(predicted: Document, gold: Document, paired: int) -> Scores:
    if not gold.recipes:
        return {}
    found, wanted = len(predicted.ingredients), len(gold.ingredients)
    scored = float(found + wanted > 0)
    return {
        "ingredient_precision": (paired / found if found else 0.0, scored),
        "ingredient_recall": (paired / wanted if wanted else 0.0, float(wanted > 0)),
        "ingredient_f1": (f1(paired, found, wanted), scored),
    }


def _step_scores(pairs: list[Pair]) -> Scores:
    """Bag-of-words F1 of all steps, and the share of common words that are in gold's order."""
    if not any(gold for _, gold in pairs):
        return {}
    from rapidfuzz.distance import LCSseq

    shared = in_order = found = wanted = 0
    for predicted, gold in pairs:
        left = _words(predicted.steps if predicted else ())
        right = _words(gold.steps if gold else ())
        shared += overlap(left, right)
        in_order += LCSseq.similarity(left, right) if left and right else 0
        found, wanted = found + len(left), wanted + len(right)
    scored = float(found + wanted > 0)
    return {
        "steps_f1": (f1(shared, found, wanted), scored),
        "steps_order": (in_order / shared if shared else 0.0, float(shared > 0)),
    }


def _words(steps: Iterable[str]) -> list[str]:
    return [token for step in steps for token in tokenise(step)]
