"""The loss over answer tokens against torch's cross entropy."""

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline.training import answer_loss, token_weights  # noqa: E402
from recipe_pipeline.training.answer_loss import summed_cross_entropy, with_answer_loss  # noqa: E402

VOCABULARY, HIDDEN = 300, 16


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 4, 9])
def test_value_and_gradient_equal_those_of_cross_entropy(rows, weighted, monkeypatch):
    monkeypatch.setattr(answer_loss, "CHUNK", 4)
    head, targets = random(VOCABULARY, HIDDEN), torch.arange(rows) * 31
    weights = torch.linspace(0.1, 6, rows) if weighted else torch.ones(rows)
    ours = random(rows, HIDDEN, seed=1).requires_grad_()
    expected = random(rows, HIDDEN, seed=1).requires_grad_()
    loss = summed_cross_entropy(ours, head, targets, weights if weighted else None)
    (loss / 7).backward()
    each = torch.nn.functional.cross_entropy(expected @ head.T, targets, reduction="none")
    ((each * weights).sum() / 7).backward()
    torch.testing.assert_close(loss, (each * weights).sum())
    torch.testing.assert_close(ours.grad, expected.grad)


def test_bf16_keeps_the_gradient_of_a_confident_token():
    head = random(VOCABULARY, HIDDEN).bfloat16()
    # So close to the target's row that its probability rounds to 1 in bf16.
    hidden = (0.5 * head[5:6]).clone().requires_grad_()
    exact = hidden.detach().float().requires_grad_()
    summed_cross_entropy(hidden, head, torch.tensor([5])).backward()
    logits = exact @ head.float().T
    torch.nn.functional.cross_entropy(logits, torch.tensor([5]), reduction="sum").backward()
    assert exact.grad.abs().max() > 0
    torch.testing.assert_close(hidden.grad.float(), exact.grad, rtol=0.1, atol=0.002)


def test_a_token_of_probability_zero_has_a_finite_loss():
    head = torch.tensor([[1000.0], [-1000.0]])
    loss = summed_cross_entropy(torch.ones(1, 1), head, torch.tensor([1]))
    assert 80 < loss.item() < 100


def test_without_answer_tokens_the_loss_is_zero():
    none = torch.empty(0, dtype=torch.long)
    loss = summed_cross_entropy(torch.empty(0, HIDDEN), random(VOCABULARY, HIDDEN), none)
    assert loss.item() == 0


def test_a_trained_head_is_refused():
    head = random(VOCABULARY, HIDDEN).requires_grad_()
    with pytest.raises(ValueError, match="trained"):
        summed_cross_entropy(torch.ones(1, HIDDEN), head, torch.tensor([1]))


def test_the_trainer_weights_the_tokens_of_an_answer(make_trainer, monkeypatch):
    monkeypatch.setattr(token_weights, "START_TOKENS", 5)
    monkeypatch.setattr(token_weights, "END_TOKENS", 2)
    trainer = make_trainer(with_answer_loss, token_weight=6)
    model, tokenizer = trainer.model.train(), trainer.processing_class
    before, line_end, space, fact, after = (
        tokenizer(part, add_special_tokens=False)["input_ids"]
        for part in (
            *('{"recipeIngredient":["1 cup flour', '"],', " "),
            *('"name": "Bread"', ', and more"]}'),
        )
    )
    ids = torch.tensor([[9, 9, *before, *line_end, *space, *fact, *after]])
    labels = torch.where(torch.arange(ids.shape[1]) < 2, -100, ids)
    row = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    with torch.no_grad():
        loss = trainer.compute_loss(model, row, num_items_in_batch=ids.shape[1] - 2)
        logits = model(input_ids=ids).logits[0, 1:-1]
        each = torch.nn.functional.cross_entropy(logits.float(), ids[0, 2:], reduction="none")
    start, end = [6.0] * 5, [6.0] * 2
    name = [6.0] * (len(fact) + 2)  # and the comma and space after it
    rest = [1.0] * (len(before) - 5), [1.0] * (len(after) - 4)
    between = [6.0] * len(line_end) + [1.0] * len(space)
    weights = torch.tensor([*start, *rest[0], *between, *name, *rest[1], *end])
    torch.testing.assert_close(loss, (each * weights).sum() / weights.sum())
