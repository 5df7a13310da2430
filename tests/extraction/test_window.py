import time

import pytest

from recipe_pipeline.extraction.recipe_lines import line_score
from recipe_pipeline.extraction.window import choose_window, estimate_tokens

STORY = "The train was late again and I thought of my grandmother and her garden. " * 4 + "\n"
RECIPE = """Apricot Slices
Prep time: 10 minutes

Ingredients
- 200 g flour
- 3 tbsp sugar
- 1 cup dried apricots

Directions
1. Preheat the oven and mix the flour with the sugar.
2. Add the apricots and bake for 30 minutes.
"""
COMMENTS = "Ana says: I used 2 cups of figs! Reply\n" * 120


def words(text: str) -> int:
    return len(text.split())


def test_text_that_fits_is_unchanged():
    window = choose_window(STORY + RECIPE, 10_000, words)
    assert window.text == STORY + RECIPE
    assert not window.is_cut


@pytest.mark.parametrize("budget", [80, 150, 400])
def test_the_whole_recipe_is_kept_within_the_budget(budget):
    text = "Rosa's Kitchen\n" + STORY * 60 + RECIPE + STORY * 20 + COMMENTS
    window = choose_window(text, budget, words)
    assert words(window.text) <= budget
    assert "- 200 g flour\n- 3 tbsp sugar\n- 1 cup dried apricots" in window.text
    assert "bake for 30 minutes" in window.text
    assert window.text.startswith("Rosa's Kitchen")  # the page's title


def test_the_amount_cut_off_is_reported():
    text = STORY * 60 + RECIPE + STORY * 20
    window = choose_window(text, 100, words)
    assert window.before > len(STORY) * 50
    assert window.after > len(STORY) * 15
    # Everything except white space at the seams is either kept or counted.
    assert len(window.text) + window.before + window.after == pytest.approx(len(text), abs=5)
    assert f"{window.before:,} before them and {window.after:,} after" in window.describe()


def test_recipe_lines_that_are_cut_off_are_reported():
    other = "- 2 cups rye flour\n- 300 g figs\n" + STORY * 60
    window = choose_window(RECIPE + STORY * 90 + other, 150, words)
    assert window.measured == 2
    assert window.describe().endswith("after them, 2 lines with amounts among them")
    assert choose_window(STORY * 60 + RECIPE + STORY * 20, 100, words).measured == 0


def test_a_text_of_megabytes_is_not_counted_whole():
    counted = []

    def count(text: str) -> int:
        counted.append(len(text))
        return words(text)

    window = choose_window(STORY * 3_000 + RECIPE, 200, count)
    assert "1 cup dried apricots" in window.text
    assert max(counted) < 20_000


def test_the_name_above_the_recipe_is_kept_if_there_is_room():
    window = choose_window(STORY * 60 + RECIPE, 120, words)
    assert "Apricot Slices" in window.text


def test_one_endless_line_is_split():
    text = STORY.strip() * 100 + " Mix 2 cups flour with 1 tsp salt and bake. " + STORY.strip() * 50
    window = choose_window(text, 120, words)
    assert "2 cups flour" in window.text
    assert words(window.text) <= 120


def test_long_rows_of_spaces_take_no_time():
    text = "2 cups flour\n" + ("1" + " " * 4_400 + "x\n") * 500
    start = time.process_time()
    assert choose_window(text, 6016, estimate_tokens).text.startswith("2 cups flour")
    assert time.process_time() - start < 3  # about a quarter of a second, or else many minutes


def test_text_without_spaces_or_lines_still_fits():
    window = choose_window("x" * 100_000, 500, lambda text: len(text) // 4)
    assert 0 < len(window.text) // 4 <= 500


def test_a_recipe_with_more_tokens_per_character_than_the_page_fits():
    def count(text: str) -> int:  # every digit is several tokens
        return words(text) + 8 * sum(c.isdigit() for c in text)

    window = choose_window(STORY * 80 + RECIPE * 3 + STORY * 10, 150, count)
    assert count(window.text) <= 150


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("2 cups flour", "I love this cake"),
        ("½ tsp salt", "salt of the earth"),
        ("INGREDIENTS:", "Ingredients matter to me because I grew up in a village by the sea."),
        ("Stir in the milk and simmer.", "Subscribe to my newsletter"),
        ("- 3 eggs", "Jo says: I used 3 eggs. Reply"),
    ],
)
def test_recipe_lines_score_higher_than_other_lines(better, worse):
    assert line_score(better) > line_score(worse)


def test_an_estimated_token_is_three_latin_characters_or_one_other():
    assert estimate_tokens("abcdef") == 2
    assert estimate_tokens("小麦粉") == 3


def test_the_end_of_the_card_wins_over_an_article_that_retells_it():
    story = (
        "My aunt took 1 cup of it, as far as I remember that long and rainy summer by the sea {}, "
    )
    story += "and nobody at the table would ever tell us which of the old cups it had been.\n"
    step = (
        "Then stir the pot slowly for as long as it takes until the kitchen smells of it, and add "
    )
    step += "what is left of number {} by the spoon, with patience and care.\n"
    listed = [f"- {n} cups food {n}\n" for n in range(1, 11)]
    told = [step.format(n) for n in range(8)]
    page = "".join(["Stew\n", *(story.format(n) for n in range(18)), *listed, *told])
    window = choose_window(page, 560, lambda text: len(text) // 3)
    assert window.is_cut
    assert all(line.strip() in window.text for line in (*listed, *told))
