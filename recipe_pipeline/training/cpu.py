"""What makes training faster on a CPU: attention in blocks, fused layers, a shortlist of tokens.

torch's CPU attention multiplies every query with every key and masks afterwards, although 15 of
Gemma 3 270M's 18 layers look back 512 tokens only. Here queries go in blocks, each against the keys
that its rows may see, as two plain matrix products that oneDNN runs in bf16. Grouped query heads
(Ainslie et al. 2023, "GQA") share one product with their keys.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from recipe_pipeline.training.answer_loss import with_answer_loss
from recipe_pipeline.training.fused import block_attention, fused_layers

NAME = "causal_blocks"
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h
_KEPT_PRODUCTS = 128
BLOCK = 256  # queries per product; of 128, 256 and 512 the fastest at 1,300 and 2,000 tokens


def for_cpu(trainer_class: type, token_weight: float = 1.0) -> type:
    """`with_answer_loss` of ``trainer_class`` for a single process on a CPU."""

    class CpuTrainer(with_answer_loss(trainer_class, token_weight, shortlisted=True)):
        def train(self, *args, **kwargs):
            keep_freed_memory()
            # Around the whole loop: checkpointed layers attend again in the backward pass.
            with causal_blocks_in(self.model), fused_layers(self.model):
                return super().train(*args, **kwargs)

        def training_step(self, model, inputs, num_items_in_batch=None):
            # One example keeps all cores busy. Taken one by one, a batch needs the memory of its
            # longest example and no work on padding; the gradients add up to the same.
            step = super().training_step
            if num_items_in_batch is None:
                return step(model, inputs)
            return sum(step(model, row, num_items_in_batch) for row in one_by_one(inputs))

    return CpuTrainer


def keep_freed_memory() -> None:
    """Let the C library reuse large buffers instead of returning them to the system.

    glibc maps each large buffer anew, and the first write to fresh pages costs more than most of
    the arithmetic on them. macOS, Windows and musl have no ``mallopt``; their allocator stays as it is.

    oneDNN compiles some 40 products for every length of an example, 0.6 MB each, and keeps the last
    1,024. Spread among the buffers of 25 steps, they split the heap into ever smaller gaps, and memory
    grows. A step uses at most 70 of them; compiling those of a new length takes 15 ms.
    """
    import ctypes
    import os

    # Read at the first product of the process.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(_KEPT_PRODUCTS))
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)


def one_by_one(inputs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each example of a batch (tensors of shape (batch, longest), padded right) without padding."""
    for row, length in enumerate(inputs["attention_mask"].sum(dim=1).tolist()):
        yield {
            name: inputs[name][row : row + 1, :length]
            for name in ("input_ids", "attention_mask", "labels")
        }


@contextlib.contextmanager
def causal_blocks_in(model: Any) -> Iterator[None]:
    """Within the block ``model`` (without key-value cache) uses `causal_blocks` as its attention."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, causal_blocks)
    AttentionMaskInterface.register(NAME, no_mask)
    config = model.config
    before = config._attn_implementation
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before


def causal_blocks(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Any, None]:
    """(output of shape (batch, tokens, heads, head size), None), as transformers' interface asks.

    ``query``: (batch, heads, tokens, head size); ``key``, ``value``: the same with key-value heads,
    from the first token on. ``sliding_window`` includes the token itself. Padding must be on the
    right, where causality hides it.
    """
    query = query * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if dropout and module.training:
        raise ValueError("causal_blocks has no dropout; Gemma 3 is trained without")
    return block_attention(query, key, value, BLOCK, sliding_window).transpose(1, 2), None


def no_mask(*, attention_mask: Any = None, **_: Any) -> None:
    """The mask of `causal_blocks`: none. Raises ValueError for padding on the left."""
    if attention_mask is not None and not bool((attention_mask[:, 0] != 0).all()):
        raise ValueError("causal_blocks needs padding on the right; this batch has it on the left")
