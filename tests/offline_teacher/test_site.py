"""Posts that look like whole pages of any web site: exact labels in far more shapes."""

from __future__ import annotations

import re
from functools import cache

import pytest

from recipe_pipeline.generation.styles import KIND_PROMPTS, choose_left_out
from recipe_pipeline.offline_teacher.composer import Composition, compose
from recipe_pipeline.offline_teacher.page import article, site_blocks
from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR, forms
from recipe_pipeline.offline_teacher.recipe.ingredients import split_amount
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts, recipes_in
from tests.offline_teacher.test_composer import NO_DIRECTIONS, STEW, flat, requests

KINDS = ("complete", *KIND_PROMPTS)


def site(facts: dict, style: str, seed: int, kind: str = "complete") -> Composition:
    left_out: tuple[str, ...] = ()
    if kind == "missing_parts":
        left_out = choose_left_out(facts["name"] + style, seed, set(facts))
    shown = {key: value for key, value in facts.items() if key not in left_out}
    return compose(shown, style, seed, kind, left_out, (0.8, 4.2), 1.0)


@cache
def stews() -> list[Composition]:
    """One recipe on 150 sites."""
    return [site(STEW, "fluffy_organized", seed) for seed in range(150)]


def test_the_tables_of_a_page_name_blocks_sections_and_rules():
    blocks = {*site_blocks.BLOCKS, *article.BLOCKS, *vars(forms("sections"))}
    tables = forms("site")
    for name, _, *most in [*tables.above, *tables.sections, *tables.below]:
        assert name in (GRAMMAR.rules if most else blocks)
    assert {form["rule"] for form in vars(forms("sections")).values()} <= set(GRAMMAR.rules)


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_of_a_label_stands_in_its_page(kind):
    for facts, style, seed in requests(8):
        composition = site(facts, style, seed, kind)
        post = flat(composition.post)
        assert not re.search(
            r"[{}]|<[a-z_]+>", composition.post.replace("{Gluten Free, Paleo}", "")
        )
        for recipe in recipes_in(composition.label):
            assert recipe["name"] in post
            for line in [*ingredient_lines(recipe), *instruction_texts(recipe)]:
                assert flat(line) in post
        if kind == "no_recipe":
            assert composition.label == {}
        if kind == "two_dishes":
            assert len(recipes_in(composition.label)) == 2


@pytest.mark.parametrize(
    "shape",
    [
        r"(?m)^Prep\w*(?: Time| time)?:?$\n^10 ?min",  # a label alone on its line
        r"(?m)^\d+ ?min\w*$\n^(?:Prep|Hands-on)",  # the value above its label
        r"Time:?(?:1 hour|65 min|10 ?min|1h|75 min|1 hr)",  # glued
        r"(?m)^(?:Step |STEP )?1\.?$\n^\w",  # a step number alone on its line
        r"(?m)^(?:▢|☐|- ?)$\n^\w",  # a box alone on its line
        r"(?m)^\W*½(?: \w+\.?)?$\n^.*smoked",  # an amount alone on its line
        r"(?m)smoked paprika(?:: | – | - | |, )(?:½|1/2|1⁄2|0\.5)",  # the amount behind the food
        r"(?m)^STEP 1 OF \d",
        r"US|Metric",
        r"(?i)calories",
        r"(?i)reply",
        r"\n\n",
        r"(?im)^\W*(?:kitchen |special |recommended )?(?:equipment|tools|utensils)\b.*$\n^\W*[1-9]",
        r"(?m)^\W*\w.*\$\d+\.\d\d$",  # a pack with its price
        r"(?m)smoked paprika$\n^(?:½|1/2|1⁄2|0\.5)",  # the amount in another cell of a table
        r"(?m)\.$\n^\d[^.\n]*(?:, |; )\d",  # the foods of a step below it
        r"Zutaten|Ingrédients|Ingredientes|Ingredienti",
    ],
)
def test_pages_take_shapes_that_typical_posts_do_not_have(shape):
    assert any(re.search(shape, composition.post) for composition in stews())


def test_some_lists_and_methods_have_no_heading():
    heading = re.compile(r"(?im)^\W*(?:.*ingredients?.*|what you.*|you'll need|.*list.*)\W*$")
    bare = [c for c in stews()[:60] if not heading.search(c.post.replace("’", "'"))]
    assert 1 <= len(bare) <= 20


def test_tools_shops_and_the_foods_below_a_step_are_not_in_the_label():
    lines = [
        line
        for composition in stews()
        for line in (*ingredient_lines(composition.label), *instruction_texts(composition.label))
    ]
    assert not [line for line in lines if re.search(r"\$\d|spatula|Measuring|ramekins", line)]
    assert not [line for line in lines if re.match(r"(?:\d[^.]*, ){3}\d", line)]


def test_a_last_step_may_be_about_storing_or_serving():
    last = [instruction_texts(composition.label)[-1:] for composition in stews()]
    about = re.compile(
        "(?:Store|Keep) |To freeze|For the freezer|Leftovers|Make ahead|Divide it|To serve"
    )
    assert 3 <= sum(bool(about.search(text)) for (text,) in filter(None, last)) <= 40


def test_a_page_about_one_dish_has_one_recipe_whatever_it_teases():
    teasing = [
        c for c in stews()[:80] if re.search(r"(?i)also try|get .*recipe|you may also", c.post)
    ]
    assert teasing
    assert all(len(recipes_in(c.label)) == 1 for c in teasing)


def test_times_and_yields_of_a_page_are_those_of_its_recipe():
    for composition in stews()[:60]:
        label = composition.label
        assert label.get("prepTime", "PT10M") == "PT10M"
        assert label.get("cookTime", "PT1H5M") == "PT1H5M"
        assert label.get("recipeYield", "6 bowls").startswith(("6", "4"))


def test_breadth_is_a_share_and_zero_changes_nothing():
    usual = compose(NO_DIRECTIONS, "minimal_organized", 3)
    assert compose(NO_DIRECTIONS, "minimal_organized", 3, breadth=0.0) == usual
    posts = {compose(NO_DIRECTIONS, "minimal_organized", 3, breadth=b).post for b in (0.5, 1.0)}
    assert usual.post not in posts


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("1½ cups milk", ("1½ cups", "milk")),
        ("2 (15 ounce) cans beans, drained", ("2 (15 ounce) cans", "beans, drained")),
        ("3 eggs", ("3", "eggs")),
        ("salt to taste", ("", "salt to taste")),
    ],
)
def test_amount_and_food_of_a_line(line, parts):
    assert split_amount(line) == parts
