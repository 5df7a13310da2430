import pytest

from recipe_pipeline.schema.quantities import read_ingredients
from recipe_pipeline.schema.salvage import salvage_recipe


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"@type": "PropertyValue", "name": "flour", "value": 250, "unitText": "g"}, "250 g flour"),
        (
            {"@type": "PropertyValue", "name": "flour", "value": "250", "unitCode": "GRM"},
            "250 g flour",
        ),
        ({"@type": "PropertyValue", "name": "onion, sliced", "value": 1}, "1 onion, sliced"),
        ({"@type": "PropertyValue", "name": "eggs", "minValue": 2, "maxValue": 3}, "2-3 eggs"),
        ({"@type": ["PropertyValue"], "name": "Ingredient", "value": "2 eggs"}, "2 eggs"),
        ({"@type": "HowToSupply", "name": "eggs", "requiredQuantity": 2}, "2 eggs"),
        ({"@type": "HowToSupply", "name": "rice", "requiredQuantity": "2 cups"}, "2 cups rice"),
        (
            {
                "@type": "HowToSupply",
                "name": "milk",
                "requiredQuantity": {
                    "@type": "QuantitativeValue",
                    "value": 1.5,
                    "unitText": "cups",
                },
            },
            "1.5 cups milk",
        ),
        (
            {"@type": "ListItem", "item": {"name": "oil", "value": "1/2", "unitCode": "G24"}},
            "1/2 tbsp oil",
        ),
        ({"@type": "ListItem", "item": "1 lemon"}, "1 lemon"),
        ({"@type": "ItemList", "itemListElement": {"name": "1 lemon"}}, "1 lemon"),
        ({"amount": {"value": 2, "unit": "tbsp"}, "ingredient": {"name": "oil"}}, "2 tbsp oil"),
        ({"name": "salt", "value": 0}, "salt"),
        ({"name": "250 g flour", "value": 250, "unitText": "g"}, "250 g flour"),
        ({"@value": "1 lemon"}, "1 lemon"),
        (["Ingredients:", "1 lemon"], "1 lemon"),
    ],
)
def test_amounts_survive_in_every_shape(value, line):
    complaints = []
    assert list(read_ingredients([value], complaints.append)) == [line]
    assert not complaints


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("recipeYield", 0, None),
        ("recipeYield", "0 servings", None),
        ("recipeYield", ["0", "4"], "4 servings"),
        ("recipeYield", -1, None),
        ("recipeYield", "servings", None),
        ("recipeYield", "4.0", "4 servings"),
        ("recipeYield", "4.5 cups", "4.5 cups"),
        (
            "recipeYield",
            {"@type": "QuantitativeValue", "minValue": 4, "maxValue": 6},
            "4-6 servings",
        ),
        ("recipeYield", {"value": 12, "unitText": "cookies"}, "12 cookies"),
        ("recipeYield", "10 to 12", "10 to 12 servings"),
        ("cookTime", "PT0S", None),
        ("cookTime", "P0DT0H0M", None),
        ("cookTime", 0, None),
        ("cookTime", "0 minutes", None),
        ("cookTime", ["PT0M", "PT20M"], "PT20M"),
        ("cookTime", ["01:30:00", "PT90M"], "PT1H30M"),
        ("cookTime", {"@type": "Duration", "@value": "PT30M"}, "PT30M"),
        ("cookTime", {"minValue": "PT20M", "maxValue": "PT25M"}, "PT25M"),
        ("cookTime", {"@type": "QuantitativeValue", "value": 2, "unitCode": "HUR"}, "PT2H"),
        ("cookTime", "PT0D0H30M", "PT30M"),
        ("cookTime", "P0Y0M0DT0H35M0.000S", "PT35M"),
    ],
)
def test_yields_and_times(field, value, expected):
    recipe, complaints = salvage_recipe({"@type": "Recipe", field: value})
    assert recipe.get(field) == expected
    assert not complaints
