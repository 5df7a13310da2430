"""What all scripts share: the parser, one-line errors, exit codes.

Exit codes: 0 done, 1 error or failed items, 2 usage error (argparse), 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.signals import sigterm_as_interrupt

INTERRUPTED = 130

_CHATTY_LOGGERS = (
    "torchao",  # GPU kernels that do not load on a machine without one
    "torch.utils._pytree",  # a deprecated call inside torchao
    "bitsandbytes.backends.cpu.ops",  # 4-bit kernels, which nothing here uses on a CPU
)


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows every default and keeps the line breaks of the description."""


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that shows defaults and has ``--debug``.

    ``description`` is normally the script's own docstring.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=_HelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def run(
    main: Callable[[Sequence[str] | None], int | None],
    argv: Sequence[str] | None = None,
    to_go_on: str = "run the same command again to continue",
) -> int:
    """Call a script's ``main`` and turn what it raises into one line and an exit code.

    ``main`` gets ``argv`` and returns an exit code (None counts as 0). ``to_go_on`` is what to
    do after an interruption.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        # A recipe may contain characters that the code page of a Windows console lacks.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not debug:
        _quieten_libraries()
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
        # The reader (head, less) is gone; exit without a second error at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as error:
        if debug or (error.name or "recipe_pipeline").startswith("recipe_pipeline"):
            raise
        print(
            f"error: the package {error.name} is not installed: run 'python tools/install.py' (everything;"
            " --extract: only 08 with the bundled model or a GGUF file, --light: only 01 to 04)",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        if debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(
            f"error: {where}{error.strerror or first_line(error)}; check the path, its permissions and "
            "the free space (--debug shows where it happened)",
            file=sys.stderr,
        )
        return 1
    except Exception as error:
        if debug:
            raise
        print(
            f"error: unexpected {type(error).__name__}: {first_line(error)} (run again with --debug for "
            "details)",
            file=sys.stderr,
        )
        return 1


def _quieten_libraries() -> None:
    """Hide warnings of libraries about their own internals, which a user can do nothing about."""
    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
