"""Stage 3: extract schema.org recipe JSON and the reasoning behind it from every post.

Reads the posts of stage 2 (any folder of .txt files will do), asks a reasoning model on an
OpenAI-compatible server for the recipe, and writes llm_output_reasoning/<same name>.json. Finished
recipes are skipped, so the same command continues an interrupted run.

    python 03_generate_recipe_json.py --concurrency 16
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.generation.settings import (
    LabelSettings,
    add_generation_flags,
    generation_settings,
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, LabelSettings)
    add_generation_flags(parser, temperature=0.6)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run stage 3; returns the exit code."""
    args = parse_args(argv)
    from recipe_pipeline.generation.labels import generate_labels

    return generate_labels(settings_from(LabelSettings, args), generation_settings(args))


if __name__ == "__main__":
    sys.exit(cli.run(main))
