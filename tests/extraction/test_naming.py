"""The name of a page's recipe: the card's heading, or the title where the answer's name is off."""

import pytest

from recipe_pipeline.extraction.extract import UnusableAnswer, interpret
from recipe_pipeline.extraction.naming import named
from recipe_pipeline.extraction.page import read_page

TITLE = "Fudgy Chocolate Pudding Cake (Easy!)"
LISTS = "\n\nIngredients\n- 1 cup flour\n\nMethod\n- Bake the flour."


def name(answer, text, title=TITLE):
    document = {"@type": "Recipe", "name": answer, "recipeIngredient": ["1 cup flour"]}
    return named(document, title, text + LISTS)["name"]


def test_the_heading_of_the_card_is_the_name():
    assert name(TITLE, f"{TITLE}\nBy Ann\n\nChocolate Pudding Cake\nServes 4") == (
        "Chocolate Pudding Cake"
    )


@pytest.mark.parametrize(
    "heading",
    [
        "Lemon Tart",  # another dish
        "Chocolate pudding cake ingredients",
        "Tips for chocolate pudding cake",
        TITLE,
        "Chocolate pudding cake " * 9,
    ],
)
def test_other_headings_are_not(heading):
    assert name("Chocolate Pudding Cake", f"{TITLE}\n\n{heading}\nServes 4") == (
        "Chocolate Pudding Cake"
    )


def test_headings_below_the_lists_are_not():
    text = f"{TITLE}{LISTS}\n\nChocolate Cake Pudding Pops\n- 2 cups milk"
    assert name(TITLE, text) == TITLE


def test_the_first_line_may_be_where_the_page_is():
    text = "Home Cakes Chocolate Pudding Cake\n\nServes 4"
    assert name("Chocolate Pudding Cake", text) == "Chocolate Pudding Cake"


@pytest.mark.parametrize(
    "wrong", ["Karin and Ken", "breakfast", "", "Fudgy Chocolate", "Rich chocolate cake that " * 9]
)
def test_a_name_that_is_not_the_page_s_gives_way_to_the_title(wrong):
    assert name(wrong, TITLE) == TITLE


def test_a_name_near_the_title_stays():
    assert name("Easy Chocolate Pudding Cake", TITLE) == "Easy Chocolate Pudding Cake"


def test_without_a_title_and_for_several_recipes_nothing_changes():
    assert name("Karin and Ken", TITLE, title="") == "Karin and Ken"
    collection = {"@graph": [{"@type": "Recipe", "name": "A"}, {"@type": "Recipe", "name": "B"}]}
    assert named(collection, TITLE, TITLE) == collection
    assert named({}, TITLE, TITLE) == {}


POST = """These Oat Bars are a keeper.

More breakfast
Lemon Pudding

Oat Bars
Flour
Ingredients"""


@pytest.mark.parametrize("wrong", ["Lemon Pudding", "Subscribe", "More breakfast"])
def test_a_post_that_never_speaks_of_the_name_has_another(wrong):
    assert name(wrong, POST, title="") == "Oat Bars"


@pytest.mark.parametrize("post", [POST.replace("Oat Bars are", "are"), "Oat Bars", ""])
def test_a_post_that_speaks_of_no_line_above_its_foods_keeps_the_name(post):
    assert name("Lemon Pudding", post, title="") == "Lemon Pudding"


def test_a_name_that_the_post_speaks_of_stays():
    assert name("My Best Bars", POST, title="") == "My Best Bars"


def test_the_title_of_a_page_reaches_its_recipe():
    page = read_page(
        b"<html><head><title>Oat Bars | My Site</title></head><body><h1>Oat Bars</h1>"
        b"<p>Breakfast</p><h2>Ingredients</h2><ul><li>2 cups oats</li><li>1 cup honey</li></ul>"
        b"<h2>Method</h2><p>Mix and bake for 20 minutes until golden.</p></body></html>",
        "p.html",
    )
    answer = '{"@type": "Recipe", "name": "Breakfast", "recipeIngredient": ["2 cups oats"]}'
    assert interpret(answer, page.text, title=page.title).document["name"] == "Oat Bars"
    assert interpret(answer, page.text).document["name"] == "Breakfast"


