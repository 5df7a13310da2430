"""Times and yields of an answer beside those of its gold."""

from __future__ import annotations

from dataclasses import dataclass

from recipe_pipeline.evaluation.comparison import Scores
from recipe_pipeline.evaluation.pairing import Pair
from recipe_pipeline.grounding.post_index import index_of
from recipe_pipeline.schema.reading import TIME_KINDS, Document
from recipe_pipeline.text.evidence import PageEvidence
from recipe_pipeline.text.yields import same_yield


@dataclass(frozen=True)
class Fact:
    """A time or yield of gold that counts. ``was_read``: the text of the model states it."""

    is_right: bool
    was_read: bool


Facts = dict[str, list[Fact]]
"""The facts of each kind of time, and those of the "yield"."""


def facts_of(pairs: list[Pair], gold: Document, post: str, page: str | None) -> Facts:
    """The facts of ``gold`` that count, with the answer's.

    Gold from page metadata counts where the text states it, and any gold of a web page where the
    page states it, whether its text step kept that or not.
    """
    read = index_of(post).evidence
    stated: PageEvidence | None = None if gold.trusted else read
    if page is not None:
        stated = index_of(page).evidence
    facts: Facts = {kind: [] for kind in (*TIME_KINDS, "yield")}
    for predicted, wanted in pairs:
        if wanted is None:
            continue
        for kind, minutes in wanted.minutes.items():
            if stated is None or minutes in stated.stated_minutes(kind):
                is_right = bool(predicted) and predicted.minutes.get(kind) == minutes
                facts[kind].append(Fact(is_right, minutes in read.stated_minutes(kind)))
        serves = wanted.recipe_yield
        if serves and (stated is None or stated.states_yield(serves)):
            is_right = bool(predicted) and same_yield(predicted.recipe_yield, serves)
            facts["yield"].append(Fact(is_right, read.states_yield(serves)))
    return facts


def fact_scores(facts: Facts) -> Scores:
    """The metrics "prep_time" ... "total_time", "times" and "yield"."""
    scores = {f"{kind}_time": _right(facts[kind]) for kind in TIME_KINDS}
    return {**scores, "times": _right(_times(facts)), "yield": _right(facts["yield"])}


def fact_losses(facts: Facts) -> Scores:
    """Which facts the text step lost, and which the model."""
    scores: Scores = {}
    for key, its in (("times", _times(facts)), ("yield", facts["yield"])):
        wrong = [fact.was_read for fact in its if not fact.is_right]
        scores[f"lost_model_{key}"] = (float(sum(wrong)), float(len(its)))
        scores[f"lost_text_{key}"] = (float(len(wrong) - sum(wrong)), float(len(its)))
    return scores


def _times(facts: Facts) -> list[Fact]:
    return [fact for kind in TIME_KINDS for fact in facts[kind]]


def _right(facts: list[Fact]) -> tuple[float, float]:
    return float(sum(fact.is_right for fact in facts)), float(len(facts))
