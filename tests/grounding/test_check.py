"""What the grounding check must find, and what it must accept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.grounding import score_of
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from tests.grounding.samples import CARD, CARD_LABEL, LABEL, SOUP, SOURCE, changed, steps


def test_a_faithful_label_is_fully_supported():
    found = ground(LABEL, SOUP, SOURCE)
    assert found.support == 1.0
    assert found.complaints() == []
    assert {finding.field for finding in found.findings} == {
        "name", "recipeYield", "prepTime", "cookTime", "recipeIngredient", "recipeInstructions",
    }  # fmt: skip


@pytest.mark.parametrize("source", [None, SOURCE])
@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"recipeIngredient": ["3 leeks", "1 litre water", "1 bay leaf"]}, "3; the post says 2"),
        ({"recipeIngredient": ["2 leeks", "1 litre water", "1 bay leaf", "1 cup rice"]}, "1 cup rice"),
        ({"recipeIngredient": ["2 leeks", "1 bay leaf", "salt to taste"]}, "1 liter water"),
        ({"prepTime": "PT40M"}, "prepTime: 'PT40M': the post says 10 minutes"),
        ({"totalTime": "PT45M"}, "totalTime: 'PT45M': the post says no such time"),
        ({"recipeYield": "8 servings"}, "the post does not state this yield"),
        ({"recipeYield": "a crowd"}, "a crowd"),
        ({"recipeYield": "20 minutes"}, "a time, not a yield"),
        ({"name": "Beef Stew"}, "name: 'Beef Stew': the post does not say it"),
        ({"recipeInstructions": LABEL["recipeInstructions"][::-1]}, "the post has another order"),
        ({"recipeInstructions": LABEL["recipeInstructions"][::2]}, "boil them in the water"),
        ({"recipeInstructions": [*LABEL["recipeInstructions"], *steps("Freeze for a month.")]}, "Freeze"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_reported(fields, complaint, source):
    found = ground(changed(**fields), SOUP, source)
    assert found.support < DEFAULT_MIN_SUPPORT
    told = " | ".join(found.complaints()).lower().replace("litre", "liter")
    assert complaint.lower() in told


def test_facts_missing_from_the_post_are_not_missed_in_the_label():
    # SOURCE has cream, a garnish and a total time; SOUP mentions none of them.
    assert ground(LABEL, SOUP, SOURCE).support == 1.0


def test_complaints_are_below_the_limit_and_worst_first():
    label = changed(name="Beef Stew", prepTime="PT20M")
    found = ground(label, SOUP)
    scores = [f.score for f in found.findings if f.score < 0.6]
    assert len(found.complaints(0.6)) == len(scores)
    assert found.complaints(0.0) == []
    worst = found.complaints(0.6)[0]
    assert worst.startswith(("name", "prepTime"))


def test_an_empty_label_is_right_for_a_post_without_a_recipe():
    story = "We drove to Lisbon and ate grilled sardines. The city smelled of oranges. I miss it."
    facts = {"name": "Sardines", "ingredients": ["12 sardines", "1 lemon", "salt"]}
    assert ground({}, story, facts).support == 1.0
    assert ground({}, story).support == 1.0


@pytest.mark.parametrize("source", [None, SOURCE])
def test_an_empty_label_is_wrong_for_a_post_with_a_recipe(source):
    assert ground({}, SOUP, source).support < DEFAULT_MIN_SUPPORT


def test_recipes_are_checked_one_by_one_and_their_lines_counted_together():
    bread = """

Garlic Bread

1 baguette
3 cloves garlic

