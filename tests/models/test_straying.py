"""Answers that have left the page are noticed at the line where they did."""

import json

import pytest

from recipe_pipeline.models.straying import PageLines

PAGE = """Lentil Soup
Serves 4

Ingredients
- 1 cup red lentils
- 2 carrots, diced (about 1½ cups)
- salt
- 1 onion

Method
Step 1
Rinse the lentils until the water runs clear, and set them aside in a large bowl.
Step 2
Fry the onion and the carrots in a little oil until they are soft and golden.
Step 3
Add the lentils and "plenty" of water, then simmer for 20 minutes until everything is soft.
Salt
"""
INGREDIENTS = ["1 cup red lentils", "2 carrots, diced (about 1½ cups)", "salt", "1 onion"]
STEPS = [
    "Rinse the lentils until the water runs clear, and set them aside in a large bowl.",
    "Fry the onion and the carrots in a little oil until they are soft and golden.",
    'Add the lentils and "plenty" of water, then simmer for 20 minutes until everything is soft.',
]


def answer(ingredients=INGREDIENTS, steps=STEPS):
    recipe = {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "recipeIngredient": ingredients,
        "name": "Lentil Soup",
        "recipeInstructions": [{"@type": "HowToStep", "text": step} for step in steps],
    }
    return json.dumps(recipe, ensure_ascii=False)


def sound_part(text):
    stray = PageLines(PAGE).stray(text)
    return None if stray is None else text[: stray.at]


def test_a_copy_of_the_page_is_sound_at_every_length():
    whole = answer()
    assert [end for end in range(len(whole) + 1) if sound_part(whole[:end]) is not None] == []


@pytest.mark.parametrize(
    "invented",
    [
        ["2 cups brown sugar", "1 tsp vanilla extract", "3 eggs, beaten"],
        ["for the cake", "for the frosting", "for the filling", "for the glaze"],
    ],
)
def test_lines_of_another_dish(invented):
    text = answer(ingredients=INGREDIENTS[:2] + invented)
    assert sound_part(text).endswith('"2 carrots, diced (about 1½ cups)"')


def test_a_line_or_two_in_other_words_are_let_pass():
    assert sound_part(answer(ingredients=["1 cup of lentils", "2 carrots", "kosher salt"])) is None
    assert sound_part(answer(ingredients=[*INGREDIENTS, "oil to fry", "pepper"])) is None


def test_a_step_label_again_and_again():
    text = answer(steps=[STEPS[0], *["Step 3"] * 9])
    # the page has it once, and once more may be a slip
    assert sound_part(text).endswith('"Step 3"')
    assert sound_part(text).count("Step 3") == 1


def test_a_line_that_the_page_has_twice_may_come_twice():
    page = PageLines(PAGE + PAGE)
    assert page.stray(answer(ingredients=INGREDIENTS * 2, steps=STEPS * 2)) is None


def test_the_method_among_the_ingredients():
    text = answer(ingredients=[*INGREDIENTS, *STEPS])
    assert sound_part(text).endswith('"1 onion"')


LONG_STEP = (
    "Peel the carrots and cut them into coins. Fry them with the onion until they are soft. " * 2
)


def test_one_long_step_among_the_ingredients_is_enough():
    page = PageLines(PAGE + LONG_STEP)
    text = answer(ingredients=[*INGREDIENTS, LONG_STEP.strip()])
    assert text[: page.stray(text).at].endswith('"1 onion"')


@pytest.mark.parametrize("break_", ['}, {"@type": "Recipe"', '": "20 minutes"', " and "])
def test_a_list_that_can_no_longer_become_json(break_):
    text = answer()[: answer().index(', "name"') - 1] + break_
    assert sound_part(text).endswith('"1 onion"')
    assert PageLines(PAGE).stray(text).closing == "],"


def test_json_breaks_after_the_lists_are_not_mended():
    assert sound_part(answer() + "}}") is None
    assert sound_part(answer()[:-1] + ', "name" "x"') is None


@pytest.mark.parametrize("end", ["\\u00", "\\", '"', ""])
def test_a_string_that_is_being_written_is_sound(end):
    assert sound_part(answer()[: answer().index("onion")] + end) is None


def test_the_list_is_named():
    page = PageLines(PAGE)
    assert page.stray(answer(ingredients=[*INGREDIENTS, *STEPS])).closing == "],"
    assert page.stray(answer(steps=["Step 3"] * 9)).closing == ""


def test_an_answer_that_is_lost_at_once():
    text = answer(ingredients=["one", "two", "three", "four"])
    assert sound_part(text).endswith('"recipeIngredient": [')
    assert PageLines(PAGE).stray(text).closing == ""


@pytest.mark.parametrize("text", ["", "{}", "no JSON", '{"recipeIngredient": [', '{"a": ["x"]}'])
def test_other_answers_are_not_judged(text):
    assert sound_part(text) is None


def test_keys_and_facts_are_no_lines():
    steps = [{"@type": "HowToSection", "name": f"Part {n}", "text": STEPS[n]} for n in range(3)]
    text = json.dumps({"recipeInstructions": steps, "keywords": ["never", "on", "the page"]})
    assert sound_part(text) is None


@pytest.mark.parametrize("kept", [0, 2])
def test_a_line_that_loops_is_drawn_anew(kept):
    text = answer(steps=[*STEPS[:kept], "Fry the onion"]).removesuffix('"}]}') + " and fry" * 20
    assert PageLines(PAGE).stray(text) is None
    stray = PageLines(PAGE).stray(text, in_loop=True)
    assert stray.closing == ""
    assert text[stray.at :].startswith(('"}, {' if kept else '{"@type": "HowToStep"')[kept and 1 :])


def test_a_loop_outside_of_the_lists_has_nothing_to_go_on_from():
    text = '{"recipeIngredient": ["salt"], "name": "Soup' + " soup" * 40
    assert PageLines(PAGE).stray(text, in_loop=True) is None


def test_a_loop_behind_a_whole_line_of_the_page_is_cut_there():
    text = answer(steps=[STEPS[0], STEPS[1].rstrip(".")]).removesuffix('"}]}')
    stray = PageLines(PAGE).stray(text + " golden" * 40, in_loop=True)
    assert text[: stray.at] + stray.closing == text + '"'


def test_the_heading_of_the_method_is_no_ingredient():
    text = answer(ingredients=[*INGREDIENTS, "Method", "Step 1"])
    stray = PageLines(PAGE).stray(text)
    assert (text[: stray.at].endswith('"1 onion"'), stray.closing) == (True, "],")
