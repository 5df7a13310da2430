"""How busy do 02 and its peers keep a server, at what cost, and what do faults do to them?

    python -m benchmarks.generation
    python -m benchmarks.generation --tools ours --rows 20000 --slots 2048 --service 10
    python -m benchmarks.generation --peer-python distilabel=.venv-distilabel/bin/python

Every tool asks the same loopback server (`slot_server`) about the same recipes; ours runs script
02 as a user does. Ideal is ``ceil(rows / slots) * service``. Peers are optional: one that is not
installed is left out and named. The sequential loop is measured on fewer rows and scaled up.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.slot_server import MODEL

ROOT = Path(__file__).parents[1]
LONGEST_RUN = 240.0
SEQUENTIAL_SHARE = 25
PEERS = {
    "sequential openai loop": ("sequential_openai", "openai"),
    "asyncio + AsyncOpenAI": ("asyncio_openai", "openai"),
    "Bespoke Curator": ("curator", "bespokelabs.curator"),
    "NeMo Data Designer": ("data_designer", "data_designer"),
    "distilabel": ("distilabel_run", "distilabel"),
}
COLUMNS = ("name", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient")


@dataclass
class Outcome:
    """One run of one tool."""

    ended: bool
    wall: float
    cpu: float
    memory_mb: float
    start: float
    stats: dict[str, Any] = field(default_factory=dict)


class Server:
    """The loopback server in its own process."""

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
        self._ask("/reset", json.dumps(state).encode())

    def stats(self) -> dict[str, Any]:
        return json.loads(self._ask("/stats", None))

    def _ask(self, path: str, body: bytes | None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(self.url + path, data=body), timeout=60) as reply:
            return reply.read()


def write_recipes(path: Path, rows: int) -> None:
    """A CSV of ``rows`` distinct recipes in the columns of the Kaggle file."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("group", *COLUMNS[1:]))
        summary = "A good stew for a cold evening, and even better on the next day."
        process = "prep: 10 mins,cook: 45 mins,total: 55 mins,Servings: 4,Yield: 4 servings"
        ingredients = " + ".join(f"{count} cups ingredient {count}" for count in range(1, 9))
        for row in range(rows):
            name = f"benchmark dish number {row}"
            writer.writerow(("stew", name, "4", "9", "2", summary, process, ingredients))


def command_of(tool: str, args: argparse.Namespace, url: str, folder: Path, rows: int) -> list[str]:
    """The command line that makes ``tool`` ask about ``rows`` recipes."""
    table = str(folder / "recipes.csv")
    if tool in ("ours", "ours, --client openai"):
        command = [sys.executable, "02_generate_blogs.py", "--csv", table, "--model", MODEL]
        command += ["--limit", str(rows), "--base-url", f"{url}/v1"]
        command += ["--concurrency", str(args.concurrency)]
        command += ["--output-blog", str(folder / "posts")]
        return command + (["--client", "openai"] if tool.endswith("openai") else [])
    python = dict(pair.split("=", 1) for pair in args.peer_python).get(PEERS[tool][0])
    command = [
        python or sys.executable,
        f"benchmarks/peers/{PEERS[tool][0]}.py",
        table,
        f"{url}/v1",
    ]
    return [*command, str(rows), str(args.concurrency), str(folder / "posts")]


