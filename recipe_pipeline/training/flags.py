"""Command lines of the training scripts: presets (05), and flags as sweeps write them (06)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields

from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.training.settings import PRESETS, TrainingSettings

_SWITCHES = {
    "--" + field.name.replace("_", "-")
    for field in fields(TrainingSettings)
    if isinstance(field.default, bool)
}


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


def normalised(arguments: Sequence[str]) -> list[str]:
    """``wandb agent`` writes ``--lora_rank=8 --use_rslora=True --load_4bit=False``, which become
    ``--lora-rank=8 --use-rslora``."""
    result = []
    for argument in arguments:
        if argument.startswith("--"):
            name, equals, value = argument.partition("=")
            name = name.replace("_", "-")
            switch = name in _SWITCHES and value.lower()
            if switch == "false":
                continue
            argument = name if switch == "true" else name + equals + value
        result.append(argument)
    return result
