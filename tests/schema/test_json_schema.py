import pytest

from recipe_pipeline.schema.json_schema import answer_schema


def test_the_schema_allows_what_the_pipeline_writes_and_nothing_else():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(answer_schema())
    step = {"@type": "HowToStep", "text": "Boil."}
    section = {"@type": "HowToSection", "name": "Soup", "itemListElement": [step]}
    recipe = {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Soup",
        "recipeIngredient": ["1 leek"],
        "recipeInstructions": [step, section],
        "totalTime": "PT5M",
    }
    assert validator.is_valid({})
    assert validator.is_valid(recipe)
    for wrong in (
        [],
        {"name": "Soup"},
        {**recipe, "recipeIngredient": "1 leek"},
        {**recipe, "recipeIngredient": []},
        {**recipe, "recipeInstructions": ["Boil."]},
        {**recipe, "script": "x"},
        {**recipe, "@type": "Person"},
    ):
        assert not validator.is_valid(wrong)


def test_both_orders_of_keys_can_be_written_under_the_schema():
    # Runtimes let the required properties go first, in the order in which the schema has them.
    orders = [
        [key for key in form["properties"] if key in form["required"]][2:]
        for form in answer_schema()["anyOf"]
    ]
    assert orders == [
        ["name"],
        ["recipeIngredient", "name"],
        [],
    ]
