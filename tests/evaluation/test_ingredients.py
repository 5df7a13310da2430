"""Quantity, unit and name of paired lines."""

import pytest

from recipe_pipeline.evaluation import ingredients
from recipe_pipeline.evaluation.ingredients import agreement
from recipe_pipeline.text import ingredient_line


@pytest.fixture(autouse=True)
def rules_only(monkeypatch):
    monkeypatch.setattr(ingredient_line, "parser_is_ready", lambda: False)
    ingredients._parts.cache_clear()
    yield
    ingredients._parts.cache_clear()


@pytest.mark.parametrize(
    ("predicted", "gold", "quantity", "unit", "name"),
    [
        ("2 cups flour", "2 cups flour", 1, 1, 1),
        ("1/2 cup butter", "½ cup butter", 1, 1, 1),
        ("1/3 cup sugar", "0.333 cups sugar", 1, 1, 1),
        ("2 cups flour", "3 cups flour", 0, 1, 1),
        ("2 cups flour", "2 tbsp flour", 1, 0, 1),
        ("2 tbsp sugar", "2 tablespoons sugar", 1, 1, 1),
        ("2 cups flour", "2 cups sugar", 1, 1, 0),
        ("flour", "2 cups flour", 0, 0, 1),
    ],
)
def test_agreement_of_one_pair(predicted, gold, quantity, unit, name):
    assert agreement([(predicted, gold)]) == {
        "quantity": (quantity, 1),
        "unit": (unit, 1),
        "ingredient_name": (name, 1),
    }


def test_pairs_are_counted():
    pairs = [("1 egg", "1 egg"), ("2 cups milk", "3 cups milk"), ("salt", "salt")]
    assert agreement(pairs)["quantity"] == (2, 3)
    assert agreement([])["quantity"] == (0, 0)
