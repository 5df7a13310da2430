"""The package's layers: each sub-package imports only from itself and from those before it."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "recipe_pipeline"
LAYERS = (
    "common",
    "text",
    "schema",
    "llm",
    "source",
    "grounding",
    "models",
    "dataset",
    "generation",
    "extraction",
    "serving",
    "evaluation",
    "training",
    "offline_teacher",
    "workflows",
)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(path: Path) -> set[str]:
    """The package's own modules that ``path`` imports, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found & MODULES.keys()


def layer_of(module: str) -> int:
    parts = module.split(".")
    return LAYERS.index(parts[1]) if len(parts) > 1 and parts[1] in LAYERS else -1


def test_every_folder_of_the_package_is_a_layer():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders == set(LAYERS)


def test_no_package_imports_from_a_later_one():
    upwards = [
        f"{module} imports {imported}"
        for module, path in MODULES.items()
        for imported in sorted(imports_of(path))
        if layer_of(imported) > layer_of(module) >= 0
    ]
    assert upwards == []


def test_there_is_no_import_cycle():
    graph = {module: imports_of(path) - {module} for module, path in MODULES.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_tests_mirror_the_package():
    tests = Path(__file__).parent
    extra = {path.name for path in tests.iterdir() if (path / "__init__.py").exists()}
    assert extra - set(LAYERS) <= {"benchmarks", "scripts", "tools"}
