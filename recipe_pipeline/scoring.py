"""Score one answer against gold (the metrics are defined in `metrics`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations
from typing import Any

from recipe_pipeline.answers import parse_answer
from recipe_pipeline.page_evidence import evidence_in
from recipe_pipeline.recipe_facts import TIME_KINDS, Document, RecipeFacts, read_document
from recipe_pipeline.text_match import (
    SAME_LINE_RATIO,
    TextIndex,
    align_lines,
    overlap,
    similarity,
    tokenise,
)
from recipe_pipeline.yields import same_yield

#: A predicted recipe is a gold recipe from this ingredient F1 on, whatever it is called.
SAME_DISH_F1 = 0.5

_LENGTH_BUCKETS = ((1000, "< 1k"), (2000, "1-2k"), (4000, "2-4k"), (8000, "4-8k"))
_NAME_FILLER = re.compile(r"\b(?:recipes?|video)\b", re.IGNORECASE)


@dataclass(frozen=True)
class LineReport:
    """What became of the lines of one recipe, for people to look at.

    ``matched`` holds (predicted, gold); ``missed`` gold lines only, ``extra`` predicted lines that
    are no gold line but stand in the post, ``unsupported`` those that do not stand there.
    """

    matched: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


@dataclass
class DocumentScore:
    """One answer scored: ``metrics[key]`` is (numerator, denominator); see `metrics.METRICS`.

    ``groups`` says what to report separately ("style", "source", "kind", "length").
    """

    metrics: dict[str, tuple[float, float]]
    groups: dict[str, str] = field(default_factory=dict)
    ingredients: LineReport = field(default_factory=LineReport)
    steps: LineReport = field(default_factory=LineReport)
    prediction: dict[str, Any] | None = None

    def value(self, key: str) -> float | None:
        """The metric of this document alone, None where it does not apply."""
        numerator, denominator = self.metrics.get(key, (0.0, 0.0))
        return numerator / denominator if denominator else None


def score_document(
    answer_text: str,
    gold: dict[str, Any],
    post: str,
    *,
    groups: dict[str, str] | None = None,
    parse_ingredients: bool = False,
) -> DocumentScore:
    """Score an answer as the model gave it.

    ``gold`` is JSON-LD (``{}`` for "no recipe") or page metadata with times in minutes, ``post`` the
    text the model was shown. ``parse_ingredients`` also compares quantity, unit and name of paired
    ingredient lines, which costs milliseconds for every line that is not an exact copy.
    """
    parsed = parse_answer(answer_text)
    predicted, wanted = read_document(parsed.data), read_document(gold)
    pairs = pair_recipes(predicted, wanted)
    aligned = list(_aligned_ingredients(pairs))
    metrics = {
        **_validity(parsed),
        **_dishes(parsed.data, predicted, wanted, pairs),
        **_ingredient_scores(predicted, wanted, len(aligned)),
        **_step_scores(pairs),
        **_time_scores(pairs, predicted, wanted, post),
        **_yield_scores(pairs, wanted, post),
    }
    if parse_ingredients:
        from recipe_pipeline.ingredient_agreement import agreement

        metrics |= agreement(aligned)
    ingredients, steps = _line_reports(predicted, wanted, aligned, post)
    metrics |= _support_scores(predicted, wanted, ingredients, steps)
    all_groups = {"length": length_bucket(post), "kind": kind_of(wanted), **(groups or {})}
    return DocumentScore(metrics, all_groups, ingredients, steps, parsed.data)


def length_bucket(post: str) -> str:
    """The post's length in characters, in classes that double ("1-2k")."""
    return next((name for limit, name in _LENGTH_BUCKETS if len(post) < limit), ">= 8k")


def kind_of(gold: Document) -> str:
    """``no_recipe``, ``two_dishes`` or ``normal`` (posts with missing parts say so themselves)."""
    return ("no_recipe", "normal", "two_dishes")[min(len(gold.recipes), 2)]


# --- pairing -------------------------------------------------------------------------------------

Pair = tuple[RecipeFacts | None, RecipeFacts | None]


def pair_recipes(predicted: Document, gold: Document) -> list[Pair]:
    """Pair predicted and gold recipes one to one so that names and ingredients agree best.

    Recipes left over on either side are paired with None. More than 6 recipes on a side are paired
    in their order: no post has that many, only a model in a loop.
    """
    left, right = list(predicted.recipes), list(gold.recipes)
    size = max(len(left), len(right))
    left += [None] * (size - len(left))
    right += [None] * (size - len(right))
    if 1 < size <= 6:
        affinity = {
            (i, j): _affinity(a, b) for i, a in enumerate(left) for j, b in enumerate(right)
        }
        best = max(
            permutations(range(size)),
            key=lambda order: sum(affinity[i, j] for j, i in enumerate(order)),
        )
        left = [left[i] for i in best]
    return list(zip(left, right, strict=True))


def _affinity(predicted: RecipeFacts | None, gold: RecipeFacts | None) -> float:
    if predicted is None or gold is None:
        return 0.0
    return similarity(predicted.name, gold.name) / 100 + _recipe_f1(predicted, gold)


def _recipe_f1(predicted: RecipeFacts, gold: RecipeFacts) -> float:
    paired = len(align_lines(predicted.ingredients, gold.ingredients))
    return f1(paired, len(predicted.ingredients), len(gold.ingredients))


def f1(shared: float, predicted: float, gold: float) -> float:
    """Harmonic mean of shared/predicted and shared/gold; 0 when both sides are empty."""
    return 2 * shared / (predicted + gold) if predicted + gold else 0.0


