"""Write the tables of README.md that the code knows better: flags, metrics, styles.

    python tools/readme_tables.py            write README.md
    python tools/readme_tables.py --check    exit 1 if README.md is out of date

Between ``<!-- flags:02_generate_blogs.py -->`` and ``<!-- /flags -->`` goes the table of the flags
of that script (or of a module that is run with ``python -m``, by its dotted name), taken from its
parser; ``<!-- metrics -->`` and ``<!-- styles -->`` work alike. The rest of README.md is left alone.
"""

from __future__ import annotations

import argparse
import importlib
import re
import runpy
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from recipe_pipeline.evaluation.metrics import METRICS  # noqa: E402
from recipe_pipeline.generation.styles import STYLES  # noqa: E402

README = ROOT / "README.md"

_BLOCK = re.compile(
    r"<!-- (?P<kind>flags|metrics|styles)(?::(?P<name>[\w.]+))? -->\n.*?<!-- /(?P=kind) -->", re.S
)


class _Caught(Exception):
    """Carries a parser out of the script that was about to use it."""


def parser_of(name: str) -> argparse.ArgumentParser:
    """The argument parser of a numbered script or of a module, caught when it is about to parse."""

    def catch(self: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        raise _Caught(self)

    with mock.patch.object(argparse.ArgumentParser, "parse_args", catch):
        if name.endswith(".py"):
            main = runpy.run_path(str(ROOT / name))["main"]
        else:
            main = importlib.import_module(name).main
        try:
            main([])
        except _Caught as caught:
            return caught.args[0]
    raise ValueError(f"{name} does not parse arguments")


def flags_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What a user may give: everything but ``--help``."""
    return [action for action in parser._actions if action.dest != "help"]


def default_text(action: argparse.Action) -> str:
    """The default as the table shows it: "off" for switches, paths of the project without root."""
    if action.nargs == 0:
        return "on" if action.default else "off"
    if isinstance(action.default, Path) and action.default.is_relative_to(ROOT):
        return f"`{action.default.relative_to(ROOT).as_posix()}`"
    if action.default in ((), "", None) and action.default is not None:
        return "none"
    return f"`{action.default}`"


def flag_table(parser: argparse.ArgumentParser) -> str:
    """Markdown table of all flags of ``parser``, in the order of its help."""
    rows = []
    for action in flags_of(parser):
        # The positional argument stands under its own name.
        names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{action.dest}`"
        meaning = _as_code((action.help or "") % {**vars(action), "prog": parser.prog})
        if action.choices:
            meaning += " (" + ", ".join(f"`{choice}`" for choice in action.choices) + ")"
        rows.append((names, default_text(action), meaning))
    return table(("Flag", "Default", "Meaning"), rows)


def _as_code(text: str) -> str:
    """``text`` with flags, JSON and what stands in angle brackets (else taken for HTML) as code."""
    return re.sub(r"'\{.+\}'|(?<![\w-])--[a-z][\w-]*|<[\w-]+>[\w.-]*\w|<[\w-]+>", r"`\g<0>`", text)


def metric_table() -> str:
    """All metrics of 07 with their definitions."""
    rows = (
        (f"`{key}`", metric.title, metric.definition, "" if metric.better == "higher" else "lower")
        for key, metric in METRICS.items()
    )
    return table(("Key", "In the table", "Definition", "Better"), rows)


def style_table() -> str:
    """The styles of stage 2 with their weights."""
    total = sum(style.weight for style in STYLES)
    rows = (
        (f"`{style.name}`", f"{style.weight:g} of {total:g}", style.prompt.split(":")[0])
        for style in STYLES
    )
    return table(("Style", "Weight", "What the LLM is asked for"), rows)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    head = list(head)
    lines = [head, ["---"] * len(head)]
    lines += [[cell.replace("|", "\\|").strip() for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


_MAKERS: dict[str, Callable[[str | None], str]] = {
    "flags": lambda name: flag_table(parser_of(name or "")),
    "metrics": lambda _: metric_table(),
    "styles": lambda _: style_table(),
}


def render(text: str) -> str:
    """``text`` with the content of every marked block made anew."""

    def fill(block: re.Match[str]) -> str:
        first, last = block[0].splitlines()[0], block[0].splitlines()[-1]
        return f"{first}\n\n{_MAKERS[block['kind']](block['name'])}\n\n{last}"

    return _BLOCK.sub(fill, text)


def main() -> int:
    """Write or check README.md; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if outdated")
    args = parser.parse_args()
    before = README.read_text(encoding="utf-8")
    after = render(before)
    if before == after:
        print(f"{README.name} is up to date")
        return 0
    if args.check:
        print(f"{README.name} is out of date: run 'make readme'", file=sys.stderr)
        return 1
    README.write_text(after, encoding="utf-8", newline="\n")
    print(f"wrote {README.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
