"""Lists of an answer are compared with those of the page that they were copied from."""

from __future__ import annotations

import pytest

from recipe_pipeline.extraction.completion import completed
from recipe_pipeline.schema.layout import plain_step
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts

FOODS = ["2 cups flour", "1 tsp salt", "Butter", "3 eggs", "1 cup icing sugar", "A little milk"]
STEPS = [
    "Mix the flour and salt.",
    "Gently rub in the butter.",
    "Add the eggs and bake for 20 minutes.",
    "Stir the sugar into the milk.",
    "Spread over the cake and serve.",
]
CARD = f"""Butter Cake

Ingredients
For the cake
- {FOODS[0]}
- {FOODS[1]}
- {FOODS[2]}
- {FOODS[3]}

Icing
- {FOODS[4]}
- {FOODS[5]}

Instructions

Cake
- {STEPS[0]}
- {STEPS[1]}
- {STEPS[2]}

Icing
- {STEPS[3]}
- {STEPS[4]}

Notes
- Store the cake in a tin for three days.
- Use cold butter. Mix it in quickly.
"""


def lists_of(ingredients: list[str], steps: list[str], page: str = CARD) -> tuple[list, list]:
    answer = {"@type": "Recipe", "name": "Butter Cake", "recipeIngredient": ingredients}
    if steps:
        answer["recipeInstructions"] = [plain_step(step) for step in steps]
    recipe = completed(answer, page)
    return ingredient_lines(recipe), instruction_texts(recipe)


@pytest.mark.parametrize(
    ("foods", "steps"),
    [
        (FOODS, STEPS),
        (FOODS[:4], STEPS),  # ends at a heading
        (FOODS[:5], STEPS[:3]),
        ([*FOODS[:2], *FOODS[3:]], [STEPS[0], *STEPS[2:]]),  # a line is left out
        (["2 CUPS FLOUR", *FOODS[1:4]], [step.rstrip(".") for step in STEPS[:4]]),
    ],
)
def test_what_an_answer_has_left_out_of_a_list_is_added_in_its_place(foods, steps):
    got_foods, got_steps = lists_of(foods, steps)
    assert [food.casefold() for food in got_foods] == [food.casefold() for food in FOODS]
    assert [step.rstrip(".") for step in got_steps] == [step.rstrip(".") for step in STEPS]


@pytest.mark.parametrize(
    "method", ["\n".join(STEPS), " ".join(STEPS), "\n".join(f"- {x}" for x in STEPS)]
)
def test_scrambled_lists_are_in_the_order_of_the_page(method):
    page = "Butter Cake\n\n" + "\n".join(f"- {food}" for food in FOODS[:4]) + f"\n\n{method}"
    assert lists_of([FOODS[i] for i in (1, 0, 3)], [*STEPS[1:], STEPS[0]], page)[1] == STEPS


def test_scrambled_lists_on_a_page_that_tells_them_twice_are_not_doubled():
    page = f"{STEPS[0]} {STEPS[2]}\n\n{CARD}"
    steps = [STEPS[2], *STEPS[:2], *STEPS[3:]]
    assert sorted(lists_of(FOODS, steps, page)[1]) == sorted(STEPS)


def test_the_names_of_groups_are_added_where_the_answer_has_any():
    _, steps = lists_of(FOODS, ["Cake", *STEPS[:3]])
    assert steps == ["Cake", *STEPS[:3], "Icing", *STEPS[3:]]


@pytest.mark.parametrize(
    "page",
    [
        CARD.replace("- ", ""),  # a list without marks has no certain end
        "A story about cake.\n\nComments\n- I used 2 cups of flour instead.\n",
        CARD.replace("\nIcing\n", "\nRelated recipes\n"),
        "",
    ],
)
def test_lines_that_may_belong_to_something_else_are_not_added(page):
    foods, steps = lists_of(FOODS[:4], STEPS[:3], page)
    assert foods == FOODS[:4]
    assert not [step for step in steps if "Store" in step or "cold butter" in step]


@pytest.mark.parametrize("heading", ["Equipment", "Special Tools:", "Kitchen equipment needed"])
def test_tools_are_no_ingredients(heading):
    tools = ["1 food processor", "2 cake tins", "1 measuring cup"]
    block = "\n".join([heading, *(f"- {tool}" for tool in tools)])
    page = CARD.replace("Ingredients\n", f"{block}\n\nIngredients\n", 1)
    assert lists_of(tools, STEPS, page)[0] == FOODS
    assert lists_of([*tools, *FOODS[:3]], STEPS, page)[0] == FOODS


