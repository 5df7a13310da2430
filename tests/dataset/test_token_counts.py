"""Token lengths: counted where a tokenizer is given, estimated and said so otherwise."""

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.token_counts import TURN_TOKENS, TokenCounter, summarise


@pytest.fixture
def word_tokenizer(tmp_path):
    """A tokenizer that counts words and signs, saved as tokenizer.json."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_a_given_tokenizer_counts_exactly(word_tokenizer):
    messages = build_example("three word post", {}, "one two", system_prompt="be kind")["messages"]
    counter = TokenCounter(word_tokenizer)
    lengths = counter.measure(messages)
    # system 2 + "Extract recipe information from this text :" 7 + post 3 + "{}" 1
    assert lengths.answer_only == 13 + TURN_TOKENS
    # "<", "think", ">", one, two, "</", "think", ">"
    assert lengths.with_reasoning == lengths.answer_only + 8
    assert "given tokenizer" in counter.how
    assert TokenCounter(word_tokenizer / "tokenizer.json").measure(messages) == lengths


def test_the_estimate_follows_the_characters_and_is_marked():
    counter = TokenCounter()
    short = counter.measure(build_example("x" * 416, {})["messages"])
    long = counter.measure(build_example("x" * 832, {})["messages"])
    assert long.answer_only - short.answer_only == 100  # 416 characters / 4.16
    assert "estimated" in counter.how


def test_the_summary_gives_quantiles_and_the_share_over_the_limit():
    summary = summarise([10, 20, 30, 40, 5000], limit=4096)
    assert (summary.median, summary.p90, summary.longest) == (30, 5000, 5000)
    assert (summary.over_limit, summary.over_share) == (1, 0.2)
    assert summarise([], 10).over_share == 0


@pytest.mark.parametrize("content", [None, "{}"])
def test_an_unusable_tokenizer_is_a_clear_error(tmp_path, content):
    if content:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(PipelineError, match=r"tokenizer"):
        TokenCounter(tmp_path)


def test_a_missing_tokenizers_package_is_reported(tmp_path, monkeypatch):
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(PipelineError, match="pip install tokenizers"):
        TokenCounter(tmp_path)
