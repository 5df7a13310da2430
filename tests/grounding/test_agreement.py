"""The check agrees with lines judged by hand, and catches deliberately broken labels."""

import copy
import random
from pathlib import Path

import pytest

from benchmarks import corruption
from benchmarks.grounding import disagreements
from recipe_pipeline.generation.styles import STYLES
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.repair import repaired
from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.schema.recipe import normalise_recipe
from recipe_pipeline.source.recipes import read_recipes
from tests.grounding_cases import CASES, POSTS, UNSEEN_CASES, UNSEEN_POSTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("cases", "posts"), [(CASES, POSTS), (UNSEEN_CASES, UNSEEN_POSTS)], ids=["tuned", "later"]
)
def test_the_check_agrees_with_the_labelled_cases(cases, posts):
    wrong = disagreements(cases, posts)
    supported = sum(case[3] for case in cases)
    false_alarms = [case for case in wrong if case[2]]
    assert len(cases) >= 60
    assert len(wrong) <= 0.03 * len(cases), wrong
    assert len(false_alarms) <= max(1, 0.02 * supported), false_alarms


def test_the_labelled_cases_are_many_and_distinct():
    everything = [case[:3] for case in (*CASES, *UNSEEN_CASES)]
    assert len(set(everything)) == len(everything) >= 300


def teacher_posts(count):
    recipes = list(read_recipes(ROOT / "sample_data" / "recipes.csv"))
    for number in range(count):
        facts = recipes[number % len(recipes)].facts()
        made = compose(facts, STYLES[number % len(STYLES)].name, seed=number)
        yield made.post, normalise_recipe(made.label), facts


def test_labels_of_the_offline_teacher_are_supported_and_broken_ones_are_not():
    rng = random.Random(7)
    clean_dropped = caught = 0
    for post, label, facts in teacher_posts(60):
        kept, removed = repaired(label, post)
        assert (kept, removed) == (label, [])
        clean_dropped += ground(label, post, facts).support < DEFAULT_MIN_SUPPORT
        broken, _ = corruption.corrupt(label, post, rng)
        mended, _ = repaired(broken, post)
        caught += mended == label or ground(mended, post, facts).support < DEFAULT_MIN_SUPPORT
    assert clean_dropped <= 1
    assert caught >= 57  # 95 % of 60


@pytest.mark.parametrize("kind", corruption.KINDS)
def test_every_corruption_changes_the_label(kind):
    _, label, _ = next(teacher_posts(1))
    broken = copy.deepcopy(label)
    assert corruption.KINDS[kind](broken, random.Random(1)) == (broken != label)


def test_an_empty_label_cannot_be_corrupted():
    with pytest.raises(ValueError, match="cannot be corrupted"):
        corruption.corrupt({}, "", random.Random(1))
