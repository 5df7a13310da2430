"""Sections of a method as named steps of a flat list, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.schema.coerce import section
from recipe_pipeline.schema.recipe import instruction_texts, is_valid
from recipe_pipeline.schema.step_sections import FORMS, in_form, nested


def step(text, name=None):
    return {"@type": "HowToStep", **({"name": name} if name else {}), "text": text}


def named(document):
    return in_form(document, "named")


def recipe(*steps):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Layer cake",
        "recipeInstructions": list(steps),
    }


CAKE = recipe(
    step("Heat the oven."),
    section("For the batter", [step("Mix."), step("Bake.")]),
    section("Filling:", [step("Whip the cream.")]),
)
NAMED_CAKE = recipe(
    step("Heat the oven."),
    step("Mix.", "For the batter"),
    step("Bake."),
    step("Whip the cream.", "Filling:"),
)


def test_the_first_step_of_a_section_carries_its_name():
    assert named(CAKE) == NAMED_CAKE
    assert is_valid(NAMED_CAKE)


def test_flat_steps_have_no_names_of_sections():
    assert in_form(CAKE, "flat") == recipe(
        step("Heat the oven."), step("Mix."), step("Bake."), step("Whip the cream.")
    )
    assert in_form(recipe(step("Chop.", "Prep")), "flat") == recipe(step("Chop.", "Prep"))


def test_headed_steps_have_the_names_as_steps_of_their_own():
    headed = in_form(CAKE, "headed")
    assert is_valid(headed)
    assert headed == recipe(
        step("Heat the oven."),
        step("For the batter"),
        step("Mix."),
        step("Bake."),
        step("Filling:"),
        step("Whip the cream."),
    )


def test_nested_is_the_form_labels_have():
    assert in_form(CAKE, "nested") == CAKE


def test_named_steps_become_sections_again():
    assert nested(NAMED_CAKE) == CAKE
    assert is_valid(nested(NAMED_CAKE))


def test_in_a_section_the_type_stands_last_so_that_each_step_tells_where_it_is():
    (_, batter, _) = nested(NAMED_CAKE)["recipeInstructions"]
    assert [list(item) for item in batter["itemListElement"]] == [["text", "@type"]] * 2
    assert list(nested(NAMED_CAKE)["recipeInstructions"][0]) == ["@type", "text"]


def test_titles_of_single_steps_stay_titles():
    titled = recipe(step("Chop.", "Prep"), step("Fry.", "Cook"))
    assert nested(titled) == titled
    assert named(titled) == titled


def test_a_title_inside_a_section_is_kept_behind_the_sections_name():
    assert named(recipe(section("Sauce", [step("Stir.", "Mix")])))["recipeInstructions"] == [
        step("Stir.", "Sauce: Mix")
    ]


@pytest.mark.parametrize("document", [{}, recipe(), {"@type": "Recipe", "name": "Toast"}])
def test_nothing_to_change(document):
    assert named(document) == document
    assert nested(document) == document


def test_both_recipes_of_a_graph_are_changed():
    graph = {"@context": "https://schema.org", "@graph": [CAKE, recipe(step("Boil."))]}
    assert named(graph)["@graph"] == [NAMED_CAKE, recipe(step("Boil."))]
    assert nested(named(graph)) == graph


def texts_of(steps):
    return [item["text"] for item in steps]


TEXTS = st.text("abc .", min_size=1, max_size=8)
STEPS = st.lists(st.builds(step, TEXTS), min_size=1, max_size=4)


@given(st.lists(STEPS, max_size=2), st.lists(st.tuples(TEXTS, STEPS), max_size=3))
def test_no_step_is_lost_either_way(plain, sections):
    loose = [item for group in plain for item in group]
    document = recipe(*loose, *(section(name, steps) for name, steps in sections))
    for form in FORMS:
        changed = in_form(document, form)
        if form == "headed":
            told = [item["text"] for item in loose]
            told += [text for name, group in sections for text in (name, *texts_of(group))]
            assert instruction_texts(changed) == told
            continue
        assert instruction_texts(changed) == instruction_texts(document)
        assert instruction_texts(nested(changed)) == instruction_texts(document)
    if loose:
        assert nested(named(document)) == document
