"""Lists of an answer end where those of the page end."""

from __future__ import annotations

import pytest

from recipe_pipeline.extraction.completion import completed
from recipe_pipeline.schema.layout import plain_step
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts

FOODS = ["225 g butter (softened)", "110 g sugar", "330 g plain flour", "Salt"]
STEPS = [
    "Beat the butter, sugar and salt until smooth.",
    "Work in the flour and press into a tin.",
    "Bake until pale gold, about 30 minutes.",
]
PAGE = f"""Shortbread

Ingredients
- {FOODS[0]}
- {FOODS[1]}
- {FOODS[2]}
- {FOODS[3]}
- Preparation time: 10 minutes
- 10 minutes
- Ready in: 40 minutes
- Servings 16-18

So, what's the trick? Patience, mostly.
When we were small, there was a shop that sold this.

Instructions
1. {STEPS[0]}
2. {STEPS[1]}
3. {STEPS[2]}
- Prep:
- 15 minutes
- Cook:
- 30 minutes

Recipe Notes
- Read the steps before you start.

## What readers say
Renee
I would add 2 teaspoons of lemon juice to the dough.

Have you made this recipe?
RATE and COMMENT below!
"""


def lists_of(ingredients: list[str], steps: list[str], page: str = PAGE) -> tuple[list, list]:
    answer = {"@type": "Recipe", "name": "Shortbread", "recipeIngredient": ingredients}
    answer["recipeInstructions"] = [plain_step(step) for step in steps]
    recipe = completed(answer, page)
    return ingredient_lines(recipe), instruction_texts(recipe)


@pytest.mark.parametrize(
    "further",
    [
        ["Preparation time: 10 minutes", "10 minutes", "Servings"],
        ["So, what's the trick?", "Patience, mostly.", "Recipe Notes"],
        ["Instructions", *STEPS],
        [STEPS[0], STEPS[1]],
        ["Have you made this recipe?", "RATE and COMMENT below!"],
        ["Salt", "Salt"],
    ],
)
@pytest.mark.parametrize("page", [PAGE, PAGE.replace("- ", "")])
def test_ingredients_that_run_on_are_cut(further, page):
    assert lists_of([*FOODS, *further], STEPS, page) == (FOODS, STEPS)


@pytest.mark.parametrize("name", ["For the dough:", "For the dough", "Dough", "Crumb", "FOR"])
def test_a_group_is_no_ingredient(name):
    page = PAGE.replace(f"- {FOODS[2]}", f"{name}\n- {FOODS[2]}")
    answer = [*FOODS[:2], name, *FOODS[2:]]
    assert lists_of(answer, STEPS, page) == (FOODS, STEPS)


def test_a_food_that_two_groups_have_stays_twice():
    page = PAGE.replace(f"- {FOODS[2]}", f"For the dough:\n- {FOODS[1]}\n- {FOODS[2]}")
    foods = [*FOODS[:2], FOODS[1], *FOODS[2:]]
    assert lists_of(foods, STEPS, page) == (foods, STEPS)


@pytest.mark.parametrize(
    "further",
    [
        ["Prep:", "15 minutes", "Cook:", "30 minutes"],
        ["Prep time: 15 mins", "Cuisine: Scottish"],
        ["Recipe Notes", "Read the steps before you start."],
    ],
)
def test_steps_that_run_on_are_cut(further):
    assert lists_of(FOODS, [*STEPS, *further]) == (FOODS, STEPS)


def test_lines_below_a_further_heading_are_not_added():
    assert lists_of(FOODS, STEPS[:2])[1] == STEPS


def test_names_of_steps_and_ends_of_methods_stay():
    steps = ["Prep", STEPS[0], "Cook", *STEPS[1:], "Store in a tin.", "Makes 16."]
    page = PAGE.replace("- Prep:\n- 15 minutes\n- Cook:\n- 30 minutes\n", "")
    assert lists_of(FOODS, steps, page)[1] == steps


def test_a_group_named_like_a_section_of_the_method_is_still_completed():
    page = PAGE.replace(f"- {FOODS[2]}", f"Dough\n- {FOODS[2]}")
    page = page.replace(f"2. {STEPS[1]}", f"Dough\n2. {STEPS[1]}")
    steps = [STEPS[0], "Dough", *STEPS[1:]]
    assert lists_of(FOODS[:2], steps, page) == (FOODS, steps)


def test_a_method_that_goes_on_with_the_ingredients_is_completed():
    method, foods = "\n".join(STEPS), "\n".join(f"□ {food}" for food in FOODS)
    page = f"Shortbread\nInstructions\n{method}\nIngredients□ 1 egg\n{foods}\n"
    assert lists_of(FOODS, STEPS[:2], page)[1] == STEPS
