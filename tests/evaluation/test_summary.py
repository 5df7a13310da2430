"""Aggregation: sums over documents, bootstrap intervals, groups, the table."""

import random

import pytest

from recipe_pipeline.evaluation.scoring import DocumentScore
from recipe_pipeline.evaluation.summary import aggregate, format_table


def document(numerator, denominator=1.0, key="ingredient_f1", **groups):
    return DocumentScore({key: (numerator, denominator)}, groups=groups)


def test_a_per_document_metric_is_the_mean_over_documents():
    summary = aggregate([document(1), document(0.5), document(0)])
    assert summary.value("ingredient_f1") == pytest.approx(0.5)
    assert summary.metrics["ingredient_f1"].documents == summary.documents == 3


def test_a_per_item_metric_weighs_documents_by_their_items():
    # 1 of 1 and 1 of 9 lines unsupported: 2 of 10, not the mean of 1 and 1/9.
    scores = [document(1, 1, "unsupported"), document(1, 9, "unsupported")]
    assert aggregate(scores).value("unsupported") == pytest.approx(0.2)


def test_documents_without_the_metric_do_not_count():
    summary = aggregate([document(1), document(0, 0), DocumentScore({})])
    assert summary.value("ingredient_f1") == 1
    assert summary.metrics["ingredient_f1"].documents == 1
    assert summary.documents == 3
    assert summary.value("times") is None


def test_no_documents_give_an_empty_summary():
    assert aggregate([]).metrics == {}
    assert "documents" in format_table([aggregate([])])


def test_the_interval_holds_the_value_and_narrows_with_more_documents():
    few = aggregate([document(i % 2) for i in range(20)]).metrics["ingredient_f1"]
    many = aggregate([document(i % 2) for i in range(2000)]).metrics["ingredient_f1"]
    assert few.low < 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    # Standard error of a share of 1/2 over 2000 documents: 0.5 / sqrt(2000) = 0.0112; 95 % +- 1.96.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.0112, rel=0.15)


def test_equal_documents_have_no_spread():
    estimate = aggregate([document(0.7)] * 12).metrics["ingredient_f1"]
    assert estimate.low == pytest.approx(0.7)
    assert estimate.high == pytest.approx(0.7)


def test_the_order_of_documents_does_not_matter():
    chance = random.Random(3)
    scores = [document(chance.random(), style=chance.choice("ab")) for _ in range(50)]
    shuffled = chance.sample(scores, len(scores))
    assert aggregate(scores).to_dict() == aggregate(shuffled).to_dict()


def test_groups_are_summed_apart():
    scores = [document(1, style="short"), document(0, style="chaotic"), document(1, style="short")]
    by_style = aggregate(scores).groups["style"]
    assert by_style["short"]["ingredient_f1"].value == 1
    assert by_style["short"]["ingredient_f1"].documents == 2
    assert by_style["chaotic"]["ingredient_f1"].value == 0


def test_the_table_shows_models_side_by_side_and_a_dash_where_one_has_no_value():
    base = [DocumentScore({"name": (0, 1)})]
    tuned = [DocumentScore({"name": (1, 1), "yield": (1, 2)})]
    lines = format_table([aggregate(base, "base"), aggregate(tuned, "finetuned")]).splitlines()
    assert lines[0].split() == ["base", "finetuned"]
    row = {line.split("  ")[0]: line for line in lines}
    assert "0.000 [0.00, 0.00]" in row["name"]
    assert "1.000 [1.00, 1.00]" in row["name"]
    assert "-  0.500" in row["yield"]
    assert not any(line.startswith("steps") for line in lines)
    assert len({len(line) for line in lines[1:]}) == 1


def test_the_table_says_which_way_is_better_and_how_fast_it_was():
    summary = aggregate([document(1, 4, "unsupported_ingredients")], "m")
    summary.speed = {"tokens_per_second": 61.25, "documents_per_minute": 7.5}
    text = format_table([summary, aggregate([], "n")], intervals=False)
    assert "unsupported ingredients (lower is better)  0.250" in text
    assert "61.2" in text
    assert "[" not in text


def test_a_group_for_every_document_is_no_group():
    scores = [document(1, source=f"site{i}", style="ab"[i % 2]) for i in range(12)]
    assert set(aggregate(scores).groups) == {"style"}
