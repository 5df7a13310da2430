"""A cheaper training loss for CPUs: the LM head only where it counts.

Gemma 3 270M keeps 168 of its 268 million parameters in a head over 262,144 tokens, so on a CPU
most of an answer token's cost is scoring words that no recipe contains. During training the head
here covers the tokens that occur in the answers, plus random others whose logits are raised by
log(rest / sampled), which makes the sampled part an unbiased estimate of the full partition sum
(importance-corrected sampled softmax: Jean et al. 2015, "On Using Very Large Target Vocabulary for
Neural Machine Translation", eq. 6). Evaluation loss is always over the full vocabulary.

It is off unless asked for: a token outside of the candidates that resembles one of them (``[ `` and
``["``) is raised with it and never pushed down again, and short trainings then end in broken JSON.
"""

from __future__ import annotations

import math
from typing import Any

SAMPLED_TOKENS = 8192


class CandidateVocabulary:
    """The part of the vocabulary that the training loss looks at.

    ``weight``: (candidates, hidden) rows of the LM head. ``offset``: (candidates,) what is added
    to each logit, nought for tokens of the answers. ``index``: (vocabulary,) a token id's row.
    """

    def __init__(self, head_weight: Any, answer_ids: set[int], seed: int) -> None:
        import torch

        size = head_weight.shape[0]
        own = torch.tensor(sorted(answer_ids), dtype=torch.long)
        rest = torch.ones(size, dtype=torch.bool)
        rest[own] = False
        others = rest.nonzero().squeeze(-1)
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(others), generator=generator)[:SAMPLED_TOKENS]
        sampled = others[order]
        ids = torch.cat([own, sampled])
        self.weight = head_weight.detach()[ids].contiguous()
        raise_by = math.log(len(others) / len(sampled)) if len(sampled) else 0.0
        self.offset = torch.zeros(len(ids), dtype=torch.float32)
        self.offset[len(own) :] = raise_by
        self.index = torch.full((size,), -1, dtype=torch.long)
        self.index[ids] = torch.arange(len(ids))

    def loss_sum(self, hidden: Any, targets: Any) -> Any:
        """Summed cross entropy of ``hidden`` (rows, hidden size) against ``targets`` (rows,)."""
        import torch

        logits = torch.nn.functional.linear(hidden, self.weight.to(hidden.dtype)).float()
        return torch.nn.functional.cross_entropy(
            logits + self.offset, self.index[targets], reduction="sum"
        )


def with_answer_loss(trainer_class: type) -> type:
    """``trainer_class`` (TRL's SFTTrainer) whose training loss uses ``self.candidates`` if set."""

    class AnswerLossTrainer(trainer_class):
        candidates: CandidateVocabulary | None = None

        def compute_loss(
            self, model, inputs, return_outputs=False, num_items_in_batch=None, **kwargs
        ):
            if self.candidates is None or not model.training or return_outputs:
                return super().compute_loss(
                    model,
                    inputs,
                    return_outputs=return_outputs,
                    num_items_in_batch=num_items_in_batch,
                    **kwargs,
                )
            causal_model = self.accelerator.unwrap_model(model).get_base_model()
            hidden = causal_model.model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                use_cache=False,
            ).last_hidden_state[:, :-1]
            targets = inputs["labels"][:, 1:]
            answer = targets != -100
            total = self.candidates.loss_sum(hidden[answer], targets[answer])
            count = answer.sum() if num_items_in_batch is None else num_items_in_batch
            return total / max(int(count), 1)

    return AnswerLossTrainer
