"""Layouts of training answers: the order of keys, sections as plain steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.schema.layout import (
    FORMS,
    ORDERS,
    in_order,
    laid_out,
    plain_step,
    section,
)
from recipe_pipeline.schema.recipe import instruction_texts, is_valid


def recipe(*steps):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Layer cake",
        "recipeInstructions": list(steps),
    }


SOUP = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Soup",
    "description": "Warm.",
    "recipeYield": "4 servings",
    "prepTime": "PT5M",
    "totalTime": "PT20M",
    "recipeIngredient": ["1 l water"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil."}],
    "recipeCategory": "Soup",
}
CAKE = recipe(
    plain_step("Heat the oven."),
    section("For the batter", [plain_step("Mix.", "Batter"), plain_step("Bake.")]),
    section("Filling:", [plain_step("Whip the cream.")]),
)
HEADED_CAKE = recipe(
    plain_step("Heat the oven."),
    plain_step("For the batter"),
    plain_step("Mix.", "Batter"),
    plain_step("Bake."),
    plain_step("Filling:"),
    plain_step("Whip the cream."),
)


def test_ingredients_first_continues_with_name_yield_times_and_steps():
    assert list(in_order(SOUP, "ingredients-first")) == [
        *("@context", "@type", "recipeIngredient", "name", "recipeYield", "prepTime", "totalTime"),
        *("recipeInstructions", "description", "recipeCategory"),
    ]


def test_name_first_is_the_order_of_stage_3():
    assert list(in_order(SOUP, "name-first")) == list(SOUP)


@pytest.mark.parametrize("document", [SOUP, {}, {"@graph": [SOUP, SOUP]}])
@pytest.mark.parametrize("order", ORDERS)
def test_no_order_changes_the_content(document, order):
    assert in_order(document, order) == document


def test_headed_sections_have_their_names_as_steps():
    assert laid_out(CAKE, "headed", "name-first") == HEADED_CAKE
    assert is_valid(HEADED_CAKE)


def test_nested_sections_are_those_of_the_label():
    assert laid_out(CAKE, "nested", "name-first") == CAKE


def test_every_recipe_of_a_graph_is_laid_out():
    graph = {"@context": "https://schema.org", "@graph": [SOUP, CAKE]}
    changed = laid_out(graph, "headed", "ingredients-first")
    assert list(changed["@graph"][0])[2] == "recipeIngredient"
    assert changed["@graph"][1] == HEADED_CAKE


@pytest.mark.parametrize("document", [{}, recipe(), {"@type": "Recipe", "name": "Toast"}])
def test_without_steps_nothing_changes(document):
    assert laid_out(document, "headed", "ingredients-first") == document


def test_the_type_comes_last_inside_a_section():
    batter = CAKE["recipeInstructions"][1]["itemListElement"]
    assert [list(item) for item in batter] == [["name", "text", "@type"], ["text", "@type"]]


TEXTS = st.text("abc .", min_size=1, max_size=8)
STEPS = st.lists(st.builds(plain_step, TEXTS), min_size=1, max_size=4)


@given(STEPS, st.lists(st.tuples(TEXTS, STEPS), max_size=3))
def test_no_step_is_lost(loose, sections):
    document = recipe(*loose, *(section(name, steps) for name, steps in sections))
    texts = instruction_texts(document)
    names = [item["name"] for item in document["recipeInstructions"] if "name" in item]
    for form in FORMS:
        found = instruction_texts(laid_out(document, form, "name-first"))
        assert sorted(found) == sorted(texts + (names if form == "headed" else []))
