"""Stage 5: finetune a LoRA adapter that turns posts into recipe JSON.

Reads the JSON lines of stage 4 and writes the adapter with its tokenizer and training_run.json to
gemma-3/ (checkpoints to outputs/). Runs on a CUDA GPU and, slowly, on a CPU. --resume goes on from
the last checkpoint, without it those of an earlier run are moved to outputs/earlier-1/; --export-only
makes a GGUF from an adapter that is there already.

    python 05_finetune.py --dataset finetuning_dataset_train.jsonl
    python 05_finetune.py --model-name embedded --max-steps -1     # no account, no network
    python 05_finetune.py --preset cpu-real-pages
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.training import flags as training_flags


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    training_flags.add_training_arguments(parser)
    parser.add_argument(
        "--export-only",
        action="store_true",
        help="do not train: export the adapter in --save-dir to GGUF",
    )
    return training_flags.parse_with_preset(parser, argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Train, test and export as asked; returns the exit code."""
    args = parse_args(argv)
    from recipe_pipeline.training import finetune as finetune_stage

    settings = training_flags.settings_from(args)
    if args.export_only:
        return finetune_stage.export_only(settings)
    return finetune_stage.finetune(settings)


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="run it again with --resume to go on"))
