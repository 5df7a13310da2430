"""Where the gold was lost that an answer about a web page lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from recipe_pipeline.evaluation.comparison import Comparison, Scores
from recipe_pipeline.evaluation.facts import Fact
from recipe_pipeline.evaluation.lines import MISSED, LineReport, Supports
from recipe_pipeline.evaluation.metrics import METRICS
from recipe_pipeline.evaluation.pairing import same_name
from recipe_pipeline.grounding.ingredients import supports_ingredient
from recipe_pipeline.grounding.lines import supports_passage
from recipe_pipeline.grounding.post_index import PostIndex


def loss_scores(
    found: Comparison,
    ingredients: LineReport,
    steps: LineReport,
    times: Sequence[Fact],
    yields: Sequence[Fact],
    texts: tuple[PostIndex, PostIndex],
) -> Scores:
    """The ``lost_...`` metrics. ``texts``: what the model was given, and the whole page.

    What the answer lacks is lost by the "model" if the text that it was given has it, else by the
    "text" step if the page has it.
    """
    read, page = texts

    def who_lost(lines: Sequence[str], supports: Supports) -> list[str]:
        return [
            "model" if supports(line, read) else "text" if supports(line, page) else "page"
            for line in lines
        ]

    named = [(predicted, gold.name) for predicted, gold in found.pairs if gold and gold.name]
    names = [
        name for predicted, name in named if not predicted or not same_name(predicted.name, name)
    ]
    lost = {
        "name": (who_lost(names, supports_passage), len(named)),
        "ingredients": (
            who_lost(ingredients.lines(MISSED), supports_ingredient),
            len(ingredients.gold),
        ),
        "steps": (who_lost(steps.lines(MISSED), supports_passage), len(steps.gold)),
        "times": (_lost_facts(times), len(times)),
        "yield": (_lost_facts(yields), len(yields)),
    }
    return {
        key: (float(Counter(whose)[where]), float(wanted))
        for field, (whose, wanted) in lost.items()
        for where in ("text", "model", "page")
        if (key := f"lost_{where}_{field}") in METRICS
    }


def _lost_facts(facts: Sequence[Fact]) -> list[str]:
    return ["model" if fact.was_read else "text" for fact in facts if not fact.is_right]
