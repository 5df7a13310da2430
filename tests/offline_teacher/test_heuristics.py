"""Posts the teacher did not write are read by rules, and nothing is invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.offline_teacher.heuristics import extract
from recipe_pipeline.schema.recipe import instruction_texts, normalise_recipe

REAL_PAGES = Path(__file__).parents[2].parent / "shared" / "real_pages_dev.jsonl"

CARD = """\
Weeknights got long this spring, and this red lentil soup saved us more than once.
Ingredient Notes
- Lentils: red ones fall apart, which is the point.
Red Lentil Soup
- Prep Time: 10 minutes
- Cook Time: 1 hr 5 mins
- Yield: 4–6 servings 1x
Ingredients
For the Soup:
- 2 cups red lentils
- 1 onion, diced
- salt to taste
To Serve
- 1 lemon
Instructions
- Simmer the lentils and the onion until soft.
- Season well and squeeze the lemon over each bowl.
Notes
- Leftovers will keep in the fridge for 3 days.
Nutrition
Calories: 230 kcal
"""


def test_a_usual_card_is_read_line_by_line():
    label, reasoning = extract(CARD)
    assert label["name"] == "Red Lentil Soup"
    assert label["recipeIngredient"] == [
        "2 cups red lentils",
        "1 onion, diced",
        "salt to taste",
        "1 lemon",
    ]
    assert instruction_texts(label) == [
        "Simmer the lentils and the onion until soft.",
        "Season well and squeeze the lemon over each bowl.",
    ]
    assert (label["prepTime"], label["cookTime"]) == ("PT10M", "PT1H5M")
    assert label["recipeYield"] == "4–6 servings"
    assert "totalTime" not in label
    assert "rules" in reasoning
    assert normalise_recipe(label) == label


@pytest.mark.parametrize(
    ("marks", "heading"),
    [(("", ""), "Directions:"), (("• ", "1. "), "METHOD"), (("▢ ", "Step 1: "), "How to make it")],
)
def test_list_marks_and_headings_vary(marks, heading):
    text = f"Toast Deluxe\n\nINGREDIENTS:\n{marks[0]}1 slice bread\n{marks[0]}½ tsp butter\n\n{heading}\n{marks[1]}Toast the bread until brown.\n"
    label, _ = extract(text)
    assert label["name"] == "Toast Deluxe"
    assert label["recipeIngredient"] == ["1 slice bread", "½ tsp butter"]
    assert instruction_texts(label) == ["Toast the bread until brown."]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We had a lovely dinner at the harbor. I paid $40.",
        "Shopping list\n- eggs\n- milk",
        "Ingredients\n" * 500,
        "\x00\ufffd 🍕" * 200,
    ],
)
def test_text_without_a_recipe_is_empty(text):
    assert extract(text)[0] == {}


def test_a_megabyte_of_text_is_read_in_time():
    label, _ = extract(CARD + "blah blah (((( 12 minutes serves \n" * 30_000)
    assert label["name"] == "Red Lentil Soup"


def test_composed_posts_are_mostly_understood_without_the_memory():
    facts = {
        "name": "Corn Chowder",
        "ingredients": ["2 cups corn", "1 onion, diced", "3 cups milk", "2 potatoes, cubed"],
        "directions": ["Soften the onion in a pot.", "Add everything else and simmer until soft."],
    }
    scores = []
    for seed in range(30):
        composition = compose(facts, "fluffy_organized", seed)
        label, _ = extract(composition.post)
        found = set(label.get("recipeIngredient", ()))
        scores.append(len(found & set(composition.label["recipeIngredient"])) / 4)
        assert all(line in composition.post for line in found)
    assert sum(scores) / len(scores) > 0.8


@pytest.mark.skipif(not REAL_PAGES.exists(), reason="the real pages are not beside the project")
def test_real_pages_are_read_without_inventing_anything():
    found = total = invented = lines = 0.0
    for row in REAL_PAGES.read_text(encoding="utf-8").splitlines():
        page = json.loads(row)
        label, _ = extract(page["text"])
        metrics = score_document(json.dumps(label), page["gold"], page["text"]).metrics
        found += metrics["ingredient_f1"][0]
        total += metrics["ingredient_f1"][1]
        invented += metrics["unsupported_ingredients"][0]
        lines += metrics["unsupported_ingredients"][1]
    assert found / total > 0.8
    assert invented <= 0.01 * lines
