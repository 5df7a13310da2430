"""Stage 5: finetune a LoRA adapter that turns posts into recipe JSON.

Reads the JSON Lines of stage 4; writes the adapter, its tokenizer and training_run.json to gemma-3/
and checkpoints to outputs/. Runs on a CUDA GPU and, slowly, on a CPU. --resume continues from the
last checkpoint; without it, checkpoints of an earlier run are moved to outputs/earlier-1/.
--export-only exports an existing adapter to GGUF.

    python 05_finetune.py --dataset finetuning_dataset_train.jsonl
    python 05_finetune.py --model-name embedded --max-steps -1     # no account, no network
    python 05_finetune.py --preset cpu-real-pages
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.training.flags import parse_with_preset
from recipe_pipeline.training.settings import TrainingSettings


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, TrainingSettings)
    parser.add_argument(
        "--export-only",
        action="store_true",
        help="do not train; export the adapter in --save-dir to GGUF",
    )
    return parse_with_preset(parser, argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Train, test and export as requested; returns the exit code."""
    args = parse_args(argv)
    settings = settings_from(TrainingSettings, args)
    from recipe_pipeline.training.finetune import export_only, finetune

    return export_only(settings) if args.export_only else finetune(settings)


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="run it again with --resume to continue"))
