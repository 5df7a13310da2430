"""The training loss of the CPU trainer against torch's cross entropy."""

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline import answer_loss  # noqa: E402
from recipe_pipeline.answer_loss import (  # noqa: E402
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


def test_start_and_end_of_a_long_answer_count_more_and_an_answers_mean_stays_one():
    answer = torch.zeros(2, 300, dtype=torch.bool)
    answer[0, 10 : 10 + 200] = True
    answer[1, 50:53] = True  # "{}" and the end of the turn
    factors = token_factors(answer, 6, 3)
    long, short = factors[:200], factors[200:]
    torch.testing.assert_close(long.mean(), torch.tensor(1.0))
    assert short.tolist() == [1, 1, 1]
    torch.testing.assert_close(long[START_TOKENS - 1] / long[START_TOKENS], torch.tensor(6.0))
    torch.testing.assert_close(
        long[-END_TOKENS:] / long[START_TOKENS], torch.full((END_TOKENS,), 3.0)
    )
    assert long[:START_TOKENS].unique().numel() == 1
    assert long[START_TOKENS:-END_TOKENS].unique().numel() == 1
