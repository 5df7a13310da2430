"""Write the generated tables of README.md and docs/: flags, metrics, styles.

    python tools/readme_tables.py            write them
    python tools/readme_tables.py --check    exit 1 if any is out of date

``<!-- flags:02_generate_blogs.py -->`` ... ``<!-- /flags -->`` encloses the table of that script's
flags (or of a module that is run with ``python -m``, by its dotted name), taken from its parser; flag
names after the script restrict the table to those. ``<!-- metrics -->`` and ``<!-- styles -->`` work
the same way. Everything else is left alone.
"""

from __future__ import annotations

import argparse
import importlib
import re
import runpy
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from recipe_pipeline.evaluation.metrics import METRICS  # noqa: E402
from recipe_pipeline.generation.styles import STYLES  # noqa: E402

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(
    r"<!-- (?P<kind>flags|metrics|styles)(?::(?P<name>[\w.]+))?(?P<only>( [\w-]+)*) -->\n"
    r".*?<!-- /(?P=kind) -->",
    re.S,
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
    """Everything but ``--help``."""
    return [action for action in parser._actions if action.dest != "help"]


def default_text(action: argparse.Action) -> str:
    """The default as the table shows it: "off" for switches, project paths relative to the root."""
    if action.nargs == 0:
        return "on" if action.default else "off"
    if isinstance(action.default, Path) and action.default.is_relative_to(ROOT):
        return f"`{action.default.relative_to(ROOT).as_posix()}`"
    if action.default in ((), "", None) and action.default is not None:
        return "none"
    return f"`{action.default}`"


def flag_table(parser: argparse.ArgumentParser, only: Sequence[str] = ()) -> str:
    """Markdown table of the flags of ``parser``, in the order of its help.

    ``only`` restricts it to these names; raises ValueError for a name that is not a flag.
    """
    rows = []
    unknown = set(only)
    for action in flags_of(parser):
        own_names = {*action.option_strings, action.dest}
        if only and not own_names & set(only):
            continue
        unknown -= own_names
        # A positional argument has no option strings.
        names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{action.dest}`"
        meaning = _as_code((action.help or "") % {**vars(action), "prog": parser.prog})
        if action.choices:
            meaning += " (" + ", ".join(f"`{choice}`" for choice in action.choices) + ")"
        rows.append((names, default_text(action), meaning))
    if unknown:
        raise ValueError(f"{parser.prog} has no {', '.join(sorted(unknown))}")
    return table(("Flag", "Default", "Meaning"), rows)


def _as_code(text: str) -> str:
    """``text`` with flags, JSON and angle brackets (else taken for HTML) as code."""
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
        (
            f"`{style.name}`",
            f"{style.weight:g} of {total:g}",
            re.split(r"[:.] |, (?:as|without) ", style.prompt)[0],
        )
        for style in STYLES
    )
    return table(("Style", "Weight", "What the LLM is asked for"), rows)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    head = list(head)
    lines = [head, ["---"] * len(head)]
    lines += [[cell.replace("|", "\\|").strip() for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _table_for(block: re.Match[str]) -> str:
    if block["kind"] == "flags":
        return flag_table(parser_of(block["name"]), block["only"].split())
    return metric_table() if block["kind"] == "metrics" else style_table()


def render(text: str) -> str:
    """``text`` with every marked block regenerated."""

    def fill(block: re.Match[str]) -> str:
        first, last = block[0].splitlines()[0], block[0].splitlines()[-1]
        return f"{first}\n{_table_for(block)}\n{last}"

    return _BLOCK.sub(fill, text)


def main() -> int:
    """Write or check the pages; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if outdated")
    args = parser.parse_args()
    outdated = False
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = render(before)
        if before == after:
            continue
        outdated = True
        if args.check:
            print(f"{page.name} is out of date: run 'make readme'", file=sys.stderr)
        else:
            page.write_text(after, encoding="utf-8", newline="\n")
            print(f"wrote {page.name}")
    return 1 if outdated and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
