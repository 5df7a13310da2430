"""Reading recipes of any form and any damage into one plain form."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recipe_pipeline.schema.reading import RecipeFacts, read_document

STEP = {"@type": "HowToStep", "text": "Stir."}


def facts(**fields):
    [recipe] = read_document({"name": "Soup", **fields}).recipes
    return recipe


@pytest.mark.parametrize(
    ("instructions", "steps"),
    [
        ([STEP, {"@type": "HowToStep", "text": "Eat."}], ("Stir.", "Eat.")),
        ([{"@type": "HowToSection", "name": "A", "itemListElement": [STEP]}, STEP],
         ("Stir.", "Stir.")),
        (["Stir.", "Eat."], ("Stir.", "Eat.")),
        ("Stir.\nEat.", ("Stir.", "Eat.")),
        ({"itemListElement": [STEP]}, ("Stir.",)),
        ([{"name": "Only a name."}], ("Only a name.",)),
        ([None, 7, {"text": None}, "", "---"], ()),
        (7, ()),
    ],
)  # fmt: skip
def test_steps_are_read_from_every_shape(instructions, steps):
    assert facts(recipeInstructions=instructions).steps == steps


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("PT1H15M", 75), ("75 min", 75), (75, 75), ("P1D", 1440), ("", None), (None, None),
     ("soon", None), (True, None), ("PT0M", None), ([], None)],
)  # fmt: skip
def test_times_are_minutes_or_absent(value, minutes):
    assert facts(cookTime=value).minutes.get("cook") == minutes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("4 servings", "4 servings"),
        (4, "4"),
        (4.0, "4"),
        (10**400, "1" + "0" * 400),
        (["4", "4 servings"], "4, 4 servings"),
        (None, ""),
    ],
)
def test_yields_are_text(value, text):
    assert facts(recipeYield=value).recipe_yield == text


def test_ingredients_of_other_types_become_text():
    lines = facts(recipeIngredient=["1 egg", 5, {"name": "salt"}, "", None]).ingredients
    assert lines == ("1 egg", "5", '{"name": "salt"}')


def test_page_metadata_is_read_but_not_trusted():
    document = read_document(
        {
            "name": "Soup",
            "ingredients": ["1 egg"],
            "instructions": ["Stir."],
            "prep_time": 5,
            "cook_time": None,
            "yields": "4 servings",
            "cuisine": "Thai",
        }
    )
    assert not document.trusted
    assert document.recipes == (
        RecipeFacts("Soup", ("1 egg",), ("Stir.",), {"prep": 5}, "4 servings", {"cuisine": "Thai"}),
    )


def test_a_graph_has_several_recipes_and_an_empty_object_none():
    document = read_document({"@graph": [{"name": "A"}, "rubbish", {"name": "B"}, {}]})
    assert [recipe.name for recipe in document.recipes] == ["A", "B"]
    for data in ({}, {"@type": "Recipe"}, [], None, "text", {"@graph": []}):
        assert read_document(data).recipes == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child),
    max_leaves=8,
)
KEYS = ("name", "recipeIngredient", "recipeInstructions", "prepTime", "recipeYield", "@graph",
        "ingredients", "instructions", "cook_time", "yields", "description")  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
@example({"name": "Soup", "prepTime": 0.5})
def test_damaged_data_never_raises(data):
    for recipe in read_document(data).recipes:
        assert all(isinstance(line, str) for line in recipe.ingredients + recipe.steps)
        assert all(minutes > 0 for minutes in recipe.minutes.values())
