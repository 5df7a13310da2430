"""Steps of an answer in the words of the page."""

import pytest

from recipe_pipeline.extraction.step_wording import as_worded

PAGE = """Leek soup

2 leeks
1 litre stock

1. Simmer the leeks in the stock for 20 minutes, then blend.
2. Season with salt and pepper, stir in the
cream and serve at once. Don't boil it again.
"""


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (
            "Melt the leeks in the stock for 20 minutes, then blend.",
            "Simmer the leeks in the stock for 20 minutes, then blend.",
        ),
        (
            "Simmer the onions in the stock for 25 minutes, then blend.",
            "Simmer the leeks in the stock for 20 minutes, then blend.",
        ),
        ("(Simmer leeks.)", "(Simmer leeks.)"),  # too few words to know
        (
            "Season with salt and pepper, stir in the milk and serve at once.",
            "Season with salt and pepper, stir in the cream and serve at once.",
        ),
        ("Do not boil it again after that.", "Do not boil it again after that."),
        (
            "Fry the onions in the butter for 20 minutes, then blend.",  # three words differ
            "Fry the onions in the butter for 20 minutes, then blend.",
        ),
    ],
)
def test_a_step_that_differs_by_a_word_or_two_gets_the_words_of_the_page(text, right):
    assert as_worded([text], PAGE) == [right]


def test_steps_that_are_on_the_page_stay_as_they_are():
    texts = ["Simmer the leeks in the stock for 20 minutes", "then blend!"]
    assert as_worded(texts, PAGE) == texts


def test_two_places_in_different_words_are_no_place():
    page = "Bake the rolls for 20 minutes until brown.\nBake the loaf for 20 minutes until brown."
    text = "Bake the bread for 20 minutes until brown."
    assert as_worded([text], page) == [text]


def test_a_page_of_one_phrase_is_read_in_time():
    page = "stir the soup well " * 15_000
    assert as_worded(["stir the soup well and often until it boils"] * 30, page)
