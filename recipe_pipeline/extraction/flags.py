"""The flags of 08 and the settings they stand for. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from recipe_pipeline.common import cli

if TYPE_CHECKING:
    from recipe_pipeline.extraction.command import ExtractionCommand


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All flags of 08."""
    parser.add_argument(
        "source",
        nargs="?",
        default="-",
        help="file, folder, http(s) address, or - (standard input)",
    )
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        default=None,
        help="file or folder for the result (None: standard output); needed for a folder",
    )
    parser.add_argument(
        "--format",
        choices=("jsonld", "html", "markdown", "text"),
        default="jsonld",
        help="form of the result",
    )
    parser.add_argument(
        "--strict", action="store_true", help="fail if any line is not supported by the text"
    )
    parser.add_argument(
        "--ignore-page-data",
        action="store_true",
        help="ask the model even if the page carries a complete JSON-LD recipe",
    )
    _add_model_arguments(parser)
    _add_run_arguments(parser)


def _add_model_arguments(parser: argparse.ArgumentParser) -> None:
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model",
        default=None,
        help="adapter, model folder, hub name, 'embedded' or GGUF file (None: ./gemma-3); with "
        "--base-url the model's name on the server (None: its first)",
    )
    model.add_argument(
        "--base-url", default=None, help="address of an OpenAI-compatible server to ask instead"
    )
    model.add_argument("--api-key", default=cli.DEFAULT_API_KEY, help="key the server asks for")
    model.add_argument(
        "--full-instructions",
        action="store_true",
        help="with --base-url: send full instructions, for a model that was not finetuned for this",
    )
    model.add_argument(
        "--constrained",
        action="store_true",
        help="decode under the recipe JSON schema, where GGUF or server offers it",
    )
    model.add_argument(
        "--context",
        type=cli.positive_int,
        default=8192,
        help="tokens of post and answer together; of longer pages the part with the recipe is read",
    )
    model.add_argument(
        "--max-new-tokens", type=cli.positive_int, default=2048, help="longest answer in tokens"
    )


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    run = parser.add_argument_group("limits and runs")
    run.add_argument(
        "--concurrency",
        type=cli.positive_int,
        default=8,
        help="requests at once, for a folder and a server",
    )
    run.add_argument(
        "--timeout", type=_positive, default=600.0, help="longest time for one request, in seconds"
    )
    run.add_argument(
        "--max-retries",
        type=cli.non_negative_int,
        default=6,
        help="repeats of a request after a server error",
    )
    run.add_argument(
        "--tries",
        type=cli.positive_int,
        default=3,
        help="answers to ask for, less and less greedily, while none is a valid recipe",
    )
    run.add_argument("--overwrite", action="store_true", help="make also what is there already")
    run.add_argument(
        "--max-page-mb", type=_positive, default=10.0, help="largest page or file, in megabytes"
    )
    run.add_argument(
        "--fetch-timeout", type=_positive, default=30.0, help="longest time for a page, in seconds"
    )


def command_from(args: argparse.Namespace) -> ExtractionCommand:
    """The command that the flags stand for; raises PipelineError for what contradicts itself."""
    from recipe_pipeline.extraction.command import ExtractionCommand
    from recipe_pipeline.extraction.extract import ExtractionSettings
    from recipe_pipeline.extraction.fetch import FetchLimits
    from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings

    server = None
    if args.base_url is not None:
        server = ServerSettings(
            base_url=args.base_url,
            model=args.model or "",
            api_key=args.api_key,
            timeout=args.timeout,
            concurrency=args.concurrency,
        )
    return ExtractionCommand(
        source=args.source,
        output=args.output,
        model=args.model,
        server=server,
        constrained=args.constrained,
        full_instructions=args.full_instructions,
        overwrite=args.overwrite,
        limits=FetchLimits(int(args.max_page_mb * 1e6), args.fetch_timeout),
        runner=RunnerSettings(args.max_retries, reply_retries=args.tries - 1),
        settings=ExtractionSettings(
            output_format=args.format,
            strict=args.strict,
            ignore_page_data=args.ignore_page_data,
            context_length=args.context,
            max_new_tokens=args.max_new_tokens,
            tries=args.tries,
        ),
    )


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value
