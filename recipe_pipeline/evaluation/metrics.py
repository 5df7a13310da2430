"""The metrics of 07_evaluate.py, each defined once: the docs, the table and the report read this.

Every document adds a numerator and a denominator to a metric, and a metric over many documents is
the sum of numerators over the sum of denominators. *Per document* metrics have the denominator 1 (a
mean over documents), *per item* metrics count lines or facts. A document to which a metric does not
apply (no time stated, no recipe in the post) adds 0/0 and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """``better`` is "higher" or "lower"; ``definition`` is shown to users."""

    key: str
    title: str
    definition: str
    better: str = "higher"


_SCORED = (
    Metric(
        "json_strict",
        "valid JSON",
        "Answers that are exactly one JSON object (a closed `<think>` block before it is ignored).",
    ),
    Metric(
        "json_repaired",
        "valid JSON after repair",
        "Answers that contain a JSON object, if necessary after `json-repair`. All metrics below "
        "except *schema-valid* read this object; an answer without one scores 0.",
    ),
    Metric(
        "schema_valid",
        "schema-valid",
        "Answers that are strict JSON and, unchanged, a schema.org Recipe in the form of the "
        "dataset (or `{}`, or a `@graph` of recipes).",
    ),
    Metric(
        "name",
        "name",
        "Recipes with the right name: token-sort ratio >= 85 against the gold name, ignoring the "
        "words *recipe* and *video*.",
    ),
    Metric(
        "ingredient_precision",
        "ingredient precision",
        "Mean over documents: share of predicted ingredient lines that are paired with a gold "
        "line. Lines are paired one to one (maximum matching) at a token-sort ratio >= 85 after "
        "normalising case, Unicode and fractions (`1 1/2` = `1½` = `1.5`).",
    ),
    Metric(
        "ingredient_recall",
        "ingredient recall",
        "Mean over documents: share of gold ingredient lines that are paired.",
    ),
    Metric(
        "ingredient_f1",
        "ingredient F1",
        "Mean over documents: harmonic mean of ingredient precision and recall.",
    ),
    Metric(
        "quantity",
        "quantity",
        "Share of paired ingredient lines with the same amount (of a range, the lower end).",
    ),
    Metric("unit", "unit", "Share of paired ingredient lines with the same unit."),
    Metric(
        "ingredient_name",
        "ingredient name",
        "Share of paired ingredient lines with the same ingredient name (token-sort ratio >= 85).",
    ),
    Metric(
        "steps_f1",
        "steps token F1",
        "Mean over documents: F1 of the bag of words of all steps together, so that splitting the "
        "steps differently costs nothing; names of sections count where gold has them as steps.",
    ),
    Metric(
        "steps_order",
        "steps order",
        "Mean over documents that share step words with gold: longest common subsequence of the "
        "step words over the number of shared words; 1 when all shared words are in gold's order.",
    ),
    Metric(
        "times",
        "stated times",
        "Share of the prep, cook and total times in gold and stated on the page that are predicted "
        "with exactly the same number of minutes.",
    ),
    Metric("prep_time", "prep time", "As *stated times*, preparation time only."),
    Metric("cook_time", "cook time", "As *stated times*, cooking time only."),
    Metric("total_time", "total time", "As *stated times*, total time only."),
    Metric(
        "yield",
        "yield",
        "Share of the yields in gold and stated on the page that have a number in common with the "
        "prediction (`4 servings` = `Serves 4-6`).",
    ),
    Metric(
        "unsupported_ingredients",
        "unsupported ingredients",
        "Share of predicted ingredient lines that the post does not support: amount, unit and food are "
        "not together in it (the check of stages 3 and 4).",
        "lower",
    ),
    Metric(
        "unsupported_steps",
        "unsupported steps",
        "Share of predicted steps that the post does not support, numbers included.",
        "lower",
    ),
    Metric(
        "unsupported",
        "unsupported lines",
        "Share of predicted ingredients and steps that the post does not support.",
        "lower",
    ),
    Metric(
        "unsupported_times",
        "unsupported times",
        "Share of predicted prep, cook and total times whose number of minutes the post does not "
        "mention anywhere.",
        "lower",
    ),
    Metric(
        "missed",
        "missed lines",
        "Share of gold lines that are missing from the answer: ingredients that are not paired and "
        "steps whose words the predicted steps do not contain.",
        "lower",
    ),
    Metric(
        "no_recipe",
        "no recipe recognised",
        "Share of posts without a recipe that are answered with `{}`.",
    ),
    Metric(
        "false_empty",
        "recipe overlooked",
        "Share of posts with a recipe whose answer contains none.",
        "lower",
    ),
    Metric(
        "all_dishes",
        "all dishes found",
        "Share of posts with several recipes in which every gold recipe has its own predicted "
        "recipe (right name or ingredient F1 >= 0.5) and no predicted recipe is left over.",
    ),
)

#: Who lost what gold has and the answer lacks (web pages only), and what of gold.
LOSSES = {"text": "text step", "model": "model", "page": "not on the page"}
LOST_FIELDS = {
    "name": "names",
    "ingredients": "ingredients",
    "steps": "steps",
    "times": "stated times",
    "yield": "stated yields",
}
_LOSS_MEANING = {
    "text": "and the page has, but not the text that the model was given.",
    "model": "and the text that the model was given has.",
    "page": "and the page does not have in gold's words either.",
}
_LOST = tuple(
    Metric(
        f"lost_{where}_{field}",
        f"{title} lost: {words}",
        f"Web pages: share of gold's {title} that the answer lacks {_LOSS_MEANING[where]}",
        "lower",
    )
    for field, title in LOST_FIELDS.items()
    for where, words in LOSSES.items()
    # Times and yields count only where the page states them.
    if where != "page" or field not in ("times", "yield")
)

METRICS: dict[str, Metric] = {metric.key: metric for metric in (*_SCORED, *_LOST)}

_DETAILS = {
    "json_repaired",
    "prep_time",
    "cook_time",
    "total_time",
    "unsupported",
    "unsupported_times",
    *(metric.key for metric in _LOST),
}

#: What the terminal table shows of web pages.
PAGE_HEADLINE = (
    "schema_valid",
    "name",
    "ingredient_f1",
    "steps_f1",
    "times",
    "yield",
    "unsupported",
    "false_empty",
)

#: What the terminal table shows; the rest is in ``summary.json`` and the report.
HEADLINE = tuple(key for key in METRICS if key not in _DETAILS)
