"""What a post does not state is removed from its label; a right label is left as it is."""

import json

import pytest

from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.repair import removed_in, repaired
from tests.grounding.samples import CARD, CARD_LABEL, LABEL, SOUP, changed, steps

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
        # The post states another one, or two.
        (
            "Prep: 30 minutes\nCook: 20 minutes",
            {"prepTime": "PT20M", "cookTime": "PT20M"},
            ["prepTime"],
        ),
        ("Prep: 30 minutes\nPrep: 25 minutes", {"prepTime": "PT20M"}, []),
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
    kept, _ = repaired(label, post)
    assert (ground(kept, post).support < 0.6) == ("Prep: 25" in lines)
    if "Cook: 20" in lines:
        assert (kept["prepTime"], kept["cookTime"]) == ("PT30M", "PT20M")


def test_a_time_of_one_dish_is_not_given_to_another():
    graph = {"@context": "https://schema.org", "@graph": [LABEL, changed(prepTime="PT15M")]}
    assert repaired(graph, SOUP) == (graph, [])


def rice(post, **fields):
    """A right label of a post about rice, and the post."""
    label = {
        "@type": "Recipe",
        "name": "Rice",
        **fields,
        "recipeIngredient": ["1 cup rice", "2 cups water"],
        "recipeInstructions": steps("Mix the rice with the water."),
    }
    return label, f"Rice\n{post}\n\n1 cup rice\n2 cups water\n\nMix the rice with the water."


@pytest.mark.parametrize("key", ["prepTime", "cookTime", "totalTime"])
@pytest.mark.parametrize(
    "wait",
    [
        "Chill time: 3 hrs",
        "Chilling Time\n3 hours",
        "Inactive Time\n\n3 h",
        "Prep Time20 minutesChill Time3 hoursCook Time10 minutes",
        "Soak: 3 hours, serves 4",
        "Refrigerate for at least 3 hours.",
        "Cover, and chill for 2 to 3 hours or overnight.",
        "Freeze it for 3 hours, then slice it.",
        "Let it rest in the fridge for three hours before you cook it.",
        "Marinate the meat in the sauce, covered, for 3 hours.",
        "It must be marinated for 3 hours.",
        "The dough needs 3 hours to rise.",
        "You bake it 20 minutes after 3 hours in the refrigerator.",
        "Proof for 3 hours and bake for 20 minutes.",
        "20 minutes simmering, 3 hours of chilling",
        "Soak it in boiling water for 3 hours.",
        "Refrigerate for 3 hours.\n\n20 mins\n\n3 hours",
        "Let the rice stand 180 minutes, then boil it for 5 minutes.",
    ],
)
def test_a_wait_is_neither_preparation_nor_cooking(wait, key):
    label, post = rice(wait, **{key: "PT3H"})
    kept, removed = repaired(label, post)
    assert (key, "PT3H") in [(entry["field"], entry["value"]) for entry in removed]
    stated = {"prepTime": "PT20M", "cookTime": "PT10M"} if "Prep" in wait else {}
    assert kept.get(key) == stated.get(key)
    assert ground(label, post).support < 0.6


@pytest.mark.parametrize(
    "cooking",
    [
        "Cook time: 3 hours (chilling)",
        "Simmer it for 3 hours and let it rest for 10 minutes.",
        "Bake until set, about 3 hours.",
        "Once chilled, bake it for 3 hours.",
        "Roast the chilled meat for 3 hours.",
        "Add the rest of the milk. Boil 3 hours.",
        "Chill it for 3 hours. Simmer it for 3 hours.",
        "3 hours in the oven, 10 minutes to cool",
        "It takes 3 hours.",
    ],
)
def test_cooking_beside_a_wait_is_cooking(cooking):
    label, post = rice(cooking, cookTime="PT3H")
    assert repaired(label, post) == (label, [])
    assert ground(label, post).support >= 0.6


def test_a_total_time_includes_the_waits():
    label, post = rice("Prep: 10 minutes\nChill: 3 hours\nTotal: 3 hours 10 minutes")
    label |= {"prepTime": "PT10M", "totalTime": "PT3H10M"}
    assert repaired(label, post) == (label, [])


