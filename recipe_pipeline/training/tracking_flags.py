"""The flags of 06 beside those of training, and both spellings of every flag.

``wandb agent`` writes a sweep's parameters as ``--learning_rate=3e-05 --use_rslora=True``.
Imports nothing heavy: it is loaded for ``--help``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields

from recipe_pipeline.common import cli
from recipe_pipeline.training.flags import add_training_arguments
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracking import DEFAULT_PROJECT, WandbOptions

# Flags of 05 that make no sense for a run among many.
LEFT_OUT = ("eval_steps", "resume", "skip_inference_test", "save_gguf", "gguf_quantization")
_SWITCHES = {
    "--log-model",
    *(
        "--" + field.name.replace("_", "-")
        for field in fields(TrainingSettings)
        if isinstance(field.default, bool)
    ),
}
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


def add_tracked_arguments(parser: argparse.ArgumentParser) -> None:
    """All flags of 06 but ``--debug``."""
    add_training_arguments(parser, leave_out=LEFT_OUT, eval_split=0.1)
    parser.add_argument(
        "--eval-steps",
        type=cli.non_negative_int,
        default=0,
        help="steps between evaluations (0: about ten of them in a run)",
    )
    group = parser.add_argument_group("Weights & Biases")
    group.add_argument("--wandb-project", default=DEFAULT_PROJECT, help="project of the run")
    group.add_argument("--wandb-entity", default=None, help="user or team (None: your default)")
    group.add_argument("--run-name", default=None, help="name of the run (None: W&B invents one)")
    group.add_argument(
        "--tags", type=_comma_separated, default=None, help="comma-separated tags (None: no tags)"
    )
    group.add_argument(
        "--log-model", action="store_true", help="keep the adapter as a W&B artifact"
    )
    group.add_argument(
        "--table-rows",
        type=cli.non_negative_int,
        default=4,
        help="held-out posts to answer and show at the end (0: none)",
    )
    sweep = parser.add_argument_group("sweep")
    sweep.add_argument(
        "--sweep-id", default=None, help="run trials of this sweep: entity/project/id, or its URL"
    )
    sweep.add_argument(
        "--sweep-count",
        type=cli.positive_int,
        default=None,
        help="trials to run with --sweep-id (None: until the sweep ends)",
    )


def normalise_arguments(arguments: Sequence[str]) -> list[str]:
    """``--use_rslora=True --lora_rank=8`` -> ``--use-rslora --lora-rank=8``.

    A switch takes a word for true or false, behind "=" or as the next argument; without one it is
    on, with a false one it is left out. Raises PipelineError for any other word behind "=".
    """
    result: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("--"):
            result.append(argument)
            continue
        name, equals, value = argument.partition("=")
        name = name.replace("_", "-")
        if name not in _SWITCHES:
            result.append(name + equals + value)
            continue
        if not equals and rest and rest[0].lower() in _TRUE | _FALSE:
            equals, value = "=", rest.pop(0)
        if _is_on(name, value if equals else "true"):
            result.append(name)
    return result


def options_from(args: argparse.Namespace) -> WandbOptions:
    """The tracking options that parsed flags stand for."""
    return WandbOptions(
        project=args.wandb_project,
        entity=args.wandb_entity,
        run_name=args.run_name,
        tags=args.tags or (),
        log_model=args.log_model,
        table_rows=args.table_rows,
    )


def _is_on(name: str, word: str) -> bool:
    if word.lower() in _TRUE | _FALSE:
        return word.lower() in _TRUE
    from recipe_pipeline.common.errors import PipelineError

    raise PipelineError(f"{name} is {word!r}: it has to be true or false")


def _comma_separated(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
