"""The metrics of 07_evaluate.py, each defined once: the README, the table and the report read this.

Every document contributes a numerator and a denominator to a metric, and a metric over many
documents is the sum of numerators over the sum of denominators. *Per document* metrics have the
denominator 1 (a mean over documents), *per item* metrics count lines or facts. A document to which
a metric does not apply (no time stated, no recipe in the post) contributes 0/0 and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """``better`` is "higher" or "lower"; ``definition`` is the sentence shown to users."""

    key: str
    title: str
    definition: str
    better: str = "higher"


_ALL = (
    Metric(
        "json_strict",
        "valid JSON",
        "Answers that are one JSON object and nothing else (a closed `<think>` block before it is "
        "ignored).",
    ),
    Metric(
        "json_repaired",
        "valid JSON after repair",
        "Answers in which a JSON object is found, with `json-repair` if need be. All metrics below "
        "except *schema-valid* read this object; an answer without one scores 0.",
    ),
    Metric(
        "schema_valid",
        "schema-valid",
        "Answers that are strict JSON and, as they stand, a schema.org Recipe in the form of the "
        "dataset (or `{}`, or a `@graph` of recipes).",
    ),
    Metric(
        "name",
        "name",
        "Recipes whose name is right: token-sort ratio >= 85 against the gold name, the words "
        "*recipe* and *video* left out.",
    ),
    Metric(
        "ingredient_precision",
        "ingredient precision",
        "Mean over documents: share of the predicted ingredient lines that are paired with a gold "
        "line. Lines are paired one to one (maximum matching) at a token-sort ratio >= 85 after "
        "normalising case, unicode and fractions (`1 1/2` = `1½` = `1.5`).",
    ),
    Metric(
        "ingredient_recall",
        "ingredient recall",
        "Mean over documents: share of the gold ingredient lines that are paired.",
    ),
    Metric(
        "ingredient_f1",
        "ingredient F1",
        "Mean over documents: harmonic mean of ingredient precision and recall.",
    ),
    Metric(
        "quantity",
        "quantity",
        "Of the paired ingredient lines: those whose amounts agree, both lines read by "
        "`ingredient-parser-nlp`.",
    ),
    Metric("unit", "unit", "Of the paired ingredient lines: those whose units agree."),
    Metric(
        "ingredient_name",
        "ingredient name",
        "Of the paired ingredient lines: those whose ingredient names agree (token-sort ratio >= 85).",
    ),
    Metric(
        "steps_f1",
        "steps token F1",
        "Mean over documents: F1 of the bag of words of all steps together, so that another cut "
        "into steps costs nothing.",
    ),
    Metric(
        "steps_order",
        "steps order",
        "Mean over documents that share step words with gold: longest common subsequence of the "
        "step words over the number of shared words; 1 when all that is right is in gold's order.",
    ),
    Metric(
        "times",
        "stated times",
        "Of the prep, cook and total times that gold holds and the page states: those with exactly "
        "the same number of minutes.",
    ),
    Metric("prep_time", "prep time", "As *stated times*, preparation time only."),
    Metric("cook_time", "cook time", "As *stated times*, cooking time only."),
    Metric("total_time", "total time", "As *stated times*, total time only."),
    Metric(
        "yield",
        "yield",
        "Of the yields that gold holds and the page states: those that share a number with the "
        "prediction (`4 servings` = `Serves 4-6`).",
    ),
    Metric(
        "unsupported_ingredients",
        "unsupported ingredients",
        "Share of all predicted ingredient lines that the post does not contain: no window of 1.5 "
        "times the line's length plus 6 words holds all numbers and 80 % of the words of the line.",
        "lower",
    ),
    Metric(
        "unsupported_steps",
        "unsupported steps",
        "Share of all predicted steps that the post does not contain (as above, numbers counting "
        "as words).",
        "lower",
    ),
    Metric(
        "unsupported",
        "unsupported lines",
        "Share of all predicted ingredients and steps that the post does not contain.",
        "lower",
    ),
    Metric(
        "unsupported_times",
        "unsupported times",
        "Share of the predicted prep, cook and total times whose number of minutes is mentioned "
        "nowhere in the post.",
        "lower",
    ),
    Metric(
        "missed",
        "missed lines",
        "Share of all gold ingredients that are not paired and gold steps whose words the predicted "
        "steps do not contain.",
        "lower",
    ),
    Metric(
        "no_recipe",
        "no recipe recognised",
        "Posts without a recipe that were answered with `{}`.",
    ),
    Metric(
        "false_empty",
        "recipe overlooked",
        "Posts with a recipe whose answer holds none.",
        "lower",
    ),
    Metric(
        "all_dishes",
        "all dishes found",
        "Posts with several recipes for which every gold recipe has its own predicted recipe with "
        "the right name or an ingredient F1 >= 0.5, and no recipe is left over.",
    ),
)

_JUDGED = tuple(
    Metric(
        f"judge_{aspect}",
        f"judge: {aspect}",
        f"Mean grade (0 to 10) that the LLM of `--judge-model` gives for {what}.",
    )
    for aspect, what in (
        ("name", "the name"),
        ("ingredients", "the ingredients"),
        ("instructions", "the steps"),
        ("metadata", "times, yield, category and cuisine"),
        ("completeness", "nothing being missing"),
        ("overall", "the extraction as a whole"),
    )
)

METRICS: dict[str, Metric] = {metric.key: metric for metric in (*_ALL, *_JUDGED)}

#: What the terminal table shows; the rest is in ``summary.json`` and the report.
HEADLINE = (
    "json_strict",
    "schema_valid",
    "name",
    "ingredient_precision",
    "ingredient_recall",
    "ingredient_f1",
    "quantity",
    "unit",
    "ingredient_name",
    "steps_f1",
    "steps_order",
    "times",
    "yield",
    "unsupported_ingredients",
    "unsupported_steps",
    "missed",
    "no_recipe",
    "false_empty",
    "all_dishes",
    *(metric.key for metric in _JUDGED),
)
