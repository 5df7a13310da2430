import sys
from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.text import ingredient_line
from recipe_pipeline.text.ingredient_line import IngredientParts, split_line


@pytest.fixture(autouse=True)
def rules_only(monkeypatch):
    monkeypatch.setattr(ingredient_line, "parser_is_ready", lambda: False)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (
            "2 1/2 cups (300 g) onions, finely chopped",
            (2.5, "cups", "onions", "300 g, finely chopped"),
        ),
        ("1½ cups sugar", (1.5, "cups", "sugar", "")),
        ("½ tsp. smoked paprika", (0.5, "tsp", "smoked paprika", "")),
        ("200g plain flour", (200, "g", "plain flour", "")),
        ("1,5 kg potatoes", (1.5, "kg", "potatoes", "")),
        ("1,000 g beef", (1000, "g", "beef", "")),
        ("2-3 tbsp olive oil", (2, "tbsp", "olive oil", "2-3")),
        ("1 to 2 cups stock", (1, "cups", "stock", "1 to 2")),
        ("4 large eggs, beaten", (4, "", "large eggs", "beaten")),
        ("1 (14 oz) can beans, drained", (1, "can", "beans", "14 oz, drained")),
        ("3 cloves of garlic peeled and sliced", (3, "cloves", "garlic", "peeled and sliced")),
        ("a pinch of salt", (1, "pinch", "salt", "")),
        ("One onion", (1, "", "onion", "")),
        ("2 heaped tbsp cocoa", (2, "heaped tbsp", "cocoa", "")),
        ("cream cheese - softened", (None, "", "cream cheese", "softened")),
        ("Salt and pepper to taste", (None, "", "Salt and pepper", "to taste")),
        ("Juice of 1 lemon", (None, "", "Juice of 1 lemon", "")),
        ("14-ounce tin tomatoes", (None, "", "14-ounce tin tomatoes", "")),
        ("2 % milk", (None, "", "2 % milk", "")),
        ("7-up", (None, "", "7-up", "")),
        ("1/0 cup flour", (None, "cup", "flour", "")),
        ("500 ", (None, "", "", "500")),
        ("", (None, "", "", "")),
    ],
)
def test_parts_of_a_line(line, parts):
    assert split_line(line) == IngredientParts(*parts)


@given(st.text(alphabet="12½/,.()-– acupgofx\n", max_size=30))
def test_any_line_has_parts(line):
    parts = split_line(line)
    assert parts.quantity is None or parts.quantity >= 0
    assert parts.food or parts.note or not line.strip(" \n,;()-–.:")


@dataclass
class Amount:
    quantity: object
    quantity_max: object
    unit: str
    text: str


def test_the_trained_parser_is_used_where_it_is_installed(monkeypatch):
    def text(value):
        return SimpleNamespace(text=value)

    def parse_ingredient(line, string_units):
        return SimpleNamespace(
            amount=[
                SimpleNamespace(
                    amounts=[Amount(Fraction(1, 3), Fraction(1, 2), "cup", "1/3-1/2 cup")]
                ),
                Amount(3, 3, "oz", "3 oz"),
            ],
            name=[text("butter"), text("oil")],
            size=text("small"),
            preparation=text("melted"),
            comment=None,
            purpose=text("for the pan"),
        )

    monkeypatch.setattr(ingredient_line, "parser_is_ready", lambda: True)
    fake = SimpleNamespace(parse_ingredient=parse_ingredient)
    monkeypatch.setitem(sys.modules, "ingredient_parser", fake)
    assert split_line("anything") == IngredientParts(
        0.333, "cup", "small butter", "1/3-1/2 cup, 3 oz, or oil, melted, for the pan"
    )
