"""Evaluate models on a dataset: one table, per-document results and a report.

Reads   --dataset: JSON lines of 04, lines of {"id", "text", "gold"}, or web pages: lines with "html"
        or "file" (beside it) instead of "text", or a folder of pages with such an index.jsonl
Writes  --output/results.jsonl (per document), summary.json, report.html, answers/ (to resume)

--model can be repeated; LABEL=MODEL names a column. MODEL is an adapter folder, a model folder, a
hub name, embedded, bundled, a .gguf file, or endpoint:NAME for a model on the server at --base-url.

Example: python 07_evaluate.py --model base=embedded --model finetuned=gemma-3
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate and print the table."""
    from recipe_pipeline.evaluation.settings import add_evaluation_flags, settings_from

    parser = cli.build_parser(__doc__)
    add_evaluation_flags(parser)
    settings = settings_from(parser.parse_args(argv))
    from recipe_pipeline.evaluation.run import evaluate, format_result

    print(format_result(evaluate(settings)))


if __name__ == "__main__":
    sys.exit(cli.run(main))
