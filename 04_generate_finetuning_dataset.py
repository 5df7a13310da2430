"""Build the chat dataset for finetuning from posts (02) and their recipe JSON (03).

Reads   --blog-dir/<name>.txt and --llm-dir/<name>.json (and <name>.meta.json where there is one)
Writes  --output, one {"messages": [system, user, assistant]} per line, with --split as
        ..._train.jsonl and ..._test.jsonl; beside each a .meta.jsonl, line by line; what was left
        out and why goes to dropped.jsonl; with --report a page to look at

Example: python 04_generate_finetuning_dataset.py --split 0.8
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recipe_pipeline.common import cli
from recipe_pipeline.schema.key_order import ORDERS
from recipe_pipeline.schema.step_sections import FORMS


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = cli.build_parser(__doc__)
    add = parser.add_argument
    add("--blog-dir", type=Path, default="./generated_recipes_blog", help="posts of 02")
    add("--llm-dir", type=Path, default="./llm_output_reasoning", help="recipe JSON of 03")
    add("--output", type=Path, default="./finetuning_dataset.jsonl", help="dataset file")
    add("--system-prompt", default=None, help="system message of every example (None: built-in)")
    add("--split", type=float, default=None, help="share for training, e.g. 0.8 (None: one file)")
    add("--limit", type=int, default=None, help="at most so many examples (None or 0: all)")
    add("--seed", type=int, default=42, help="seed of the shuffle and of the split")
    add("--include-empty", action="store_true", help="keep posts without a recipe, labelled {}")
    add(
        "--sections",
        choices=FORMS,
        default="nested",
        help="sections of a method as HowToSection; or as plain steps, easier for a small model, the "
        "names as steps of their own (headed), as the name of a first step (named), or left out",
    )
    add(
        "--key-order",
        choices=ORDERS,
        default="name-first",
        help="what an answer begins with: the name, or the ingredients (then name, yield, times and steps)",
    )
    add("--reasoning", choices=("keep", "strip"), default="keep", help="think traces of the labels")
    checks = parser.add_argument_group("checks")
    add = checks.add_argument
    add(
        "--min-support",
        type=float,
        default=0.6,
        help="least support of a label, 0 to 1 (0: no check)",
    )
    add(
        "--near-duplicates",
        type=float,
        default=0.7,
        help="posts this similar stay on one side (0: off)",
    )
    lengths = parser.add_argument_group("token lengths (reported only)")
    add = lengths.add_argument
    add("--max-seq-length", type=int, default=8192, help="length to report against: what 05 takes")
    add(
        "--tokenizer", type=Path, default=None, help="tokenizer.json to count with (None: estimate)"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes (0: one per CPU core)")
    hub = parser.add_argument_group("Hugging Face hub")
    hub.add_argument(
        "--push-to-hub", metavar="NAME", default=None, help="upload it as this dataset (None: no)"
    )
    hub.add_argument("--private", action="store_true", help="make the dataset repository private")
    parser.add_argument("--report", action="store_true", help="also write <output>.report.html")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    from recipe_pipeline.dataset.build import DatasetSettings, build_dataset, format_report

    own = ("debug", "report", "push_to_hub", "private")
    options = {k: value for k, value in vars(args).items() if k not in own}
    if options["system_prompt"] is None:
        del options["system_prompt"]
    report = build_dataset(DatasetSettings(**options))
    print(format_report(report))
    if args.report:
        from recipe_pipeline.dataset.report import report_on

        print(f"report     {report_on(report, args.output, args.max_seq_length)}")
    if args.push_to_hub:
        from recipe_pipeline.dataset.card import push_to_hub

        print(f"uploaded   {push_to_hub(args.push_to_hub, report, report.card, args.private)}")


if __name__ == "__main__":
    sys.exit(cli.run(main))
