"""Pieces of Gemma 3 for training on a CPU, each one autograd function with a gradient of its own.

On a CPU a third of a training step of the plain model is copies, casts and small element-wise
kernels: PEFT's LoRA casts every input to the adapter's float32 and autocast casts it back, and each
slice of the attention fills a whole gradient with zeros. These functions compute the same values in
fewer passes over memory, and keep less for the backward pass.

The gated layers stay plain (recomputing GELU costs more than its buffer), and so do rotary embeddings
(with a C++ compiler, Unsloth compiles them).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache, lru_cache
from types import MethodType
from typing import Any


@contextlib.contextmanager
def fused_layers(model: Any) -> Iterator[None]:
    """Within the block the LoRA projections and norms of ``model`` run through these functions.

    Modules of another kind (dropout, bias, quantised weights, several adapters) stay as they are.
    """
    replaced = []
    for module in model.modules():
        forward = _lora_forward if _is_plain_lora(module) else None
        if type(module).__name__ == "Gemma3RMSNorm":
            forward = _norm_forward
        if forward is not None:
            module.forward = MethodType(forward, module)
            replaced.append(module)
    try:
        yield
    finally:
        for module in replaced:
            del module.forward


def _is_plain_lora(module: Any) -> bool:
    import torch
    from peft.tuners.lora import Linear

    if not isinstance(module, Linear) or type(module.base_layer) is not torch.nn.Linear:
        return False
    names = module.active_adapters
    return (
        len(names) == 1
        and names[0] in module.lora_A
        and module.base_layer.bias is None
        and module.lora_B[names[0]].bias is None
        and not module.base_layer.weight.requires_grad
        and not module.merged
        and not module.disable_adapters
        and not module.lora_variant
        and isinstance(module.lora_dropout[names[0]], torch.nn.Identity)
    )


def _lora_forward(self: Any, x: Any) -> Any:
    weight = self.base_layer.weight
    if x.dtype != weight.dtype:
        return type(self).forward(self, x)
    [name] = self.active_adapters
    down, up = self.lora_A[name].weight, self.lora_B[name].weight
    return lora_linear(x, weight, down, up, self.scaling[name])


def _norm_forward(self: Any, x: Any) -> Any:
    return rms_norm(x, self.weight, self.eps)


def lora_linear(x: Any, weight: Any, down: Any, up: Any, scaling: float) -> Any:
    """``x @ weight.T + scaling * (x @ down.T) @ up.T`` in the dtype of ``x``.

    ``x``: (..., inputs); ``weight``: (outputs, inputs), frozen, of the same dtype; ``down``:
    (rank, inputs) and ``up``: (outputs, rank), usually float32, get gradients in their own dtype.
    """
    return _lora_function().apply(x, weight, down, up, scaling)


def rms_norm(x: Any, weight: Any, eps: float) -> Any:
    """Gemma 3's norm: ``x / sqrt(mean(x ** 2) + eps) * (1 + weight)`` over the last dimension.

    Computed in float32, returned in the dtype of ``x``; ``weight`` is frozen.
    """
    return _norm_function().apply(x, weight, eps)


def block_attention(query: Any, key: Any, value: Any, block: int, window: int | None) -> Any:
    """Causal attention in blocks of ``block`` queries; ``query`` is scaled already.

    ``query``: (batch, heads, tokens, head size); ``key``, ``value``: (batch, key-value heads,
    tokens, head size). ``window``: the keys that a query sees, itself included (None: all before
    it). Returns the shape of ``query``.
    """
    return _attention_function().apply(query, key, value, block, window)


@cache
def _lora_function() -> Any:
    import torch

    class LoraLinear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, down, up, scaling):
            rows = x.reshape(-1, x.shape[-1])
            low, high = down.to(x.dtype), up.to(x.dtype)
            with torch.autocast(x.device.type, enabled=False):
                inner = torch.mm(rows, low.T)
                output = torch.mm(rows, weight.T).addmm_(inner, high.T, alpha=scaling)
            ctx.save_for_backward(rows, weight, low, high, inner)
            ctx.scaling, ctx.dtypes = scaling, (down.dtype, up.dtype)
            return output.view(*x.shape[:-1], -1)

        @staticmethod
        def backward(ctx, outer):
            rows, weight, low, high, inner = ctx.saved_tensors
            shape = outer.shape[:-1]
            outer = outer.reshape(-1, outer.shape[-1])
            inner_grad = torch.mm(outer, high)
            x_grad = torch.mm(outer, weight).addmm_(inner_grad, low, alpha=ctx.scaling)
            down_grad = torch.mm(inner_grad.T, rows).to(ctx.dtypes[0]).mul_(ctx.scaling)
            up_grad = torch.mm(outer.T, inner).to(ctx.dtypes[1]).mul_(ctx.scaling)
            return x_grad.view(*shape, -1), None, down_grad, up_grad, None

    return LoraLinear


@cache
def _norm_function() -> Any:
    import torch

    class RmsNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, eps):
            output = x.to(torch.float32, copy=True)
            scale = torch.linalg.vector_norm(output, dim=-1, keepdim=True)
            scale = scale.square_().div_(x.shape[-1]).add_(eps).rsqrt_()
            output.mul_(scale).mul_(weight.float() + 1)
            ctx.save_for_backward(x, scale, weight)
            return output.to(x.dtype)

        @staticmethod
        def backward(ctx, outer):
            x, scale, weight = ctx.saved_tensors
            normed = x.float() * scale
            grad = outer.to(torch.float32, copy=True).mul_(weight.float() + 1)
            along = torch.linalg.vecdot(grad, normed).unsqueeze(-1).div_(x.shape[-1])
            grad.addcmul_(normed, along, value=-1).mul_(scale)
            return grad.to(x.dtype), None, None

    return RmsNorm


@cache
def _attention_function() -> Any:
    import torch

    class BlockAttention(torch.autograd.Function):
        @staticmethod
        def forward(ctx, query, key, value, block, window):
            batch, heads, tokens, size = query.shape
            shared = key.shape[1]
            output = torch.empty(query.shape, dtype=query.dtype, device=query.device)
            probabilities = []
            with torch.autocast(query.device.type, enabled=False):
                for start, end, first in _blocks(tokens, block, window):
                    rows = query[:, :, start:end].reshape(batch * shared, -1, size)
                    keys = key[:, :, first:end].reshape(batch * shared, -1, size)
                    values = value[:, :, first:end].reshape(batch * shared, -1, size)
                    scores = torch.bmm(rows, keys.transpose(1, 2))
                    mask = _hidden(end - start, start - first, window)
                    by_head = scores.view(batch * shared, -1, end - start, end - first)
                    by_head.masked_fill_(mask.to(query.device), float("-inf"))
                    scores = torch.softmax(scores, dim=-1)
                    part = torch.bmm(scores, values).view(batch, heads, end - start, size)
                    output[:, :, start:end] = part
                    probabilities.append(scores)
            ctx.save_for_backward(query, key, value, *probabilities)
            ctx.block, ctx.window = block, window
            return output

        @staticmethod
        def backward(ctx, outer):
            query, key, value, *probabilities = ctx.saved_tensors
            batch, heads, tokens, size = query.shape
            shared = key.shape[1]
            query_grad = torch.empty_like(query)
            key_grad, value_grad = torch.zeros_like(key), torch.zeros_like(value)
            spans = _blocks(tokens, ctx.block, ctx.window)
            for (start, end, first), weights in zip(spans, probabilities, strict=True):
                rows = query[:, :, start:end].reshape(batch * shared, -1, size)
                keys = key[:, :, first:end].reshape(batch * shared, -1, size)
                values = value[:, :, first:end].reshape(batch * shared, -1, size)
                part = outer[:, :, start:end].reshape(batch * shared, -1, size)
                shape = (batch, shared, end - first, size)
                value_grad[:, :, first:end] += torch.bmm(weights.transpose(1, 2), part).view(shape)
                scores = torch.bmm(part, values.transpose(1, 2))
                scores = torch._softmax_backward_data(scores, weights, -1, weights.dtype)
                key_grad[:, :, first:end] += torch.bmm(scores.transpose(1, 2), rows).view(shape)
                part = torch.bmm(scores, keys).view(batch, heads, end - start, size)
                query_grad[:, :, start:end] = part
            return query_grad, key_grad, value_grad, None, None

    return BlockAttention


def _blocks(tokens: int, block: int, window: int | None) -> list[tuple[int, int, int]]:
    """(first query, end, first key) of each block."""
    return [
        (start, min(start + block, tokens), max(0, start - window + 1) if window else 0)
        for start in range(0, tokens, block)
    ]


@lru_cache(maxsize=64)
def _hidden(rows: int, offset: int, window: int | None) -> Any:
    """True where a query may not see a key: (rows, offset + rows); row 0 is key number ``offset``."""
    import torch

    queries = torch.arange(offset, offset + rows)[:, None]
    keys = torch.arange(offset + rows)[None]
    hidden = keys > queries
    return hidden | (keys <= queries - window) if window else hidden
