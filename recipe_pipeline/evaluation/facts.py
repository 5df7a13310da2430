"""Times and yields of an answer beside those of its gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recipe_pipeline.evaluation.comparison import Comparison, Scores
from recipe_pipeline.grounding.post_index import PostIndex
from recipe_pipeline.schema.reading import TIME_KINDS
from recipe_pipeline.text.yields import same_yield


@dataclass(frozen=True)
class Fact:
    """A time or yield of gold that counts. ``was_read``: the text of the model states it."""

    is_right: bool
    was_read: bool


Facts = dict[str, list[Fact]]
"""The facts of each kind of time, and those of the "yield"."""


def facts_of(found: Comparison, texts: Sequence[PostIndex]) -> Facts:
    """The facts of gold that count, with the answer's. ``texts``: what the model was given, and the
    page it is from, if it is from one.

    Gold from page metadata counts where the text states it, and any gold of a web page where the
    page states it, whether its text step kept that or not.
    """
    read, stated = texts[0].evidence, texts[-1].evidence
    counts_always = found.gold.trusted and len(texts) == 1
    facts: Facts = {kind: [] for kind in (*TIME_KINDS, "yield")}
    for predicted, wanted in found.pairs:
        if wanted is None:
            continue
        for kind, minutes in wanted.minutes.items():
            if counts_always or minutes in stated.stated_minutes(kind):
                is_right = bool(predicted) and predicted.minutes.get(kind) == minutes
                facts[kind].append(Fact(is_right, minutes in read.stated_minutes(kind)))
        serves = wanted.recipe_yield
        if serves and (counts_always or stated.states_yield(serves)):
            is_right = bool(predicted) and same_yield(predicted.recipe_yield, serves)
            facts["yield"].append(Fact(is_right, read.states_yield(serves)))
    return facts


def times_in(facts: Facts) -> list[Fact]:
    """The times of all kinds."""
    return [fact for kind in TIME_KINDS for fact in facts[kind]]


def fact_scores(facts: Facts) -> Scores:
    """The metrics "prep_time" ... "total_time", "times" and "yield"."""
    scores = {f"{kind}_time": _right(facts[kind]) for kind in TIME_KINDS}
    return {**scores, "times": _right(times_in(facts)), "yield": _right(facts["yield"])}


def _right(facts: list[Fact]) -> tuple[float, float]:
    return float(sum(fact.is_right for fact in facts)), float(len(facts))
