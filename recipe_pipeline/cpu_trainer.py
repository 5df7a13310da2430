"""TRL's trainer with what makes it faster on a CPU: `cpu_attention` and `answer_loss`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recipe_pipeline.answer_loss import summed_cross_entropy, token_factors
from recipe_pipeline.cpu_attention import causal_blocks_in
from recipe_pipeline.training_data import IGNORE


def one_by_one(inputs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each example of a batch (tensors of shape (batch, longest), padded right) without padding."""
    for row, length in enumerate(inputs["attention_mask"].sum(dim=1).tolist()):
        yield {
            name: inputs[name][row : row + 1, :length]
            for name in ("input_ids", "attention_mask", "labels")
        }


def for_cpu(trainer_class: type, decision_weight: float = 1.0) -> type:
    """``trainer_class`` (TRL's SFTTrainer) for one process on a CPU, of a LoRA on a frozen head.

    ``decision_weight``: see `answer_loss.token_factors`. Its evaluation loss and all else are the stock trainer's.
    """

    import torch

    class CpuTrainer(trainer_class):
        def train(self, *args, **kwargs):
            # Around the whole loop: checkpointed layers attend once more in the backward pass.
            with causal_blocks_in(self.model):
                return super().train(*args, **kwargs)

        def training_step(self, model, inputs, num_items_in_batch=None):
            # Two cores are busy with one example already. One after another, a batch needs the
            # memory of its longest example and no work on padding; the gradients add up to the same.
            step = super().training_step
            if num_items_in_batch is None:
                return step(model, inputs)
            return sum(step(model, row, num_items_in_batch) for row in one_by_one(inputs))

        def compute_loss(
            self, model, inputs, return_outputs=False, num_items_in_batch=None, **kwargs
        ):
            if not model.training or return_outputs:
                return super().compute_loss(
                    model,
                    inputs,
                    return_outputs=return_outputs,
                    num_items_in_batch=num_items_in_batch,
                    **kwargs,
                )
            causal_model = self.accelerator.unwrap_model(model).get_base_model()
            with self.accelerator.autocast():
                hidden = causal_model.model(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    use_cache=False,
                ).last_hidden_state[:, :-1]
            targets = inputs["labels"][:, 1:]
            answer = targets != IGNORE
            total = summed_cross_entropy(
                hidden[answer],
                causal_model.get_output_embeddings().weight,
                targets[answer],
                self._factors(targets),
            )
            count = answer.sum() if num_items_in_batch is None else num_items_in_batch
            return total / max(int(count), 1)

        def _factors(self, targets):
            """What the loss of each answer token is multiplied by, in row order; None: by 1."""
            if decision_weight == 1:
                return None
            factors = []
            for row in targets.tolist():
                answer = [token for token in row if token != IGNORE]
                pieces = self.processing_class.convert_ids_to_tokens(answer)
                factors += token_factors(pieces, decision_weight)
            return targets.new_tensor(factors, dtype=torch.float32)

    return CpuTrainer
