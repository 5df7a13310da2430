"""Sections of a method that the model left out, found again on the page."""

import json
from pathlib import Path

import pytest

from recipe_pipeline.extraction.extract import interpret
from recipe_pipeline.schema.page_sections import headings_between, with_sections
from recipe_pipeline.schema.recipe import is_valid

REAL_PAGES = Path(__file__).parents[2].parent / "shared" / "real_pages_dev.jsonl"

PAGE = """Layer cake
I have told you about this cake. Heat the oven to 350 F, I always say.

Ingredients
- 2 eggs
- 1 cup cream

Instructions
Step 1
Heat the oven to 350 F.
For the batter
Step 2
Whisk the eggs with the sugar.
Step 3
Bake for 20 minutes.

**Filling:**
1. Whip the cream until stiff. 2. Spread it between the layers.

Notes
Eat it cold."""
TEXTS = [
    "Heat the oven to 350 F.",
    "Whisk the eggs with the sugar.",
    "Bake for 20 minutes.",
    "Whip the cream until stiff.",
    "Spread it between the layers.",
]


def steps(*texts):
    return [{"@type": "HowToStep", "text": text} for text in texts]


def recipe(instructions):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Layer cake",
        "recipeInstructions": instructions,
    }


def names(document):
    return [item.get("name") for item in document["recipeInstructions"]]


def test_a_short_line_between_two_steps_names_a_section():
    document = with_sections(recipe(steps(*TEXTS)), PAGE)
    assert is_valid(document)
    assert names(document) == [None, "For the batter", "Filling:"]
    inside = [
        [step["text"] for step in item["itemListElement"]]
        for item in document["recipeInstructions"][1:]
    ]
    assert inside == [TEXTS[1:3], TEXTS[3:]]


def test_the_heading_above_the_first_step_counts_where_another_follows():
    page = "Method\nCake\nMix it all.\nBake it.\nIcing\nStir the sugar."
    texts = ["Mix it all.", "Bake it.", "Stir the sugar."]
    assert headings_between(texts, page) == ["Cake", None, "Icing"]
    page = "Cake\nMix it all.\nBake it.\nStir the sugar."
    assert with_sections(recipe(steps(*texts)), page) == recipe(steps(*texts))


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Photo by Ann",
        "and then, after a while, when nobody was looking any more",
        "It smells wonderful.",
        "Is it done yet?",
        "https://example.com/cake",
        "Tip: use cold butter",
        "Directions",
        "20 % off",
        "2.",
        "- Add yeast",
        "2. Add yeast",
    ],
)
def test_other_lines_between_steps_name_nothing(line):
    page = f"Mix it all.\n{line}\nBake it.\nServe."
    assert headings_between(["Mix it all.", "Bake it.", "Serve."], page) == [None, None, None]


def test_an_item_of_a_list_names_a_section_only_with_a_colon():
    page = "- Mix it all.\n- Add yeast\n- Bake it.\n- For the icing:\n- Stir the sugar."
    texts = ["Mix it all.", "Add yeast", "Bake it.", "For the icing:", "Stir the sugar."]
    assert names(with_sections(recipe(steps(*texts)), page)) == [None] * 3 + ["For the icing:"]


def test_two_lines_between_steps_are_not_a_heading():
    page = "Mix it all.\nIcing\nMy story\nBake it."
    assert headings_between(["Mix it all.", "Bake it."], page) == [None, None]


@pytest.mark.parametrize(
    "page", ["", "Mix it all.", "Icing\nBake it.\nCake\nMix it all.", "\n".join("Mix it all." * 50)]
)
def test_steps_that_are_not_in_order_on_the_page_stay_plain(page):
    plain = recipe(steps("Mix it all.", "Bake it."))
    assert with_sections(plain, page) == plain


def test_the_card_counts_not_the_article_above_it():
    page = "Mix it all.\nMy story\nBake it.\n\nCard\nMix it all.\nBake it.\nIcing\nStir."
    assert headings_between(["Mix it all.", "Bake it."], page) == ["Card", None]
    assert headings_between(["Mix it all.", "Bake it.", "Stir."], page) == ["Card", None, "Icing"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        recipe([]),
        recipe(steps("Heat the oven to 350 F.")),
        recipe([{"@type": "HowToStep", "name": "Bake", "text": text} for text in TEXTS]),
        recipe(steps("😀", "!")),
    ],
)
def test_recipes_without_plain_steps_are_left_alone(document):
    assert with_sections(document, PAGE) == document


def test_a_title_above_every_step_is_not_a_section():
    page = "Prep\nMix it all.\nCook\nBake it."
    plain = recipe(steps("Mix it all.", "Bake it."))
    assert with_sections(plain, page) == plain


def test_a_step_that_is_a_short_line_of_the_page_names_a_section():
    texts = [TEXTS[0], "For the batter", *TEXTS[1:3], "Filling:", *TEXTS[3:]]
    document = with_sections(recipe(steps(*texts)), PAGE)
    assert is_valid(document)
    assert document == with_sections(recipe(steps(*TEXTS)), PAGE)


def test_the_name_of_the_whole_method_is_not_a_step():
    document = with_sections(recipe(steps("Cake", "Mix.", "Bake.")), "Cake\nMix.\nBake.")
    assert names(document) == ["Cake"]


def test_a_name_before_each_step_is_its_title():
    page = "Prep\nMix it all.\nCook\nBake it."
    document = with_sections(recipe(steps(*page.splitlines())), page)
    assert document["recipeInstructions"] == [
        {"@type": "HowToStep", "name": "Prep", "text": "Mix it all."},
        {"@type": "HowToStep", "name": "Cook", "text": "Bake it."},
    ]
    assert is_valid(document)


@pytest.mark.parametrize(
    "texts",
    [
        ["Half of the meat", "All of the cheese", "Bake it."],  # an author without full stops
        ["Mix it all.", "Bake it.", "Serve warm"],  # nothing comes after it
        ["Mix it all.", "Icing", "Stir."],  # the page has no such line
    ],
)
def test_short_steps_are_not_always_names(texts):
    page = "\n".join(text for text in texts if text != "Icing")
    assert with_sections(recipe(steps(*texts)), page) == recipe(steps(*texts))


def test_each_recipe_of_a_page_gets_its_own_sections():
    graph = {"@context": "https://schema.org", "@graph": [recipe(steps(*TEXTS)), recipe([])]}
    first, second = with_sections(graph, PAGE)["@graph"]
    assert names(first) == [None, "For the batter", "Filling:"]
    assert second == recipe([])


def test_08_restores_the_sections_of_the_page():
    answer = json.dumps(recipe(steps(*TEXTS)))
    assert names(interpret(answer, PAGE).document) == [None, "For the batter", "Filling:"]


@pytest.mark.skipif(not REAL_PAGES.exists(), reason="the real pages are not here")
def test_real_pages_have_their_sections_found_and_no_others():
    """The known methods hold headings as short lines among the steps; take them out, find them."""
    found = missed = invented = 0
    for page in map(json.loads, REAL_PAGES.read_text(encoding="utf-8").splitlines()):
        texts, wanted, heading = [], [], None
        for line in page["gold"]["instructions"]:
            if len(line) < 45 and not line.rstrip().endswith((".", "!")):
                heading = line
            else:
                texts.append(line)
                wanted.append(heading)
                heading = None
        for got, want in zip(headings_between(texts, page["text"]), wanted, strict=True):
            found += got == want and want is not None
            missed += got != want and want is not None
            invented += got is not None and got != want
    assert found >= 26
    assert missed <= 8
    assert invented <= 1  # one page writes the layers of its dish as lines without a stop
