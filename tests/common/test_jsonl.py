"""The append-only JSON Lines store."""

import pytest

from recipe_pipeline.common.jsonl import JsonlStore


@pytest.fixture
def store(tmp_path):
    return JsonlStore(tmp_path / "rows.jsonl", "id", "post")


def row(identifier, post, **others):
    return {"id": identifier, "post": post, **others}


def test_a_row_is_in_the_file_when_append_returns(store):
    store.append(row("a", "x", answer="crème"))
    assert store.path.read_text(encoding="utf-8") == '{"id": "a", "post": "x", "answer": "crème"}\n'


def test_a_store_without_a_file_is_empty(store):
    assert store.latest() == {}
    store.compact()
    assert not store.path.exists()


def test_the_last_row_of_a_key_counts(store):
    for answer in (1, 2):
        store.append(row("a", "x", answer=answer))
        store.append(row("b", "x", answer=10 * answer))
    store.append({"run": {"seconds": 3}})
    assert store.latest() == {
        ("a", "x"): row("a", "x", answer=2),
        ("b", "x"): row("b", "x", answer=20),
    }
    assert len(list(store.rows())) == 5


def test_a_torn_last_line_costs_only_itself(store):
    store.append(row("a", "x"))
    store.append(row("b", "x"))
    content = store.path.read_bytes()
    for cut in range(content.index(b"\n") + 1, len(content) - 1):
        store.path.write_bytes(content[:cut])
        store.append(row("c", "x"))
        assert [each["id"] for each in store.rows()] == ["a", "c"]


def test_lines_that_are_not_objects_are_skipped(store):
    store.path.write_bytes(
        b'[1]\n\n\xff\xfe\n"id"\n' + b"[" * 100_000 + b'\n{"id": 1, "post": 2}\n'
    )
    assert list(store.rows()) == [{"id": 1, "post": 2}]


def test_compacting_keeps_the_wanted_last_rows_and_removes_an_empty_file(store):
    for answer in (1, 2):
        store.append(row("a", "x", answer=answer))
        store.append(row("b", "x", answer=answer))
    store.compact(lambda each: each["id"] == "a")
    assert list(store.rows()) == [row("a", "x", answer=2)]
    store.compact(lambda each: False)
    assert not store.path.exists()


def test_lone_surrogates_and_unknown_types_can_be_stored(store, tmp_path):
    store.append(row("\ud800", tmp_path))
    assert list(store.rows()) == [row("?", str(tmp_path))]
