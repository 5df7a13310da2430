"""Runs script 08 as the light install does: only with the packages of requirements-extract.txt."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tests.script_runs import ROOT

# Imports of everything else fail as they do where it is not installed.
_PRELUDE = """
import runpy, sys
missing = set({missing!r})
class Blocker:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker)
sys.path.insert(0, {root!r})
{more}
sys.argv = [{script!r}, *{arguments!r}]
runpy.run_path({script!r}, run_name="__main__")
"""


def requirements(name: str) -> list[Requirement]:
    """The requirements in a file of the project, without those of the files that it includes."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    texts = (line.partition("#")[0].strip() for line in lines)
    return [Requirement(text) for text in texts if text and not text.startswith("-")]


@cache
def light_packages() -> frozenset[str]:
    """Canonical names of all packages that requirements-extract.txt installs."""
    found: set[str] = set()
    queue = [(r.name, frozenset(r.extras)) for r in requirements("requirements-extract.txt")]
    while queue:
        name, extras = queue.pop()
        name = _canonical(name)
        if name in found and not extras:
            continue
        found.add(name)
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in extras or {""}):
                queue.append((needed.name, frozenset(needed.extras)))
    return frozenset(found)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def run_light(*flags: Any, more: str = "", cwd: Path | None = None) -> Any:
    """The finished process of ``08_extract.py flags`` in the light install; ``more`` runs before."""
    command = [sys.executable, "-c", light_code(*flags, more=more)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


@cache
def _missing_modules() -> list[str]:
    """Installed modules that the light install lacks."""
    return [
        module
        for module, packages in metadata.packages_distributions().items()
        if not any(_canonical(package) in light_packages() for package in packages)
    ]


def light_code(*flags: Any, more: str = "") -> str:
    """What `run_light` runs."""
    return _PRELUDE.format(
        missing=_missing_modules(),
        root=str(ROOT),
        script=str(ROOT / "08_extract.py"),
        arguments=[str(flag) for flag in flags],
        more=more,
    )
