"""Lines of a label that have lost their amount, their food or their end are not supported."""

from pathlib import Path

import pytest

from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.ingredients import ingredient_support, supports_ingredient
from recipe_pipeline.grounding.post_index import PostIndex

CASE = Path(__file__).parents[3] / "shared" / "field_cases" / "label-without-amounts"

LIST = """Leek Pie

Ingredients
- 2 cups flour, sifted
- 1 onion
- 4 large eggs
- 1 cup cream cheese
- 2 Tbsp. brown sugar
- a pinch of nutmeg
- a handful of basil
- 1 tsp salt and black pepper
- fresh parsley, chopped
- Cooking spray

Method
1. Flour the board, season with salt, sugar and pepper and add the onion.
2. Coat with cooking spray and sprinkle with parsley.
"""
AMOUNTS_FIRST = "Stew\nIngredients:\n2 cups\nflour\n1 tsp\nsugar\nsalt\n1 cup\nmilk\nStir it all."
FOODS_FIRST = "Stew\nflour\n2 cups\nsugar\n1 tsp\nsalt\nmilk\n1 cup\n1\nStir it all.\n2\nServe."
PROSE = "I take a cup of rice, two onions, salt and a pinch of cumin. Then fry the rice with salt."
CAPTION = (
    "what you need: 8 oz spaghetti, 4 tbsp butter, green onions and 2 tsp brown sugar\nboil, toss"
)
BEHIND = "Flour, 2 cups\nSugar - 1 cup\nSalt - 1 tsp.\nSalt to taste\nMix it."
NO_AMOUNTS = "Soup\nIngredients\nleeks\nsalt\ncream\nSimmer the leeks for 20 minutes at 80 degrees."
SECTIONS = "- 2 tbsp oil\n- 1 cup peas\nFor the sauce:\n- oil\n- garlic\n- salt\n\nFry the peas."


@pytest.mark.parametrize(
    ("post", "line"),
    [
        (LIST, "flour"),
        (LIST, "basil"),
        (LIST, "flour, sifted"),
        (LIST, "sifted flour"),
        (LIST, "onion"),
        (LIST, "eggs"),
        (LIST, "brown sugar"),
        (LIST, "nutmeg"),
        (AMOUNTS_FIRST, "flour"),
        (AMOUNTS_FIRST, "milk"),
        (FOODS_FIRST, "flour"),
        (FOODS_FIRST, "milk"),
        (PROSE, "rice"),
        (PROSE, "onions"),
        (PROSE, "cumin"),
        (CAPTION, "spaghetti"),
        (CAPTION, "brown sugar"),
        (BEHIND, "flour"),
        (BEHIND, "sugar"),
    ],
)
def test_a_line_without_the_amount_of_the_post_is_not_supported(post, line):
    support = ingredient_support(line, PostIndex(post))
    assert support.score < 0.6
    assert "amount is lost; the post says" in support.reason


@pytest.mark.parametrize("line", ["2 cups", "1 cup", "4", "4 large", "1 tsp"])
def test_an_amount_alone_is_not_supported(line):
    assert "an amount without a food" in ingredient_support(line, PostIndex(LIST)).reason
    assert not supports_ingredient(line, PostIndex(AMOUNTS_FIRST))


@pytest.mark.parametrize("line", ["1 cup cream", "2 Tbsp. brown"])
def test_half_a_line_is_not_supported(line):
    assert "it breaks off" in ingredient_support(line, PostIndex(LIST)).reason


@pytest.mark.parametrize(
    ("post", "line"),
    [
        (LIST, "2 cups flour, sifted"),
        (LIST, "2 cups flour"),
        (LIST, "1 onion"),
        (LIST, "an onion"),
        (LIST, "a pinch of nutmeg"),
        (LIST, "black pepper"),
        (LIST, "fresh parsley, chopped"),
        (LIST, "Parsley"),
        (LIST, "cooking spray"),
        (AMOUNTS_FIRST, "salt"),
        (AMOUNTS_FIRST, "2 cups flour"),
        (FOODS_FIRST, "salt"),
        (FOODS_FIRST, "2 cups flour"),
        (PROSE, "salt"),
        (PROSE, "1 cup rice"),
        (CAPTION, "green onions"),
        (BEHIND, "Salt to taste"),
        (BEHIND, "Salt - 1 tsp."),
        (NO_AMOUNTS, "leeks"),
        (NO_AMOUNTS, "cream"),
        (SECTIONS, "oil"),
        (SECTIONS, "garlic"),
        ("- 2 cups chicken broth\n- chicken, cooked", "chicken"),
        ("- 2 cups stock\n- 4 skinless, boneless chicken breasts", "4 skinless"),
        ("- 2 tablespoons dill paste\n- diced dill to taste", "diced dill to taste"),
        ("Part 2: boil water.", "water"),
        ("7 boil the water.", "water"),
    ],
)
def test_a_line_that_the_post_gives_so_is_supported(post, line):
    support = ingredient_support(line, PostIndex(post))
    assert support.score >= 0.6, support


@pytest.mark.skipif(not CASE.is_dir(), reason="the field cases are not here")
def test_the_field_case():
    [file] = (CASE / "posts").glob("*.txt")
    post = file.read_text(encoding="utf-8")
    lost = ["pearl barley", "lemon juice", "vegetable stock"]
    whole = ["1 cup pearl barley", "3 tablespoons lemon juice", "6 cups vegetable stock"]

    def support(lines):
        label = {
            "name": "Lemon barley soup",
            "recipeYield": "4 servings",
            "recipeIngredient": lines,
        }
        steps = [line[3:] for line in post.splitlines() if line[:1].isdigit()]
        label["recipeInstructions"] = [{"@type": "HowToStep", "text": step} for step in steps]
        return ground({"@type": "Recipe", **label}, post).support

    assert support(lost) < 0.6 <= support(whole)
