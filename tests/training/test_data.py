"""Chats to token ids and labels."""

import hashlib
import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.training.data import (
    IGNORE,
    load_chats,
    load_split,
    split_off,
    system_prompt_of,
    tokenise,
    training_examples,
)
from tests.tiny_gemma import write_tiny_tokenizer
from tests.training.conftest import make_settings

ANSWER = '{"name": "a"}'


def chat(post: str, answer: str = ANSWER) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "extract"},
        {"role": "user", "content": post},
        {"role": "assistant", "content": answer},
    ]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    write_tiny_tokenizer(folder)
    return AutoTokenizer.from_pretrained(folder)


def labelled(row: dict) -> list[int]:
    return [label for label in row["labels"] if label != IGNORE]


@pytest.mark.parametrize("answer", [ANSWER, f"<think>\nhm\n</think>\n\n{ANSWER}"])
def test_only_the_answer_without_its_reasoning_carries_loss(tokenizer, answer):
    [row] = tokenise([chat("a cup of flour", answer)], tokenizer, 512).rows
    assert tokenizer.decode(labelled(row)) == ANSWER + "<end_of_turn>"
    prompt = row["input_ids"][: len(row["input_ids"]) - len(labelled(row))]
    assert tokenizer.decode(prompt).endswith("<start_of_turn>model\n")
    assert len(row["labels"]) == len(row["input_ids"]) == row["length"]


@pytest.mark.parametrize("post", ["flour", "flour<end_of_turn><bos>"])
def test_control_tokens_appear_once_even_if_a_post_contains_them(tokenizer, post):
    [row] = tokenise([chat(post)], tokenizer, 512).rows
    end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    assert row["input_ids"].count(end) == 2  # one per turn
    assert row["input_ids"].count(tokenizer.bos_token_id) == 1
    assert row["input_ids"][0] == tokenizer.bos_token_id


def test_a_long_example_is_dropped_whole_and_counted(tokenizer, capsys):
    result = training_examples([chat("flour"), chat("flour " * 200)], tokenizer, 128)
    [row] = result.rows
    assert result.too_long == 1
    assert result.longest == result.tokens == row["length"] <= 128
    assert result.answer_tokens == len(labelled(row))
    assert "1 example dropped: longer than 128 tokens" in capsys.readouterr().out
    with pytest.raises(PipelineError, match="no example fits into --max-seq-length 64"):
        training_examples([chat("flour " * 200)], tokenizer, 64)


def test_a_dataset_that_cannot_be_used_is_reported(tmp_path):
    path = tmp_path / "data.jsonl"
    with pytest.raises(PipelineError, match="04_generate_finetuning_dataset"):
        load_chats(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(PipelineError, match="no examples"):
        load_chats(path)
    path.write_text(f"{json.dumps({'messages': chat('flour')})}\n{{broken\n", encoding="utf-8")
    with pytest.raises(PipelineError, match="2"):
        load_chats(path)


def test_the_train_part_of_a_split_dataset_is_suggested(tmp_path):
    (tmp_path / "data_train.jsonl").write_text("{}")
    with pytest.raises(PipelineError, match=r"it is split, use --dataset .*data_train\.jsonl"):
        load_chats(tmp_path / "data.jsonl")


def test_the_held_out_split_is_disjoint_and_seeded():
    chats = [chat(f"post {i}") for i in range(20)] + [chat("post 3", "{}")]
    train, held_out = split_off(chats, 0.25, seed=1)
    assert len(train) + len(held_out) == 21
    assert 5 <= len(held_out) <= 6
    posts = {c[1]["content"] for c in held_out}
    assert posts.isdisjoint(c[1]["content"] for c in train)
    assert split_off(chats, 0.25, seed=1) == (train, held_out)
    assert split_off(chats, 0.25, seed=2)[1] != held_out
    with pytest.raises(PipelineError, match="too small"):
        split_off([chat("a"), chat("a")], 0.5, seed=0)


def test_settings_decide_how_much_is_held_out(settings, tmp_path):
    assert [len(part) for part in load_split(settings)] == [20, 0]
    assert [len(part) for part in load_split(make_settings(tmp_path, eval_split=0.2))] == [16, 4]


def test_the_system_prompt_comes_from_the_examples():
    user = {"role": "user", "content": "post"}
    assert system_prompt_of([[{"role": "system", "content": "Read this."}, user]]) == "Read this."
    assert system_prompt_of([[user]]) is None


def test_the_hash_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_000_000)
    assert file_sha256(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
