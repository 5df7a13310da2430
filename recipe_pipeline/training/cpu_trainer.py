"""TRL's trainer with what makes it faster on a CPU: `cpu_attention` and `answer_trainer`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recipe_pipeline.training.answer_trainer import with_answer_loss
from recipe_pipeline.training.cpu_attention import causal_blocks_in


def one_by_one(inputs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each example of a batch (tensors of shape (batch, longest), padded right) without padding."""
    for row, length in enumerate(inputs["attention_mask"].sum(dim=1).tolist()):
        yield {
            name: inputs[name][row : row + 1, :length]
            for name in ("input_ids", "attention_mask", "labels")
        }


def for_cpu(trainer_class: type, decision_weight: float = 1.0) -> type:
    """`with_answer_loss` of ``trainer_class`` for one process on a CPU."""

    class CpuTrainer(with_answer_loss(trainer_class, decision_weight)):
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

    return CpuTrainer
