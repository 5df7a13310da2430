"""Stage 2: write a food-blog post about every recipe of the CSV.

Reads the CSV of stage 1, asks an OpenAI-compatible server for a post in a randomly chosen style,
and writes generated_recipes_blog/<row>-<name>.txt with a .meta.json beside it. Finished posts are
skipped, so the same command continues an interrupted run.

    python 02_generate_blogs.py --limit 0 --concurrency 16
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.generation.settings import (
    BlogSettings,
    add_generation_flags,
    generation_settings,
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, BlogSettings)
    add_generation_flags(parser, temperature=0.8)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run stage 2; returns the exit code."""
    args = parse_args(argv)
    from recipe_pipeline.generation.blogs import generate_blogs

    return generate_blogs(settings_from(BlogSettings, args), generation_settings(args))


if __name__ == "__main__":
    sys.exit(cli.run(main))
