"""The flags that 02 and 03 share, and the settings they stand for.

Imports nothing heavy: it is loaded for ``--help``.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from recipe_pipeline.common import cli

if TYPE_CHECKING:
    from recipe_pipeline.generation.settings import EngineSettings, SamplingSettings
    from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings


def add_generation_arguments(parser: argparse.ArgumentParser, temperature: float) -> None:
    """Server, sampling and run flags; ``temperature`` is the stage's default."""
    cli.add_server_arguments(parser)
    sampling = parser.add_argument_group("sampling")
    sampling.add_argument(
        "--temperature", type=_temperature, default=temperature, help="sampling temperature, 0 to 2"
    )
    sampling.add_argument(
        "--max-tokens",
        type=cli.positive_int,
        default=None,
        help="longest reply in tokens, reasoning included (None: the server's limit)",
    )
    sampling.add_argument(
        "--seed", type=int, default=0, help="fixes styles and, where the server can, the replies"
    )
    sampling.add_argument(
        "--extra-body",
        type=_json_object,
        default={},
        metavar="JSON",
        help="further fields of each request, for example "
        '\'{"chat_template_kwargs": {"enable_thinking": false}}\'',
    )
    run = parser.add_argument_group("run")
    run.add_argument(
        "--concurrency",
        type=cli.positive_int,
        default=8,
        help="requests at once; give it the number of slots of your server, or more",
    )
    run.add_argument(
        "--timeout", type=_seconds, default=600.0, help="longest time for one request, in seconds"
    )
    run.add_argument(
        "--max-retries",
        type=cli.non_negative_int,
        default=6,
        help="repeats of a request after a server error, with growing pauses",
    )
    run.add_argument(
        "--reply-retries",
        type=cli.non_negative_int,
        default=2,
        help="repeats of a request after a reply that cannot be used",
    )
    run.add_argument(
        "--server-wait",
        type=_seconds,
        default=300.0,
        help="how long to wait for a server that went away, in seconds",
    )
    run.add_argument("--overwrite", action="store_true", help="make also what is there already")
    _add_engine_arguments(parser)


def _add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("engine", "what sends the requests; see docs/scaling.md")
    group.add_argument(
        "--engine",
        choices=("asyncio", "ray"),
        default="asyncio",
        help="this process, or worker processes of Ray (pip install -r requirements-scale.txt)",
    )
    group.add_argument(
        "--ray-address",
        default=None,
        metavar="ADDR",
        help="host:port of a running Ray cluster, or auto (None: start Ray on this machine)",
    )
    group.add_argument(
        "--ray-workers",
        type=cli.positive_int,
        default=2,
        help="worker processes of Ray, which share --concurrency evenly",
    )


def settings_from(
    args: argparse.Namespace,
) -> tuple[ServerSettings, SamplingSettings, RunnerSettings, EngineSettings]:
    """The settings that the shared flags stand for."""
    from recipe_pipeline.generation.settings import EngineSettings, SamplingSettings
    from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings

    server = ServerSettings(
        base_url=args.base_url,
        model=args.model,
        api_key=args.api_key,
        timeout=args.timeout,
        concurrency=args.concurrency,
    )
    sampling = SamplingSettings(args.temperature, args.max_tokens, args.seed, args.extra_body)
    runner = RunnerSettings(args.max_retries, args.reply_retries, args.server_wait)
    engine = EngineSettings(args.engine, args.ray_address, args.ray_workers)
    return server, sampling, runner, engine


def _temperature(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 2")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return value


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("this is no JSON object")
    return value
