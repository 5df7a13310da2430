"""Attention in blocks against torch's own, and in a whole Gemma 3."""

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline.training import cpu_attention  # noqa: E402
from recipe_pipeline.training.cpu_attention import causal_blocks, causal_blocks_in, no_mask  # noqa: E402
from tests.tiny_gemma import write_tiny_model  # noqa: E402

HEADS, SHARED, SIZE = 4, 2, 8


def inputs(tokens, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = [(2, HEADS, tokens, SIZE), (2, SHARED, tokens, SIZE), (2, SHARED, tokens, SIZE)]
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def reference(query, key, value, window):
    tokens = query.shape[2]
    place = torch.arange(tokens)
    seen = place[None] <= place[:, None]
    if window:
        seen &= place[None] > place[:, None] - window
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=seen, scale=0.3, enable_gqa=True
    ).transpose(1, 2)


@pytest.mark.parametrize("window", [None, 1, 3, 8, 100])
@pytest.mark.parametrize("tokens", [1, 7, 8, 21])
def test_output_and_gradients_are_those_of_masked_attention(tokens, window, monkeypatch):
    monkeypatch.setattr(cpu_attention, "BLOCK", 8)
    ours, wanted = inputs(tokens), inputs(tokens)
    module = torch.nn.Identity()
    output, weights = causal_blocks(module, *ours, None, scaling=0.3, sliding_window=window)
    expected = reference(*wanted, window)
    assert weights is None
    assert output.shape == (2, tokens, HEADS, SIZE)
    torch.testing.assert_close(output, expected)
    slope = torch.randn(output.shape, generator=torch.Generator().manual_seed(9))
    (output * slope).sum().backward()
    (expected * slope).sum().backward()
    for mine, theirs in zip(ours, wanted, strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_a_model_gives_the_same_logits_and_has_its_own_attention_back(tmp_path, monkeypatch):
    monkeypatch.setattr(cpu_attention, "BLOCK", 48)
    model = write_tiny_model(tmp_path)  # sliding window 64
    before = model.config._attn_implementation
    ids = torch.randint(2, 200, (2, 150), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 100:] = 0
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        with causal_blocks_in(model):
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    assert model.config._attn_implementation == before
    torch.testing.assert_close(logits[mask.bool()], expected[mask.bool()], rtol=1e-4, atol=1e-4)


def test_its_own_attention_is_back_after_an_error(tmp_path):
    model = write_tiny_model(tmp_path)
    before = model.config._attn_implementation
    with pytest.raises(KeyboardInterrupt), causal_blocks_in(model):
        raise KeyboardInterrupt
    assert model.config._attn_implementation == before


def test_padding_on_the_left_is_refused():
    no_mask(attention_mask=None)
    no_mask(attention_mask=torch.tensor([[1, 1, 0]]))
    with pytest.raises(ValueError, match="right"):
        no_mask(attention_mask=torch.tensor([[1, 1, 1], [0, 1, 1]]))
