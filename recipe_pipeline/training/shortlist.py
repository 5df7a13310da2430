"""The tokens among which the loss on a CPU chooses: a head of 262,144 rows costs half of a step there.

Every token of the training set and every common one is always among them. Of the others, each step
draws a sample, weighted so that the softmax's denominator is that of the whole vocabulary on average
(importance sampling: Bengio & Senécal 2008, "Adaptive importance sampling to accelerate training of a
neural probabilistic language model").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

COMMON = 32_768
"""Token ids below this are always included: Gemma numbers its tokens from common to rare.

What a base model would say instead of the answer ("Sure", "```") is among them.
"""
SAMPLED = 8_192  # of the other tokens, in each step


class Shortlist:
    """The rows of a frozen head for `COMMON` tokens and those of ``rows``, and `SAMPLED` others.

    ``rows``: the token ids of the training set. ``head``: (vocabulary, hidden size).
    """

    def __init__(self, rows: Iterable[Sequence[int]], head: Any) -> None:
        import torch

        exact = torch.zeros(len(head), dtype=torch.bool, device=head.device)
        exact[:COMMON] = True
        for row in rows:
            exact[torch.as_tensor(row)] = True
        self.ids, self._others = exact.nonzero()[:, 0], (~exact).nonzero()[:, 0]
        self._head = head
        sampled = min(SAMPLED, len(self._others))
        self._rows = torch.cat((head[self.ids], head[:sampled]))
        self.bias = torch.zeros(len(self._rows), device=head.device)
        if sampled:
            self.bias[len(self.ids) :] = math.log(len(self._others) / sampled)

    def draw(self) -> Any:
        """(exact and newly sampled tokens, hidden size): the head of one step; the next reuses it.

        `bias`, added to its logits, makes each sampled token count for all that it stands for.
        """
        import torch

        sampled = self._rows[len(self.ids) :]
        if len(sampled):
            chosen = torch.randint(len(self._others), (len(sampled),), device=sampled.device)
            torch.index_select(self._head, 0, self._others[chosen], out=sampled)
        return self._rows

    def positions(self, tokens: Any) -> Any:
        """Where ``tokens`` (ids of the training set) stand in the head that `draw` returns."""
        import torch

        return torch.searchsorted(self.ids, tokens)
