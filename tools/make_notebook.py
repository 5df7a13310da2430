"""Make finetune.ipynb from its text (tools/finetune_notebook.md) and the code of recipe_pipeline.

    python tools/make_notebook.py            write finetune.ipynb
    python tools/make_notebook.py --check    exit 1 if finetune.ipynb is out of date

The text is Markdown. Each ```python block becomes a code cell, what stands between two blocks a
text cell. In a block, a line such as

    #: include recipe_pipeline.training.loop: load_model, add_lora

is replaced by those functions, classes or constants as they stand in the package, together with what
else of the package they need and no other include names. So the notebook needs no copy of the
project, and there is one place to change the code. Imports from the package
fall away (``training_data.tokenise`` becomes ``tokenise``), other imports move to the top of the
first cell that needs them; ``include module: name as other`` renames. A name that would be missing
in the notebook, or that two definitions fight over, is an error here.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from recipe_pipeline.common.errors import PipelineError  # noqa: E402
from recipe_pipeline.common.storage import write_atomic  # noqa: E402
from tools.notebook_code import (  # noqa: E402
    FUTURE,
    Package,
    Piece,
    imported_names,
    loose_names,
)

TEXT = ROOT / "tools" / "finetune_notebook.md"
NOTEBOOK = ROOT / "finetune.ipynb"

METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "name": "finetune.ipynb", "provenance": [], "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

_BLOCK = re.compile(r"^```python(?P<options>[^\n]*)\n(?P<code>.*?)^```\n?", re.M | re.S)
# Lines at the top of a block that stay there, above the imports.
_TOP = re.compile(rf"(?:(?:{re.escape(FUTURE)}|# @title .*)\n+)*")
_INCLUDES = re.compile(r"(?:^#: include .*\n)+\n*", re.M)
_INCLUDE = re.compile(r"^#: include (?P<module>[\w.]+): (?P<names>[\w, ]+)$", re.M)
_RENAME = re.compile(r"(\w+) as (\w+)")


class NotebookMaker:
    """Builds the notebook (nbformat 4.5) that ``text`` describes, cell by cell."""

    def __init__(self, text: str, package: Package) -> None:
        self.text, self.package = text, package
        self.cells: list[dict] = []
        self.imported: set[str] = set()
        self.included: set[tuple[str, int]] = set()
        # Includes named in the text stand where it says; helpers go with the first that needs them.
        self.placed: set[tuple[str, int]] = set()
        for include in _INCLUDE.finditer(text):
            module = include["module"]
            self.placed |= {package.place(package.home(module, n)) for n in _names(include)}
            for name, new_name in _RENAME.findall(include["names"]):
                package.rename(module, name, new_name)
        literal = "\n".join(block["code"] for block in _BLOCK.finditer(text))
        self.written_out = loose_names(_INCLUDE.sub("", literal)).defined

    def make(self) -> dict:
        """All cells and the metadata. Raises PipelineError for a name that would be missing."""
        position = 0
        for block in _BLOCK.finditer(self.text):
            self._add_text(self.text[position : block.start()])
            metadata = {"cellView": "form"} if "form" in block["options"] else {}
            self._add("code", self._expand(block["code"]), metadata)
            position = block.end()
        self._add_text(self.text[position:])
        refuse_missing_names([c["source"] for c in self.cells if c["cell_type"] == "code"])
        cells = [{**c, "source": c["source"].splitlines(keepends=True)} for c in self.cells]
        return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}

    def _expand(self, code: str) -> str:
        """``code`` with its includes, below the imports that no earlier cell made."""
        needed: dict[str, str] = {}

        def included(group: re.Match[str]) -> str:
            pieces: list[Piece] = []
            for include in _INCLUDE.finditer(group[0]):
                for name in _names(include):
                    pieces += self._with_helpers(self.package.home(include["module"], name))
            for piece in pieces:
                needed.update(piece.imports)
            return _join(pieces) + ("\n\n\n" if pieces and pieces[-1].is_block else "\n\n")

        code = _INCLUDES.sub(included, code).strip()
        written = imported_names(code)
        lines = {line for n, line in needed.items() if n not in self.imported | written}
        self.imported |= needed.keys() | written
        top = _TOP.match(code)[0].rstrip()
        rest = code[len(top) :].lstrip("\n")
        imports = import_lines(lines)
        head = "\n".join(filter(None, [top, imports]))
        if not head or (head.startswith("# @title") and not imports):
            return code
        is_block = re.match(r"(?:#.*\n)*(?:@|def |class )", rest)
        return head + ("\n\n\n" if is_block else "\n\n") + rest

    def _with_helpers(self, home: tuple[str, str]) -> list[Piece]:
        """A definition with what it needs: in front, or after a function if it is one too."""
        place = self.package.place(home)
        if place in self.included:
            return []
        self.included.add(place)
        piece = self.package.extract(*home)
        before, after = [], []
        for need in piece.needs:
            if self.package.place(need) not in self.placed and need[1] not in self.written_out:
                helpers = self._with_helpers(need)
                own = next((p for p in helpers if p.home == need), None)
                late = piece.is_function and own is not None and own.is_function
                (after if late else before).extend(helpers)
        return [*before, piece, *after]

    def _add_text(self, text: str) -> None:
        if text.strip():
            self._add("markdown", text.strip(), {})

    def _add(self, kind: str, source: str, metadata: dict) -> None:
        cell = {"cell_type": kind, "id": f"cell-{len(self.cells) + 1:02d}", "metadata": metadata}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        self.cells.append({**cell, "source": source})


def _names(include: re.Match[str]) -> list[str]:
    """The names of an include line, without what they are renamed to."""
    return [name.split(" as ")[0] for name in re.split(r",\s*", include["names"].strip())]


def import_lines(lines: Iterable[str]) -> str:
    """Import lines as isort puts them: the standard library first, a module's names together."""
    by_module: dict[str, list[str]] = {}
    for line in sorted(lines, key=str.casefold):
        module, _, name = line.removeprefix("from ").partition(" import ")
        by_module.setdefault(module, []).append(name)
    groups: tuple[list[str], list[str]] = ([], [])
    for line in sorted(by_module, key=lambda line: (not line.startswith("import"), line)):
        names = ", ".join(by_module[line])
        top = line.removeprefix("import ").split(".")[0].split(" ")[0]
        group = groups[top not in sys.stdlib_module_names]
        group.append(f"from {line} import {names}" if names else line)
    return "\n\n".join("\n".join(group) for group in groups if group)


