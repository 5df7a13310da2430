"""finetune.ipynb is what the tool makes of the package today, and reads well."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import textwrap
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training.settings import TrainingSettings
from tools import make_notebook
from tools.notebook_code import Package

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "finetune.ipynb"


@pytest.fixture(scope="module")
def notebook() -> dict:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def sources(notebook: dict, kind: str) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == kind]


# --- the committed notebook ----------------------------------------------------------------------


def test_notebook_is_up_to_date():
    assert make_notebook.render() == NOTEBOOK.read_text(encoding="utf-8"), "run: make notebook"


def test_notebook_is_valid_nbformat_without_outputs(notebook):
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(notebook)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"cellView"}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert set(notebook["metadata"]) == {"accelerator", "colab", "kernelspec", "language_info"}


def test_notebook_needs_nothing_of_the_project(notebook):
    code = "\n".join(sources(notebook, "code"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(code))
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & {"recipe_pipeline", "tools", "tests"}
    assert {"unsloth", "transformers", "peft", "trl"} <= imported


def test_cells_are_short_and_text_stands_between_them(notebook):
    in_a_row = 0
    for cell in notebook["cells"]:
        lines = len(cell["source"])
        in_a_row = in_a_row + 1 if cell["cell_type"] == "code" else 0
        assert in_a_row <= 3, "more than three code cells without a word between them"
        folded = cell["metadata"].get("cellView") == "form"
        assert lines <= (115 if folded else 90), "".join(cell["source"])[:200]
    assert len(sources(notebook, "markdown")) >= 25


def test_form_has_the_defaults_of_the_scripts(notebook):
    form = next(s for s in sources(notebook, "code") if s.startswith("# @title Settings"))
    values = {
        name: ast.literal_eval(value)
        for name, value in re.findall(r"^(\w+) = (.*?)  # @param", form, re.M)
    }
    defaults = {f.name: f.default for f in dataclasses.fields(TrainingSettings)}
    own = {"eval_split", "save_steps", "resume", "save_gguf"}  # other in a notebook, on purpose
    shared = (values.keys() & defaults.keys()) - own - {"dataset"}
    assert len(shared) >= 9
    assert {n: values[n] for n in shared} == {n: defaults[n] for n in shared}
    assert Path(values["dataset"]).name == Path(defaults["dataset"]).name
    assert own <= values.keys()


def requirements_files() -> dict:
    """Name -> specifier of everything that the project asks for."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = [
        line.split(" #")[0].strip()
        for name in ("requirements.txt", "requirements-finetune.txt", "requirements-unsloth.txt")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
    ]
    wanted = [Requirement(line) for line in lines if line and line[0] not in "-#"]
    return {canonicalize_name(r.name): r.specifier for r in wanted}


def test_notebook_installs_what_the_project_was_tested_with(notebook):
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    code = next(s for s in sources(notebook, "code") if s.startswith("install("))
    pairs = [(Requirement(a), b) for a, b in re.findall(r'^ {8}"([^"]+)": "([^"]*)",$', code, re.M)]
    wanted = requirements_files()
    checked = 0
    for requirement, version in pairs:
        assert requirement.specifier.contains(version), str(requirement)
        if canonicalize_name(requirement.name) in wanted:
            checked += 1
            assert requirement.specifier == wanted[canonicalize_name(requirement.name)], (
                f"{requirement}: the requirements files say otherwise"
            )
    assert checked >= 15


# --- the tool ------------------------------------------------------------------------------------

MODULES = {
    "numbers.py": '''
        """Numbers."""

        from __future__ import annotations

        import math
        from functools import lru_cache

        # How far we count.
        LIMIT = 3
        ONE, TWO = 1, 2


        def _half(x: float) -> float:
            return x / TWO


        @lru_cache
        def root(x: float, most: int = LIMIT) -> float:
            """A root."""
            return min(math.sqrt(_half(x)), most)
        ''',
    "shapes.py": '''
        from recipe_pipeline import numbers
        from recipe_pipeline.numbers import root as square_root


        def area(side: float) -> float:
            # é makes bytes and characters differ
            text = "é"; return numbers.root(side) + square_root(side)


        def lazy() -> float:
            """Late."""
            from recipe_pipeline.numbers import root

            return root(1)


        def root(x):
            return -x


        def unfinished() -> str:
            return f"{numbers.LIMIT}"
        ''',
    "again.py": "from recipe_pipeline.numbers import root\n",
}


