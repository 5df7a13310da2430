"""Stage 5 with experiment tracking: finetune, log to Weights & Biases, take part in sweeps.

Reads and writes the same files as 05_finetune.py; a fraction of the dataset (--eval-split) is held
out for eval/loss. WANDB_MODE=offline keeps the run on this machine. Trials of a sweep write to
<output-dir>/<run id>. Flags may be written with underscores, switches with True or False.

    python 06_finetune_wandb.py --wandb-project my-project
    wandb sweep sweep.yaml                    # prints the sweep's id
    wandb agent <entity/project/sweep id>     # one process per trial, or all in one process:
    python 06_finetune_wandb.py --sweep-id <entity/project/sweep id> --sweep-count 10
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import settings_from
from recipe_pipeline.training import flags
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracking import WandbOptions


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    flags.add_tracked_flags(parser)
    args = parser.parse_args(flags.normalised(sys.argv[1:] if argv is None else argv))
    if args.sweep_count is not None and args.sweep_id is None:
        parser.error("--sweep-count needs --sweep-id")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Train once, or run trials of a sweep; returns the exit code."""
    args = parse_args(argv)
    options = settings_from(WandbOptions, args)
    if args.sweep_id is not None:
        from recipe_pipeline.training.sweep import run_sweep, sweep_path

        sweep = sweep_path(args.sweep_id, options)
        settings = settings_from(TrainingSettings, args)
        summary = run_sweep(sweep, args.sweep_count, settings, options)
        return 0 if summary.finished or not summary.failed else 1

    from recipe_pipeline.training.tracked import train_tracked

    train_tracked(lambda: settings_from(TrainingSettings, args), options)
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="the same command starts a new run"))
