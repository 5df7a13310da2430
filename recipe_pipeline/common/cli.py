"""What all scripts share: the parser, one-line errors, exit codes.

Exit codes: 0 done, 1 error or failed items, 2 usage error (argparse), 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.signals import sigterm_as_interrupt
from recipe_pipeline.common.storage import PROJECT_ROOT

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
    except BrokenPipeError:
        # The reader (head, less) is gone; exit without a second error at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:
        if debug or _is_broken_install(error):
            raise
        is_stopped = isinstance(error, KeyboardInterrupt)
        print(f"interrupted; {to_go_on}" if is_stopped else _one_line(error), file=sys.stderr)
        return INTERRUPTED if is_stopped else getattr(error, "exit_code", 1)


def _is_broken_install(error: BaseException) -> bool:
    """Whether a module of this project is missing, which no installation would bring."""
    name = getattr(error, "name", None) or "recipe_pipeline"
    return isinstance(error, ModuleNotFoundError) and name.startswith("recipe_pipeline")


def _one_line(error: BaseException) -> str:
    """What went wrong and what to do about it."""
    if isinstance(error, PipelineError):
        return f"error: {error}"
    if isinstance(error, ModuleNotFoundError):
        name = str(error.name).partition(".")[0]
        return f"error: the package {name} is not installed: {how_to_install(name)}"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return (
            f"error: {where}{error.strerror or first_line(error)}; check the path, its permissions and "
            "the free space (--debug shows where it happened)"
        )
    return (
        f"error: unexpected {type(error).__name__}: {first_line(error)} (run again with --debug for "
        "details)"
    )


def how_to_install(module: str) -> str:
    """The command that installs ``module``; training's packages need the order of tools/install.py."""
    wanted = module.replace("_", "-").lower()
    for file in ("requirements.txt", "requirements-extract.txt", "requirements-scale.txt"):
        lines = (PROJECT_ROOT / file).read_text(encoding="utf-8").lower().splitlines()
        if any(re.match(r"[\w-]*", line)[0].replace("_", "-") == wanted for line in lines):
            return f"pip install -c constraints.txt -r {file}"
    return "run 'python tools/install.py', which installs everything"


def _quieten_libraries() -> None:
    """Hide warnings of libraries about their own internals, which a user can do nothing about."""
    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
