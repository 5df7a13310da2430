"""The chat format of the dataset."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import build_example, post_of, read_examples, strip_reasoning
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT


def test_the_post_is_read_back_from_an_example():
    assert post_of(build_example("A post.", {})["messages"]) == "A post."


def test_an_example_is_exactly_the_documented_message_format():
    example = build_example("A post.\nLine 2", {"name": "Crème"}, "Think.")
    assert example == {
        "messages": [
            {"role": "system", "content": EXTRACTION_SYSTEM_PROMPT},
            {
                "role": "user",
                "content": "Extract recipe information from this text:\n\nA post.\nLine 2",
            },
            {"role": "assistant", "content": '<think>\nThink.\n</think>\n\n{"name": "Crème"}'},
        ]
    }


def test_without_reasoning_the_answer_is_the_json_alone():
    assert build_example("p", {}, " \n")["messages"][2]["content"] == "{}"


@given(reasoning=st.text(), name=st.text())
def test_stripping_gives_back_the_recipe_whatever_the_reasoning_contains(reasoning, name):
    example = build_example("p", {"name": name}, reasoning + "</think> {} <think>")
    assert json.loads(strip_reasoning(example["messages"][-1]["content"])) == {"name": name}
    assert "\n" not in strip_reasoning(example["messages"][-1]["content"])


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>a</think>{}", "{}"),
        ("<think>\na\nb\n</think>\n\n{}", "{}"),
        ("{}", "{}"),
        ('{"a": "<think>x</think>"}', '{"a": "<think>x</think>"}'),
        ("<think>never ends {}", ""),
        ("", ""),
    ],
)
def test_strip_reasoning_removes_a_leading_block_only(text, rest):
    assert strip_reasoning(text) == rest


def test_a_good_line_is_read_without_bom_and_blank_lines(tmp_path):
    path = tmp_path / "d.jsonl"
    line = json.dumps(build_example("p", {}))
    path.write_bytes(b"\xef\xbb\xbf" + f"{line}\n\n{line}\r\n".encode())
    assert len(list(read_examples(path))) == 2


MESSAGES = build_example("p", {})["messages"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", 'no "messages" list'),
        (b'{"messages": []}', 'no "messages" list'),
        (b'{"messages": [1]}', "message 1 has an unknown role"),
        (b'{"messages": [{"role": "user", "content": 1}]}', "content of message 1"),
        (json.dumps({"messages": MESSAGES[:2]}).encode(), "not an assistant answer"),
        (json.dumps({"messages": MESSAGES[2:]}).encode(), "no user message"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path, line, problem):
    path = tmp_path / "d.jsonl"
    path.write_bytes(json.dumps({"messages": MESSAGES}).encode() + b"\n" + line + b"\n")
    with pytest.raises(PipelineError, match=rf"d\.jsonl, line 2: .*{problem}"):
        list(read_examples(path))


def test_a_missing_dataset_is_reported(tmp_path):
    with pytest.raises(PipelineError, match="cannot read"):
        next(read_examples(tmp_path / "none.jsonl"))
