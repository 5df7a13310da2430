"""Recipes as cards for the HTML reports."""

import pytest

from recipe_pipeline.schema.cards import recipe_cards

SOUP = {
    "@type": "Recipe",
    "name": "Soup",
    "recipeYield": "4 servings",
    "cookTime": "PT1H30M",
    "recipeCuisine": "Thai",
    "recipeIngredient": ["1 leek", "salt"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil."}],
}


def test_a_card_has_the_facts_and_lines_of_a_recipe():
    [card] = recipe_cards(SOUP)
    assert card.name == "Soup"
    assert dict(card.facts) == {"yield": "4 servings", "cook": "1 h 30 min", "cuisine": "Thai"}
    assert card.ingredients == (("1 leek", ""), ("salt", ""))
    assert card.steps == (("Boil.", ""),)


def test_statuses_of_all_recipes_come_in_one_list():
    lines = [["1 leek", "matched"], ["salt", "extra"], ["1 leek", "matched"], ["salt", "missed"]]
    steps = [["Boil.", "matched"], ["Boil.", "unsupported"]]
    first, second = recipe_cards({"@graph": [SOUP, {**SOUP, "name": ""}]}, lines, steps)
    assert first.ingredients == (("1 leek", "matched"), ("salt", "extra"))
    assert second.ingredients == (("1 leek", "matched"), ("salt", "missed"))
    assert second.steps == (("Boil.", "unsupported"),)
    assert second.name == "(no name)"


@pytest.mark.parametrize("data", [None, {}, [], "text", {"@graph": [1]}])
def test_other_data_has_no_cards(data):
    assert recipe_cards(data) == ()
