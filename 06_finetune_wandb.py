"""Stage 5 with experiment tracking: finetune, log to Weights & Biases, take part in sweeps.

Reads and writes the same files as 05_finetune.py; a fraction of the dataset (--eval-split) is held
out for eval/loss. WANDB_MODE=offline keeps the run on this machine. Trials of a sweep write to
<output-dir>/<run id>. Flags may be written with underscores, switches with True or False.

    python 06_finetune_wandb.py --wandb-project my-project
    wandb sweep sweep.yaml                    # prints the sweep's id
    wandb agent <entity/project/sweep id>     # runs its trials; the same, with flags for all of them:
    python 06_finetune_wandb.py --sweep-id <entity/project/sweep id> --sweep-count 10
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.training.flags import normalised
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracked import (
    WandbOptions,
    in_sweep,
    run_sweep,
    train_tracked,
    with_sweep_flags,
)

# Flags of 05 that make no sense for a run among many.
NOT_HERE = ("resume", "skip_inference_test", "save_gguf", "gguf_quantization")


def parse_args(argv: Sequence[str]) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, TrainingSettings, leave_out=NOT_HERE, eval_split=0.1)
    add_flags(parser.add_argument_group("Weights & Biases"), WandbOptions)
    return parser.parse_args(normalised(argv))


def main(argv: Sequence[str] | None = None) -> None:
    """Train once, or run trials of a sweep."""
    argv = sys.argv[1:] if argv is None else argv
    args = parse_args(with_sweep_flags(argv))
    options = settings_from(WandbOptions, args)
    if options.sweep_id is not None and not in_sweep():
        run_sweep(options, argv)
    else:
        train_tracked(lambda: settings_from(TrainingSettings, args), options)


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="the same command starts a new run"))
