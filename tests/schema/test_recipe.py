"""Whatever shape a recipe comes in, one canonical form comes out, or a list of complaints."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe_pipeline.schema.recipe import (
    RecipeInvalid,
    ingredient_lines,
    instruction_texts,
    is_valid,
    normalise_recipe,
    recipes_in,
)


def recipe(**fields):
    return {"@type": "Recipe", "name": "Soup", "recipeIngredient": ["1 onion"], **fields}


def step(text, **more):
    return {"@type": "HowToStep", **more, "text": text}


CANONICAL = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Leek Soup",
    "description": "Warm and green.",
    "recipeYield": "4 servings",
    "prepTime": "PT10M",
    "cookTime": "PT25M",
    "totalTime": "PT35M",
    "recipeIngredient": ["2 leeks", "1 l stock"],
    "recipeInstructions": [
        {"@type": "HowToSection", "name": "Base", "itemListElement": [step("Sweat the leeks.")]},
        step("Simmer.", name="Finish"),
    ],
    "recipeCategory": "Soup",
    "recipeCuisine": "French",
    "keywords": "leek, winter",
    "nutrition": {"@type": "NutritionInformation", "calories": "120 kcal"},
}


def test_a_canonical_recipe_is_valid_and_stays_as_it_is():
    assert is_valid(CANONICAL)
    assert list(normalise_recipe(CANONICAL).items()) == list(CANONICAL.items())


def test_keys_come_in_canonical_order_whatever_the_input_order():
    shuffled = dict(reversed(list(CANONICAL.items())))
    assert list(normalise_recipe(shuffled)) == list(CANONICAL)


@pytest.mark.parametrize(
    "empty",
    [{}, {"name": None, "recipeIngredient": []}, {"@context": "https://schema.org", "@type": "Recipe"},
     {"name": " ", "recipeInstructions": [{}, None, ""]}],
)  # fmt: skip
def test_nothing_but_empty_values_means_no_recipe(empty):
    assert normalise_recipe(empty) == {}


def test_empty_values_are_dropped_at_any_depth():
    found = normalise_recipe(
        recipe(image="", author=None, nutrition={"@type": "NutritionInformation", "calories": ""},
               recipeIngredient=["1 onion", "", None], keywords=[])
    )  # fmt: skip
    assert list(found) == ["@context", "@type", "name", "recipeIngredient"]
    assert found["recipeIngredient"] == ["1 onion"]


@pytest.mark.parametrize("filler", ["N/A", "unknown", "Not specified", "None", "-"])
def test_placeholders_count_as_absent(filler):
    found = normalise_recipe(recipe(prepTime=filler, recipeYield=filler, description=filler))
    assert not {"prepTime", "recipeYield", "description"} & set(found)


@pytest.mark.parametrize(
    ("given_form", "texts"),
    [
        ("Chop. Cook.", ["Chop. Cook."]),
        ("Chop it.\n\nCook  it.", ["Chop it.", "Cook it."]),
        ("1. Chop it.\n2) Cook it.", ["Chop it.", "Cook it."]),
        ("1. Chop it. 2. Cook it.", ["Chop it.", "Cook it."]),
        ("Step 1: Chop it.\nStep 2: Cook it.", ["Chop it.", "Cook it."]),
        (["- Chop it.", "• Cook it."], ["Chop it.", "Cook it."]),
        ([{"@type": "HowToStep", "text": "Chop it."}, "Cook it."], ["Chop it.", "Cook it."]),
        ([{"@type": "HowToDirection", "text": "Chop it."}], ["Chop it."]),
        ([{"@type": "HowToStep", "name": "Chop it."}], ["Chop it."]),
        ([{"text": "Chop it.", "position": 1}], ["Chop it."]),
        ([{"@type": "HowToTip", "text": "Use gloves."}, "Chop it."], ["Chop it."]),
        ({"@type": "ItemList", "itemListElement": ["Chop it.", "Cook it."]}, ["Chop it.", "Cook it."]),
        ([["Chop it."], ["Cook it."]], ["Chop it.", "Cook it."]),
        (
            [{"@type": "HowToStep", "itemListElement": [{"@type": "HowToDirection", "text": "Chop."},
                                                        {"@type": "HowToDirection", "text": "Stir."}]}],
            ["Chop. Stir."],
        ),
        ([{"step": 1, "description": "Chop it."}], ["Chop it."]),
        ([{"step": "1", "text": "Chop it."}], ["Chop it."]),
        ("2 minutes of stirring.", ["2 minutes of stirring."]),
    ],
)  # fmt: skip
def test_instructions_of_any_shape_become_steps(given_form, texts):
    found = normalise_recipe(recipe(recipeInstructions=given_form))
    assert instruction_texts(found) == texts
    assert all(item["@type"] == "HowToStep" for item in found["recipeInstructions"])


def test_sections_keep_their_names_and_order():
    found = normalise_recipe(
        recipe(recipeInstructions=[
            {"@type": "HowToSection", "name": "Dough", "itemListElement": ["Mix.", step("Rest.")]},
            {"name": "Filling", "steps": "Chop.\nFry."},
            {"@type": "HowToSection", "itemListElement": [step("Bake.")]},
        ])
    )  # fmt: skip
    dough, filling, bake = found["recipeInstructions"]
    assert (dough["@type"], dough["name"]) == ("HowToSection", "Dough")
    assert [s["text"] for s in filling["itemListElement"]] == ["Chop.", "Fry."]
    assert bake == step("Bake.")
    assert instruction_texts(found) == ["Mix.", "Rest.", "Chop.", "Fry.", "Bake."]


def test_a_section_inside_a_section_is_flattened():
    inner = {"@type": "HowToSection", "name": "B", "itemListElement": ["Stir."]}
    found = normalise_recipe(
        recipe(
            recipeInstructions=[{"@type": "HowToSection", "name": "A", "itemListElement": [inner]}]
        )
    )
    assert found["recipeInstructions"][0]["itemListElement"] == [step("Stir.")]


@pytest.mark.parametrize("title", ["Step 1", "1.", "Chop the onions", "Chop the onions…"])
def test_a_step_name_that_repeats_or_numbers_is_dropped(title):
    found = normalise_recipe(
        recipe(recipeInstructions=[step("Chop the onions finely.", name=title)])
    )
    assert found["recipeInstructions"] == [step("Chop the onions finely.")]


@pytest.mark.parametrize(
    ("given_form", "wording"),
    [
        (4, "4 servings"), ("1", "1 serving"), ("4-6", "4-6 servings"), ("4 to 6", "4 to 6 servings"),
        ("12 muffins", "12 muffins"), (["4"], "4 servings"), (["10", "10 burritos"], "10 burritos"),
        (["2 loaves", "24 slices"], "2 loaves, 24 slices"), (4.0, "4 servings"),
        ({"@type": "QuantitativeValue", "value": 8, "unitText": "pieces"}, "8 pieces"),
    ],
)  # fmt: skip
def test_yields_of_any_shape_become_words(given_form, wording):
    assert normalise_recipe(recipe(recipeYield=given_form))["recipeYield"] == wording


@pytest.mark.parametrize(
    ("given_form", "lines"),
    [
        ("1 onion\n2 leeks\n", ["1 onion", "2 leeks"]),
        (["- 1  onion", "• 2 leeks", "▢ salt"], ["1 onion", "2 leeks", "salt"]),
        ([{"amount": "1", "unit": "cup", "name": "flour"}], ["1 cup flour"]),
        ([{"quantity": 2, "ingredient": "eggs"}], ["2 eggs"]),
        ([{"name": "Dough", "items": ["1 cup flour"]}, "salt"], ["1 cup flour", "salt"]),
        ([["1 onion"], ["salt"]], ["1 onion", "salt"]),
        (["-18 C frozen peas"], ["-18 C frozen peas"]),
    ],
)
def test_ingredients_of_any_shape_become_lines(given_form, lines):
    assert ingredient_lines(normalise_recipe(recipe(recipeIngredient=given_form))) == lines


def test_texts_are_joined_and_put_on_one_line():
    found = normalise_recipe(
        recipe(keywords=["leek", "winter", "leek"], recipeCategory=["Soup"], description="Warm\n\n and  green",
               recipeCuisine={"@type": "Thing", "name": "French"})
    )  # fmt: skip
    assert found["keywords"] == "leek, winter"
    assert found["recipeCategory"] == "Soup"
    assert found["recipeCuisine"] == "French"
    assert found["description"] == "Warm and green"


def test_aliases_of_a_property_are_understood():
    found = normalise_recipe(
        {"type": "Recipe", "title": "Soup", "ingredients": ["1 onion"], "directions": "Cook.",
         "prep_time": "10 min", "Total Time": "1 hr 15 min", "servings": 2, "cuisine": "Thai"}
    )  # fmt: skip
    assert found["name"] == "Soup"
    assert (found["prepTime"], found["totalTime"]) == ("PT10M", "PT1H15M")
    assert (found["recipeYield"], found["recipeCuisine"]) == ("2 servings", "Thai")
    assert normalise_recipe(recipe(title="Other"))["name"] == "Soup"


def test_schema_org_properties_are_kept_and_junk_is_dropped():
    found = normalise_recipe(
        recipe(suitableForDiet="https://schema.org/VeganDiet", tool=["pot"], datePublished="2020-01-01",
               confidence=0.9, notes="x", wpData={"a": 1})
    )  # fmt: skip
    assert list(found)[4:] == ["suitableForDiet", "tool", "datePublished"]


@pytest.mark.parametrize(
    "kind", [["Recipe", "NewsArticle"], "https://schema.org/Recipe", "schema:Recipe"]
)
def test_a_typed_recipe_is_recognised_however_the_type_is_written(kind):
    assert normalise_recipe({**recipe(), "@type": kind})["@type"] == "Recipe"


def test_several_recipes_become_a_graph_without_the_other_nodes():
    found = normalise_recipe(
        {"@graph": [{"@type": "WebPage", "name": "p"}, recipe(), recipe(name="Bread", servings=2)]}
    )
    assert is_valid(found)
    assert [part["name"] for part in recipes_in(found)] == ["Soup", "Bread"]
    assert list(found["@graph"][1]) == ["@type", "name", "recipeYield", "recipeIngredient"]


@pytest.mark.parametrize(
    "wrapped",
    [[recipe()], {"@context": "https://schema.org", "@graph": [recipe(), {"@type": "Person"}]},
     {"recipe": recipe()}, {"recipes": [recipe()]}],
)  # fmt: skip
def test_a_wrapped_single_recipe_is_unwrapped(wrapped):
    assert normalise_recipe(wrapped) == {
        "@context": "https://schema.org", "@type": "Recipe", "name": "Soup", "recipeIngredient": ["1 onion"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (recipe(cookTime="overnight"), "cookTime: 'overnight' is not a duration"),
        (recipe(recipeYield=float("nan")), "recipeYield: nan is not a JSON number"),
        (recipe(nutrition={"calories": float("inf")}), "nutrition.calories: inf is not a JSON number"),
        (recipe(recipeIngredient=[True]), "recipeIngredient: expected lines of text"),
        (recipe(recipeIngredient=[{"x": 1}]), "recipeIngredient: an ingredient is an object"),
        (recipe(recipeInstructions=[5]), "recipeInstructions: expected steps, found a number"),
        (recipe(recipeInstructions=[{"@type": "HowToStep", "url": "u"}]), "a step without text"),
        ({"@type": "Recipe", "recipeIngredient": ["x"]}, "name: missing"),
        ({"@type": "Recipe", "name": "only"}, "neither recipeIngredient nor recipeInstructions"),
        ({"@type": "Article", "name": "x", "recipeIngredient": ["x"]}, "Article is not Recipe"),
        ({"@graph": [{"@type": "WebPage"}]}, "the list contains no Recipe"),
        (recipe(name={"first": "x"}), "name: expected text, found an object"),
        ("text", "expected a JSON object, found str"),
        ([], "expected a JSON object, found list"),
        (None, "expected a JSON object, found NoneType"),
    ],
)  # fmt: skip
def test_unreadable_values_are_complaints(data, complaint):
    with pytest.raises(RecipeInvalid) as caught:
        normalise_recipe(data)
    assert any(complaint in said for said in caught.value.complaints), caught.value.complaints


def test_all_complaints_are_reported_at_once():
    with pytest.raises(RecipeInvalid) as caught:
        normalise_recipe({"@type": "Recipe", "recipeIngredient": ["x"], "prepTime": "soon"})
    assert len(caught.value.complaints) == 2
    assert "name: missing" in str(caught.value)


def test_endless_nesting_is_refused():
    deep = value = {}
    for _ in range(50):
        value["a"] = value = {}
    value["a"] = "x"
    with pytest.raises(RecipeInvalid, match="nested deeper"):
        normalise_recipe(recipe(nutrition=deep))


@pytest.mark.parametrize(
    "change",
    [{"prepTime": "10 minutes"}, {"prepTime": None}, {"keywords": []}, {"recipeIngredient": "1 leek"},
     {"recipeIngredient": []}, {"recipeInstructions": ["Cook."]}, {"recipeYield": 4}, {"name": ""},
     {"@context": "https://example.org"}, {"@type": "Thing"}, {"madeUp": 1}, {"image": ""},
     {"recipeInstructions": [{"@type": "HowToStep", "text": "x", "position": 1}]},
     {"nutrition": {"calories": None}}],
)  # fmt: skip
def test_is_valid_takes_the_canonical_form_only(change):
    assert not is_valid({**CANONICAL, **change})


@pytest.mark.parametrize("data", [None, [], "x", 1, {"a": 1}, [CANONICAL]])
def test_is_valid_refuses_other_data(data):
    assert not is_valid(data)
    assert is_valid({})


def test_recipes_in_counts_none_one_and_many():
    assert recipes_in({}) == []
    assert recipes_in(CANONICAL) == [CANONICAL]
    assert recipes_in({"@graph": [{"a": 1}, {"b": 2}]}) == [{"a": 1}, {"b": 2}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["@type", "@graph", "name", "text", "recipeIngredient", "recipeInstructions", "steps",
             "itemListElement", "prepTime", "recipeYield", "nutrition", "keywords", "junk", "value"]
        ),
        inner | st.sampled_from(["Recipe", "HowToStep", "HowToSection"]),
        max_size=5,
    ),
    max_leaves=18,
)  # fmt: skip


@settings(max_examples=150)
@given(JSON)
def test_any_json_gives_a_valid_recipe_or_complaints_and_is_stable(data):
    try:
        found = normalise_recipe(data)
    except RecipeInvalid:
        assert not is_valid(data)
        return
    assert is_valid(found)
    assert normalise_recipe(found) == found
    json.dumps(found, allow_nan=False)
