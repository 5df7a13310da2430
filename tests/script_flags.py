"""Asks a numbered script whether it takes a command line."""

from __future__ import annotations

import subprocess
import sys

from recipe_pipeline.common.storage import PROJECT_ROOT


def help_of(script: str, arguments: list[str]) -> str:
    """The script's help; a flag it does not know fails the test.

    --help stops after parsing, and a flag that does not exist ends with exit code 2.
    """
    command = [sys.executable, str(PROJECT_ROOT / script), *arguments, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
