"""The split keeps all examples of one recipe on one side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import read_examples
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.split import RecipeGroups, assign_sides
from tests.dataset.conftest import soup


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=25), st.sampled_from([0.01, 0.5, 0.8, 0.99])
)
def test_any_grouping_is_kept_whole_with_both_sides_filled(keys, share):
    groups = RecipeGroups()
    for number, key in enumerate(keys):
        groups.add((key, 1000 + number))
    orders = [number * 7919 for number in range(len(keys))]
    if len(set(keys)) == 1:
        with pytest.raises(PipelineError, match="single recipe"):
            assign_sides(groups.first_members(), orders, share, seed=3)
        return
    sides = assign_sides(groups.first_members(), orders, share, seed=3)
    assert set(sides) == {0, 1}
    assert len({(key, side) for key, side in zip(keys, sides, strict=True)}) == len(set(keys))


def test_a_split_writes_two_files_of_the_requested_sizes(folders):
    for number in range(20):
        folders.pair(number)
    summary = folders.build(split=0.8)
    train, test = (folders.output.with_name(f"data_{side}.jsonl") for side in ("train", "test"))
    assert (summary.train, summary.test) == (16, 4)
    assert [len(list(read_examples(file))) for file in (train, test)] == [16, 4]
    assert sorted(folders.sides().values()) == ["test"] * 4 + ["train"] * 16
    assert not folders.output.exists()
    assert len(test.with_name("data_test.meta.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("seed", range(4))
def test_the_same_recipe_is_never_on_both_sides(folders, seed):
    facts = {"name": "Leek  SOUP", "ingredients": ["½ leek", "1 l water"]}
    for number in range(10):
        folders.pair(number)
    # Told twice from one row, from equal facts, with one label, and as one text.
    for number in (20, 21):
        folders.pair(number, meta={"source": {"row": 7}})
    for number, name in ((30, "Leek Soup"), (31, "leek soup")):
        folders.pair(number, meta={"source": {**facts, "name": name}})
    for number in (40, 41):
        folders.pair(number, name="Stew", recipeIngredient=["1/2 ox"])
    for number in (50, 51):
        folders.post(f"{number:05d}-soup", "One text\nfor both.")
    folders.label("00050-soup", soup(50))
    folders.label("00051-soup", soup(51))
    summary = folders.build(split=0.5, seed=seed)
    sides = folders.sides()
    assert summary.recipes == 14  # 10 told once, 4 told twice
    for first in (20, 30, 40, 50):
        assert sides[f"{first:05d}-soup"] == sides[f"{first + 1:05d}-soup"]


def test_equal_names_alone_are_different_recipes(folders):
    for number in range(6):
        folders.pair(number, name="Soup", recipeIngredient=[f"{number} leeks"])
    assert folders.build(split=0.5).recipes == 6


def test_a_single_recipe_cannot_be_split(folders):
    folders.pair(1)
    with pytest.raises(PipelineError, match="single recipe"):
        folders.build(split=0.8)


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.2, float("nan")])
def test_a_split_outside_0_and_1_is_refused(share):
    with pytest.raises(PipelineError, match=r"--split .* must be above 0 and below 1"):
        DatasetSettings(split=share)
