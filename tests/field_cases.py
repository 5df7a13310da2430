"""Cases from public bug reports, in ../shared; tests that use them are skipped where it is absent."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.script_runs import ROOT, wait_until

CASES = ROOT.parent / "shared" / "field_cases"
MODEL = "some-model"

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/field_cases")


def case(name: str) -> Path:
    """The folder of a case."""
    return CASES / name


@contextlib.contextmanager
def case_server(scenario: str, models: str = "one") -> Iterator[str]:
    """The cases' own server in a process; gives its base URL."""
    # Bound without listening: nobody else gets the port, and the server may listen on it.
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port = reserved.getsockname()[1]
    command = [sys.executable, str(CASES / "_server" / "fake.py"), scenario, str(port), models]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(listens)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()
        reserved.close()
