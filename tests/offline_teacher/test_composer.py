"""What the offline teacher composes: labels hold what the post holds, in great variety."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from recipe_pipeline.generation.styles import KIND_PROMPTS, STYLES, choose_left_out, choose_style
from recipe_pipeline.offline_teacher.composer import Composition, compose
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of
from recipe_pipeline.offline_teacher.recipe.side_dishes import SIDE_DISHES
from recipe_pipeline.schema.recipe import (
    ingredient_lines,
    instruction_texts,
    normalise_recipe,
    recipes_in,
)
from recipe_pipeline.source.recipes import read_recipes
from recipe_pipeline.text.durations import iso_to_minutes

STYLE_NAMES = [style.name for style in STYLES]
LONGEST_PART = max(len(dish["ingredients"]) for dish in SIDE_DISHES)
SAMPLE = Path(__file__).parents[2] / "sample_data" / "recipes.csv"
KAGGLE = Path(__file__).parents[2].parent / "shared" / "allrecipes.csv"

STEW = {
    "name": "Smoky Bean Stew",
    "summary": "A pot of comfort for cold evenings.",
    "category": "soups-stews-and-chili.stews",
    "cuisine": "Spanish",
    "ingredients": [
        "2 tablespoons olive oil",
        "1 onion, chopped",
        "1½ cups vegetable broth",
        "2 (15 ounce) cans white beans, drained",
        "½ teaspoon smoked paprika",
        "8 ounces kale, chopped",
        "salt and pepper to taste",
    ],
    "directions": [
        "Warm the oil in a pot and soften the onion.",
        "Stir in the paprika, beans and broth. Simmer for 20 minutes.",
        "Add the kale and cook until wilted, 350 degrees F (175 degrees C) is not needed here.",
    ],
    "prep_time": "PT10M",
    "cook_time": "PT1H5M",
    "chill_time": "PT2H",
    "total_time": "PT1H15M",
    "servings": "4",
    "yield": "6 bowls",
}
NO_DIRECTIONS = {
    "name": "Lemon Blueberry Muffins",
    "ingredients": [
        "2 cups all-purpose flour",
        "¾ cup white sugar",
        "2 teaspoons baking powder",
        "1 egg",
        "1 cup milk",
        "⅓ cup vegetable oil",
        "1 cup blueberries",
        "1 lemon, zested",
    ],
    "cook_time": "PT22M",
    "yield": "12 muffins",
}
BARE = {"name": "Toast", "ingredients": ["1 slice bread"]}


def flat(text: str) -> str:
    return " ".join(text.split())


def requests(count: int) -> list[tuple[dict, str, int]]:
    """Facts, style and seed: about ``count`` recipes in all styles with two seeds."""
    recipes = list(read_recipes(SAMPLE))[:: 144 // count]
    facts = [STEW, NO_DIRECTIONS, BARE, *(recipe.facts() for recipe in recipes)]
    return [(f, style, seed) for f in facts for style in STYLE_NAMES for seed in range(2)]


@cache
def corpus() -> list[tuple[dict, str, Composition]]:
    """Facts, style and composition of some 250 requests."""
    return [(facts, style, compose(facts, style, seed)) for facts, style, seed in requests(24)]


@cache
def stews() -> list[Composition]:
    """One recipe in one style, 900 times."""
    return [compose(STEW, "fluffy_organized", seed) for seed in range(900)]


def hard(facts: dict, style: str, seed: int, kind: str) -> tuple[Composition, tuple[str, ...]]:
    left_out: tuple[str, ...] = ()
    if kind == "missing_parts":
        left_out = choose_left_out(facts["name"] + style, seed, set(facts))
    shown = {key: value for key, value in facts.items() if key not in left_out}
    return compose(shown, style, seed, kind, left_out), left_out


def time_spellings(minutes: int) -> set[str]:
    """Every way the post may spell a duration."""
    spoken = wording.SPOKEN.get(minutes, ())
    return {wording.clock(minutes, s) for s in range(wording.CLOCK_STYLES)} | set(spoken)


def assert_supported(composition: Composition) -> None:
    post = flat(composition.post)
    for recipe in recipes_in(composition.label):
        assert recipe["name"] in post
        for line in [*ingredient_lines(recipe), *instruction_texts(recipe)]:
            assert line in post
            assert line == flat(line)
        for key, kind in (("prepTime", "prep"), ("cookTime", "cook"), ("totalTime", "total")):
            if key in recipe:
                minutes = iso_to_minutes(recipe[key])
                spelt = any(text.lower() in post.lower() for text in time_spellings(minutes))
                # Some cards forget the unit: "Prep Time: 25".
                assert spelt or re.search(
                    rf"(?:time|{kind}|ing|ion|in)\W{{1,6}}{minutes}\b", post, re.I
                ), (kind, post)
        if "recipeYield" in recipe:
            stated = re.sub(r" servings?$", "", recipe["recipeYield"])
            # "it makes 16 incredible bars"
            told = rf"\b{re.escape(stated)}\b".replace(r"\ ", r" (?:\w+ )?", 1)
            assert stated in post or re.search(told, post)
        for key in ("description", "recipeCategory", "recipeCuisine", "keywords"):
            if key in recipe:
                assert f": {recipe[key]}" in post or f"escription {recipe[key]}" in post.replace(
                    "**", ""
                )


def test_every_label_line_is_verbatim_in_its_post():
    for _, _, composition in corpus():
        assert_supported(composition)


@pytest.mark.parametrize("kind", KIND_PROMPTS)
def test_labels_of_hard_kinds_are_supported_and_valid(kind):
    for facts, style, seed in requests(8):
        if facts is BARE and kind == "missing_parts":
            continue
        composition, _ = hard(facts, style, seed, kind)
        assert_supported(composition)
        assert normalise_recipe(composition.label) == composition.label


def test_labels_are_canonical_schema_org():
    for _, _, composition in corpus():
        assert normalise_recipe(composition.label) == composition.label


def test_all_ingredients_of_the_source_are_in_post_and_label():
    for facts, _, composition in corpus():
        label = composition.label
        # Lists in parts may use a food again or have a sauce besides, so that counting is not enough.
        lines = label["recipeIngredient"]
        assert 0 <= len(lines) - len(facts["ingredients"]) <= 3 + LONGEST_PART
        written = " ".join(lines).lower()
        for line in facts["ingredients"]:
            assert food_of(line).lower().split()[-1] in written
        assert label["recipeInstructions"]


def test_some_recipes_have_a_part_with_its_own_lists():
    parted = 0
    for composition in stews()[:60]:
        assert_supported(composition)
        post, label = composition.post, composition.label
        more = len(label["recipeIngredient"]) - len(STEW["ingredients"])
        sections = [step for step in label["recipeInstructions"] if step["@type"] == "HowToSection"]
        named = [section["name"] for section in sections if len(section["itemListElement"]) < 4]
        if more < 3 or not any(post.count(name) > 1 for name in named):
            continue
        parted += 1
        assert "@graph" not in label
    assert 4 <= parted <= 20


def test_some_cards_state_total_and_yield_above_their_lists_and_the_rest_below():
    split = 0
    for composition in stews():
        post, label = composition.post, composition.label
        if not {"prepTime", "totalTime", "recipeYield"} <= set(label):
            continue
        first, last = (post.find(label["recipeIngredient"][at]) for at in (0, -1))
        total, prep = (re.search(rf"(?im)^- {word}\b", post) for word in ("total|ready in", "prep"))
        split += bool(total and prep and total.start() < first and last < prep.start())
    assert split > 3


def test_times_and_yields_not_in_the_label_are_not_in_the_post_either():
    card = {
        "prepTime": r"(?i)\bprep(?:aration)?(?: time)?\W{1,4}\d+ ?[hmd]|\d+ \w+ prep\b|to prep",
        "cookTime": r"(?i)\bcook(?:ing)?(?: time)?\W{1,3}\d+ ?[hmd]|\d+ \w+ cook\b(?!['’]s)|(?<!tried )to cook\.",
        "recipeYield": r"(?i)\b(?:serves|makes|yields?|feeds|servings:|portions)\W{1,3}\d",
    }
    seen = Counter()
    for _, _, composition in corpus():
        prose = flat(composition.post)
        for line in instruction_texts(composition.label):
            prose = prose.replace(line, "")
        for key, pattern in card.items():
            stated = re.search(pattern, prose)
            seen[key, stated is not None] += 1
            if key not in composition.label:
                assert not stated, (key, stated, composition.post)
    assert all(seen[key, True] > 30 for key in card)


def test_a_summary_with_a_time_is_not_quoted():
    facts = {**STEW, "summary": "Chunky, limey and ready in ten minutes."}
    plain = {**facts, "summary": "Chunky and limey."}
    quoted = 0
    for style in STYLE_NAMES:
        for seed in range(12):
            assert "limey" not in compose(facts, style, seed).post
            quoted += "limey" in compose(plain, style, seed).post
    assert quoted > 0


def test_the_same_request_gives_the_same_post_and_another_seed_another():
    for style in STYLE_NAMES:
        assert compose(STEW, style, 7) == compose(dict(STEW), style, 7)
        assert len({compose(STEW, style, seed).post for seed in range(20)}) == 20


def test_posts_do_not_depend_on_the_process():
    here = [compose(STEW, style, 1).post for style in STYLE_NAMES]
    program = (
        "import json, sys; from recipe_pipeline.offline_teacher.composer import compose; "
        "facts, styles = json.load(sys.stdin); "
        "print(json.dumps([compose(facts, style, 1).post for style in styles]))"
    )
    there = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps([STEW, STYLE_NAMES]),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    assert json.loads(there.stdout) == here


def test_no_post_names_its_style_or_contains_template_marks():
    for _, _, composition in corpus():
        post = re.sub(r"(?i)\{gluten free, paleo\}", "", composition.post)
        assert not any(name in post for name in STYLE_NAMES)
        assert not re.search(r"<[a-z_]+>|\|\}|\{\w|<U\+|\{n\}", post)
        assert "Style:" not in post
        assert post == post.strip()


def test_layouts_vary():
    """One recipe, many pages: marks, headings, orders, openings."""
    posts = [composition.post.replace("\xa0", " ") for composition in stews()[:150]]
    first_lines = {post.splitlines()[0] for post in posts}
    marks = {re.search(r"(?m)^(\W*)(?:\d ?[½1]?|½|1/2).{1,20}paprika", p) for p in posts}
    headings = Counter()
    for post in posts:
        lines = [line.strip("#* ") for line in post.splitlines()]
        at = next(
            i for i, line in enumerate(lines) if "Warm the oil" in line or "WARM the oil" in line
        )
        headings[next(x for x in reversed(lines[:at]) if 2 < len(x) < 60)] += 1
    assert len(first_lines) >= 80
    assert len({match.group(1) for match in marks if match}) >= 6
    assert len(headings) >= 12
    assert len({len(post) // 100 for post in posts}) >= 10


def test_units_fractions_and_times_are_spelled_in_many_ways():
    lines, times = set(), set()
    for seed in range(200):
        composition = compose(STEW, "minimal_organized", seed)
        lines |= {line for line in composition.label["recipeIngredient"] if "broth" in line}
        times |= {spelling for spelling in time_spellings(75) if spelling in composition.post}
    assert len(lines) >= 10
    assert {"1 1/2 cups vegetable broth", "1½ cups vegetable broth"} <= lines
    assert len(times) >= 6


def test_a_section_heading_is_never_an_ingredient_of_the_label():
    sectioned = 0
    for _, _, composition in corpus():
        for line in composition.label["recipeIngredient"]:
            assert not re.match(r"(?i)for the \w+:?$|toppings?:?$|extras:?$", line)
        sectioned += bool(re.search(r"(?m)^\W*For the \w+", composition.post))
    assert sectioned > 10


def test_sections_of_steps_become_how_to_sections_named_as_in_the_post():
    found = 0
    for _, _, composition in corpus():
        for item in composition.label["recipeInstructions"]:
            if item["@type"] == "HowToSection":
                found += 1
                assert item["name"] in flat(composition.post)
    assert found > 10


def test_style_lengths_are_ordered_and_moderate():
    lengths = {
        style: median(len(composition.post) for _, name, composition in corpus() if name == style)
        for style in STYLE_NAMES
    }
    assert lengths["instagram_short"] < lengths["minimal_organized"]
    assert lengths["minimal_organized"] < lengths["chaotic_unstructured"]
    assert lengths["chaotic_unstructured"] < lengths["fluffy_organized"]
    assert lengths["fluffy_organized"] < lengths["super_fluffy_chaotic"]


def test_the_median_post_over_the_style_mix_is_short_enough_for_a_small_machine():
    recipes = list(read_recipes(SAMPLE))
    posts = [compose(r.facts(), choose_style(r.stem, 0).name, 0).post for r in recipes]
    # About 4 characters a token: 250 to 450 tokens.
    assert 900 <= median(map(len, posts)) <= 1800


def test_length_scales_the_prose_but_not_the_label():
    short = [compose(STEW, "fluffy_organized", seed, length=0.3).post for seed in range(20)]
    usual = [composition.post for composition in stews()[:20]]
    long = [compose(STEW, "fluffy_organized", seed, length=4.0) for seed in range(20)]
    assert median(map(len, short)) < median(map(len, usual))
    assert median(len(c.post) for c in long) > 2.5 * median(map(len, usual))
    for composition in long:
        assert_supported(composition)


def test_a_range_of_lengths_gives_short_and_long_posts():
    posts = [compose(STEW, "fluffy_organized", seed, length=(0.5, 6.0)) for seed in range(60)]
    lengths = sorted(len(composition.post) for composition in posts)
    assert lengths[-5] > 3 * lengths[5]
    for composition in posts:
        assert_supported(composition)


def test_recipes_without_directions_get_steps_that_name_their_foods():
    texts = set()
    for seed in range(12):
        label = compose(NO_DIRECTIONS, "minimal_organized", seed).label
        steps = " ".join(instruction_texts(label)).lower()
        assert sum(food in steps for food in ("flour", "sugar", "egg", "milk", "blueberries")) >= 4
        texts.add(steps)
    assert len(texts) == 12


def test_a_post_with_missing_parts_states_none_of_them():
    dropped = Counter()
    for facts in (STEW, NO_DIRECTIONS):
        for style in STYLE_NAMES:
            for seed in range(20):
                composition, left_out = hard(facts, style, seed, "missing_parts")
                label = composition.label
                dropped.update(left_out)
                if "directions" in left_out:
                    assert "recipeInstructions" not in label
                    assert "Warm the oil" not in composition.post
                if "ingredients" in left_out:
                    assert "recipeIngredient" not in label
                    assert "kale, chopped" not in composition.post
                if "prep_time" in left_out:
                    assert "prepTime" not in label
                assert label.get("recipeIngredient") or label.get("recipeInstructions")
    assert {"directions", "ingredients", "prep_time", "servings"} <= set(dropped)


def test_missing_amounts_are_missing_in_the_label_too():
    without = 0
    for seed in range(60):
        composition, _ = hard(STEW, "minimal_organized", seed, "missing_parts")
        lines = composition.label.get("recipeIngredient", [])
        if lines and not any(char.isdigit() or char in "½¼" for char in "".join(lines)):
            without += 1
            assert not re.search(r"\d (?:tablespoon|tbsp|Tbsp|cup|ounce|oz)", composition.post)
    assert without >= 8


def test_two_dishes_give_a_graph_with_both_names_and_no_mixed_lines():
    seconds = set()
    for style in STYLE_NAMES:
        for seed in range(15):
            label = compose(STEW, style, seed, "two_dishes").label
            first, second = label["@graph"]
            assert "bean stew" in first["name"].lower()
            assert second["name"] not in first["name"]
            assert 7 <= len(first["recipeIngredient"]) <= 10
            assert not any("kale" in line for line in second["recipeIngredient"])
            seconds.add(second["name"].lower())
    assert len(seconds) >= 30


def test_posts_without_a_recipe_have_an_empty_label_and_vary():
    posts = {compose(STEW, s, seed, "no_recipe").post for s in STYLE_NAMES for seed in range(30)}
    assert len(posts) == 150
    assert all(compose(STEW, s, 0, "no_recipe").label == {} for s in STYLE_NAMES)
    assert not any("Warm the oil" in post for post in posts)
    assert not any(
        re.search(r"(?im)^\W*(?:ingredients|instructions|directions)\W*$", p) for p in posts
    )


def test_reasoning_is_short_and_says_what_is_missing():
    for _, _, composition in corpus():
        assert 20 < len(composition.reasoning) < 900
        if "recipeYield" not in composition.label:
            assert "No yield" in composition.reasoning
        if "prepTime" in composition.label:
            assert composition.label["prepTime"] in composition.reasoning


@pytest.mark.parametrize(
    ("facts", "style", "kind", "message"),
    [
        ({"ingredients": ["1 egg"]}, "minimal_organized", "complete", "no name"),
        (STEW, "haiku", "complete", "unknown style"),
        (STEW, "minimal_organized", "riddle", "unknown kind"),
    ],
)
def test_impossible_requests_are_refused(facts, style, kind, message):
    with pytest.raises(ValueError, match=message):
        compose(facts, style, 0, kind)


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "{Odd|} <name> | Pie"},
        {"name": "Crêpes “Suzette” 🍊/\\:*?", "ingredients": ["1 {cup|} <main> *flour*", "🥚 2"]},
        {"name": "Numbers", "ingredients": [12, None, {"a": 1}, "  2   eggs "], "servings": 4},
        {"name": "Broken times", "prep_time": "soon", "cook_time": 15, "total_time": "PT0M"},
        {"name": "x" * 300, "ingredients": ["y" * 500], "directions": "One string."},
        {"name": "Lone surrogate \ud800", "ingredients": ["1 \udfff egg"], "servings": "²"},
        {"name": "Long", "ingredients": [f"{n} cups part {n}" for n in range(1, 60)]},
    ],
)
def test_unusual_recipes_are_composed_verbatim(facts):
    for style in STYLE_NAMES:
        for kind in ("complete", *KIND_PROMPTS):
            composition = compose(facts, style, 3, kind)
            assert_supported(composition)


@pytest.mark.slow
@pytest.mark.skipif(not KAGGLE.exists(), reason="the Kaggle file is not beside the project")
def test_the_whole_kaggle_file_composes_to_supported_labels():
    for recipe in read_recipes(KAGGLE):
        composition = compose(recipe.facts(), choose_style(recipe.stem, 0).name, 0)
        assert_supported(composition)
        assert normalise_recipe(composition.label) == composition.label
        assert "<U+" not in composition.post


def test_articles_have_cards_like_those_of_copied_pages():
    pairs = [list(pairwise(filter(None, c.post.lower().splitlines()))) for c in stews()[:300]]
    # Nothing between the title and the ingredients: the most frequent form on real pages.
    bare = sum(
        any("bean stew" in above and line.strip("#*: ") == "ingredients" for above, line in post)
        for post in pairs
    )
    printed = sum(
        any(above == "print" and "bean stew" in line for above, line in post) for post in pairs
    )
    assert 60 < bare < 200, bare
    assert 10 < printed < 80, printed


def test_long_posts_have_long_paragraphs_not_only_more_of_them():
    def usual_line(length):
        lines = [
            len(line)
            for seed in range(60)
            for line in compose(STEW, "fluffy_organized", seed, length=length).post.splitlines()
            if line.startswith(("- ", "• ", "* "))
        ]
        return sum(lines) / len(lines)

    assert usual_line(3.0) > 1.15 * usual_line(1.0)


def test_servings_in_the_nutrition_facts_equal_the_yield_of_the_label():
    numbers = r"(?m)^(?:Yield: (\d\S*)(?: Serving Size: 1)?|(\d\S*) servings)\n(?:Serving Size|Amount|-|Cal)"
    seen = Counter()
    for composition in stews():
        found = re.search(numbers, composition.post)
        if found:
            number = found.group(1) or found.group(2)
            assert composition.label["recipeYield"] == f"{number} servings", composition.post
            seen[found.group(1) is not None] += 1
    assert seen[True] > 8, seen
    assert seen[False] > 3, seen


def test_a_card_may_repeat_the_first_paragraph_of_its_post():
    twice = 0
    for composition in stews()[:200]:
        lines = composition.post.splitlines()
        twice += any(lines.count(line) > 1 for line in lines if len(line) > 70)
    assert 2 < twice < 40, twice


def test_copies_may_keep_the_heading_of_a_lost_list():
    alone = 0
    for composition in stews()[:300]:
        lines = [line for line in composition.post.splitlines() if line]
        alone += any(
            above.strip("#* ") == "Equipment" and line.strip("#*: ").lower() == "ingredients"
            for above, line in pairwise(lines)
        )
    assert 3 < alone < 60, alone


def test_titles_take_the_forms_of_real_cards_and_the_label_has_the_plain_title():
    forms = Counter(dict.fromkeys(("one line", "said again", "below a heading", "recipe"), 0))
    for composition in stews():
        name = composition.label.get("name")
        if not name:
            continue
        lines = [line.strip(" #*") for line in composition.post.splitlines()]
        separated = tuple(name + sign for sign in (" | ", " – ", ": "))
        forms["one line"] += name not in lines and any(line.startswith(separated) for line in lines)
        forms["recipe"] += name.lower().endswith(" recipe")
        for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
            forms["said again"] += line == name and below.startswith(f"{name} ")
            first = composition.label.get("recipeIngredient", ["?"])[0]
            forms["below a heading"] += line == name and first in below and "ngredient" in above
    assert min(forms.values()) > 3, forms
