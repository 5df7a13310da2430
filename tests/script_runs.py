"""Runs the numbered scripts as a user does, in this process or in a separate one."""

from __future__ import annotations

import contextlib
import io
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]


def run_script(script: str | Path, *flags: Any) -> int:
    """Exit code of ``python script flags``, run in this process."""
    path = ROOT / script
    with mock.patch.object(sys, "argv", [path.name, *map(str, flags)]):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except SystemExit as end:
            return end.code
    raise AssertionError(f"{path.name} ended without an exit code")


def start_script(script: str | Path, *flags: Any) -> subprocess.Popen[str]:
    """The running process of ``python script flags``."""
    command = [sys.executable, str(ROOT / script), *map(str, flags)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Returns once ``condition`` is true; fails the test if that takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)


def help_of(script: str, arguments: list[str]) -> str:
    """The script's help; a flag it does not know fails the test.

    --help stops after parsing, and an unknown flag ends with exit code 2.
    """
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        assert run_script(script, *arguments, "--help") == 0
    return shown.getvalue()
