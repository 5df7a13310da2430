"""Write finetune.ipynb from tools/finetune_notebook.md.

    python tools/make_notebook.py            write it
    python tools/make_notebook.py --check    exit 1 if it is out of date

Text between code blocks becomes Markdown cells, every ```python block a code cell; "```python form"
folds the code on Colab, so that only its title shows. Two placeholders are filled in:

    {{pins: trl peft}}               trl==1.15.0 peft==0.21.2, from constraints.txt
    {{modules: models.prompts ...}}  the source of these package modules and of all package modules
                                     that they import, each as a file that the cell writes
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tools" / "finetune_notebook.md"
NOTEBOOK = ROOT / "finetune.ipynb"
PACKAGE = "recipe_pipeline"

_BLOCK = re.compile(r"^```python(?P<form> form)?\n(?P<code>.*?)^```$", re.M | re.S)


def module_files(names: list[str]) -> list[Path]:
    """The files of package modules ``names`` and of all package modules they need, sorted.

    Imports inside functions are left out: they are for features that the notebook does not use.
    Raises FileNotFoundError for a module that does not exist.
    """
    todo = [ROOT / PACKAGE / (name.replace(".", "/") + ".py") for name in names]
    found: set[Path] = set()
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                of_module = (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
                files = [ROOT / (name.replace(".", "/") + ".py") for name in of_module]
                todo += [file for file in files if file.is_file()]
    return sorted(found)


def module_text(names: list[str]) -> str:
    """Shell lines that write the modules to files, for a ``%%bash`` cell."""
    parts = []
    for file in module_files(names):
        path = file.relative_to(ROOT).as_posix()
        source = file.read_text(encoding="utf-8")
        if "\nEND_OF_MODULE\n" in source:
            raise ValueError(f"{path} contains the line that ends a file in the notebook")
        folder = file.parent.relative_to(ROOT).as_posix()
        parts.append(f"mkdir -p {folder} && cat > {path} <<'END_OF_MODULE'\n{source}END_OF_MODULE")
    return "\n\n".join(parts)


def pins(names: list[str]) -> str:
    """``name==version`` of each package, from constraints.txt.

    Raises KeyError for a package that it does not list.
    """
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    versions = {
        name.lower().replace("_", "-"): version
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.M)
    }
    return " ".join(f"{name}=={versions[name.lower().replace('_', '-')]}" for name in names)


def fill(code: str) -> str:
    """``code`` with its placeholders filled in."""
    code = re.sub(r"\{\{pins: ([^}]+)\}\}", lambda found: pins(found[1].split()), code)
    return re.sub(r"\{\{modules: ([^}]+)\}\}", lambda found: module_text(found[1].split()), code)


def notebook(text: str) -> dict[str, Any]:
    """The notebook of a Markdown text, in nbformat 4.5."""
    cells: list[dict[str, Any]] = []

    def add(kind: str, source: str, **metadata: Any) -> None:
        if source.strip():
            cell = {"cell_type": kind, "id": f"cell-{len(cells) + 1}", "metadata": metadata}
            if kind == "code":
                cell |= {"execution_count": None, "outputs": []}
            cells.append({**cell, "source": source.strip("\n").splitlines(keepends=True)})

    end = 0
    for block in _BLOCK.finditer(text):
        add("markdown", text[end : block.start()])
        folded = {"cellView": "form", "jupyter": {"source_hidden": True}} if block["form"] else {}
        add("code", fill(block["code"]), **folded)
        end = block.end()
    add("markdown", text[end:])
    return {
        "cells": cells,
        "metadata": {
            "accelerator": "GPU",
            "colab": {"gpuType": "T4", "provenance": []},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def rendered() -> str:
    """finetune.ipynb as it should be."""
    made = notebook(SOURCE.read_text(encoding="utf-8"))
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write or check the notebook; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if outdated")
    check = parser.parse_args().check
    text = rendered()
    if NOTEBOOK.is_file() and NOTEBOOK.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print("finetune.ipynb is out of date: run 'make notebook'", file=sys.stderr)
        return 1
    NOTEBOOK.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {NOTEBOOK.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
