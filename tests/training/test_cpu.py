"""Training on a CPU: attention in blocks, and a batch taken one example at a time."""

import os

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline.training import cpu, token_weights  # noqa: E402
from recipe_pipeline.training.answer_loss import with_answer_loss  # noqa: E402
from recipe_pipeline.training.cpu import (  # noqa: E402  # noqa: E402
    causal_blocks,
    causal_blocks_in,
    for_cpu,
    no_mask,
    one_by_one,
)
from tests.tiny_gemma import write_tiny_model  # noqa: E402

HEADS, SHARED, SIZE = 4, 2, 8
PADDING, LENGTHS = 0, (17, 9, 30)
# Ids of characters; the tiny model has zeros for the bytes before them.

# --- attention -----------------------------------------------------------------------------------


def inputs(tokens, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = [(2, HEADS, tokens, SIZE), (2, SHARED, tokens, SIZE), (2, SHARED, tokens, SIZE)]
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def reference(query, key, value, window):
    positions = torch.arange(query.shape[2])
    seen = positions[None] <= positions[:, None]
    if window:
        seen &= positions[None] > positions[:, None] - window
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=seen, scale=0.3, enable_gqa=True
    ).transpose(1, 2)


@pytest.mark.parametrize("window", [None, 1, 3, 8, 100])
@pytest.mark.parametrize("tokens", [1, 7, 8, 21])
def test_output_and_gradients_equal_those_of_masked_attention(tokens, window, monkeypatch):
    monkeypatch.setattr(cpu, "BLOCK", 8)
    ours, theirs = inputs(tokens), inputs(tokens)
    module = torch.nn.Identity()
    output, weights = causal_blocks(module, *ours, None, scaling=0.3, sliding_window=window)
    expected = reference(*theirs, window)
    assert weights is None
    torch.testing.assert_close(output, expected)
    slope = torch.randn(output.shape, generator=torch.Generator().manual_seed(9))
    (output * slope).sum().backward()
    (expected * slope).sum().backward()
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad)


def test_a_model_gives_the_same_logits_and_gets_its_attention_back(tmp_path, monkeypatch):
    monkeypatch.setattr(cpu, "BLOCK", 48)
    model = write_tiny_model(tmp_path)  # sliding window 64
    before = model.config._attn_implementation
    ids = torch.randint(266, 350, (2, 150), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 100:] = 0
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        with causal_blocks_in(model):
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    assert model.config._attn_implementation == before
    torch.testing.assert_close(logits[mask.bool()], expected[mask.bool()], rtol=1e-4, atol=1e-4)
    with pytest.raises(KeyboardInterrupt), causal_blocks_in(model):
        raise KeyboardInterrupt
    assert model.config._attn_implementation == before


def test_left_padding_is_refused():
    no_mask(attention_mask=None)
    no_mask(attention_mask=torch.tensor([[1, 1, 0]]))
    with pytest.raises(ValueError, match="right"):
        no_mask(attention_mask=torch.tensor([[1, 1, 1], [0, 1, 1]]))


# --- one example at a time -----------------------------------------------------------------------


def padded_batch():
    generator = torch.Generator().manual_seed(4)
    ids = torch.full((len(LENGTHS), max(LENGTHS)), PADDING)
    labels = torch.full_like(ids, -100)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(266, 350, (length,), generator=generator)
        labels[row, 4:length] = ids[row, 4:length]
    mask = (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]).long()
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def gradients(model):
    found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


@pytest.mark.parametrize(("chosen", "kept"), [(None, "128"), ("9", "9")])
def test_compiled_products_of_few_lengths_are_kept(monkeypatch, chosen, kept):
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.setenv(name, chosen or "")
    if chosen is None:
        monkeypatch.delenv(name)
    cpu.keep_freed_memory()
    assert os.environ[name] == kept


def test_examples_lose_their_padding():
    batch = padded_batch()
    rows = list(one_by_one(batch))
    assert [row["input_ids"].shape for row in rows] == [(1, length) for length in LENGTHS]
    assert all(row["attention_mask"].all() for row in rows)
    answers = sum(int((row["labels"] != -100).sum()) for row in rows)
    assert answers == int((batch["labels"] != -100).sum())


@pytest.mark.parametrize("token_weight", [1, 6])
def test_a_step_has_the_loss_and_gradients_of_the_whole_batch(
    make_trainer, monkeypatch, token_weight
):
    monkeypatch.setattr(token_weights, "START_TOKENS", 3)
    monkeypatch.setattr(token_weights, "END_TOKENS", 1)
    batch, items = padded_batch(), 47
    whole = make_trainer(with_answer_loss, token_weight=token_weight)
    loss = whole.training_step(whole.model.train(), batch, items)
    expected = gradients(whole.model)
    assert any(gradient.abs().max() > 1e-6 for gradient in expected.values())

    one_at_a_time = make_trainer(for_cpu, token_weight=token_weight)
    model, seen = one_at_a_time.model.train(), []
    hook = model.get_base_model().model.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    torch.testing.assert_close(one_at_a_time.training_step(model, batch, items), loss)
    hook.remove()
    assert seen == [(1, length) for length in LENGTHS]
    found = gradients(model)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


def test_without_a_token_count_the_batch_stays_whole(make_trainer):
    trainer = make_trainer(for_cpu)
    batch, model = padded_batch(), trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1  # as the training loop sets it
    loss = trainer.training_step(model, batch, None)
    torch.testing.assert_close(loss, trainer.compute_loss(model, batch).detach())
