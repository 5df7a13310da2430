import json

import pytest

from recipe_pipeline.extraction.mealie import (
    ingredient_parts,
    mealie_export,
    mealie_recipe,
    spelled_time,
)
from recipe_pipeline.schema.recipe import normalise_recipe
from tests.extraction.kitchen import SOUP, run

CAKE = normalise_recipe(
    {
        "@type": "Recipe",
        "name": "Cake",
        "cookTime": "PT1H",
        "recipeIngredient": ["1 1/2 cups flour, sifted", "salt"],
        "recipeInstructions": [
            {"@type": "HowToStep", "text": "Heat the oven."},
            {
                "@type": "HowToSection",
                "name": "Batter",
                "itemListElement": [
                    {"@type": "HowToStep", "name": "Mix", "text": "Stir it all."},
                    {"@type": "HowToStep", "text": "Bake."},
                ],
            },
        ],
        "nutrition": {"@type": "NutritionInformation", "fatContent": "3 g"},
    }
)


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("PT1H30M", "1 hour 30 minutes"),
        ("PT45M", "45 minutes"),
        ("PT1M", "1 minute"),
        ("P1DT2H", "26 hours"),
        ("PT0M", "0 minutes"),
        (None, None),
        ("soon", None),
    ],
)
def test_times_in_words(iso, words):
    assert spelled_time(iso) == words


def test_sections_are_titles_of_their_first_step():
    steps = mealie_recipe(CAKE)["instructions"]
    assert [(step["title"], step["text"]) for step in steps] == [
        (None, "Heat the oven."),
        ("Batter", "Mix: Stir it all."),
        (None, "Bake."),
    ]


def test_nutrition_and_times():
    recipe = mealie_recipe(CAKE)
    assert recipe["nutrition"] == {"fat_content": "3 g"}
    assert recipe["perform_time"] == "1 hour"
    assert recipe["total_time"] is None
    assert mealie_recipe({})["ingredients"] == []


def test_several_recipes_are_a_list_and_none_an_empty_object():
    bodies = [{k: v for k, v in r.items() if k != "@context"} for r in (SOUP, CAKE)]
    both = {"@context": "https://schema.org", "@graph": bodies}
    assert [recipe["name"] for recipe in mealie_export(both)] == ["Leek Soup", "Cake"]
    assert mealie_export({}) == {}
    assert len(ingredient_parts(both)) == 4


@pytest.mark.parametrize("output_format", ["mealie", "ingredients"])
def test_08_prints_amount_unit_food_and_note(post, local, capsys, output_format):
    local({**SOUP, "recipeIngredient": ["2 leeks", "1 litre stock, hot"]})
    assert run(post, "--format", output_format) == 0
    printed = json.loads(capsys.readouterr().out)
    if output_format == "ingredients":
        assert printed[1] == {
            "recipe": "Leek Soup",
            "text": "1 litre stock, hot",
            "quantity": 1.0,
            "unit": "litre",
            "food": "stock",
            "note": "hot",
        }
    else:
        line = printed["recipeIngredient"][1]
        assert line["unit"] == {"name": "litre"}
        assert line["food"] == {"name": "stock"}
        assert line["originalText"] == "1 litre stock, hot"
        assert printed["recipeInstructions"][0] == {"title": "", "text": "Slice the leeks."}
