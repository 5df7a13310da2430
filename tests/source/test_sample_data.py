"""The bundled recipes keep the promises that quickstart and the documentation rest on."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from recipe_pipeline.source.recipes import read_recipes

SAMPLE = Path(__file__).parents[2] / "sample_data" / "recipes.csv"
COLUMNS = [
    "group",
    "name",
    "rating",
    "n_rater",
    "n_reviewer",
    "summary",
    "process",
    "ingredient",
    "directions",
]
TIME_LABELS = {
    "prep",
    "cook",
    "total",
    "additional",
    "chill",
    "cool",
    "marinate",
    "rest",
    "bake",
    "stand",
    "soak",
    "other-time",
}
MINUTES = {"day": 1440, "hr": 60, "min": 1}
LABEL = re.compile(r"(?:^|,)([A-Za-z-]+): ")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def labels_of(process: str) -> dict[str, str]:
    """``{"prep": "10 mins", "Yield": "24 muffins, or 48 mini muffins"}``."""
    parts = LABEL.split(process)
    assert parts[0] == "", process
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def minutes_of(words: str) -> int:
    assert re.fullmatch(r"\d+ (?:day|hr|min)s?(?: \d+ (?:day|hr|min)s?)*", words), words
    return sum(int(n) * MINUTES[unit] for n, unit in re.findall(r"(\d+) (day|hr|min)", words))


def test_columns_are_those_of_kaggle_plus_directions(rows):
    assert list(rows[0]) == COLUMNS
    assert all(None not in row and None not in row.values() for row in rows)


def test_there_are_enough_recipes_and_no_two_share_a_name(rows):
    assert len(rows) >= 120
    assert len({row["name"].casefold() for row in rows}) == len(rows)


def test_every_recipe_can_be_cooked(rows):
    for row in rows:
        assert len(row["ingredient"].split(" + ")) >= 3, row["name"]
        assert len(row["directions"].split(" + ")) >= 2, row["name"]
        assert row["group"], row["name"]


def test_lists_have_no_broken_separators(rows):
    for row in rows:
        for column in ("ingredient", "directions"):
            for item in row[column].split(" + "):
                assert item == item.strip(), (row["name"], item)
                assert item, row["name"]
                assert "+" not in item, (row["name"], item)
        for step in row["directions"].split(" + "):
            assert step[0].isupper(), (row["name"], step)
            assert step[-1] in ".!", (row["name"], step)


def test_text_has_no_escapes_mojibake_or_stray_white_space(rows):
    for row in rows:
        text = "\n".join(row.values())
        assert not re.search(r"<U\+|&[a-z]+;|Ã|â€|Â|\ufffd|\t|  ", text), row["name"]
        assert all(value == value.strip() and "\n" not in value for value in row.values())


def test_times_parse_and_parts_add_up_to_the_total(rows):
    for row in rows:
        labels = labels_of(row["process"])
        assert set(labels) <= TIME_LABELS | {"Servings", "Yield"}, row["name"]
        times = {k: minutes_of(v) for k, v in labels.items() if k in TIME_LABELS}
        if "total" in times and len(times) > 1:
            total = times.pop("total")
            assert total == sum(times.values()), row["name"]
        if "Servings" in labels:
            assert int(labels["Servings"]) > 0, row["name"]


def test_names_have_characters_that_are_difficult_in_file_names(rows):
    names = "".join(row["name"] for row in rows)
    assert set("'\"/®&(é") <= set(names)


def test_some_labels_are_missing_as_in_the_original(rows):
    labels = [labels_of(row["process"]) for row in rows]
    for label in ("prep", "cook", "Yield", "Servings"):
        missing = sum(label not in found for found in labels)
        assert 0 < missing < len(rows) / 2, label
    assert any("," in found.get("Yield", "") for found in labels)


def test_the_package_reads_every_row():
    found = list(read_recipes(SAMPLE))
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert [recipe.name for recipe in found] == [row["name"] for row in expected]
    for recipe, row in zip(found, expected, strict=True):
        assert list(recipe.ingredients) == row["ingredient"].split(" + ")
        assert list(recipe.directions) == row["directions"].split(" + ")
