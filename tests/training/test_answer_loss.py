"""The training loss of the CPU trainer against torch's cross entropy."""

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline.training import answer_loss  # noqa: E402
from recipe_pipeline.training.answer_loss import (  # noqa: E402
    END_TOKENS,
    START_TOKENS,
    summed_cross_entropy,
    token_factors,
)

VOCABULARY, HIDDEN = 300, 16


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("rows", [1, 3, 4, 9])
def test_value_and_gradient_are_those_of_cross_entropy(rows, monkeypatch):
    monkeypatch.setattr(answer_loss, "CHUNK", 4)
    head = random(VOCABULARY, HIDDEN)
    targets = torch.arange(rows) * 31
    ours = random(rows, HIDDEN, seed=1).requires_grad_()
    wanted = random(rows, HIDDEN, seed=1).requires_grad_()
    (summed_cross_entropy(ours, head, targets) / 7).backward()
    loss = torch.nn.functional.cross_entropy(wanted @ head.T, targets, reduction="sum")
    (loss / 7).backward()
    torch.testing.assert_close(summed_cross_entropy(ours, head, targets), loss)
    torch.testing.assert_close(ours.grad, wanted.grad)


def test_bf16_rows_keep_the_gradient_of_a_sure_token():
    head = random(VOCABULARY, HIDDEN).bfloat16()
    # So close to the wanted row that its share rounds to 1 in bf16: the gradient may not vanish.
    hidden = (0.5 * head[5:6]).clone().requires_grad_()
    exact = hidden.detach().float().requires_grad_()
    summed_cross_entropy(hidden, head, torch.tensor([5])).backward()
    logits = exact @ head.float().T
    torch.nn.functional.cross_entropy(logits, torch.tensor([5]), reduction="sum").backward()
    assert exact.grad.abs().max() > 0
    torch.testing.assert_close(hidden.grad.float(), exact.grad, rtol=0.1, atol=0.002)


def test_a_token_that_seems_impossible_costs_a_finite_amount():
    head = torch.tensor([[1000.0], [-1000.0]])
    loss = summed_cross_entropy(torch.ones(1, 1), head, torch.tensor([1]))
    assert 80 < loss.item() < 100


def test_no_answer_tokens_is_no_loss():
    loss = summed_cross_entropy(
        torch.empty(0, HIDDEN), random(VOCABULARY, HIDDEN), torch.empty(0, dtype=torch.long)
    )
    assert loss.item() == 0


def test_a_head_that_is_trained_is_refused():
    head = random(VOCABULARY, HIDDEN).requires_grad_()
    with pytest.raises(ValueError, match="trained"):
        summed_cross_entropy(torch.ones(1, HIDDEN), head, torch.tensor([1]))


def test_factors_scale_each_rows_loss_and_gradient(monkeypatch):
    monkeypatch.setattr(answer_loss, "CHUNK", 4)
    head, targets = random(VOCABULARY, HIDDEN), torch.arange(9) * 31
    factors = torch.linspace(0.1, 6, 9)
    ours = random(9, HIDDEN, seed=1).requires_grad_()
    wanted = random(9, HIDDEN, seed=1).requires_grad_()
    loss = summed_cross_entropy(ours, head, targets, factors)
    loss.backward()
    each = torch.nn.functional.cross_entropy(wanted @ head.T, targets, reduction="none")
    (each * factors).sum().backward()
    torch.testing.assert_close(loss, (each * factors).sum())
    torch.testing.assert_close(ours.grad, wanted.grad)


STEPS = '"recipeInstructions": [{"@type": "HowToStep", "text": "Boil \\"it\\", then cool it."}]'
SECTION = (
    '"recipeInstructions": [{"@type": "HowToSection", "name": "Dough", "itemListElement": []}]'
)
FACTS = '"name": "Rice \\"to go\\"", "recipeYield": "4 servings", "totalTime": "PT20M", '


def marked(answer, monkeypatch):
    """The text of ``answer`` that weighs more; every letter a token, no weight for start and end."""
    monkeypatch.setattr(answer_loss, "START_TOKENS", 0)
    monkeypatch.setattr(answer_loss, "END_TOKENS", 0)
    pieces = list(answer.replace(" ", "▁"))
    factors = token_factors(pieces, 4)
    return "".join(c for c, f in zip(pieces, factors, strict=True) if f > 1).replace("▁", " ")


@pytest.mark.parametrize(
    ("answer", "heavy"),
    [
        # With the key that comes next: it says which facts the page does not state.
        (f'{{"@type": "Recipe", {FACTS}{STEPS}}}', FACTS + '"recipeInstructions": '),
        # Whether a list goes on or ends.
        (
            f'{{"recipeIngredient": ["1 cup rice", "2 cups water, cold"], {FACTS}{STEPS}}}',
            f'","],{FACTS}"recipeInstructions": ',
        ),
        (
            '{"recipeInstructions": [{"@type": "HowToStep", "text": "Boil."}, {"@type": "HowToStep", '
            '"text": "Eat."}], "keywords": "rice"}',
            '"},"}],',
        ),
        # Where a second recipe begins, whatever the first ends with.
        (
            '{"@graph": [{"@type": "Recipe", "keywords": "tea"}, {"@type": "Recipe", "x": "y"}]}',
            '"},{"@type": "Recipe", ',
        ),
        # The name of a section is not the recipe's.
        (f'{{"@type": "Recipe", {SECTION}}}', '",'),
        ('{"@type": "Recipe", "description": "4 servings", "name": "Tea"}', '","name": "Tea"'),
        (
            f'{{"@graph": [{{"name": "Tea", {STEPS}}}, {{"@type": "Recipe", "name": "Pie", {STEPS}}}]}}',
            '"name": "Tea", "recipeInstructions": '
            '"}]},{"@type": "Recipe", "name": "Pie", "recipeInstructions": ',
        ),
    ],
)
def test_what_decides_weighs_more_wherever_it_stands(answer, heavy, monkeypatch):
    assert marked(answer, monkeypatch) == heavy


def test_start_and_end_of_a_long_answer_weigh_more_and_its_mean_stays_one():
    factors = token_factors(["x"] * 200, 6)
    assert sum(factors) / 200 == pytest.approx(1)
    light = factors[START_TOKENS:-END_TOKENS]
    heavy = factors[:START_TOKENS] + factors[-END_TOKENS:]
    assert len(set(light)) == len(set(heavy)) == 1
    assert heavy[0] / light[0] == pytest.approx(6)
    assert token_factors(["{}", "<end_of_turn>", "\n"], 6) == [1, 1, 1]


@pytest.mark.parametrize("form", ['"@type": "Recipe", ', '"@graph": [{"@type": "Recipe", '])
def test_the_key_that_tells_one_recipe_from_several_has_the_weight_twice(form):
    start = '{"@context": "https://schema.org", '
    factors = token_factors([*start, *form, *("x" * 200)], 6)
    light = factors[-END_TOKENS - 1]
    ends = len(start) + form.index(":")
    assert [factor / light for factor in factors[:ends]] == pytest.approx([36] * ends)
    assert max(factors[ends:]) / light == pytest.approx(6)
