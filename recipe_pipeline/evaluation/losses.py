"""Where the lines of gold were lost that an answer about a web page lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from recipe_pipeline.evaluation.comparison import Scores
from recipe_pipeline.evaluation.lines import MISSED, LineReport
from recipe_pipeline.evaluation.metrics import LOSSES
from recipe_pipeline.evaluation.pairing import Pair, same_name
from recipe_pipeline.grounding.ingredients import supports_ingredient
from recipe_pipeline.grounding.lines import supports_passage
from recipe_pipeline.grounding.post_index import PostIndex, index_of


def line_losses(
    pairs: Sequence[Pair], ingredients: LineReport, steps: LineReport, post: str, page: str
) -> Scores:
    """The ``lost_...`` metrics of names, ingredients and steps.

    A gold line that the answer lacks is lost by the model if ``post``, the text it was given, has the
    line, else by the text step if ``page`` has it.
    """
    named = [(predicted, gold.name) for predicted, gold in pairs if gold and gold.name]
    names = [
        name for predicted, name in named if not (predicted and same_name(predicted.name, name))
    ]
    texts = index_of(post), index_of(page)
    return {
        **_shares("name", names, len(named), supports_passage, texts),
        **_shares(
            "ingredients",
            ingredients.lines(MISSED),
            len(ingredients.gold),
            supports_ingredient,
            texts,
        ),
        **_shares("steps", steps.lines(MISSED), len(steps.gold), supports_passage, texts),
    }


def _shares(
    field: str,
    missed: Sequence[str],
    wanted: int,
    supports: Callable[[str, PostIndex], bool],
    texts: tuple[PostIndex, PostIndex],
) -> Scores:
    post, page = texts
    lost = Counter(
        "model" if supports(line, post) else "text" if supports(line, page) else "page"
        for line in missed
    )
    return {f"lost_{where}_{field}": (float(lost[where]), float(wanted)) for where in LOSSES}
