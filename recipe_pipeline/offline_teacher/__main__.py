"""Start the offline teacher, a local OpenAI-compatible server for trying and testing.

It composes from templates; it is no language model. With it running, stages 2 and 3 work without
an account, a key or a network:

    python -m recipe_pipeline.offline_teacher
    python 02_generate_blogs.py --csv sample_data/recipes.csv --limit 20 --model offline-teacher
    python 03_generate_recipe_json.py --model offline-teacher

Answers are a function of the request (recipe, style, seed), so a repeated run writes the same posts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recipe_pipeline.common import cli


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = cli.build_parser(__doc__)
    parser.prog = "python -m recipe_pipeline.offline_teacher"
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=cli.non_negative_int, default=1234, help="port (0: any free one)"
    )
    parser.add_argument(
        "--memory",
        type=Path,
        default=None,
        help="SQLite file that keeps the label of every post written (None: in the user's cache folder)",
    )
    parser.add_argument("--no-memory", action="store_true", help="keep nothing after the end")
    parser.add_argument(
        "--length", type=float, default=1.0, help="scales the prose around the recipes, 0 to 20"
    )
    parser.add_argument(
        "--max-length",
        type=float,
        default=None,
        help="each post draws its own length between --length and this (None: all alike)",
    )
    parser.add_argument(
        "--reasoning-place",
        default="content",
        choices=("content", "reasoning_content", "reasoning"),
        help="where reasoning goes: <think> in the content, or a field of its own",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    from recipe_pipeline.common.storage import cache_dir
    from recipe_pipeline.offline_teacher.server import TeacherSettings, serve

    memory = None if args.no_memory else args.memory or cache_dir() / "offline_teacher.sqlite3"
    settings = TeacherSettings(memory, args.reasoning_place, args.length, args.max_length)
    serve(settings, args.host, args.port)
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
