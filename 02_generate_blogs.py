"""Stage 2: write a food-blog post about every recipe of the CSV.

Reads the CSV of stage 1, asks an OpenAI-compatible server for a post in a randomly chosen style,
and writes generated_recipes_blog/<row>-<name>.txt with a .meta.json beside it. What is there
already is skipped: an interrupted run is finished by running the same command again.

    python 02_generate_blogs.py --limit 0 --concurrency 16
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
        "--csv", type=Path, default="./kaggle_dataset/allrecipes.csv", help="recipes to read"
    )
    parser.add_argument(
        "--output-blog",
        type=Path,
        default="./generated_recipes_blog",
        help="folder of the posts",
    )
    parser.add_argument(
        "--limit", type=cli.non_negative_int, default=2, help="recipes to take (0: all)"
    )
    parser.add_argument(
        "--skip", type=cli.non_negative_int, default=0, help="recipes to leave out at the start"
    )
    parser.add_argument(
        "--posts-per-recipe",
        type=cli.positive_int,
        default=1,
        help="posts to write of each recipe, in styles of their own",
    )
    parser.add_argument(
        "--hard-cases",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share (0 to 1) of posts with parts missing, two dishes or no recipe at all",
    )
    generation_flags.add_generation_arguments(parser, temperature=0.8)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run stage 2; returns the exit code."""
    args = parse_args(argv)
    from recipe_pipeline.generation import blogs as blog_stage

    settings = blog_stage.BlogSettings(
        csv=args.csv,
        output=args.output_blog,
        limit=args.limit,
        skip=args.skip,
        posts_per_recipe=args.posts_per_recipe,
        hard_cases=args.hard_cases,
        overwrite=args.overwrite,
    )
    return blog_stage.generate_blogs(settings, *generation_flags.settings_from(args))


if __name__ == "__main__":
    sys.exit(cli.run(main))
