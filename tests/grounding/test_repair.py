"""What a post does not state is removed from its label; a right label is left as it is."""

import json

import pytest

from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.repair import removed_in, repaired
from tests.grounding.samples import CARD, CARD_LABEL, LABEL, SOUP, changed

STATING = """Green Curry
A quick Thai dinner with coconut and basil.

Course: Main Dish
Keywords: green curry, weeknight dinner
Prep: 15 minutes
Total 25-30 minutes
Calories: 350 kcal. By Anna Lee. Vegan.

1 tsp Italian seasoning
2 cups Greek yogurt

Stir the yogurt with the seasoning and cook for 5 minutes.
#easyrecipe #Basil
"""
STATED = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Green Curry",
    "description": "A quick Thai dinner with coconut and basil.",
    "prepTime": "PT15M",
    "totalTime": "PT30M",
    "recipeIngredient": ["1 tsp Italian seasoning", "2 cups Greek yogurt"],
    "recipeInstructions": "Stir the yogurt with the seasoning and cook for 5 minutes.",
    "recipeCategory": "Main Dish, Dinner",
    "recipeCuisine": "Thai",
    "keywords": "green curry, easy recipe, basil",
    "author": {"@type": "Person", "name": "Anna Lee"},
    "nutrition": {"@type": "NutritionInformation", "calories": "350 kcal"},
    "suitableForDiet": "https://schema.org/VeganDiet",
}


def fields_removed(label, post=SOUP):
    rest, removed = repaired(label, post)
    for recipe in rest.get("@graph", [rest]):
        assert {"name", "recipeIngredient", "recipeInstructions"} <= recipe.keys()
    json.dumps(removed)
    return [entry["field"] for entry in removed]


@pytest.mark.parametrize(
    ("label", "post"), [(LABEL, SOUP), (CARD_LABEL, CARD), (STATED, STATING), ({}, SOUP)]
)
def test_a_right_label_is_left_as_it_is(label, post):
    rest, removed = repaired(label, post)
    assert removed == []
    assert json.dumps(rest) == json.dumps(label)


@pytest.mark.parametrize(
    "invented",
    [
        {"recipeCuisine": "French"},
        {"recipeCategory": "Soup, Dinner"},
        {"keywords": "leek, easy, soup"},  # words of the post, but not given as keywords
        {"description": "A comforting classic that the whole family will love."},
        {"totalTime": "PT30M"},  # added up
        {"totalTime": "PT20M"},  # the cooking time, and that of a step
        {"totalTime": "PT10M"},  # the preparation time
        {"author": {"@type": "Person", "name": "Chef John"}},
        {"nutrition": {"@type": "NutritionInformation", "calories": "220 kcal"}},
        {"aggregateRating": {"@type": "AggregateRating", "ratingValue": 4.8}},
        {"isFamilyFriendly": True},
        {"image": "https://example.org/soup.jpg"},
    ],
)
def test_what_the_post_does_not_state_is_removed_and_recorded(invented):
    label = changed(**invented)
    rest, removed = repaired(label, SOUP)
    if "recipeCategory" in invented:  # "Leek Soup" says that it is a soup
        assert rest.pop("recipeCategory") == "Soup"
        assert removed[0]["value"] == "Dinner"
    assert rest == LABEL
    assert [entry["field"] for entry in removed] == list(invented)
    assert all(entry["value"] and entry["reason"] for entry in removed)
    assert label == changed(**invented)


@pytest.mark.parametrize("cuisine", ["Italian", "Greek"])
def test_an_ingredient_does_not_make_a_cuisine(cuisine):
    post = STATING.replace("Thai ", "")
    assert "recipeCuisine" in fields_removed({**STATED, "recipeCuisine": cuisine}, post)


