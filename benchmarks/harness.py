"""What `generation` needs: a loopback server in its own process, measured runs, made-up recipes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COLUMNS = ("group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient")
POLL = 0.01


@dataclass
class Outcome:
    """One run of one command: seconds, and MB of its largest process. ``start`` is the time from launch
    to the first request, ``stats`` are the server's counts; not ``ended`` means it was killed."""

    ended: bool
    wall: float
    cpu: float
    memory_mb: float
    start: float
    stats: dict[str, Any]


class Server:
    """The loopback server (see `slot_server`) in its own process."""

    def __enter__(self) -> Server:
        command = [sys.executable, "-m", "benchmarks.slot_server"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def reset(self, **state: Any) -> None:
        """Forget all counts; ``state``: slots, service, fault_share."""
        self._ask("/reset", json.dumps(state).encode())

    def stats(self) -> dict[str, Any]:
        """Counts so far (`slot_server.State.stats`)."""
        return json.loads(self._ask("/stats", None))

    def requests_by_row(self) -> dict[int, int]:
        """Requests per recipe."""
        return {int(row): count for row, count in json.loads(self._ask("/rows", None)).items()}

    def _ask(self, path: str, body: bytes | None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(self.url + path, data=body), timeout=60) as reply:
            return reply.read()


def write_recipes(path: Path, rows: int) -> None:
    """A CSV of ``rows`` distinct recipes in the columns of the Kaggle file."""
    summary = "A good stew for a cold evening, and even better on the next day."
    process = "prep: 10 mins,cook: 45 mins,total: 55 mins,Servings: 4,Yield: 4 servings"
    ingredients = " + ".join(f"{count} cups ingredient {count}" for count in range(1, 9))
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in range(rows):
            name = f"benchmark dish number {row}"
            writer.writerow(("stew", name, "4", "9", "2", summary, process, ingredients))


def run(
    command: list[str],
    longest: float,
    server: Server,
    kill_when: Callable[[], bool] | None = None,
) -> Outcome:
    """Run to the end, or for ``longest`` seconds, or until ``kill_when`` returns True: then the command
    and its children get ``kill -9``."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    ended = True
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - started > longest or (kill_when is not None and kill_when()):
            os.killpg(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            ended = False
            break
        time.sleep(POLL)
    process.returncode = os.waitstatus_to_exitcode(status)
    stats = server.stats()
    return Outcome(
        ended=ended,
        wall=time.monotonic() - started,
        cpu=usage.ru_utime + usage.ru_stime,
        memory_mb=usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
        start=stats["first"] - started,
        stats=stats,
    )


def can_measure() -> bool:
    """True if the CPU time and memory of a child can be measured here; prints an error if not."""
    if hasattr(os, "wait4"):
        return True
    print("error: this benchmark needs Linux or macOS", file=sys.stderr)
    return False
