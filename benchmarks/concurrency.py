"""Does --concurrency have to fit the server? 02 with three values against servers of several sizes.

    python -m benchmarks.concurrency

The loopback server (`slot_server`) works on ``slots`` requests at a time, ``service`` seconds each, and
lets the others queue; who hangs up loses the place in the queue, as with llama.cpp and vLLM. --timeout
is ten times the time of one reply, as 600 s are for a reply of a minute. Time-outs are the requests
beyond one for each row.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.generation import command_of
from benchmarks.harness import ROOT, Server, write_recipes

_FAILED = re.compile(r"([\d,]+) failed")


def measure(server: Server, args: argparse.Namespace, slots: int, in_flight: int) -> list[str]:
    """Requests/s as the server saw them, share of the best possible, time-outs, failed rows."""
    server.reset(slots=slots, service=args.service)
    with tempfile.TemporaryDirectory() as name:
        write_recipes(Path(name) / "recipes.csv", args.rows)
        command = command_of("02", server.url, Path(name), args.rows, in_flight)
        command += ["--timeout", str(args.timeout)]
        output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    stats = server.stats()
    rate = args.rows / stats["span"]
    best = min(slots, args.rows) / args.service
    failed = _FAILED.search(output)
    return [
        f"{rate:.2f}",
        f"{rate / best:.0%}",
        f"{stats['requests'] - args.rows}",
        failed[1] if failed else "no summary",
    ]


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=128)
    add("--slots", type=int, nargs="+", default=[1, 4, 256])
    add("--in-flight", type=int, nargs="+", default=[1, 8, 64])
    add("--service", type=float, default=2.0, help="seconds of a reply")
    add("--timeout", type=float, default=20.0)
    return parser.parse_args()


def main() -> int:
    """Measure every combination and print the table."""
    args = parse_args()
    print(f"{args.rows} rows, replies of {args.service:g} s, --timeout {args.timeout:g}\n")
    print("| slots | --concurrency | requests/s | of the best possible | time-outs | failed |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    with Server() as server:
        for slots in args.slots:
            for in_flight in args.in_flight:
                cells = measure(server, args, slots, in_flight)
                print(f"| {slots} | {in_flight} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
