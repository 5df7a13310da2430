"""Start the offline teacher, a local OpenAI-compatible server for demonstrations and tests.

It is not a language model: it composes posts from templates and remembers their labels. With it
running, stages 2 and 3 need no account, no key and no network:

    python -m recipe_pipeline.offline_teacher
    python 02_generate_blogs.py --csv sample_data/recipes.csv --limit 20 --model offline-teacher --unchecked
    python 03_generate_recipe_json.py --model offline-teacher

A post depends only on the request (recipe, style, seed), so a repeated run writes the same posts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.common.storage import cache_dir
from recipe_pipeline.offline_teacher.settings import TeacherSettings


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this command."""
    parser = cli.build_parser(__doc__)
    parser.prog = "python -m recipe_pipeline.offline_teacher"
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=1234, help="port (0: any free port)")
    add_flags(parser, TeacherSettings)
    parser.add_argument("--no-memory", action="store_true", help="keep labels in RAM only")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code."""
    args = parse_args(argv)
    settings = settings_from(TeacherSettings, args)
    from recipe_pipeline.offline_teacher import server

    memory = settings.memory_path or cache_dir() / "offline_teacher.sqlite3"
    server.serve(
        replace(settings, memory_path=None if args.no_memory else memory), args.host, args.port
    )
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="run the same command again"))
