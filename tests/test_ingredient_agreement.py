"""Quantity, unit and name of paired lines, read by a library."""

import sys

import pytest

from recipe_pipeline import ingredient_agreement
from recipe_pipeline.errors import PipelineError
from recipe_pipeline.ingredient_agreement import agreement, resolve_reader


@pytest.fixture(params=["ingredient-slicer", "ingredient-parser"])
def reader(request):
    if request.param == "ingredient-parser" and not ingredient_agreement._parser_is_ready():
        pytest.skip("NLTK's tagger is not on this machine (it is downloaded from the internet)")
    return request.param


@pytest.mark.parametrize(
    ("predicted", "gold", "quantity", "unit", "name"),
    [
        ("2 cups flour", "2 cups flour", 1, 1, 1),
        ("1/2 cup butter", "½ cup butter", 1, 1, 1),
        ("2 cups flour", "3 cups flour", 0, 1, 1),
        ("2 cups flour", "2 tbsp flour", 1, 0, 1),
        ("2 tbsp sugar", "2 tablespoons sugar", 1, 1, 1),
        ("2 cups flour", "2 cups sugar", 1, 1, 0),
        ("flour", "2 cups flour", 0, 0, 1),
    ],
)
def test_agreement_of_one_pair(reader, predicted, gold, quantity, unit, name):
    assert agreement([(predicted, gold)], reader) == {
        "quantity": (quantity, 1),
        "unit": (unit, 1),
        "ingredient_name": (name, 1),
    }


def test_pairs_are_counted(reader):
    pairs = [("1 egg", "1 egg"), ("2 cups milk", "3 cups milk"), ("salt", "salt")]
    assert agreement(pairs, reader)["quantity"] == (2, 3)
    assert agreement([], reader)["quantity"] == (0, 0)


@pytest.mark.parametrize("line", ["", "???", "1/0 cups", "½½½", "((((", "1 " * 300, "<b>1</b> é"])
def test_a_strange_line_is_read_without_an_error(line, reader):
    for value, total in agreement([(line, "1 egg")], reader).values():
        assert 0 <= value <= total == 1


def test_auto_takes_the_reader_whose_data_is_there(monkeypatch):
    monkeypatch.setattr(ingredient_agreement, "_parser_is_ready", lambda: True)
    assert resolve_reader("auto") == "ingredient-parser"
    monkeypatch.setattr(ingredient_agreement, "_parser_is_ready", lambda: False)
    assert resolve_reader("auto") == "ingredient-slicer"
    assert resolve_reader("off") == "off"


def test_a_reader_that_cannot_work_says_what_to_do(monkeypatch):
    monkeypatch.setattr(ingredient_agreement, "_parser_is_ready", lambda: False)
    with pytest.raises(PipelineError, match=r"nltk\.downloader averaged_perceptron_tagger_eng"):
        resolve_reader("ingredient-parser")
    with pytest.raises(PipelineError, match="unknown ingredient reader 'spoon'"):
        resolve_reader("spoon")


def test_looking_for_the_parser_starts_no_download():
    ingredient_agreement._parser_is_ready()
    assert "ingredient_parser" not in sys.modules or ingredient_agreement._parser_is_ready()
