"""The training loss on a CPU: the LM head where it counts, and its gradient in the same pass.

Gemma 3 270M keeps 168 of its 268 million parameters in a head over 262,144 tokens. Only answer
tokens go through it here, in chunks whose gradient is taken while their logits are still in memory
(as Liger Kernel's fused linear cross entropy does: Hsu et al. 2024, arXiv:2410.10989), without the
entropy and accuracy that TRL logs at every step.
"""

from __future__ import annotations

from functools import cache
from typing import Any

CHUNK = 128  # rows of logits at a time: 200 MB of buffers over Gemma's vocabulary
START_TOKENS = 64
"""The start of an answer: what is before the lists (one recipe or two, name, yield, times) takes 25
to 90 tokens of Gemma's."""
END_TOKENS = 8
"""The end of an answer: where its last list ends, and the answer with it."""


def summed_cross_entropy(hidden: Any, head_weight: Any, targets: Any, factors: Any = None) -> Any:
    """Summed cross entropy in nats of ``hidden @ head_weight.T`` against ``targets``.

    ``hidden``: (rows, hidden size); ``head_weight``: (vocabulary, hidden size), frozen: no
    gradient goes to it; ``targets``: (rows,) token ids; ``factors``: (rows,) float32, what each
    row's loss is multiplied by. Raises ValueError if the head is trained.
    """
    if head_weight.requires_grad:
        raise ValueError("summed_cross_entropy has no gradient for a head that is trained")
    if factors is None:
        factors = hidden.new_ones(len(hidden)).float()
    return _function().apply(hidden, head_weight, targets, factors)


def token_factors(answer: Any, start_weight: float, end_weight: float = 1.0) -> Any:
    """Factor of each token of ``answer``, in row order, shape (answer tokens,), mean 1 per example.

    ``answer``: (batch, length) bool. The first ``START_TOKENS`` tokens of an answer get
    ``start_weight`` times what the others get, the last ``END_TOKENS`` ``end_weight`` times. Copying
    a list is learnt from every line of it, but which name, whether there are two recipes, and where
    the last step ends, is decided by one token among hundreds. In an answer that is no
    longer than start and end together (``{}``) all tokens count the same.
    """
    import torch

    place = answer.cumsum(dim=1)
    length = answer.sum(dim=1, keepdim=True)
    long = length > START_TOKENS + END_TOKENS
    factors = torch.where(long & (place <= START_TOKENS), float(start_weight), 1.0)
    factors = torch.where(long & (place > length - END_TOKENS), float(end_weight), factors) * answer
    return (factors * (length / factors.sum(dim=1, keepdim=True).clamp_min(1e-6)))[answer]


@cache
def _function() -> Any:
    """The autograd function, made once torch is needed."""
    import torch

    class SummedCrossEntropy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, hidden, weight, targets, factors):
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            gradient = torch.empty_like(hidden)
            weight = weight.to(hidden.dtype)
            # One pair of buffers for all chunks: fresh ones cost more than the arithmetic.
            chunk = (min(CHUNK, len(hidden)), len(weight))
            logits = torch.empty(chunk, dtype=hidden.dtype, device=hidden.device)
            shares = torch.empty(chunk, dtype=torch.float32, device=hidden.device)
            for start in range(0, len(hidden), CHUNK):
                rows, ids = hidden[start : start + CHUNK], targets[start : start + CHUNK, None]
                scale = factors[start : start + CHUNK, None]
                logits, shares = logits[: len(rows)], shares[: len(rows)]
                torch.mm(rows, weight.T, out=logits)
                shares.copy_(logits)
                torch.softmax(shares, dim=-1, out=shares)
                right = shares.gather(1, ids)
                nats = right.clamp_min(torch.finfo(torch.float32).tiny).log()
                total -= (nats * scale).sum()
                shares.scatter_(1, ids, right - 1)
                part = gradient[start : start + CHUNK]
                torch.mm(logits.copy_(shares), weight, out=part)
                part *= scale
            ctx.save_for_backward(gradient)
            return total

        @staticmethod
        def backward(ctx, outer):
            (gradient,) = ctx.saved_tensors
            return gradient * outer.to(gradient.dtype), None, None, None

    return SummedCrossEntropy
