"""Take functions, classes and constants out of a package's source, ready for a notebook.

Works on syntax trees and edits the source text in place, so comments and layout stay as written.
"""

from __future__ import annotations

import ast
import re
import symtable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError

PACKAGE = "recipe_pipeline"
FUTURE = "from __future__ import annotations"


@dataclass(frozen=True)
class Piece:
    """One definition: its ``code``, the import line that each outside name of it needs, and what
    else of the package it speaks of (``needs``: module and name).

    ``is_block``: a function or class, as opposed to a constant.
    """

    home: tuple[str, str]
    code: str
    imports: dict[str, str]
    needs: list[tuple[str, str]]
    is_block: bool
    is_function: bool


@dataclass
class Module:
    """The syntax tree of one file: what it defines and what it imports.

    ``own[name]`` is (module, name) for something from the package, (module, None) for a module of
    it; ``outside[name]`` is the import line.
    """

    lines: list[str]
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    own: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)


class Package:
    """The modules under ``root/recipe_pipeline``, read when they are asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.module = cache(self._read)
        self.renamed: dict[tuple[str, str], str] = {}

    def rename(self, module: str, name: str, new_name: str) -> None:
        """Let ``module.name`` be called ``new_name`` wherever the notebook speaks of it."""
        self.renamed[self.home(module, name)] = new_name

    def notebook_name(self, module: str, name: str) -> str:
        """What ``module.name`` is called in the notebook."""
        home = self.home(module, name)
        return self.renamed.get(home, home[1])

    def _read(self, name: str) -> Module:
        path = self.root.joinpath(*name.split(".")).with_suffix(".py")
        if not path.is_file():
            raise PipelineError(f"there is no module {name} to take code from")
        source = path.read_text(encoding="utf-8")
        module = Module(source.splitlines())
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._note_import(module, node)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                module.definitions[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    names = target.elts if isinstance(target, ast.Tuple) else [target]
                    module.definitions.update({n.id: node for n in names if hasattr(n, "id")})
        return module

    def _note_import(self, module: Module, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            local = alias.asname or alias.name
            if isinstance(node, ast.Import):
                line = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                module.outside[local.split(".")[0]] = line
            elif not is_own(node):
                if node.module != "__future__":
                    source = alias.name + (f" as {alias.asname}" if alias.asname else "")
                    module.outside[local] = f"from {node.module} import {source}"
            elif node.module == PACKAGE:
                module.own[local] = (f"{PACKAGE}.{alias.name}", None)
            else:
                module.own[local] = (node.module or "", alias.name)

    def home(self, module: str, name: str) -> tuple[str, str]:
        """Where ``module.name`` is defined, through any number of re-exports."""
        found = self.module(module)
        if name in found.definitions:
            return module, name
        if name in found.own and found.own[name][1]:
            return self.home(*found.own[name])
        raise PipelineError(f"{module} defines no {name} that a notebook could take")

    def place(self, home: tuple[str, str]) -> tuple[str, int]:
        """Module and line of a definition; names bound by one statement share their place."""
        module, name = home
        return module, self.module(module).definitions[name].lineno

    def extract(self, module: str, name: str) -> Piece:
        """The definition of ``module.name`` with the comment above it, freed of the package.

        Raises PipelineError if there is none, or if two imported names would change their meaning.
        """
        module, name = self.home(module, name)
        found = self.module(module)
        node = found.definitions[name]
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
        while start and found.lines[start - 1].startswith("#"):
            start -= 1
        editor = _Editor(self, found, node, self._names_seen(module, node))
        code = editor.edited(start)
        names = loose_names(code)
        used = names.used_at_once | names.used_later
        spoken_of = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        imports = {n: line for n, line in found.outside.items() if n in spoken_of}
        needs = [h for h in editor.homes() if self.renamed.get(h, h[1]) in used]
        is_function = isinstance(node, ast.FunctionDef)
        is_block = is_function or isinstance(node, ast.ClassDef)
        return Piece((module, name), code, imports, needs, is_block, is_function)

    def _names_seen(self, module: str, node: ast.stmt) -> dict[str, tuple[str, str | None]]:
        """The package's names that ``node`` sees: its module's, imported ones, its inner imports."""
        found = self.module(module)
        inner = Module([])
        for child in ast.walk(node):
            if isinstance(child, ast.ImportFrom) and is_own(child):
                self._note_import(inner, child)
        return {**{name: (module, name) for name in found.definitions}, **found.own, **inner.own}


class _Editor:
    """Edits one definition's lines: package imports out, ``module.name`` and aliases to ``name``."""

    def __init__(
        self,
        package: Package,
        module: Module,
        node: ast.stmt,
        own: dict[str, tuple[str, str | None]],
    ) -> None:
        self.package, self.module, self.node, self.own = package, module, node, own

    def edited(self, start: int) -> str:
        """The text from line ``start`` (0-based) to the end of the definition."""
        lines = list(self.module.lines)
        dropped: set[int] = set()
        for line, begin, end, text in sorted(self._replacements(), reverse=True):
            raw = lines[line].encode()  # columns of syntax trees count bytes
            lines[line] = (raw[:begin] + text.encode() + raw[end:]).decode()
        for child in ast.walk(self.node):
            if isinstance(child, ast.ImportFrom) and is_own(child):
                first, last = child.lineno - 1, child.end_lineno or child.lineno
                dropped.update(range(first, last))
                # The empty line that parted the import from what follows goes with it.
                if last < len(lines) and not lines[last].strip():
                    dropped.add(last)
        kept = range(start, self.node.end_lineno or start)
        text = "\n".join(lines[i] for i in kept if i not in dropped)
        return re.sub(
            r"  # noqa: [A-Z0-9, ]*[A-Z0-9](?:  ?(?=\()|$)", _keep_reason, text, flags=re.M
        )

    def homes(self) -> list[tuple[str, str]]:
        """Where everything of the package is defined that is named here, in order of appearance."""
        found = {}
        for child in ast.walk(self.node):
            if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
                module, name = self.own.get(child.value.id, ("", ""))
                if name is None:
                    found[self.package.home(module, child.attr)] = None
            elif isinstance(child, ast.Name):
                module, name = self.own.get(child.id, ("", ""))
                if name:
                    found[self.package.home(module, name)] = None
        return list(found)

    def _replacements(self) -> list[tuple[int, int, int, str]]:
        """(line, first byte, end, new text) of every name that is called otherwise in the notebook."""
        found = []
        for child in ast.walk(self.node):
            if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
                module, name = self.own.get(child.value.id, ("", ""))
                if name is None:
                    old = f"{child.value.id}.{child.attr}"
                    found.append((child, old, self.package.notebook_name(module, child.attr)))
            elif isinstance(child, ast.Name):
                module, name = self.own.get(child.id, ("", ""))
                if name:
                    found.append((child, child.id, self.package.notebook_name(module, name)))
        return [self._replacement(*item) for item in found if item[1] != item[2]] + self._own_name()

    def _replacement(self, node: ast.expr, old: str, new: str) -> tuple[int, int, int, str]:
        line, begin = node.lineno - 1, node.col_offset
        end = begin + len(old.encode())
        if self.module.lines[line].encode()[begin:end].decode(errors="replace") != old:
            # Before Python 3.12 the places of names in f-strings are not known.
            raise PipelineError(f"take {old} out of the f-string in line {line + 1}: {new}")
        return line, begin, end, new

    def _own_name(self) -> list[tuple[int, int, int, str]]:
        if not isinstance(self.node, ast.FunctionDef | ast.ClassDef):
            return []  # the target of an assignment is an ast.Name
        name = self.node.name
        new = self.package.notebook_name(*self.own[name])
        line = self.node.lineno - 1
        begin = self.module.lines[line].index(name)
        return [(line, begin, begin + len(name), new)] if new != name else []