def _join(pieces: list[Piece]) -> str:
    """Constants stand together, functions and classes are two lines apart, as in a module."""
    text = ""
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if before is not None:
            text += "\n\n\n" if before.is_block or piece.is_block else "\n"
        text += piece.code
    return text


def refuse_missing_names(cells: list[str]) -> None:
    """Raise PipelineError for a name that no cell defines, or none before it is used, or two."""
    blocks = [n for cell in cells for n in ast.parse(cell).body]
    names = [n.name for n in blocks if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PipelineError(f"{', '.join(twice)} is defined more than once: rename with 'as'")
    statements = [
        (number, loose_names(statement))
        for number, cell in enumerate(cells, start=1)
        for statement in ast.parse(cell).body
    ]
    defined = set(dir(builtins)) | {"__name__"}
    everywhere = defined.union(*(loose.defined for _, loose in statements))
    for number, loose in statements:
        defined |= loose.defined
        missing = (loose.used_at_once - defined) | (loose.used_later - everywhere)
        if missing:
            raise PipelineError(
                f"code cell {number} uses {', '.join(sorted(missing))}, which is not defined "
                f"(so far): include it in {TEXT.name}\n{cells[number - 1][:300]}"
            )


def render() -> str:
    """The content of finetune.ipynb as it should be now."""
    notebook = NotebookMaker(TEXT.read_text(encoding="utf-8"), Package(ROOT)).make()
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Write the notebook, or compare it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only")
    arguments = parser.parse_args(argv)
    content = render()
    up_to_date = NOTEBOOK.exists() and NOTEBOOK.read_text(encoding="utf-8") == content
    if arguments.check:
        print(f"{NOTEBOOK.name} is {'up to date' if up_to_date else 'out of date: make notebook'}")
        return 0 if up_to_date else 1
    write_atomic(NOTEBOOK, content)
    print(f"wrote {NOTEBOOK.name}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(f"error: {error}")
