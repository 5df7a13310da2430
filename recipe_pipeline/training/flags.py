"""Command-line flags of the training scripts, made from the fields of ``TrainingSettings``.

One table serves 05 and 06, so a flag cannot drift from the setting it stands for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from recipe_pipeline.training.settings import (
    CHECKPOINTING,
    LR_SCHEDULER_CHOICES,
    OPTIMIZER_CHOICES,
    PRESETS,
    QUANTIZATIONS,
    TrainingSettings,
)

HELP = {
    "dataset": "JSON lines of script 04",
    "model_name": "hub name, local model folder, or 'embedded'",
    "max_seq_length": "tokens; longer examples are dropped, never cut",
    "lora_rank": "rank of the LoRA matrices",
    "lora_alpha": "LoRA scale (None: same as the rank)",
    "lora_dropout": "dropout on the LoRA input, 0 to 1",
    "use_rslora": "scale LoRA by alpha / sqrt(rank) instead of alpha / rank",
    "batch_size": "examples per device and step",
    "gradient_accumulation_steps": "batches per optimiser step",
    "max_steps": "optimiser steps (-1: full epochs)",
    "num_epochs": "epochs when --max-steps is -1",
    "learning_rate": "peak learning rate",
    "weight_decay": "AdamW weight decay",
    "warmup_steps": "steps of linear warm-up",
    "lr_scheduler_type": "how the learning rate falls after the warm-up",
    "optimizer": "optimiser (adamw_8bit becomes fused AdamW on a CPU)",
    "seed": "seed of LoRA weights, order and held-out part",
    "decision_weight": "how much more an answer's start, name, yield, times, line ends and end count (in one process)",
    "eval_split": "share of the dataset held out for the evaluation loss (0: none)",
    "eval_steps": "evaluate every so many steps (0: at the end only)",
    "output_dir": "folder of the checkpoints",
    "save_dir": "folder of the adapter",
    "save_steps": "steps between checkpoints",
    "resume": "go on from the last checkpoint in --output-dir (otherwise old ones are moved aside)",
    "load_4bit": "load the base model in 4 bits (QLoRA)",
    "load_8bit": "load the base model in 8 bits",
    "gradient_checkpointing": "recompute activations to save memory",
    "skip_inference_test": "do not try the model on one example at the end",
    "save_gguf": "also export GGUF and Modelfile to <save-dir>-gguf",
    "gguf_quantization": "type of the GGUF weights",
}
CHOICES = {
    "lr_scheduler_type": LR_SCHEDULER_CHOICES,
    "optimizer": OPTIMIZER_CHOICES,
    "gguf_quantization": QUANTIZATIONS,
    "gradient_checkpointing": CHECKPOINTING,
}
_TYPES = {"lora_alpha": int}


def add_training_arguments(
    parser: argparse.ArgumentParser, leave_out: Iterable[str] = (), **defaults: Any
) -> None:
    """A flag for every field of ``TrainingSettings`` but ``leave_out``.

    ``defaults`` replace the field's own default.
    """
    left_out = set(leave_out)
    for field in fields(TrainingSettings):
        if field.name in left_out:
            continue
        default = defaults.get(field.name, field.default)
        flag = "--" + field.name.replace("_", "-")
        if isinstance(default, bool):
            parser.add_argument(flag, action="store_true", default=default, help=HELP[field.name])
            continue
        parser.add_argument(
            flag,
            type=_TYPES.get(field.name, type(default)),
            choices=CHOICES.get(field.name),
            default=default,
            help=HELP[field.name],
        )


def parse_with_preset(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> argparse.Namespace:
    """Parse ``argv``; a ``--preset`` replaces defaults, so flags beside it still count."""
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default=None,
        help="defaults for a purpose (None: those shown here); other flags go before it",
    )
    args = parser.parse_args(argv)
    if args.preset is None:
        return args
    parser.set_defaults(**PRESETS[args.preset])
    return parser.parse_args(argv)


def settings_of(argv: Sequence[str]) -> TrainingSettings:
    """The settings that script 05 makes of the flags ``argv``."""
    parser = argparse.ArgumentParser()
    add_training_arguments(parser)
    return settings_from(parse_with_preset(parser, argv))


def settings_from(args: argparse.Namespace) -> TrainingSettings:
    """The settings that parsed flags stand for; what has no flag keeps its default."""
    names = {field.name for field in fields(TrainingSettings)}
    return TrainingSettings(**{k: v for k, v in vars(args).items() if k in names})
