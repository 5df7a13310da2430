"""Token lengths are estimated from the characters."""

from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.token_counts import described, measure


def test_the_estimate_follows_the_characters():
    short = measure(build_example("x" * 416, {})["messages"])
    long = measure(build_example("x" * 832, {})["messages"])
    assert long.answer_only - short.answer_only == 100  # 416 characters / 4.16
    thinking = measure(build_example("x" * 416, {}, "y" * 200)["messages"])
    assert thinking.answer_only == short.answer_only
    assert thinking.with_reasoning > short.with_reasoning


def test_the_summary_gives_quantiles_and_the_share_over_the_limit():
    assert described([5000, 10, 20, 30, 40], limit=4096) == (
        "median 30, 90 % up to 5,000, longest 5,000; 20.0% exceed 4,096"
    )
