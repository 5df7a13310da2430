"""Extract the recipe from a post: text or HTML in, schema.org JSON-LD out.

SOURCE is a text or HTML file, a URL, a folder of such files, or - for standard input. The answer
comes from the model finetuned by 05 (./gemma-3), from any other adapter, model folder, hub name or
GGUF file (--model), or from a server such as LM Studio, Ollama, llama.cpp or vLLM (--base-url).

    python 08_extract.py post.txt
    python 08_extract.py https://example.com/pancakes --format markdown
    python 08_extract.py posts --output recipes --base-url http://localhost:1234/v1
    python 08_extract.py --serve

--serve answers over HTTP instead: a page to try it at http://127.0.0.1:8008/, and an OpenAI-compatible
API that Mealie, Tandoor and others can import recipes with (docs/serving.md).

Exit codes: 0 recipe found, 3 no recipe found, 1 error, 2 wrong flags, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, settings_from
from recipe_pipeline.extraction.settings import add_arguments, extraction_settings
from recipe_pipeline.serving.settings import ServeSettings


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this script."""
    parser = cli.build_parser(__doc__)
    add_arguments(parser)
    add_flags(parser.add_argument_group("serving"), ServeSettings)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Extract; returns the exit code."""
    args = parse_args(argv)
    settings = extraction_settings(args)
    if args.serve:
        from recipe_pipeline.serving.command import serve

        return serve(settings, settings_from(ServeSettings, args))
    from recipe_pipeline.extraction.command import extract

    return extract(settings)


if __name__ == "__main__":
    sys.exit(cli.run(main))