def same_name(predicted: str, gold: str) -> bool:
    """Token-sort ratio >= 85 without the words *recipe* and *video*."""
    left, right = (_NAME_FILLER.sub(" ", name) for name in (predicted, gold))
    return bool(predicted) and similarity(left, right) >= SAME_LINE_RATIO


def _aligned_ingredients(pairs: list[Pair]) -> Iterator[tuple[str, str]]:
    """(predicted line, gold line) of all paired lines; lines pair within paired recipes only."""
    for predicted, gold in pairs:
        if predicted and gold:
            for i, j in align_lines(predicted.ingredients, gold.ingredients):
                yield predicted.ingredients[i], gold.ingredients[j]


# --- metrics -------------------------------------------------------------------------------------


def _validity(parsed: Any) -> dict[str, tuple[float, float]]:
    from recipe_pipeline.schema_org import is_valid

    return {
        "json_strict": (float(parsed.strict), 1.0),
        "json_repaired": (float(parsed.data is not None), 1.0),
        "schema_valid": (float(parsed.strict and is_valid(parsed.data)), 1.0),
    }


def _dishes(data: Any, predicted: Document, gold: Document, pairs: list[Pair]):
    if not gold.recipes:
        return {"no_recipe": (float(data == {}), 1.0)}
    named = [(p, g) for p, g in pairs if g and g.name]
    scores = {
        "false_empty": (float(not predicted.recipes), 1.0),
        "name": (float(sum(bool(p) and same_name(p.name, g.name) for p, g in named)), len(named)),
    }
    if len(gold.recipes) > 1:
        found = all(
            p and g and (same_name(p.name, g.name) or _recipe_f1(p, g) >= SAME_DISH_F1)
            for p, g in pairs
        )
        scores["all_dishes"] = (float(found), 1.0)
    return scores


def _ingredient_scores(predicted: Document, gold: Document, paired: int):
    if not gold.recipes:
        return {}
    found, wanted = len(predicted.ingredients), len(gold.ingredients)
    scored = float(found + wanted > 0)
    return {
        "ingredient_precision": (paired / found if found else 0.0, scored),
        "ingredient_recall": (paired / wanted if wanted else 0.0, float(wanted > 0)),
        "ingredient_f1": (f1(paired, found, wanted), scored),
    }


def _step_scores(pairs: list[Pair]) -> dict[str, tuple[float, float]]:
    """Words of all steps: bag-of-words F1, and how much of the shared words keeps gold's order."""
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


def _time_scores(pairs: list[Pair], predicted: Document, gold: Document, post: str):
    scores: dict[str, tuple[float, float]] = {}
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
    invented = sum(m not in evidence_in(post).mentioned_minutes for m in claimed)
    scores["unsupported_times"] = (float(invented), float(len(claimed)))
    return scores


def _yield_scores(pairs: list[Pair], gold: Document, post: str) -> dict[str, tuple[float, float]]:
    wanted = [(p, g.recipe_yield) for p, g in pairs if g and g.recipe_yield]
    if not gold.trusted:
        wanted = [(p, text) for p, text in wanted if evidence_in(post).states_yield(text)]
    right = sum(bool(p) and same_yield(p.recipe_yield, text) for p, text in wanted)
    return {"yield": (float(right), float(len(wanted)))}


# --- lines ---------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _index(text: str) -> TextIndex:
    return TextIndex(text)


def _line_reports(
    predicted: Document, gold: Document, aligned: list[tuple[str, str]], post: str
) -> tuple[LineReport, LineReport]:
    index = _index(post)
    extra = _without(predicted.ingredients, (line for line, _ in aligned))
    ingredients = LineReport(
        matched=tuple(aligned),
        missed=tuple(_without(gold.ingredients, (line for _, line in aligned))),
        extra=tuple(line for line in extra if index.supports(line)),
        # A line that is a gold line can still be invented where gold is page metadata.
        unsupported=tuple(line for line in predicted.ingredients if not index.supports(line)),
    )
    predicted_steps, gold_steps = (
        TextIndex("\n".join(predicted.steps)),
        TextIndex("\n".join(gold.steps)),
    )
    matched, missed, extra_steps, unsupported = [], [], [], []
    for step in gold.steps:
        if not predicted_steps.supports(step, strict_numbers=False):
            missed.append(step)
    for step in predicted.steps:
        if not index.supports(step, strict_numbers=False):
            unsupported.append(step)
        elif gold_steps.supports(step, strict_numbers=False):
            matched.append((step, step))
        else:
            extra_steps.append(step)
    steps = LineReport(tuple(matched), tuple(missed), tuple(extra_steps), tuple(unsupported))
    return ingredients, steps


def _without(lines: Iterable[str], used: Iterable[str]) -> list[str]:
    """``lines`` less one occurrence for each of ``used``."""
    from collections import Counter

    left = Counter(used)
    kept = []
    for line in lines:
        if left[line]:
            left[line] -= 1
        else:
            kept.append(line)
    return kept


def _support_scores(
    predicted: Document, gold: Document, ingredients: LineReport, steps: LineReport
):
    lines, step_count = len(predicted.ingredients), len(predicted.steps)
    bad_lines, bad_steps = len(ingredients.unsupported), len(steps.unsupported)
    gold_lines = len(gold.ingredients) + len(gold.steps)
    return {
        "unsupported_ingredients": (float(bad_lines), float(lines)),
        "unsupported_steps": (float(bad_steps), float(step_count)),
        "unsupported": (float(bad_lines + bad_steps), float(lines + step_count)),
        "missed": (float(len(ingredients.missed) + len(steps.missed)), float(gold_lines)),
    }
