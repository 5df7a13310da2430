"""The index gives exactly the recipes that reading the whole CSV gives."""

from __future__ import annotations

import csv
import io
import os

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source import recipe_index
from recipe_pipeline.source.recipe_index import INDEX_NAME, RecipeIndex, WholeFile, open_recipes
from recipe_pipeline.source.recipes import ReadReport, iter_recipes

HEADER = ["group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient"]
ROWS = [
    ["soup", "Crème <U+2153> soup", "4", "", "", "Line one\nline two", "prep: 5 mins", "1 leek"],
    ["soup", "Plain", "5", "", "", 'With "quotes", and commas', "Servings: 4", "1 + 2 eggs"],
    ["stew", "Plain", "", "", "", 'With "quotes", and commas', "Servings: 4", "1 + 2 eggs"],
    ["x", "", "", "", "", "no name", "", "1 egg"],
    ["x", "no ingredients", "", "", "", "", "", ""],
    ["pie", "Ünï ½", "", "", "", "\r in, side", "", "2 apples + sugar"],
]


def table(path, encoding="utf-8", newline="\r\n", rows=ROWS):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=newline)
    writer.writerow(HEADER)
    writer.writerow([])
    writer.writerows(rows[:2])
    text.write("too,few,cells" + newline)
    writer.writerows(rows[2:])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_index_and_whole_file_agree(tmp_path, encoding, newline):
    path = table(tmp_path / "r.csv", encoding, newline)
    report = ReadReport()
    expected = list(iter_recipes(path, report))
    assert [recipe.name for recipe in expected] == ["Crème ⅓ soup", "Plain", "Ünï ½"]
    for _ in range(2):
        found = open_recipes(path, tmp_path)
        assert isinstance(found, WholeFile if encoding == "utf-16" else RecipeIndex)
        assert list(found.recipes(0, None, ())) == expected
        assert found.report == report


def test_a_file_with_old_mac_line_ends_is_read_whole(tmp_path):
    path = table(
        tmp_path / "r.csv", newline="\r", rows=[["g", "A", "", "", "", "", "", "1 egg"]] * 3
    )
    assert [recipe.name for recipe in open_recipes(path, tmp_path).recipes(0, None, ())] == ["A"]


def test_skip_stop_and_done_choose_by_position(tmp_path):
    path = table(tmp_path / "r.csv")
    stems = [recipe.stem for recipe in iter_recipes(path)]
    for found in (open_recipes(path, tmp_path), WholeFile(path)):
        assert [recipe and recipe.stem for recipe in found.recipes(1, 3, {stems[2]})] == [
            stems[1],
            None,
        ]


def test_a_second_opening_does_not_parse_the_table(tmp_path, monkeypatch):
    path = table(tmp_path / "r.csv")
    expected = list(open_recipes(path, tmp_path).recipes(0, None, ()))
    monkeypatch.setattr(recipe_index, "_build", None)
    assert list(open_recipes(path, tmp_path).recipes(0, None, ())) == expected


def test_a_changed_table_is_indexed_anew(tmp_path):
    path = table(tmp_path / "r.csv")
    open_recipes(path, tmp_path)
    table(path, rows=ROWS[::-1])
    os.utime(path, ns=(1, 1))
    assert [r.name for r in open_recipes(path, tmp_path).recipes(0, 1, ())] == ["Ünï ½"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', "\0\xff"])
def test_a_broken_index_is_made_anew(tmp_path, content):
    path = table(tmp_path / "r.csv")
    (tmp_path / INDEX_NAME).write_text(content, encoding="latin-1")
    assert len(list(open_recipes(path, tmp_path).recipes(0, None, ()))) == 3


def test_a_table_that_changes_under_the_run_is_told(tmp_path):
    path = table(tmp_path / "r.csv")
    found = open_recipes(path, tmp_path)
    path.write_text("a\n" * 500, encoding="utf-8")
    with pytest.raises(PipelineError, match="has changed"):
        list(found.recipes(0, None, ()))


def test_a_table_without_recipes_is_refused(tmp_path):
    path = table(tmp_path / "r.csv", rows=ROWS[3:5])
    with pytest.raises(PipelineError, match="no usable recipe"):
        open_recipes(path, tmp_path)
