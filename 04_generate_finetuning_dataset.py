"""Build the chat dataset for finetuning from posts (02) and their recipe JSON (03).

Reads   --blog-dir/<name>.txt and --llm-dir/<name>.json (and <name>.meta.json if it exists)
Writes  --output, one {"messages": [system, user, assistant]} per line, with --split as
        ..._train.jsonl and ..._test.jsonl; beside each a .meta.jsonl, line by line; what was left
        out and why goes to dropped.jsonl; with --report an HTML page

Example: python 04_generate_finetuning_dataset.py --split 0.8
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.dataset.settings import DatasetSettings


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, DatasetSettings)
    parser.add_argument("--report", action="store_true", help="also write <output>.report.html")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run stage 4."""
    args = parse_args(argv)
    from recipe_pipeline.dataset.build import build_dataset
    from recipe_pipeline.dataset.summary import format_summary

    settings = settings_from(DatasetSettings, args)
    summary = build_dataset(settings)
    print(format_summary(summary))
    if args.report:
        from recipe_pipeline.dataset.report import write_report

        print(f"report     {write_report(summary, settings)}")


if __name__ == "__main__":
    sys.exit(cli.run(main))