def is_own(node: ast.ImportFrom) -> bool:
    """Whether this imports from the package."""
    return node.module == PACKAGE or (node.module or "").startswith(PACKAGE + ".")


def _keep_reason(match: re.Match[str]) -> str:
    return "  # " if match.string[match.end() : match.end() + 1] == "(" else ""


@dataclass(frozen=True)
class LooseNames:
    """Global names of a cell: ``defined`` by it, ``used_at_once`` when it runs, ``used_later`` by
    the functions it defines."""

    defined: frozenset[str]
    used_at_once: frozenset[str]
    used_later: frozenset[str]


def loose_names(code: str | ast.stmt) -> LooseNames:
    """The global names that a cell or statement defines and uses. Annotations count as no use:
    with the ``annotations`` future the notebook never evaluates them. A statement is changed."""
    body = ast.parse(code).body if isinstance(code, str) else [code]
    tree = _WithoutAnnotations().visit(ast.Module(body, type_ignores=[]))
    top = symtable.symtable(ast.unparse(ast.fix_missing_locations(tree)), "cell", "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    at_once = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    later: set[str] = set()
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        # The body of a class runs at once.
        (at_once if table.get_type() == "class" else later).update(names)
    return LooseNames(frozenset(defined), frozenset(at_once), frozenset(later))


class _WithoutAnnotations(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node


def imported_names(code: str) -> set[str]:
    """The names that the imports at the top level of ``code`` bind."""
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.parse(code).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
