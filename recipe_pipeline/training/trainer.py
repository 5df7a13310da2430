"""Model, LoRA and trainer of a run.

Unsloth has to be imported before transformers, TRL and PEFT (it patches them), so everything here
imports inside functions, Unsloth first.
"""

from __future__ import annotations

import os
from typing import Any

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.models import base as base_model
from recipe_pipeline.models.chat_template import GEMMA_CHAT_TEMPLATE
from recipe_pipeline.training.data import TokenisedExamples
from recipe_pipeline.training.settings import LORA_TARGETS, TrainingSettings

# What one more token adds to the peak memory of Gemma 3 270M on a CPU. The CPU trainer: measured
# 0.85 MB between 500 and 2,560 tokens (2.2 and 4.0 GB). The stock trainer: 2.7 MB between batches of
# 2 x 1,018 and 2 x 2,040 tokens (8.4 and 13.9 GB).
ACTIVATION_BYTES_PER_TOKEN = 1_000_000
STOCK_ACTIVATION_BYTES_PER_TOKEN = 2_700_000
# Of all steps. The early termination of a sweep judges a run by its evaluations.
SHARE_BETWEEN_EVALUATIONS = 0.1


def load_model(settings: TrainingSettings) -> tuple[Any, Any]:
    """(model, tokenizer) through Unsloth, with the Gemma chat template set."""
    path = base_model.resolve(settings.model_name)
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    import unsloth  # noqa: F401  (patches what is imported after it)
    from unsloth import FastModel

    try:
        model, tokenizer = FastModel.from_pretrained(
            model_name=path,
            max_seq_length=settings.max_seq_length,
            dtype=None,
            load_in_4bit=settings.load_4bit,
            load_in_8bit=settings.load_8bit,
            full_finetuning=False,
            use_gradient_checkpointing=False,
        )
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError) and "out of memory" in str(error).lower():
            raise
        raise PipelineError(
            f"cannot load the model {settings.model_name!r} ({first_line(error)}): check the name "
            "and the network, or use --model-name embedded, which needs neither"
        ) from error
    tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # larger Gemmas come with a processor
    tokenizer.chat_template = GEMMA_CHAT_TEMPLATE
    # Unsloth sets it to max_seq_length, which limits training; inference may use the whole context.
    positions = getattr(model.config, "max_position_embeddings", settings.max_seq_length)
    tokenizer.model_max_length = max(positions, settings.max_seq_length)
    return model, tokenizer


def add_lora(model: Any, settings: TrainingSettings, longest: int) -> Any:
    """``model`` with LoRA adapters on the seven projections; ``longest``: see `checkpointing`."""
    from unsloth import FastModel

    return FastModel.get_peft_model(
        model,
        r=settings.lora_rank,
        target_modules=list(LORA_TARGETS),
        lora_alpha=settings.alpha,
        lora_dropout=settings.lora_dropout,
        bias="none",
        use_gradient_checkpointing=checkpointing(settings, longest),
        random_state=settings.seed,
        use_rslora=settings.use_rslora,
        max_seq_length=settings.max_seq_length,
    )


def build_trainer(
    model: Any,
    tokenizer: Any,
    settings: TrainingSettings,
    train_set: TokenisedExamples,
    eval_set: TokenisedExamples | None,
    report_to: str = "none",
) -> Any:
    """TRL's SFTTrainer over rows that are tokenised already."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    on_cpu = model.device.type == "cpu"
    tracked = report_to != "none"
    pads = settings.batch_size > 1 and not (on_cpu and single_process())
    arguments = SFTConfig(
        output_dir=settings.output_dir,
        per_device_train_batch_size=settings.batch_size,
        # The trainer averages the losses of batches, so larger ones would weight examples unevenly.
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        max_steps=settings.max_steps,
        num_train_epochs=settings.num_epochs,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_steps,
        lr_scheduler_type=settings.lr_scheduler_type,
        optim=settings.optimizer,
        seed=settings.seed,
        logging_steps=1,
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        eval_strategy="steps" if eval_set and (settings.eval_steps or tracked) else "no",
        eval_steps=settings.eval_steps or SHARE_BETWEEN_EVALUATIONS,
        # A batch is padded to its longest example; grouping by length keeps padding low. Without
        # padding it only does harm: examples run from long to short, all {} answers in a row.
        train_sampling_strategy="group_by_length" if pads else "random",
        length_column_name="length",
        max_length=settings.max_seq_length,
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        # TRL turns it on by default; add_lora has set up the right kind.
        gradient_checkpointing=bool(checkpointing(settings, train_set.longest)),
        dataloader_pin_memory=not on_cpu,
        report_to=report_to,
    )
    return trainer_class(SFTTrainer, settings.decision_weight, on_cpu)(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(train_set.rows),
        eval_dataset=Dataset.from_list(eval_set.rows) if eval_set else None,
        processing_class=tokenizer,
    )


def trainer_class(stock: type, token_weight: float, on_cpu: bool) -> type:
    """``stock`` (TRL's SFTTrainer), extended for a CPU and for a token weight above 1."""
    from recipe_pipeline.training.answer_loss import with_answer_loss
    from recipe_pipeline.training.cpu import for_cpu

    if not single_process():
        if token_weight > 1:
            # The weighted loss calls the model inside the wrapper that synchronises gradients.
            print("--decision-weight works in a single process only: all tokens count the same")
        return stock
    if on_cpu:
        return for_cpu(stock, token_weight)
    return with_answer_loss(stock, token_weight) if token_weight > 1 else stock


def checkpointing(settings: TrainingSettings, longest: int) -> bool | str:
    """Gradient checkpointing: Unsloth's own on a GPU; on a CPU only if memory is short.

    ``longest``: tokens of the longest example, which determine the size of the activations.
    """
    import torch

    if settings.gradient_checkpointing != "auto":
        return "unsloth" if settings.gradient_checkpointing == "on" else False
    if torch.cuda.is_available():
        return "unsloth"
    import psutil

    # In a single process the CPU trainer takes the examples of a batch one by one.
    if single_process():
        needed = longest * ACTIVATION_BYTES_PER_TOKEN
    else:
        needed = settings.batch_size * longest * STOCK_ACTIVATION_BYTES_PER_TOKEN
    return "unsloth" if needed > psutil.virtual_memory().available * 0.6 else False


def single_process() -> bool:
    """Whether this is the only training process (not under torchrun)."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1
