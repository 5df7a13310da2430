"""Token lengths are estimated from the characters."""

from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.token_counts import measure, summarise


def test_the_estimate_follows_the_characters():
    short = measure(build_example("x" * 416, {})["messages"])
    long = measure(build_example("x" * 832, {})["messages"])
    assert long.answer_only - short.answer_only == 100  # 416 characters / 4.16
    thinking = measure(build_example("x" * 416, {}, "y" * 200)["messages"])
    assert thinking.answer_only == short.answer_only
    assert thinking.with_reasoning > short.with_reasoning


def test_the_summary_gives_quantiles_and_the_share_over_the_limit():
    summary = summarise([10, 20, 30, 40, 5000], limit=4096)
    assert (summary.median, summary.p90, summary.longest) == (30, 5000, 5000)
    assert (summary.over_limit, summary.over_share) == (1, 0.2)
    assert summarise([], 10).over_share == 0