@pytest.mark.parametrize(
    ("lines", "time", "removed"),
    [
        (
            "Prep: 30 minutes\nTotal: 30 minutes",
            {"prepTime": "PT30M", "cookTime": "PT30M", "totalTime": "PT30M"},
            ["cookTime"],
        ),
        ("Cook time 30 min", {"prepTime": "PT30M", "cookTime": "PT30M"}, ["prepTime"]),
        ("It takes half an hour.", {"prepTime": "PT45M"}, ["prepTime"]),
        ("Prep: 30 minutes", {"prepTime": "PT30M"}, []),
        (
            "Prep is 30 minutes, cooking half an hour.",
            {"prepTime": "PT30M", "cookTime": "PT30M"},
            [],
        ),
        ("It takes half an hour to get going.", {"prepTime": "PT30M"}, []),
        ("Bake it for 30 minutes.", {"cookTime": "PT30M"}, []),
        # The post states another one: removing it would not make the label right.
        ("Prep: 30 minutes\nCook: 20 minutes", {"prepTime": "PT20M", "cookTime": "PT20M"}, []),
    ],
)
def test_a_time_is_compared_by_its_kind(lines, time, removed):
    post = f"Rice\n{lines}\n\n1 cup rice\n2 cups water\n\nBoil the rice in the water."
    label = {
        "@type": "Recipe",
        "name": "Rice",
        **time,
        "recipeIngredient": ["1 cup rice", "2 cups water"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the rice in the water."}],
    }
    assert fields_removed(label, post) == removed
    is_wrong = "Cook: 20 minutes" in lines
    assert (ground(repaired(label, post)[0], post).support < 0.6) == is_wrong


def test_a_yield_is_removed_unless_the_post_gives_another_one():
    assert fields_removed(changed(recipeYield="6 servings")) == []
    assert fields_removed(changed(recipeYield="6 servings"), SOUP.replace("Serves 4\n", "")) == [
        "recipeYield"
    ]


def test_each_recipe_of_a_graph_is_repaired():
    graph = {"@context": "https://schema.org", "@graph": [LABEL, changed(keywords="soup")]}
    assert fields_removed(graph) == ["keywords"]
    assert repaired(graph, SOUP)[0] == {**graph, "@graph": [LABEL, LABEL]}


@pytest.mark.parametrize("found", [None, "x", [1, "x", {}, {"field": 2}], {"field": "name"}])
def test_any_metadata_can_be_read(found):
    assert removed_in({"removed": found}) == []


NASI = """Nasi Goreng

Indonesian fried rice with a fried egg on top.

6 ounces soft tofu, cubed, 2 green onions, thinly sliced, salt, pepper
2 eggs
beaten

Fry everything and serve.
"""
FRIED = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Nasi Goreng",
    "recipeIngredient": [
        "6 ounces soft tofu, cubed",
        "2 green onions, thinly sliced",
        "salt",
        "pepper",
    ],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Fry everything and serve."}],
}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Nasi Goreng", "Nasi Goreng"),
        (
            "Indonesian Fried Rice",
            "Nasi Goreng",
        ),  # the post says so, but of a dish with another name
        ("Chicken Rice", "Nasi Goreng"),
    ],
)
def test_a_dish_has_the_name_that_its_post_gives_it(name, kept):
    mended, removed = repaired({**FRIED, "name": name}, NASI, "Nasi goreng")
    assert mended["name"].lower() == kept.lower()
    assert [entry["field"] for entry in removed] == ["name"] * (name != kept)


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("The Best Fried Rice Ever", "Nasi Goreng"),  # the post's own title
        ("The Best Fried Rice Ever", "Pancit"),  # the post does not know it
        ("The Best Fried Rice Ever", ""),
    ],
)
def test_a_title_of_the_posts_own_stays(title, source):
    label = {**FRIED, "name": title}
    assert repaired(label, f"{title}\n\n{NASI}", source) == (label, [])


def test_an_ingredient_that_was_split_at_its_comma_is_whole_again():
    split = ["6 ounces soft tofu", "cubed", "2 green onions", "thinly sliced", "salt", "pepper"]
    mended, removed = repaired({**FRIED, "recipeIngredient": split}, NASI)
    assert mended == FRIED
    assert [entry["value"] for entry in removed] == ["cubed", "thinly sliced"]


@pytest.mark.parametrize(
    "line",
    ["2 eggs", "salt", "pepper", "cubed", "flaxseed", "700g", "½", "2x250g diced", "", "١٢ cubed"],
)
def test_lines_that_the_post_has_apart_stay_apart(line):
    label = {**FRIED, "recipeIngredient": [*FRIED["recipeIngredient"], line]}
    assert repaired(label, NASI)[0]["recipeIngredient"][-1] == line
