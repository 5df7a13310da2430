"""Styles and kinds are weighted, and depend on recipe and seed alone."""

from __future__ import annotations

from collections import Counter

import pytest

from recipe_pipeline.common.seeding import derived_seed
from recipe_pipeline.generation import styles


def test_the_five_styles_have_their_weights():
    assert {style.name: style.weight for style in styles.STYLES} == {
        "instagram_short": 1,
        "minimal_organized": 2,
        "fluffy_organized": 5,
        "chaotic_unstructured": 2,
        "super_fluffy_chaotic": 1,
    }


def test_styles_are_drawn_in_proportion_to_their_weights():
    drawn = Counter(styles.choose_style(f"{row:05d}-soup", 0).name for row in range(5500))
    # 5500 draws, weights sum to 11: 500 per unit of weight; 4 standard deviations are below 150.
    for style in styles.STYLES:
        assert abs(drawn[style.name] - 500 * style.weight) < 150


def test_another_seed_gives_other_styles():
    keys = [f"{row:05d}-soup" for row in range(50)]
    assert [styles.choose_style(k, 0) for k in keys] != [styles.choose_style(k, 1) for k in keys]


def test_the_choice_never_changes():
    assert styles.choose_style("00012-pie", 3).name == "minimal_organized"
    assert styles.choose_kind("00012-pie", 3, 1.0) == "missing_parts"


@pytest.mark.parametrize(
    ("share", "low", "high"), [(0.0, 0, 0), (0.2, 160, 240), (1.0, 1000, 1000)]
)
def test_the_share_of_hard_cases_is_kept(share, low, high):
    kinds = [styles.choose_kind(f"{row:05d}-x", 0, share) for row in range(1000)]
    assert low <= sum(kind != styles.COMPLETE for kind in kinds) <= high


def test_a_recipe_that_is_hard_stays_hard_in_the_same_way_at_a_higher_share():
    for row in range(200):
        kind = styles.choose_kind(f"{row:05d}-x", 0, 0.3)
        if kind != styles.COMPLETE:
            assert styles.choose_kind(f"{row:05d}-x", 0, 0.8) == kind


def test_every_hard_kind_occurs():
    kinds = {styles.choose_kind(f"{row:05d}-x", 0, 1.0) for row in range(100)}
    assert kinds == set(styles.KIND_PROMPTS)


def test_left_out_facts_are_known_ones_and_never_both_steps_and_ingredients():
    known = {"name", "ingredients", "prep_time", "servings"}
    seen = {styles.choose_left_out(f"{row:05d}-x", 0, known) for row in range(100)}
    assert () not in seen
    assert all(set(group) <= known | {"directions"} for group in seen)
    assert not any({"ingredients", "directions"} <= set(group) for group in seen)
    assert ("prep_time",) in seen


def test_derived_seeds_fit_into_31_bits_and_differ():
    seeds = {derived_seed(0, f"{row}") for row in range(1000)}
    assert len(seeds) > 990
    assert all(0 <= seed < 2**31 for seed in seeds)