def is_installed(tool: str, args: argparse.Namespace) -> bool:
    """True when the tool's package can be found by the Python that is to run it."""
    if tool.startswith("ours"):
        return True
    python = dict(pair.split("=", 1) for pair in args.peer_python).get(PEERS[tool][0])
    code = f"import importlib.util as u, sys; sys.exit(not u.find_spec({PEERS[tool][1]!r}))"
    command = [python or sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(command: list[str], server: Server, kill_at: int | None = None) -> Outcome:
    """Run to the end, or to ``kill_at`` answered rows and then ``kill -9``."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    ended, usage = True, None
    while usage is None:
        pid, _, rusage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            usage = rusage
            break
        late = time.monotonic() - started > LONGEST_RUN
        if late or (kill_at is not None and server.stats()["rows_answered"] >= kill_at):
            os.killpg(process.pid, signal.SIGKILL)
            _, _, usage = os.wait4(process.pid, 0)
            ended = False
        time.sleep(0.01)
    wall = time.monotonic() - started
    process.returncode = 0
    stats = server.stats()
    scale = 1024 if sys.platform == "linux" else 1024**2
    cpu = usage.ru_utime + usage.ru_stime
    return Outcome(ended, wall, cpu, usage.ru_maxrss / scale, stats["first"] - started, stats)


def measure(tool: str, args: argparse.Namespace, server: Server) -> list[str]:
    """Cells of the tool's line: speed and cost, faults, kill and restart."""
    rows = max(4, args.rows // SEQUENTIAL_SHARE) if tool.startswith("sequential") else args.rows
    scale = args.rows / rows
    ideal = math.ceil(args.rows / args.slots) * args.service

    def once(faults: float = 0.0, kill: bool = False) -> Outcome:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_recipes(folder / "recipes.csv", rows)
            server.reset(slots=args.slots, service=args.service, fault_share=faults)
            command = command_of(tool, args, server.url, folder, rows)
            if kill:
                run(command, server, kill_at=rows // 2)
            return run(command, server)

    plain = [once() for _ in range(args.repeat)]
    median = statistics.median
    span = median(outcome.stats["span"] for outcome in plain) * scale
    wall = median(outcome.wall for outcome in plain)
    cells = [
        f"{span / ideal:.3f}",
        f"{median(outcome.start for outcome in plain):.2f}",
        f"{wall + span * (1 - 1 / scale):.1f}",
        f"{median(outcome.memory_mb for outcome in plain):.0f}",
        f"{median(outcome.cpu for outcome in plain) * scale:.1f}",
    ]
    if scale > 1:
        return [*cells, *["-"] * (len(args.faults) + 1)]
    for share in args.faults:
        outcome = once(faults=share)
        ratio = f"{outcome.stats['span'] / ideal:.2f}" if outcome.ended else "did not end"
        cells.append(f"{ratio}, {rows - outcome.stats['rows_answered']} lost")
    if args.kill:
        outcome = once(kill=True)
        stats = outcome.stats
        text = f"{stats['requests']:,}, {stats['repeated']} repeated"
        cells.append(text if outcome.ended else f"did not end ({text})")
    return cells


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--slots", type=int, default=64, help="requests the server serves at once")
    parser.add_argument("--service", type=float, default=0.5, help="seconds per request")
    parser.add_argument("--concurrency", type=int, default=None, help="default: as many as slots")
    parser.add_argument("--faults", type=float, nargs="*", default=[0.05, 0.2])
    parser.add_argument("--no-kill", dest="kill", action="store_false", help="leave kill -9 out")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--tools", nargs="*", default=["ours", "ours, --client openai", *PEERS])
    parser.add_argument(
        "--peer-python",
        nargs="*",
        default=[],
        metavar="PEER=PYTHON",
        help="interpreter of a peer by the name of its file in benchmarks/peers",
    )
    args = parser.parse_args()
    args.concurrency = args.concurrency or args.slots
    return args


def main() -> int:
    """Measure every tool and print the table."""
    args = parse_args()
    if not hasattr(os, "wait4"):
        print("error: this benchmark needs Linux or macOS", file=sys.stderr)
        return 1
    print(
        f"{args.rows:,} rows, server with {args.slots} slots of {args.service:g} s, "
        f"{args.concurrency} in flight; ideal {math.ceil(args.rows / args.slots) * args.service:.1f} s"
    )
    head = ["tool", "first to last / ideal", "start s", "process s", "MB", "CPU s"]
    head += [f"{share:.0%} faults: / ideal" for share in args.faults]
    head += ["kill -9 at half, again: requests"] if args.kill else []
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), flush=True)
    missing = []
    with Server() as server:
        for tool in args.tools:
            if is_installed(tool, args):
                print(f"| {tool} | " + " | ".join(measure(tool, args, server)) + " |", flush=True)
            else:
                missing.append(tool)
    if missing:
        print("not installed: " + ", ".join(missing))
    shutil.rmtree(ROOT / "benchmarks" / "__pycache__", ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
