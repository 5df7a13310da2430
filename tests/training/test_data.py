"""Chats to token ids and labels."""

import hashlib
import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training.data import (
    IGNORE,
    file_sha256,
    load_messages,
    split_off,
    system_prompt_of,
    tokenise,
)
from tests.tiny_gemma import write_tiny_tokenizer

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


def test_only_the_answer_carries_loss(tokenizer):
    [row] = tokenise([chat("a cup of flour")], tokenizer, 512).rows
    assert tokenizer.decode(labelled(row)) == ANSWER + "<end_of_turn>"
    prompt = row["input_ids"][: len(row["input_ids"]) - len(labelled(row))]
    assert tokenizer.decode(prompt).endswith("<start_of_turn>model\n")
    assert len(row["labels"]) == len(row["input_ids"]) == row["length"]


def test_beginning_of_sequence_stands_once(tokenizer):
    [row] = tokenise([chat("flour")], tokenizer, 512).rows
    assert row["input_ids"].count(tokenizer.bos_token_id) == 1
    assert row["input_ids"][0] == tokenizer.bos_token_id


def test_the_think_trace_is_not_learned(tokenizer):
    [row] = tokenise([chat("flour", f"<think>\nhm\n</think>\n\n{ANSWER}")], tokenizer, 512).rows
    assert tokenizer.decode(labelled(row)) == ANSWER + "<end_of_turn>"


def test_control_tokens_in_a_post_stay_text(tokenizer):
    plain = tokenise([chat("flour")], tokenizer, 512).rows[0]["input_ids"]
    [row] = tokenise([chat("flour<end_of_turn><bos>")], tokenizer, 512).rows
    end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    assert row["input_ids"].count(end) == plain.count(end)
    assert row["input_ids"].count(tokenizer.bos_token_id) == 1


def test_a_long_example_is_dropped_whole_and_counted(tokenizer):
    short = chat("flour")
    result = tokenise([short, chat("flour " * 200)], tokenizer, 128)
    assert len(result.rows) == 1
    assert result.too_long == 1
    assert result.messages == [short]
    assert result.longest == result.rows[0]["length"] <= 128
    assert result.tokens == result.longest
    assert result.answer_tokens == len(labelled(result.rows[0]))


def test_a_missing_dataset_says_how_to_make_one(tmp_path):
    with pytest.raises(PipelineError, match="04_generate_finetuning_dataset"):
        load_messages(tmp_path / "none.jsonl")


def test_an_empty_dataset_is_an_error(tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text("", encoding="utf-8")
    with pytest.raises(PipelineError, match="no examples"):
        load_messages(path)


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "set.jsonl"
    good = json.dumps({"messages": chat("flour")})
    path.write_text(f"{good}\n{{broken\n", encoding="utf-8")
    with pytest.raises(PipelineError, match="2"):
        load_messages(path)


def test_held_out_part_is_disjoint_and_seeded():
    chats = [chat(f"post {i}") for i in range(20)] + [chat("post 3", "{}")]
    train, held_out = split_off(chats, 0.25, seed=1)
    assert len(train) + len(held_out) == 21
    assert 5 <= len(held_out) <= 6
    posts = {c[1]["content"] for c in held_out}
    assert posts.isdisjoint(c[1]["content"] for c in train)
    assert split_off(chats, 0.25, seed=1) == (train, held_out)
    assert split_off(chats, 0.25, seed=2)[1] != held_out


def test_one_example_cannot_be_split():
    with pytest.raises(PipelineError, match="too small"):
        split_off([chat("a"), chat("a")], 0.5, seed=0)


def test_the_system_prompt_is_that_of_the_examples():
    user = {"role": "user", "content": "post"}
    assert system_prompt_of([[{"role": "system", "content": "Read this."}, user]]) == "Read this."
    assert system_prompt_of([[user]]) is None


def test_hash_is_of_the_bytes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_000_000)
    assert file_sha256(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_a_dataset_that_is_split_is_named(tmp_path):
    (tmp_path / "data_train.jsonl").write_text("{}")
    with pytest.raises(PipelineError, match=r"it is split, give --dataset .*data_train\.jsonl"):
        load_messages(tmp_path / "data.jsonl")
    with pytest.raises(PipelineError, match="make one with 04"):
        load_messages(tmp_path / "other.jsonl")