Rub the sliced baguette with the garlic.
Toast it until brown."""
    second = {
        "@type": "Recipe",
        "name": "Garlic Bread",
        "recipeIngredient": ["1 baguette", "3 cloves garlic"],
        "recipeInstructions": steps("Rub the sliced baguette with the garlic.", "Toast it until brown."),
    }  # fmt: skip
    graph = {"@context": "https://schema.org", "@graph": [LABEL, second]}
    assert ground(graph, SOUP + bread, SOURCE).support == 1.0
    second["recipeIngredient"][1] = "5 cloves garlic"
    assert ground(graph, SOUP + bread, SOURCE).support < DEFAULT_MIN_SUPPORT


def test_a_food_that_the_source_lists_twice_and_the_post_once_is_not_missing():
    post = "Soup\n\nIngredients\n1 teaspoon salt\n2 leeks\n\nPreparation\nBoil the leeks with salt."
    source = {"name": "Soup", "ingredients": ["1 teaspoon salt", "2 leeks", "1 teaspoon salt"]}
    label = {
        "@type": "Recipe",
        "name": "Soup",
        "recipeIngredient": ["1 teaspoon salt", "2 leeks"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the leeks with salt."}],
    }
    assert ground(label, post, source).complaints() == []


def test_the_year_below_a_page_is_no_amount():
    post = "Soup\n\nIngredients\n1 teaspoon salt\n2 leeks\n© 2019 Dash of Plenty\n\nBoil the leeks with salt."
    label = {
        "@type": "Recipe",
        "name": "Soup",
        "recipeIngredient": ["1 teaspoon salt", "2 leeks"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the leeks with salt."}],
    }
    assert ground(label, post).complaints() == []


def test_steps_given_twice_are_in_order_if_one_copy_is():
    overview = "How it goes: Boil them in the water with the bay leaf for 20 minutes.\n\n"
    assert ground(LABEL, overview + SOUP).support == 1.0
    again = SOUP + "\nReader Kim: Slice the leeks thinly. That is the secret.\n"
    assert ground(LABEL, again).support == 1.0


def test_repeated_steps_do_not_break_the_order():
    post = "Stew\n1 onion\nStir well.\nAdd the onion.\nStir well.\nServe the stew in bowls."
    label = {
        "@type": "Recipe", "name": "Stew", "recipeIngredient": ["1 onion"],
        "recipeInstructions": steps("Stir well.", "Add the onion.", "Stir well.", "Serve the stew in bowls."),
    }  # fmt: skip
    assert ground(label, post).support == 1.0
    label["recipeInstructions"][1], label["recipeInstructions"][3] = (
        label["recipeInstructions"][3],
        label["recipeInstructions"][1],
    )
    assert ground(label, post).support < DEFAULT_MIN_SUPPORT


def test_a_typo_in_the_post_is_forgiven():
    post = SOUP.replace("leeks thinly", "leeks thinnly").replace("litre water", "litre watter")
    assert ground(LABEL, post).support >= DEFAULT_MIN_SUPPORT


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=60), max_size=4))
def test_any_text_gives_scores_between_0_and_1(post, lines):
    label = {
        "@type": "Recipe", "name": post[:20] or "x", "recipeIngredient": lines,
        "recipeInstructions": steps(*lines), "recipeYield": post[-20:] or "1", "prepTime": "PT5M",
    }  # fmt: skip
    for finding in ground(label, post, {"ingredients": lines, "directions": lines}).findings:
        assert 0 <= finding.score <= 1


@given(st.lists(st.sampled_from(SOUP.split()), min_size=4, max_size=12))
def test_a_line_copied_from_a_post_is_supported(words):
    line = " ".join(words)
    assert score_of(f"Story.\n{line}\nMore.", "recipeInstructions", line) >= DEFAULT_MIN_SUPPORT


def times_of(post):
    label = {**CARD_LABEL, "cookTime": "PT45M", "totalTime": "PT1H"}
    return {f.field: f.score for f in ground(label, post).findings if f.field.endswith("Time")}


def test_step_numbers_are_not_times_and_minutes_end_a_sentence():
    told = "Give it 45 minutes. Total time: 1 hour.\n"
    assert times_of(f"{told}Cooking:\n1\nChill it, covered.\n")["cookTime"] > DEFAULT_MIN_SUPPORT
    assert (
        times_of(f"{told}Bake it for 20 minutes. Cook undisturbed.\n")["cookTime"]
        > DEFAULT_MIN_SUPPORT
    )
    assert times_of(f"{told}20 min. cook, then wait.\n")["cookTime"] < DEFAULT_MIN_SUPPORT


def test_a_range_of_hungry_people_is_a_yield():
    label = {**CARD_LABEL, "recipeYield": "4-6 servings"}
    [finding] = [
        f
        for f in ground(label, f"{CARD}It's enough for 4-6 hungry people.").findings
        if f.field == "recipeYield"
    ]
    assert finding.score >= DEFAULT_MIN_SUPPORT


def test_an_equal_amount_of_another_food_is_not_support():
    # 1/4 cup is 4 tablespoons, but of peanuts, not of peanut oil.
    assert score_of(CARD, "recipeIngredient", "4 tablespoons peanut oil") < DEFAULT_MIN_SUPPORT
    assert score_of(CARD, "recipeIngredient", "4 tablespoons chopped peanuts") > 0.8


def test_an_amount_of_another_food_with_the_same_note_is_not_support():
    post = "Curry\n4 tsp garam masala, divided\n2 tsp salt, divided\n"
    assert score_of(post, "recipeIngredient", "2 tsp salt, divided") == 1.0
    assert score_of(post, "recipeIngredient", "4 tsp salt, divided") < DEFAULT_MIN_SUPPORT


def test_a_changed_number_in_a_long_step_does_not_drown_in_it():
    method = (
        "Grease a tin with butter and line it with paper. Beat the butter and sugar until pale and"
        " fluffy, scraping down the bowl now and then. Divide the batter into {} cups. Bake until a"
        " skewer comes out clean and leave to cool in the tin on a rack."
    )
    post = f"Cakes\n\nbutter\n1 cup sugar\n\n{method.format(8)}\n"
    label = {**LABEL, "name": "Cakes", "recipeIngredient": ["butter", "1 cup sugar"]}
    for number, right in ((8, True), (15, False)):
        label["recipeInstructions"] = steps(method.format(number))
        score = min(f.score for f in ground(label, post).findings if f.text[0] == "G")
        assert (score >= DEFAULT_MIN_SUPPORT) is right


@pytest.mark.parametrize(
    ("name", "right"), [("Leek Soup", True), ("Notes", False), ("How to Make It Ahead", False)]
)
def test_a_page_heading_is_not_a_name(name, right):
    post = f"{SOUP}\nNotes\nHow to make it ahead\n"
    score = next(
        f.score for f in ground({**LABEL, "name": name}, post).findings if f.field == "name"
    )
    assert (score >= DEFAULT_MIN_SUPPORT) is right