def test_an_unreadable_time_costs_that_time_only():
    answer = (
        '{"@type": "Recipe", "name": "Oat Bars", "recipeIngredient": ["2 cups oats"], "totalTime": '
        '"PT320K", "prepTime": "PT5M", "recipeInstructions": [{"@type": "HowToStep", "text": "Mix."}]}'
    )
    extraction = interpret(answer, "Oat Bars\nPrep: 5 minutes\n2 cups oats\nMix.")
    assert extraction.document["prepTime"] == "PT5M"
    assert "totalTime" not in extraction.document
    assert any("totalTime" in note for note in extraction.omitted)


def test_what_there_is_of_an_answer_is_the_last_resort():
    cut = (
        '{"@type": "Recipe", "recipeIngredient": ["2 cups oats"], "recipeInstructions": '
        '[{"@type": "HowToStep", "text": "Mix."}, {"@type": "HowToStep", "text": "Ba'
    )
    with pytest.raises(UnusableAnswer, match="cut off"):
        interpret(cut, "2 cups oats\nMix. Bake.", title="Oat Bars")
    recipe = interpret(cut, "2 cups oats\nMix. Bake.", title="Oat Bars", whole=False).document
    assert (recipe["name"], recipe["recipeIngredient"]) == ("Oat Bars", ["2 cups oats"])
    with pytest.raises(UnusableAnswer, match="no ingredients or no steps"):
        interpret(cut.partition(', "recipeIn')[0], "2 cups oats", title="Bars", whole=False)


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("Guacamole – A Family Favorite", "Guacamole", "Guacamole – A Family Favorite"),
        (
            "✨ **Quick Cucumber Salad (Chinese)** ✨",
            "Cucumber Salad",
            "Quick Cucumber Salad (Chinese)",
        ),
        ("I made this Guacamole for you.", "Guacamole", "Guacamole"),
        ("Guacamole\n\nGuacamole for a Crowd", "Guacamole", "Guacamole"),
        ("Guacamole Ingredients", "Guacamole", "Guacamole"),
    ],
)
def test_a_name_that_is_part_of_a_posts_title_becomes_the_title(line, name, expected):
    post = f"{line}\n\n2 avocados\n1 lime\n\nMash everything for the guacamole or cucumber salad."
    recipe = {"@type": "Recipe", "name": name, "recipeIngredient": ["2 avocados", "1 lime"]}
    assert named(recipe, "", post)["name"] == expected


@pytest.mark.parametrize(
    ("above", "wrong"),
    [
        ("Spicy eggs that go well with toast.", "Spicy eggs that go well with toast"),
        ("So, a story. Fun fact: I won a ribbon with this.", "Fun fact: I won a ribbon with this."),
        ("Made this on repeat lately", "Made this on repeat lately"),
        ("US Customary - Metric", "US Customary - Metric"),
        ("Korean Tacos\nThese masala eggs are a keeper.", "Korean Tacos"),
        ("The Best Masala Eggs You’ll Ever Make", "Masala Eggs"),
    ],
)
@pytest.mark.parametrize("title", ["Masala Eggs (Anda Bhurji)", "🍳 Masala Eggs & Friends ✨"])
def test_slogans_sentences_and_teasers_are_no_names(above, wrong, title):
    post = f"{above}\n{title}\nIngredients\n- 4 eggs\n- 1 tbsp ghee\n\n1. Beat the eggs."
    recipe = {"@type": "Recipe", "name": wrong, "recipeIngredient": ["4 eggs", "1 tbsp ghee"]}
    assert named(recipe, "", post)["name"] == title.strip("🍳✨ ")


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Freezer-Friendly Frittata", "My Other Blog\nA frittata for freezing."),
        ("dinner tonight: Pozole Rojo", "Easy Bean Soup\nWe love pozole rojo here."),
        ("Agua de Jamaica", "25 Quick Soups for January"),
        ("Grandma’s Nasi Goreng", "- Brown Butter Cookies"),
    ],
)
def test_a_right_name_stays_whatever_is_beside_it(name, others):
    post = f"{name}\n{others}\nIngredients\n- 4 eggs\n\n1. Beat the eggs."
    recipe = {"@type": "Recipe", "name": name, "recipeIngredient": ["4 eggs"]}
    assert named(recipe, "", post)["name"] == name


def test_a_counted_thing_is_not_the_name_of_a_page():
    assert name("wraps", "Tofu Wraps", title="Tofu Wraps") == "Tofu Wraps"
