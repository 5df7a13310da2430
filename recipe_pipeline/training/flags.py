"""Command lines of the training scripts: presets (05), and both spellings of every flag (06).

``wandb agent`` writes a sweep's parameters as ``--learning_rate=3e-05 --use_rslora=True``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.training.settings import PRESETS, TrainingSettings
from recipe_pipeline.training.sweep import SweepOptions
from recipe_pipeline.training.tracking import WandbOptions

# Flags of 05 that make no sense for a run among many.
NOT_IN_06 = ("resume", "skip_inference_test", "save_gguf", "gguf_quantization")
_SWITCHES = {
    "--" + field.name.replace("_", "-")
    for settings in (TrainingSettings, WandbOptions)
    for field in fields(settings)
    if isinstance(field.default, bool)
}
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


def parse_with_preset(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> argparse.Namespace:
    """Parse ``argv``; ``--preset`` replaces defaults, so flags beside it still count."""
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default=None,
        help="defaults for a purpose (None: those shown here); other flags override it",
    )
    args = parser.parse_args(argv)
    if args.preset is None:
        return args
    parser.set_defaults(**PRESETS[args.preset])
    return parser.parse_args(argv)


def settings_of(argv: Sequence[str]) -> TrainingSettings:
    """The settings that script 05 makes of the flags ``argv``."""
    parser = argparse.ArgumentParser()
    add_flags(parser, TrainingSettings)
    return settings_from(TrainingSettings, parse_with_preset(parser, argv))


def add_tracked_flags(parser: argparse.ArgumentParser) -> None:
    """All flags of 06 but ``--debug``."""
    add_flags(parser, TrainingSettings, leave_out=NOT_IN_06, eval_split=0.1)
    add_flags(parser.add_argument_group("Weights & Biases"), WandbOptions)
    add_flags(parser.add_argument_group("sweep"), SweepOptions)


def normalised(arguments: Sequence[str]) -> list[str]:
    """``--use_rslora=True --lora_rank=8`` -> ``--use-rslora --lora-rank=8``.

    A switch takes a word for true or false, after "=" or as the next argument; without one it is
    on, with a false one it is left out. Raises PipelineError for any other word after "=".
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
        if not equals:
            value = rest.pop(0) if rest and rest[0].lower() in _TRUE | _FALSE else "true"
        if value.lower() not in _TRUE | _FALSE:
            raise PipelineError(f"{name} is {value!r}: it must be true or false")
        if value.lower() in _TRUE:
            result.append(name)
    return result
