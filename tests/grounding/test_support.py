"""Which lines and steps a text supports, as 07 counts them."""

import pytest

from recipe_pipeline.grounding.ingredients import supports_ingredient
from recipe_pipeline.grounding.lines import supports_passage
from recipe_pipeline.grounding.post_index import PostIndex

PAGE = """My trip to the sea. Ingredients:
- Two cups of all-purpose flour (sifted)
- 1½ tsp vanilla
- a pinch of salt
Whisk the flour and salt in a large bowl, then stir in the vanilla. Bake for 20 minutes."""


@pytest.mark.parametrize(
    "line",
    [
        "2 cups all-purpose flour",
        "all-purpose flour, sifted, 2 cups",
        "1 1/2 tsp vanilla",
        "1 pinch salt",
        "",
    ],
)
def test_a_line_of_the_text_is_supported_in_any_spelling(line):
    assert supports_ingredient(line, PostIndex(PAGE))


@pytest.mark.parametrize(
    "line",
    [
        "3 cups all-purpose flour",  # the text has two
        "2 cups sugar",
        "vanilla",  # the text has an amount
        "20 tsp salt",  # all three words occur, never together
        "1 cup butter",
    ],
)
def test_an_invented_line_or_quantity_is_unsupported(line):
    assert not supports_ingredient(line, PostIndex(PAGE))


def test_steps_may_differ_in_a_few_words():
    index = PostIndex(PAGE)
    assert supports_passage("Whisk flour and salt in a bowl, then stir in vanilla", index)
    assert not supports_passage("Knead the dough and let it rise overnight", index)


def test_nothing_is_supported_by_an_empty_text():
    assert not supports_ingredient("1 egg", PostIndex(""))


LEEK_SOUP = """Soup

- 2 leeks
- 1 onion
- 400 g black beans
- 2 tbsp butter
- 1 litre stock

1. Fry the onion in the butter over low heat for 5 minutes, until soft and golden.
2. Pour in the stock, and let it simmer for 20 minutes.
3. Add the leeks and the beans."""


@pytest.mark.parametrize(
    "step",
    [
        "Fry the leeks in the butter over low heat for 5 minutes, until soft and golden.",
        "Gently fry the leeks in hot butter over low heat for 5 minutes, until soft and golden.",
        "Pour in the stock and the leeks, and let it simmer for 20 minutes.",
    ],
)
def test_a_step_with_another_food_is_unsupported(step):
    assert not supports_passage(step, PostIndex(LEEK_SOUP))


@pytest.mark.parametrize(
    "step",
    [
        "Cook the onion in the butter over low heat for 5 minutes, until soft.",
        "Pour in the stock and simmer for 20 minutes, then add the leeks.",
        "Add the black beans and leeks.",
    ],
)
def test_a_step_may_name_its_foods_in_other_words(step):
    assert supports_passage(step, PostIndex(LEEK_SOUP))


def test_a_step_with_another_number_is_unsupported():
    index = PostIndex(PAGE)
    assert supports_passage("Bake for 20 minutes.", index)
    assert not supports_passage("Bake for 25 minutes.", index)