def test_a_list_in_two_systems_of_units_is_given_once():
    ounces = ["9 oz flour", "1 tsp salt", "Butter", "3 eggs", "3 oz icing sugar", "A little milk"]
    page = "\n".join(["Ingredients", *FOODS, *ounces, "", "Directions", *STEPS])
    assert lists_of([*FOODS, *ounces], STEPS, page)[0] == FOODS


def test_a_story_between_two_steps_is_not_added():
    page = CARD.replace(
        STEPS[1], f"{STEPS[1]}\nWhile we lived abroad, I had a cake like this.\n", 1
    )
    assert lists_of(FOODS, STEPS, page)[1] == STEPS


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("2 cups flour (250 g; sifted)", "2 cups flour (250 g"),
        ("Optional: 1 tsp pickling salt", "1 tsp pickling salt"),
        ("1 tsp pickling salt", "1 tsp picling salt"),
    ],
)
def test_an_ingredient_is_written_as_on_the_page(line, written):
    page = CARD.replace(FOODS[1], line)
    assert lists_of([FOODS[0], written, *FOODS[2:]], STEPS, page)[0][1] == line


def test_a_line_with_two_ingredients_may_be_divided():
    page = CARD.replace(FOODS[1], "1 tsp sea salt and 2 tsp sugar")
    foods = [FOODS[0], "1 tsp sea salt", "2 tsp sugar", *FOODS[2:]]
    assert lists_of(foods, STEPS, page)[0] == foods


def test_steps_that_begin_again_are_told_once():
    assert lists_of(FOODS, [*STEPS, *STEPS[2:]])[1] == STEPS


def test_links_are_no_ingredients():
    page = CARD.replace("Ingredients\n", "- Print this\n- or to save it.\n\nIngredients\n", 1)
    assert lists_of(["or to save it."], STEPS, page)[0] == FOODS


@pytest.mark.parametrize("form", ["{step}", "{step} {foods}", "{step}{foods}", None])
def test_foods_that_a_card_repeats_below_a_step_are_no_steps(form):
    foods = "2 cups flour, 1 tsp salt"
    page = CARD.replace(STEPS[0], f"{STEPS[0]}\n{foods}", 1)
    first = [STEPS[0], foods] if form is None else [form.format(step=STEPS[0], foods=foods)]
    assert lists_of(FOODS, [*first, *STEPS[1:]], page)[1] == STEPS


def test_paragraphs_below_the_heading_of_a_method_are_its_steps():
    page = "\n".join(["Ingredients", *FOODS, "", "Directions", *STEPS, "", "Share"])
    assert lists_of(FOODS, STEPS[:1], page)[1] == STEPS


@pytest.mark.parametrize(
    "again", [FOODS, ["250 g flour", "5 g salt", "Butter", "3 eggs", "90 g sugar"]]
)
def test_a_list_that_begins_again_is_taken_once(again):
    foods = "\n".join(f"- {food}" for food in (*FOODS, *again))
    page = f"Ingredients\n{foods}\n\nDirections\n" + "\n".join(f"- {s}" for s in STEPS * 2)
    assert lists_of(FOODS[:4], STEPS[:3], page) == (FOODS, STEPS)


def test_captions_between_steps_do_not_end_the_list():
    page = CARD.replace(STEPS[2], f"{STEPS[2]}\nPhoto: Kim\nADVERTISEMENT", 1)
    assert lists_of(FOODS, STEPS[:3], page)[1] == STEPS


def test_several_recipes_and_sections_are_left_alone():
    for document in (
        {},
        {"@graph": [{"@type": "Recipe", "name": "A", "recipeIngredient": FOODS[:2]}]},
        {
            "@type": "Recipe",
            "name": "Butter Cake",
            "recipeIngredient": FOODS[:2],
            "recipeInstructions": [
                {"@type": "HowToSection", "name": "Cake", "itemListElement": []}
            ],
        },
    ):
        assert completed(document, CARD) == document


@pytest.mark.parametrize("mark", ["-", "- ", "• ", "1. "])
def test_a_mark_without_text_names_nothing(mark):
    page = f"Ingredients\n- 1 leek\n{mark}\n- 2 cups stock\n\nMethod\n{mark}\n1. Boil the leek.\n{mark}"
    assert lists_of(["1 leek"], ["Boil the leek."], page)[1] == ["Boil the leek."]
