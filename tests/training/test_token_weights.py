"""Which tokens of an answer weigh more."""

import pytest

from recipe_pipeline.training import token_weights as module
from recipe_pipeline.training.token_weights import END_TOKENS, START_TOKENS, token_weights

STEPS = '"recipeInstructions": [{"@type": "HowToStep", "text": "Boil \\"it\\", then cool it."}]'
SECTION = (
    '"recipeInstructions": [{"@type": "HowToSection", "name": "Dough", "itemListElement": []}]'
)
FACTS = '"name": "Rice \\"to go\\"", "recipeYield": "4 servings", "totalTime": "PT20M", '


def heavy_text(answer, monkeypatch):
    """The text of ``answer`` with more weight; every letter is a token, start and end have none."""
    monkeypatch.setattr(module, "START_TOKENS", 0)
    monkeypatch.setattr(module, "END_TOKENS", 0)
    pieces = list(answer.replace(" ", "▁"))
    weights = token_weights(pieces, 4)
    return "".join(c for c, w in zip(pieces, weights, strict=True) if w > 1).replace("▁", " ")


@pytest.mark.parametrize(
    ("answer", "heavy"),
    [
        pytest.param(
            f'{{"@type": "Recipe", {FACTS}{STEPS}}}',
            FACTS + '"recipeInstructions": ',
            id="facts and the key after them",
        ),
        pytest.param(
            f'{{"recipeIngredient": ["1 cup rice", "2 cups water, cold"], {FACTS}{STEPS}}}',
            f'","],{FACTS}"recipeInstructions": ',
            id="ends of ingredients",
        ),
        pytest.param(
            '{"recipeInstructions": [{"@type": "HowToStep", "text": "Boil."}, {"@type": "HowToStep", '
            '"text": "Eat."}], "keywords": "rice"}',
            '"},"}],',
            id="ends of steps",
        ),
        pytest.param(
            '{"@graph": [{"@type": "Recipe", "keywords": "tea"}, {"@type": "Recipe", "x": "y"}]}',
            '"},{"@type": "Recipe", ',
            id="start of a second recipe",
        ),
        pytest.param(f'{{"@type": "Recipe", {SECTION}}}', '",', id="not the name of a section"),
        pytest.param(
            '{"@type": "Recipe", "description": "4 servings", "name": "Tea"}',
            '","name": "Tea"',
            id="a fact at the end",
        ),
        pytest.param(
            f'{{"@graph": [{{"name": "Tea", {STEPS}}}, '
            f'{{"@type": "Recipe", "name": "Pie", {STEPS}}}]}}',
            '"name": "Tea", "recipeInstructions": '
            '"}]},{"@type": "Recipe", "name": "Pie", "recipeInstructions": ',
            id="facts of both recipes",
        ),
    ],
)
def test_tokens_that_carry_a_choice_weigh_more(answer, heavy, monkeypatch):
    assert heavy_text(answer, monkeypatch) == heavy


def test_start_and_end_of_a_long_answer_weigh_more_and_the_mean_stays_one():
    weights = token_weights(["x"] * 200, 6)
    assert sum(weights) / 200 == pytest.approx(1)
    light = weights[START_TOKENS:-END_TOKENS]
    heavy = weights[:START_TOKENS] + weights[-END_TOKENS:]
    assert len(set(light)) == len(set(heavy)) == 1
    assert heavy[0] / light[0] == pytest.approx(6)


def test_a_short_answer_is_weighted_evenly():
    assert token_weights(["{}", "<end_of_turn>", "\n"], 6) == [1, 1, 1]


@pytest.mark.parametrize("form", ['"@type": "Recipe", ', '"@graph": [{"@type": "Recipe", '])
def test_the_key_that_separates_one_recipe_from_several_gets_the_weight_twice(form):
    start = '{"@context": "https://schema.org", '
    weights = token_weights([*start, *form, *("x" * 200)], 6)
    light = weights[-END_TOKENS - 1]
    end = len(start) + form.index(":")
    assert [weight / light for weight in weights[:end]] == pytest.approx([36] * end)
    assert max(weights[end:]) / light == pytest.approx(6)
