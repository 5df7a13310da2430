"""Quantity, unit and name of paired lines, read by a library."""

import sys
from fractions import Fraction
from types import SimpleNamespace

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation import ingredients as ingredient_agreement
from recipe_pipeline.evaluation.ingredients import agreement, resolve_reader


@pytest.fixture(params=["ingredient-slicer", "ingredient-parser"])
def reader(request):
    if request.param == "ingredient-parser" and not ingredient_agreement.parser_is_ready():
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


@pytest.mark.parametrize(
    "line",
    ["", "???", "1/0 cups", "½½½", "((((", "1 " * 300, "<b>1</b> é", "- or 0 – half pinch plus"],
)
def test_a_strange_line_is_read_without_an_error(line, reader):
    for value, total in agreement([(line, "1 egg")], reader).values():
        assert 0 <= value <= total == 1


def test_auto_takes_the_reader_whose_data_is_there(monkeypatch):
    monkeypatch.setattr(ingredient_agreement, "parser_is_ready", lambda: True)
    assert resolve_reader("auto") == "ingredient-parser"
    monkeypatch.setattr(ingredient_agreement, "parser_is_ready", lambda: False)
    assert resolve_reader("auto") == "ingredient-slicer"
    assert resolve_reader("off") == "off"


def test_a_reader_that_cannot_work_says_what_to_do(monkeypatch):
    monkeypatch.setattr(ingredient_agreement, "parser_is_ready", lambda: False)
    with pytest.raises(PipelineError, match=r"nltk\.downloader averaged_perceptron_tagger_eng"):
        resolve_reader("ingredient-parser")
    with pytest.raises(PipelineError, match="unknown ingredient reader 'spoon'"):
        resolve_reader("spoon")


class FakeParser:
    """A substitute for ingredient-parser-nlp, whose data is a download.

    Returns objects with the attributes of its ParsedIngredient (version 2.9).
    """

    def __init__(self):
        self.lines = []

    def parse_ingredient(self, line, *, string_units):
        assert string_units is True
        self.lines.append(line)
        word = line.split()
        if len(word) < 3:
            return SimpleNamespace(amount=[], name=[SimpleNamespace(text=line)])
        low, _, high = word[0].partition("-")
        amount = SimpleNamespace(
            quantity=Fraction(low), quantity_max=Fraction(high or low), unit=word[1]
        )
        both = SimpleNamespace(amounts=[amount, amount])  # CompositeIngredientAmount
        parts = [both] if word[0] == "1" else [amount]
        return SimpleNamespace(amount=parts, name=[SimpleNamespace(text=" ".join(word[2:]))])


@pytest.mark.parametrize(
    ("predicted", "gold", "agreeing"),
    [
        ("1/3 cup sugar", "0.333 cups sugar", (1, 1, 1)),
        ("1-2 tbsp oil", "1 tablespoon oil", (0, 1, 1)),
        ("1 lb beef", "1 pound beef", (1, 1, 1)),
        ("salt", "2 tsp salt", (0, 0, 1)),
    ],
)
def test_the_parsers_objects_are_understood(monkeypatch, predicted, gold, agreeing):
    fake = FakeParser()
    monkeypatch.setitem(sys.modules, "ingredient_parser", fake)
    ingredient_agreement._read_with_parser.cache_clear()
    found = agreement([(predicted, gold)], "ingredient-parser")
    ingredient_agreement._read_with_parser.cache_clear()
    assert tuple(value for value, _ in found.values()) == agreeing
    # The same line is read once, however many models copy it.
    assert len(fake.lines) == len(set(fake.lines))
