"""What all numbered scripts share: flags, one-line errors, exit codes.

Exit codes: 0 done, 1 error or failed items, 2 wrong flags (argparse), 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.quiet_libraries import hush

INTERRUPTED = 130

DEFAULT_BASE_URL = "http://localhost:1234/v1"
DEFAULT_MODEL = "unsloth/Qwen3-14B-unsloth-bnb-4bit"
DEFAULT_API_KEY = "lm-studio"


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows every default and keeps the line breaks of the script's docstring."""


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that shows defaults and knows ``--debug``.

    ``description`` is normally the script's own docstring.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=_HelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """The OpenAI-compatible server that stages 02, 03, 07 and 08 talk to."""
    group = parser.add_argument_group("server")
    group.add_argument(
        "--base-url", default=DEFAULT_BASE_URL, help="address of an OpenAI-compatible server"
    )
    group.add_argument("--model", default=DEFAULT_MODEL, help="name of the model on that server")
    group.add_argument("--api-key", default=DEFAULT_API_KEY, help="key the server asks for")


def non_negative_int(text: str) -> int:
    """argparse type: a whole number >= 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def positive_int(text: str) -> int:
    """argparse type: a whole number >= 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let ``kill``, and a scheduler that calls a job off, end the work as Ctrl-C does.

    In another thread than the main one, which cannot take signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run(
    main: Callable[[Sequence[str] | None], int | None],
    argv: Sequence[str] | None = None,
    to_go_on: str = "run the same command again to continue",
) -> int:
    """Call a script's ``main`` and turn what it raises into a sentence and an exit code.

    ``main`` gets ``argv`` and returns an exit code (None counts as 0). ``to_go_on`` is what to do
    after an interruption.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        # A recipe may hold characters that a Windows console's code page does not have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not debug:
        hush()
    try:
        with sigterm_as_interrupt():
            return main(argv) or 0
    except PipelineError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        if debug:
            raise
        print(f"interrupted; {to_go_on}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) went away; leave without a second error at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if debug:
            raise
        print(
            f"error: unexpected {type(error).__name__}: {error} (run again with --debug for details)",
            file=sys.stderr,
        )
        return 1
