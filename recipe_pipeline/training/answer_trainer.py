"""TRL's trainer with the loss of `answer_loss`."""

from __future__ import annotations

from recipe_pipeline.training.answer_loss import summed_cross_entropy, token_factors
from recipe_pipeline.training.data import IGNORE


def with_answer_loss(trainer_class: type, decision_weight: float = 1.0) -> type:
    """``trainer_class`` (TRL's SFTTrainer) for one process and a LoRA on a frozen head.

    ``decision_weight``: see `answer_loss.token_factors`. Its evaluation loss and all else are the
    stock trainer's.
    """

    import torch

    class AnswerLossTrainer(trainer_class):
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

    return AnswerLossTrainer
