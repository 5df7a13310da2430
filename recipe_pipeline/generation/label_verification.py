"""Stage 3's second look: a label that its post does not support is asked for again.

The request then names the faults that were found, and of all tries the best supported one is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.grounding.record import DEFAULT_MIN_SUPPORT, LabelSupport, judge, record
from recipe_pipeline.llm.replies import AskAgain

CORRECTION = """

An earlier answer had the faults below. Read the post again and answer with the whole corrected JSON \
object; change nothing else.
"""


@dataclass
class Candidate:
    """One try: the label, and what the server was asked and said."""

    recipe: dict[str, Any]
    reasoning: str
    meta: dict[str, Any]
    judged: LabelSupport | None = None


@dataclass
class Tries:
    """What is known about one post so far."""

    count: int = 0
    best: Candidate | None = None
    complaints: tuple[str, ...] = ()


@dataclass
class Verification:
    """Settings and counts of a run. ``tries``: how often a label may be asked for again."""

    tries: int = 1
    min_support: float = DEFAULT_MIN_SUPPORT
    results: Counter[str] = field(default_factory=Counter)

    def consider(
        self, tries: Tries, candidate: Candidate, post: str, source: dict[str, Any]
    ) -> Candidate:
        """The best candidate so far, judged. Raises AskAgain when another try is worth it."""
        tries.count += 1
        if not self.tries:
            return candidate
        candidate.judged = judge(candidate.recipe, post, source, self.min_support)
        candidate.meta["grounding"] = record(candidate.judged, candidate.recipe, post)
        best = tries.best
        if best is None or best.judged is None or candidate.judged.support > best.judged.support:
            tries.best = best = candidate
        support = best.judged.support if best.judged else 0.0
        if support < self.min_support and tries.count <= self.tries:
            tries.complaints = candidate.judged.complaints
            raise AskAgain("unsupported", "; ".join(candidate.judged.complaints))
        return best

    def settle(self, tries: Tries, chosen: Candidate) -> Candidate:
        """Count the label that is going to be written, and note the number of tries in its meta."""
        chosen.meta["tries"] = tries.count
        if chosen.judged is not None:
            self._count(chosen.judged.support, tries.count)
        return chosen

    def recount(self, meta: dict[str, Any]) -> None:
        """Count a label that is written already, by its ``meta``."""
        if isinstance(grounding := meta.get("grounding"), dict):
            self._count(float(grounding.get("support", 0)), int(meta.get("tries", 1)))

    def _count(self, support: float, tries: int) -> None:
        supported = support >= self.min_support
        again = " after asking again" if tries > 1 else ""
        self.results[f"supported{again}" if supported else "not supported"] += 1

    def notes(self) -> list[str]:
        """Summary line, empty when nothing was verified."""
        if not self.results:
            return []
        counts = ", ".join(f"{name} {count:,}" for name, count in self.results.most_common())
        hint = " (04 leaves these out)" if self.results["not supported"] else ""
        return [f"checked against the posts: {counts}{hint}"]


def with_complaints(
    messages: Sequence[dict[str, str]], complaints: Sequence[str]
) -> list[dict[str, str]]:
    """``messages`` with the faults of an earlier answer behind the last user turn."""
    if not complaints:
        return list(messages)
    # One line each: what they quote is untrusted and must not look like the end of the post.
    faults = "\n".join(f"- {' '.join(complaint.split())}" for complaint in complaints)
    last = {**messages[-1], "content": messages[-1]["content"] + CORRECTION + faults}
    return [*messages[:-1], last]
