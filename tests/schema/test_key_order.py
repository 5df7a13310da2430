"""The order of keys in training answers."""

from __future__ import annotations

import pytest

from recipe_pipeline.schema.key_order import ORDERS, in_order

SOUP = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Soup",
    "description": "Warm.",
    "recipeYield": "4 servings",
    "prepTime": "PT5M",
    "totalTime": "PT20M",
    "recipeIngredient": ["1 l water"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil."}],
    "recipeCategory": "Soup",
}


def test_ingredients_come_before_name_yield_and_times_and_those_before_the_steps():
    assert list(in_order(SOUP, "ingredients-first")) == [
        *("@context", "@type", "recipeIngredient", "name", "recipeYield", "prepTime", "totalTime"),
        *("recipeInstructions", "description", "recipeCategory"),
    ]


def test_every_recipe_of_a_graph_is_put_in_order():
    graph = {"@context": "https://schema.org", "@graph": [SOUP, {"@type": "Recipe", "name": "Tea"}]}
    ordered = in_order(graph, "ingredients-first")
    assert list(ordered) == ["@context", "@graph"]
    assert list(ordered["@graph"][0])[2] == "recipeIngredient"
    assert ordered["@graph"][1] == {"@type": "Recipe", "name": "Tea"}


@pytest.mark.parametrize("document", [SOUP, {}, {"@graph": [SOUP, SOUP]}])
@pytest.mark.parametrize("order", ORDERS)
def test_no_order_changes_what_is_said(document, order):
    assert in_order(document, order) == document


def test_the_order_of_stage_3_is_left_alone():
    assert list(in_order(SOUP, "name-first")) == list(SOUP)