@pytest.fixture
def package(tmp_path) -> Package:
    folder = tmp_path / "recipe_pipeline"
    folder.mkdir()
    for name, code in MODULES.items():
        (folder / name).write_text(textwrap.dedent(code).lstrip(), encoding="utf-8")
    return Package(tmp_path)


def made(package: Package, text: str) -> list[dict]:
    return make_notebook.NotebookMaker(text, package).make()["cells"]


def code_of(cells: list[dict]) -> str:
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def block(*lines: str) -> str:
    return "```python\n" + "\n".join(lines) + "\n```\n"


def test_text_and_blocks_become_cells_in_order(package):
    cells = made(package, "# Title\n\nWords.\n\n" + block("x = 1") + "\nMore.\n")
    assert [(c["cell_type"], "".join(c["source"])) for c in cells] == [
        ("markdown", "# Title\n\nWords."),
        ("code", "x = 1"),
        ("markdown", "More."),
    ]


def test_a_definition_brings_its_imports_constants_and_helpers(package):
    code = code_of(made(package, block("#: include recipe_pipeline.numbers: root", "", "root(2)")))
    assert code == (
        "import math\n"
        "from functools import lru_cache\n"
        "\n"
        "# How far we count.\n"
        "LIMIT = 3\n"
        "\n\n"
        "@lru_cache\n"
        "def root(x: float, most: int = LIMIT) -> float:\n"
        '    """A root."""\n'
        "    return min(math.sqrt(_half(x)), most)\n"
        "\n\n"
        "ONE, TWO = 1, 2\n"
        "\n\n"
        "def _half(x: float) -> float:\n"
        "    return x / TWO\n"
        "\n\n"
        "root(2)"
    )
    namespace: dict = {}
    exec(code, namespace)
    assert namespace["root"](2) == 1


def test_imports_are_made_once_and_helpers_stand_where_the_text_puts_them(package):
    text = block("#: include recipe_pipeline.numbers: _half") + block(
        "import math", "", "#: include recipe_pipeline.numbers: root"
    )
    first, second = ("".join(c["source"]) for c in made(package, text))
    assert "def _half" in first
    assert "def _half" not in second
    assert second.count("import math") == 1


def test_package_imports_and_module_prefixes_fall_away_and_renames_hold(package):
    text = block(
        "#: include recipe_pipeline.numbers: root as square",
        "#: include recipe_pipeline.shapes: area, lazy, root",
    )
    code = code_of(made(package, text))
    assert 'text = "é"; return square(side) + square(side)' in code
    assert '    """Late."""\n    return square(1)' in code
    assert "def square(" in code
    assert "def root(x):" in code
    assert "recipe_pipeline" not in code


def test_reexported_names_are_found_at_home(package):
    code = code_of(made(package, block("#: include recipe_pipeline.again: root")))
    assert "def root(x: float" in code


def test_titles_and_futures_stay_on_top(package):
    text = block("# @title Roots", "#: include recipe_pipeline.numbers: root")
    assert code_of(made(package, text)).startswith("# @title Roots\nimport math\n")
    text = block("from __future__ import annotations", "#: include recipe_pipeline.numbers: root")
    assert code_of(made(package, text)).startswith(
        "from __future__ import annotations\nimport math"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (block("#: include recipe_pipeline.numbers: cube"), "defines no cube"),
        (block("#: include recipe_pipeline.nowhere: cube"), "no module recipe_pipeline.nowhere"),
        (block("print(later)") + block("later = 1"), "uses later"),
        (block("def f():", "    return never"), "uses never"),
        (
            block("#: include recipe_pipeline.numbers: root")
            + block("#: include recipe_pipeline.shapes: root"),
            "root is defined more than once",
        ),
    ],
)
def test_what_would_break_in_the_notebook_is_refused(package, text, complaint):
    with pytest.raises(PipelineError, match=complaint):
        made(package, text)


def test_functions_may_use_what_a_later_cell_defines(package):
    made(package, block("def f():", "    return late") + block("late = 1"))


def test_check_tells_a_stale_notebook(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_notebook, "NOTEBOOK", tmp_path / "finetune.ipynb")
    monkeypatch.setattr(make_notebook, "render", lambda: "new")
    assert make_notebook.main(["--check"]) == 1
    assert "out of date: make notebook" in capsys.readouterr().out
    assert make_notebook.main([]) == 0
    assert make_notebook.main(["--check"]) == 0
    assert (tmp_path / "finetune.ipynb").read_text() == "new"
