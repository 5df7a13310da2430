"""Score one answer against gold (the metrics are defined in `metrics`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.evaluation.pairing import (
    MISSED,
    SAME_DISH_F1,
    UNSUPPORTED,
    LineReport,
    Pair,
    align_ingredients,
    f1,
    ingredient_report,
    pair_recipes,
    recipe_f1,
    same_name,
    step_report,
)
from recipe_pipeline.llm.replies import ParsedAnswer, parse_answer
from recipe_pipeline.schema.reading import TIME_KINDS, Document, read_document
from recipe_pipeline.text.evidence import evidence_in, mentions_minutes
from recipe_pipeline.text.match import overlap
from recipe_pipeline.text.normalise import tokenise
from recipe_pipeline.text.yields import same_yield

_LENGTH_BUCKETS = ((1000, "0-1k"), (2000, "1-2k"), (4000, "2-4k"), (8000, "4-8k"))

Scores = dict[str, tuple[float, float]]


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
    groups: dict[str, str] | None = None,
    ingredient_reader: str = "off",
) -> DocumentScore:
    """Score a model's raw answer.

    ``gold`` is JSON-LD (``{}`` for "no recipe") or page metadata with times in minutes; ``post`` is
    the text that the model was given. ``ingredient_reader`` (from `ingredients.resolve_reader`) also
    compares quantity, unit and name of paired ingredient lines, at some milliseconds for every line
    that is not an exact copy.
    """
    parsed = parse_answer(answer_text)
    predicted, wanted = read_document(parsed.data), read_document(gold)
    pairs = pair_recipes(predicted, wanted)
    aligned = align_ingredients(predicted, wanted, pairs)
    metrics = {
        **_validity(parsed),
        **_dishes(parsed.data, predicted, wanted, pairs),
        **_ingredient_scores(predicted, wanted, len(aligned)),
        **_step_scores(pairs),
        **_time_scores(pairs, predicted, wanted, post),
        **_yield_scores(pairs, wanted, post),
    }
    if ingredient_reader != "off":
        from recipe_pipeline.evaluation.ingredients import agreement

        left, right = predicted.ingredients, wanted.ingredients
        metrics |= agreement(((left[i], right[j]) for i, j in aligned), ingredient_reader)
    ingredients = ingredient_report(predicted, wanted, aligned, post)
    steps = step_report(predicted, wanted, post)
    metrics |= _support_scores(ingredients, steps)
    all_groups = {"length": length_bucket(post), "kind": kind_of(wanted), **(groups or {})}
    return DocumentScore(metrics, all_groups, ingredients, steps, parsed.data)


def length_bucket(post: str) -> str:
    """The post's length in characters, in buckets that double ("1-2k") and sort as text."""
    return next((name for limit, name in _LENGTH_BUCKETS if len(post) < limit), "8k and more")


def kind_of(gold: Document) -> str:
    """``no_recipe``, ``two_dishes`` or ``complete``; only metadata knows a post with missing parts."""
    return ("no_recipe", "complete", "two_dishes")[min(len(gold.recipes), 2)]


def _validity(parsed: ParsedAnswer) -> Scores:
    from recipe_pipeline.schema.recipe import is_valid

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


def _time_scores(pairs: list[Pair], predicted: Document, gold: Document, post: str) -> Scores:
    scores: Scores = {}
    right = stated = 0
    for kind in TIME_KINDS:
        wanted = [(p, g.minutes[kind]) for p, g in pairs if g and kind in g.minutes]
        if not gold.trusted:
            wanted = [(p, m) for p, m in wanted if m in evidence_in(post).stated_minutes(kind)]
        hits = sum(bool(p) and p.minutes.get(kind) == minutes for p, minutes in wanted)
        scores[f"{kind}_time"] = (float(hits), float(len(wanted)))
        right, stated = right + hits, stated + len(wanted)
    scores["times"] = (float(right), float(stated))
    claimed = [minutes for recipe in predicted.recipes for minutes in recipe.minutes.values()]
    invented = sum(not mentions_minutes(post, minutes) for minutes in claimed)
    scores["unsupported_times"] = (float(invented), float(len(claimed)))
    return scores


def _yield_scores(pairs: list[Pair], gold: Document, post: str) -> Scores:
    wanted = [(p, g.recipe_yield) for p, g in pairs if g and g.recipe_yield]
    if not gold.trusted:
        wanted = [(p, text) for p, text in wanted if evidence_in(post).states_yield(text)]
    right = sum(bool(p) and same_yield(p.recipe_yield, text) for p, text in wanted)
    return {"yield": (float(right), float(len(wanted)))}


def _support_scores(ingredients: LineReport, steps: LineReport) -> Scores:
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
