"""The training loss on a single device: only answer tokens go through the LM head.

Gemma 3 270M keeps 168 of its 268 million parameters in a head over 262,144 tokens. The loss is
computed in chunks, and each chunk's gradient while its logits are still in memory (as in Liger
Kernel's fused linear cross entropy: Hsu et al. 2024, arXiv:2410.10989), without the entropy and
accuracy that TRL logs at every step.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from recipe_pipeline.training.data import IGNORE
from recipe_pipeline.training.shortlist import Shortlist
from recipe_pipeline.training.token_weights import token_weights

CHUNK = 128  # rows of logits at a time: 200 MB of buffers over Gemma's vocabulary


def with_answer_loss(
    trainer_class: type, token_weight: float = 1.0, shortlisted: bool = False
) -> type:
    """``trainer_class`` (TRL's SFTTrainer) with `summed_cross_entropy` as its training loss.

    For one process and a LoRA on a frozen head. ``token_weight``: see `token_weights`.
    ``shortlisted``: over a `Shortlist` instead of the whole vocabulary. Evaluation and everything
    else are the stock trainer's.
    """
    options = {"token_weight": token_weight, "shortlisted": shortlisted}
    return type("AnswerLossTrainer", (_AnswerLoss, trainer_class), options)


class _AnswerLoss:
    """What `with_answer_loss` puts in front of a trainer."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None, **kwargs):
        if not model.training or return_outputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch, **kwargs)
        hidden, targets = self._hidden_states(model, inputs), inputs["labels"][:, 1:]
        answer = targets != IGNORE
        total = self._summed_loss(hidden[answer], targets[answer], self._weights(targets))
        count = answer.sum() if num_items_in_batch is None else num_items_in_batch
        return total / max(int(count), 1)

    def _hidden_states(self, model: Any, inputs: Any) -> Any:
        """The last hidden states (batch, tokens - 1, hidden size), each for the token after it."""
        causal_model = self.accelerator.unwrap_model(model).get_base_model()
        with self.accelerator.autocast():
            return causal_model.model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                use_cache=False,
            ).last_hidden_state[:, :-1]

    def _weights(self, targets: Any) -> Any:
        """The weight of each answer token, row after row; None if all weigh the same."""
        import torch

        if self.token_weight == 1:
            return None
        weights = []
        for row in targets.tolist():
            answer = [token for token in row if token != IGNORE]
            pieces = self.processing_class.convert_ids_to_tokens(answer)
            weights += token_weights(pieces, self.token_weight)
        return targets.new_tensor(weights, dtype=torch.float32)

    def _summed_loss(self, hidden: Any, targets: Any, weights: Any) -> Any:
        if not self.shortlisted:
            return summed_cross_entropy(hidden, self._head(), targets, weights)
        tokens = self._shortlist
        head, targets = tokens.draw(), tokens.positions(targets)
        return summed_cross_entropy(hidden, head, targets, weights, tokens.bias)

    @cached_property
    def _shortlist(self) -> Shortlist:
        return Shortlist(self.train_dataset["input_ids"], self._head())

    def _head(self) -> Any:
        causal_model = self.accelerator.unwrap_model(self.model).get_base_model()
        return causal_model.get_output_embeddings().weight


def summed_cross_entropy(
    hidden: Any, head: Any, targets: Any, weights: Any = None, bias: Any = None
) -> Any:
    """Summed cross entropy in nats of ``hidden @ head.T + bias`` against ``targets``.

    ``hidden``: (rows, hidden size); ``head``: (vocabulary, hidden size), frozen: it gets no
    gradient; ``targets``: (rows,) token ids; ``weights``: (rows,) float32, the weight of each
    row's loss; ``bias``: (vocabulary,) float32. Raises ValueError if the head is trained.
    """
    if head.requires_grad:
        raise ValueError("summed_cross_entropy has no gradient for a head that is trained")
    if weights is None:
        weights = hidden.new_ones(len(hidden)).float()
    return _autograd_function().apply(hidden, head, targets, weights, bias)


@cache
def _autograd_function() -> Any:
    import torch

    class SummedCrossEntropy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, hidden, head, targets, weights, bias):
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            gradient = torch.empty_like(hidden)
            head = head.to(hidden.dtype)
            # One pair of buffers for all chunks: allocating new ones costs more than the arithmetic.
            shape = (min(CHUNK, len(hidden)), len(head))
            logits = torch.empty(shape, dtype=hidden.dtype, device=hidden.device)
            probabilities = torch.empty(shape, dtype=torch.float32, device=hidden.device)
            for start in range(0, len(hidden), CHUNK):
                rows, ids = hidden[start : start + CHUNK], targets[start : start + CHUNK, None]
                scale = weights[start : start + CHUNK, None]
                logits, probabilities = logits[: len(rows)], probabilities[: len(rows)]
                torch.mm(rows, head.T, out=logits)
                probabilities.copy_(logits)
                if bias is not None:
                    probabilities += bias
                torch.softmax(probabilities, dim=-1, out=probabilities)
                correct = probabilities.gather(1, ids)
                nats = correct.clamp_min(torch.finfo(torch.float32).tiny).log()
                total -= (nats * scale).sum()
                probabilities.scatter_(1, ids, correct - 1)
                part = gradient[start : start + CHUNK]
                torch.mm(logits.copy_(probabilities), head, out=part)
                part *= scale
            ctx.save_for_backward(gradient)
            return total

        @staticmethod
        def backward(ctx, outer):
            (gradient,) = ctx.saved_tensors
            return gradient * outer.to(gradient.dtype), None, None, None, None

    return SummedCrossEntropy
