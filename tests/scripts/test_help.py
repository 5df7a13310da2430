"""--help of every program: it exits with 0, shows its defaults, and loads nothing that takes long."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.script_runs import ROOT

PROGRAMS = [
    *sorted(path.name for path in ROOT.glob("0[1-8]_*.py")),
    "recipe_pipeline.offline_teacher",
    "recipe_pipeline.workflows.quickstart",
    "recipe_pipeline.workflows.real_pages",
    "recipe_pipeline.workflows.local_llm",
]
HEAVY = {
    *("torch", "transformers", "datasets", "peft", "pandas", "pyarrow", "ray", "wandb", "kaggle"),
    *("openai", "httpx", "aiohttp", "pydantic", "asyncio", "starlette", "uvicorn"),
    *("lxml", "trafilatura", "xllamacpp", "psutil"),
}
# All in one process, which saves the start of the others.
HELP = """
import contextlib, io, json, runpy, sys
shown = {}
for name in sys.argv[1:]:
    sys.argv, before, text = [name, "--help"], set(sys.modules), io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        if name.endswith(".py"):
            runpy.run_path(name, run_name="__main__")
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    shown[name] = text.getvalue(), sorted(set(sys.modules) - before)
print(json.dumps(shown))
"""


@pytest.fixture(scope="module")
def shown():
    """For each program its help without line breaks, and the modules that it was the first to load."""
    done = subprocess.run(
        [sys.executable, "-c", HELP, *PROGRAMS],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    texts = json.loads(done.stdout)
    return {name: (" ".join(text.split()), modules) for name, (text, modules) in texts.items()}


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_shown_at_once(shown, program):
    text, modules = shown[program]
    assert text.startswith("usage: ")
    assert not HEAVY & set(modules)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("02_generate_blogs.py", "(default: http://localhost:1234/v1)"),
        ("03_generate_recipe_json.py", "--ray-address"),
        ("08_extract.py", "(default: 8192)"),
        ("08_extract.py", "Exit codes: 0 recipe found, 3 no recipe found, 1 error"),
        ("recipe_pipeline.offline_teacher", "not a language model"),
    ],
)
def test_help_says_what_matters(shown, program, words):
    assert words in shown[program][0]
