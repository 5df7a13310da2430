"""Stage 3: extract schema.org recipe JSON and the reasoning behind it from every post.

Reads the posts of stage 2 (any folder of .txt files will do), asks a reasoning model on an
OpenAI-compatible server for the recipe, and writes llm_output_reasoning/<same name>.json. What is
there already is skipped: an interrupted run is finished by running the same command again.

    python 03_generate_recipe_json.py --concurrency 16
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recipe_pipeline.common import cli
from recipe_pipeline.generation import flags as generation_flags


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    parser.add_argument(
        "--input",
        "-i",
        type=Path,
        default="./generated_recipes_blog",
        help="folder of the posts",
    )
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        default="./llm_output_reasoning",
        help="folder of the recipes",
    )
    parser.add_argument(
        "--limit", type=cli.non_negative_int, default=None, help="posts to take (None or 0: all)"
    )
    parser.add_argument(
        "--skip", type=cli.non_negative_int, default=0, help="posts to leave out at the start"
    )
    parser.add_argument(
        "--verify",
        type=cli.non_negative_int,
        default=1,
        help="how often to ask again for a recipe that the post does not support (0: no check)",
    )
    generation_flags.add_generation_arguments(parser, temperature=0.6)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run stage 3; returns the exit code."""
    args = parse_args(argv)
    from recipe_pipeline.generation import labels as label_stage

    settings = label_stage.LabelSettings(
        posts=args.input,
        output=args.output,
        limit=args.limit,
        skip=args.skip,
        overwrite=args.overwrite,
        verify=args.verify,
    )
    return label_stage.generate_labels(settings, *generation_flags.settings_from(args))


if __name__ == "__main__":
    sys.exit(cli.run(main))