ASIDES = [
    "Pan-fried instructions:", "For the stovetop method:", "Servings: 6", "Serves 4.", "Makes about 12 cookies", "Yield: two loaves", "Total Time: 1 hr",
    "Prep time 10 minutes", "Chill time: 3 hrs", "Nutrition: 300 kcal", "Calories 250 per serving",
    "250 kcal, 12 g fat, 3 g protein", "Course: Dessert", "Author: Kim", "Print recipe", "Pin it!", "Jump to Recipe",
    "Did you make this?", "Did you make this recipe? Tag me on Instagram!", "Leave a comment below.",
    "Let me know how it went!", "Don’t forget to subscribe to my newsletter.", "Notes", "Comments:", "#vegan #dinner",
    "Guten Appetit!", "¡Buen provecho!",
    "Kim: I made this last night and we loved it!", "★★★★★ So good", "© 2020 My Kitchen. All rights reserved.",
    "https://example.org/rice",
]  # fmt: skip
STEPS = [
    "Follow the package instructions.", "Serve 4 pieces per person.", "Serve.", "Serve and bon appétit!", "Enjoy!", "Enjoy your meal!", "Bake 30 minutes.", "Cook: 20 minutes over low heat.",
    "Save the broth.", "Rate of speed: low; mix.", "Make 12 balls.", "Print the pattern on the dough with a cutter.",
    "Share between two plates.", "Total it: add the cream to the rest.", "Store in the fridge for 3 days.",
    "Follow with the milk.", "Notes of smoke come from the paprika; stir it in.", "Keep warm.", "Freeze.",
    "Makes enough dough for two: halve it, wrap one half well and put it into the freezer for another day.",
    "I fried the rice, and I loved it.", "Top with 5 star anise.",
]  # fmt: skip


@pytest.mark.parametrize("line", ASIDES)
def test_what_is_no_step_is_removed_wherever_it_is(line):
    label, post = rice("")
    post += f"\n{line}"
    label["recipeInstructions"] += steps(line)
    kept, removed = repaired(label, post)
    assert kept["recipeInstructions"] == steps("Mix the rice with the water.")
    assert [(each["field"], each["value"]) for each in removed] == [("recipeInstructions", line)]
    assert ground(kept, post, {"directions": ["Mix the rice with the water.", line]}).support == 1.0


@pytest.mark.parametrize("line", STEPS)
def test_steps_stay(line):
    label, post = rice("")
    label["recipeInstructions"] += steps(line)
    assert repaired(label, f"{post}\n{line}") == (label, [])


def test_a_section_without_steps_goes_and_a_method_without_steps_stays():
    label, post = rice("")
    section = {
        "@type": "HowToSection",
        "name": "Facts",
        "itemListElement": steps("Serves 4", "Notes"),
    }
    good = {**section, "name": "Rice", "itemListElement": steps("Mix the rice with the water.")}
    kept, removed = repaired({**label, "recipeInstructions": [good, section]}, post)
    assert kept["recipeInstructions"] == [good]
    assert [each["value"] for each in removed] == ["Serves 4", "Notes"]
    label["recipeInstructions"] = [section]
    assert repaired(label, post) == (label, [])


FRITTERS = """Corn Fritters
Crisp outside, soft inside. My grandmother made these corn fritters every August, and nobody ever left one.
An Italian friend asks for them. Category: Thai, Snack  Cuisine: Indian
"""


@pytest.mark.parametrize(
    ("description", "stays"),
    [
        ("Crisp outside, soft inside.", True),
        ("My grandmother made these corn fritters each August, and nobody left one.", True),
        ("Crisp outside, soft inside. A treat for the whole family.", False),
        ("August fritters of corn which my grandmother made, and nobody ever left these.", False),
        ("Corn fritters are made by mixing the rice with the water.", False),
        ("Mix the rice with the water.", False),  # the method
    ],
)
def test_a_description_is_a_quotation(description, stays):
    label, post = rice(FRITTERS, description=description)
    assert fields_removed(label, post) == ([] if stays else ["description"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"recipeCategory": "Italian"}, {"recipeCuisine": "Italian"}),
        ({"recipeCategory": "Snack, Italian"}, {"recipeCategory": "Snack", "recipeCuisine": "Italian"}),
        ({"recipeCategory": "Italian", "recipeCuisine": "Italian"}, {"recipeCuisine": "Italian"}),
        ({"recipeCategory": "French"}, {}),
        ({"recipeCategory": "Indian"}, {"recipeCuisine": "Indian"}),
        ({"recipeCategory": "Snack, Dessert"}, {"recipeCategory": "Snack"}),
    ],
)  # fmt: skip
def test_a_cuisine_is_not_a_category(given, kept):
    label, post = rice(FRITTERS)
    expected = {"@type": "Recipe", "name": "Rice", **kept, **label}
    rest, removed = repaired({"@type": "Recipe", "name": "Rice", **given, **label}, post)
    assert json.dumps(rest) == json.dumps(expected)
    assert bool(removed) == (given != kept)


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


@pytest.mark.parametrize("food", ["whipped cream", "salted butter", "roasted peanuts"])
def test_a_food_that_is_named_by_what_was_done_to_it_is_no_part_of_the_line_above(food):
    label = {**FRIED, "recipeIngredient": [*FRIED["recipeIngredient"], food]}
    assert repaired(label, NASI.replace("pepper", f"pepper\n{food}")) == (label, [])
