"""Documents of 07 are read in both forms."""

import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.data import load_documents
from tests.evaluation_samples import post, recipe, write_chats

SOUP = recipe()


def write(path, *rows):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_chat_gives_its_post_and_its_label_without_the_reasoning(tmp_path):
    [document] = load_documents(write_chats(tmp_path / "d.jsonl", [SOUP]))
    assert document.post == post(SOUP)
    assert document.gold == SOUP
    assert document.id == "line-00001"
    assert document.groups == {}


def test_metadata_beside_the_dataset_names_and_groups_the_documents(tmp_path):
    meta = {"id": "00007-soup", "style": "minimal_organized", "kind": "complete",
            "source": {"row": 7, "blog_model": "teacher"}}  # fmt: skip
    path = write_chats(tmp_path / "d.jsonl", [SOUP, {}], metas=[meta, {"kind": "no_recipe"}])
    first, second = load_documents(path)
    assert first.id == "00007-soup"
    assert first.groups == {
        "style": "minimal_organized",
        "kind": "complete",
        "source": "teacher",
    }
    assert second.id == "line-00002"
    assert second.groups == {"kind": "no_recipe"}


def test_metadata_of_another_dataset_is_not_used(tmp_path):
    path = write_chats(tmp_path / "d.jsonl", [SOUP, SOUP], metas=[{"id": "a", "style": "x"}])
    assert [document.id for document in load_documents(path)] == ["line-00001", "line-00002"]


def test_known_pages_are_read_with_their_host_as_source(tmp_path):
    gold = {"name": "Soup", "ingredients": ["salt"], "instructions": []}
    path = write(tmp_path / "p.jsonl", {"id": "a/b", "host": "a.org", "text": "Soup", "gold": gold})
    [document] = load_documents(path)
    assert (document.id, document.post, document.gold) == ("a/b", "Soup", gold)
    assert document.groups == {"source": "a.org"}


def test_duplicate_ids_get_a_number(tmp_path):
    row = {"id": "x", "text": "t", "gold": {}}
    path = write(tmp_path / "p.jsonl", row, row, row)
    assert [document.id for document in load_documents(path)] == ["x", "x#2", "x#3"]


def test_limit_takes_the_first_and_zero_takes_all(tmp_path):
    rows = [{"id": i, "text": "t", "gold": {}} for i in range(5)]
    path = write(tmp_path / "p.jsonl", *rows)
    assert [document.id for document in load_documents(path, 2)] == ["0", "1"]
    assert len(load_documents(path, 0)) == len(load_documents(path)) == 5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", r"p\.jsonl, line 2: not valid JSON"),
        ("[1]", "line 2: no document"),
        ('{"id": 1, "gold": {}}', "line 2: no document"),
        ('{"text": "t", "gold": []}', 'line 2: "gold" must be the recipe'),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = write(tmp_path / "p.jsonl", {"id": "a", "text": "t", "gold": {}}, line)
    with pytest.raises(PipelineError, match=message):
        load_documents(path)


def test_missing_empty_and_binary_files_are_errors(tmp_path):
    with pytest.raises(PipelineError, match=r"does not exist: .*04_generate"):
        load_documents(tmp_path / "missing.jsonl")
    with pytest.raises(PipelineError, match=r"a folder of pages needs one"):
        load_documents(tmp_path)
    with pytest.raises(PipelineError, match="is empty"):
        load_documents(write(tmp_path / "e.jsonl", "", "  "))
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PipelineError, match="not UTF-8"):
        load_documents(tmp_path / "b.jsonl")


def test_a_chat_whose_answer_is_no_json_cannot_be_gold(tmp_path):
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "sorry"}]
    path = write(tmp_path / "c.jsonl", {"messages": messages})
    with pytest.raises(
        PipelineError, match="example 1: the assistant's answer is not a JSON object"
    ):
        load_documents(path)
