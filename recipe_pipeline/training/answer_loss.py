"""The training loss of one process: the LM head where it counts, and its gradient in the same pass.

Gemma 3 270M keeps 168 of its 268 million parameters in a head over 262,144 tokens. Only answer
tokens go through it here, in chunks whose gradient is taken while their logits are still in memory
(as Liger Kernel's fused linear cross entropy does: Hsu et al. 2024, arXiv:2410.10989), without the
entropy and accuracy that TRL logs at every step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from recipe_pipeline.schema.key_order import FACTS

CHUNK = 128  # rows of logits at a time: 200 MB of buffers over Gemma's vocabulary
START_TOKENS = 32
"""The start of an answer: whether there is no recipe, one or two, and how its first list begins."""
END_TOKENS = 8
"""The end of an answer: where its last list ends, and the answer with it."""

# One recipe or several, which the first key after the context says. One token tells what the whole post
# decides; weighed as the others are, it is learnt late or not at all (docs/experiments.md, rows 31, 32).
_FORM = re.compile(r'\A\{"@context": "[^"]*", "@(?:graph|type)"')

# Name, yield and times, with the key after them: which of them are left out is decided there (named
# sections and steps say their type first). The end of every line of a list: whether it goes on, ends,
# or a second recipe begins. All of these count the same: where ends weighed more than going on, lists
# ended at headings and answers after the first dish; where they weighed less, an ingredient list ended
# as steps do (docs/experiments.md, rows 26 and 29).
_DECIDES = re.compile(
    rf'(?<!HowToSection", )(?<!HowToStep", )(?:"(?:{"|".join(FACTS)})": '
    r'"(?:[^"\\]|\\.)*"(?:, )?)+(?:"\w+": )?'
    r'|(?<=\}, )\{"@type": "Recipe", '
    r'|(?<!\\)(?<!HowToStep)(?<!HowToSection)(?<!"Recipe)"[\]}]*,(?= )'
)


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


def token_factors(pieces: Sequence[str], decision_weight: float) -> list[float]:
    """Factor of each token of one answer, mean 1.

    ``pieces``: the answer's tokens as the vocabulary spells them (a space is "▁"). Tokens that
    decide get ``decision_weight`` times what the others get: the first ``START_TOKENS``, name, yield
    and times, the end of each line of a list, the beginning of a second recipe, and the last
    ``END_TOKENS``. What stands in a line is learnt from every word of it, but which name, whether there
    are two recipes, and where a list ends, is decided by one token among hundreds. The key that says
    whether there are several recipes gets the weight once more. In an answer no longer than start and
    end together (``{}``) all tokens count the same.
    """
    count = len(pieces)
    if count <= START_TOKENS + END_TOKENS:
        return [1.0] * count
    factors = [1.0] * count
    for at in (*range(START_TOKENS), *range(count - END_TOKENS, count), *_within(pieces, _DECIDES)):
        factors[at] = decision_weight
    for at in _within(pieces, _FORM):
        factors[at] = decision_weight**2
    mean = sum(factors) / count
    return [factor / mean for factor in factors]


def _within(pieces: Sequence[str], pattern: re.Pattern[str]) -> list[int]:
    """Places of the tokens of an answer in what ``pattern`` finds."""
    spans = [match.span() for match in pattern.finditer("".join(pieces).replace("▁", " "))]
    edges = pairwise(accumulate(map(len, pieces), initial=0))
    return [
        at
        for at, (begin, end) in enumerate(edges)
        if any(begin < last and end > first for first, last in spans)
    ]


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
