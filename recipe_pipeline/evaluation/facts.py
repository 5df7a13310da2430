"""Times and yields of an answer beside those of its gold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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


class Facts:
    """The facts of gold that count, with the answer's.

    Gold from page metadata counts where the text states it, and any gold of a web page where the
    page states it, whether its text step kept that or not.
    """

    def __init__(self, pairs: list[Pair], gold: Document, post: str, page: str | None) -> None:
        self._pairs = [(predicted, wanted) for predicted, wanted in pairs if wanted]
        self._read = index_of(post).evidence
        self._stated: PageEvidence | None = None if gold.trusted else self._read
        if page is not None:
            self._stated = index_of(page).evidence

    @cached_property
    def times(self) -> dict[str, list[Fact]]:
        """The facts of each kind of time."""
        return {kind: self._times(kind) for kind in TIME_KINDS}

    def _times(self, kind: str) -> list[Fact]:
        return [
            Fact(
                bool(predicted) and predicted.minutes.get(kind) == wanted.minutes[kind],
                wanted.minutes[kind] in self._read.stated_minutes(kind),
            )
            for predicted, wanted in self._pairs
            if kind in wanted.minutes
            and (not self._stated or wanted.minutes[kind] in self._stated.stated_minutes(kind))
        ]

    def _all_times(self) -> list[Fact]:
        return [fact for facts in self.times.values() for fact in facts]

    @cached_property
    def yields(self) -> list[Fact]:
        """The yields, one for each recipe that has one."""
        return [
            Fact(
                bool(predicted) and same_yield(predicted.recipe_yield, wanted.recipe_yield),
                self._read.states_yield(wanted.recipe_yield),
            )
            for predicted, wanted in self._pairs
            if wanted.recipe_yield
            and (not self._stated or self._stated.states_yield(wanted.recipe_yield))
        ]

    def scores(self) -> Scores:
        """The metrics "prep_time" ... "total_time", "times" and "yield"."""
        scores = {f"{kind}_time": _right(facts) for kind, facts in self.times.items()}
        return {
            **scores,
            "times": _right(self._all_times()),
            "yield": _right(self.yields),
        }

    def losses(self) -> Scores:
        """Which facts the text step lost, and which the model."""
        kinds = {"times": self._all_times(), "yield": self.yields}
        scores: Scores = {}
        for key, facts in kinds.items():
            wrong = [fact.was_read for fact in facts if not fact.is_right]
            scores[f"lost_model_{key}"] = (float(sum(wrong)), float(len(facts)))
            scores[f"lost_text_{key}"] = (float(len(wrong) - sum(wrong)), float(len(facts)))
        return scores


def _right(facts: list[Fact]) -> tuple[float, float]:
    return float(sum(fact.is_right for fact in facts)), float(len(facts))
