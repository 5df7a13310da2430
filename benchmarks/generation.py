"""Throughput, cost and fault tolerance of 02 and of a bare asyncio loop against the same server.

    python -m benchmarks.generation
    python -m benchmarks.generation --tools 02 --rows 20000 --slots 2048 --service 10 \\
        --in-flight 2048 --repeat 1 --faults --no-kill

Both send requests about the same recipes to the same loopback server (`slot_server`); script 02 runs
as a user runs it. Ideal is ``ceil(rows / slots) * service``. "First to last" is what the server saw,
"process" is from launch to exit. Cost, faults and the kill are measured with the first --in-flight
number.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Outcome, Server, can_measure, run, write_recipes
from benchmarks.slot_server import MODEL

TOOLS = ("02", "asyncio")


def command_of(tool: str, url: str, folder: Path, rows: int, in_flight: int) -> list[str]:
    """The command line with which ``tool`` requests ``rows`` posts."""
    table, posts = str(folder / "recipes.csv"), str(folder / "posts")
    if tool == "02":
        command = [sys.executable, "02_generate_blogs.py", "--csv", table, "--model", MODEL]
        # The server's posts are all the same, whatever was asked for.
        command.append("--unchecked")
        command += ["--limit", str(rows), "--base-url", f"{url}/v1", "--output-blog", posts]
        return [*command, "--concurrency", str(in_flight)]
    command = [sys.executable, "-m", "benchmarks.asyncio_loop", table, f"{url}/v1"]
    return [*command, str(rows), str(in_flight), posts]


class Bench:
    """Runs of one tool."""

    def __init__(self, tool: str, args: argparse.Namespace, server: Server) -> None:
        self.tool, self.args, self.server = tool, args, server
        self.ideal = ideal_seconds(args)
        self.longest = max(60.0, 20 * self.ideal)

    def cells(self) -> list[str]:
        """The tool's row of the table."""
        runs = [
            [self.once(in_flight) for _ in range(self.args.repeat)]
            for in_flight in self.args.in_flight
        ]
        cells = [*map(self._ratio, runs), *self._cost(runs[0])]
        cells += [self._with_faults(share) for share in self.args.faults]
        return [*cells, self._killed()] if self.args.kill else cells

    def once(self, in_flight: int, faults: float = 0.0) -> Outcome:
        """One run in a new folder."""
        with tempfile.TemporaryDirectory() as name:
            command = self._prepare(Path(name), in_flight, faults)
            return run(command, self.longest, self.server)

    def _prepare(self, folder: Path, in_flight: int, faults: float = 0.0) -> list[str]:
        args = self.args
        write_recipes(folder / "recipes.csv", args.rows)
        self.server.reset(slots=args.slots, service=args.service, fault_share=faults)
        return command_of(self.tool, self.server.url, folder, args.rows, in_flight)

    def _ratio(self, outcomes: list[Outcome]) -> str:
        if any(outcome.stats["rows_answered"] < self.args.rows for outcome in outcomes):
            return "not all answered"
        span = statistics.median(outcome.stats["span"] for outcome in outcomes)
        return f"{span / self.ideal:.3f}"

    def _cost(self, outcomes: list[Outcome]) -> list[str]:
        """Rows per second, start, whole process, memory, CPU: medians."""
        middle = statistics.median
        span = middle(outcome.stats["span"] for outcome in outcomes)
        asked = all(outcome.stats["requests"] for outcome in outcomes)
        return [
            f"{self.args.rows / span:.1f}" if span else "-",
            f"{middle(outcome.start for outcome in outcomes):.2f}" if asked else "-",
            f"{middle(outcome.wall for outcome in outcomes):.1f}",
            f"{middle(outcome.memory_mb for outcome in outcomes):.0f}",
            f"{middle(outcome.cpu for outcome in outcomes):.1f}",
        ]

    def _with_faults(self, share: float) -> str:
        outcome = self.once(self.args.in_flight[0], share)
        lost = f"{self.args.rows - outcome.stats['rows_answered']} lost"
        if not outcome.ended:
            return f"not finished in {self.longest:.0f} s, {lost}"
        return f"{outcome.stats['span'] / self.ideal:.2f}, {lost}"

    def _killed(self) -> str:
        with tempfile.TemporaryDirectory() as name:
            command = self._prepare(Path(name), self.args.in_flight[0])
            run(command, self.longest, self.server, self._half_is_answered())
            saved = {int(post.name[:5]) for post in Path(name).glob("posts/*.txt")}
            before = self.server.requests_by_row()
            outcome = run(command, self.longest, self.server)
        after = self.server.requests_by_row()
        again = sum(after[row] > before[row] for row in saved)
        stats = outcome.stats
        text = f"{stats['requests']:,}, {stats['repeated']} repeated"
        if self.tool == "02":
            text += f" ({again} of {len(saved)} saved rows)"
        return text if outcome.ended else f"not finished in {self.longest:.0f} s ({text})"

    def _half_is_answered(self) -> Callable[[], bool]:
        """True a quarter of the service time after the server has answered half of the rows.

        The server answers in bursts; a tool killed in the middle of one would be charged for
        answers that were still on their way.
        """

        def check() -> bool:
            if self.server.stats()["rows_answered"] < self.args.rows // 2:
                return False
            time.sleep(self.args.service / 4)
            return True

        return check


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=1000)
    add("--slots", type=int, default=64, help="requests the server serves at once")
    add("--service", type=float, default=0.5, help="seconds per request")
    add("--in-flight", type=int, nargs="+", default=None, help="default: slots and 4 x slots")
    add(
        "--faults",
        type=float,
        nargs="*",
        default=[0.05, 0.2],
        help="shares of failing requests, 0 to 1",
    )
    add("--no-kill", dest="kill", action="store_false", help="skip the kill -9 test")
    add("--repeat", type=int, default=3, help="runs per figure; the median is shown")
    add("--tools", nargs="*", choices=TOOLS, default=TOOLS)
    args = parser.parse_args()
    args.in_flight = args.in_flight or [args.slots, 4 * args.slots]
    return args


def ideal_seconds(args: argparse.Namespace) -> float:
    """The time that the server needs if none of its slots is ever free."""
    return math.ceil(args.rows / args.slots) * args.service


def main() -> int:
    """Measure every tool and print the table."""
    args = parse_args()
    if not can_measure():
        return 1
    print(
        f"{args.rows:,} rows, server with {args.slots:,} slots of {args.service:g} s: ideal "
        f"{ideal_seconds(args):.1f} s; medians of {args.repeat}"
    )
    head = ["tool", *(f"first to last / ideal, {number} in flight" for number in args.in_flight)]
    head += ["rows/s", "start s", "process s", "MB", "CPU s"]
    head += [f"{share:.0%} faults: / ideal" for share in args.faults]
    head += ["kill -9 at half, again: requests"] if args.kill else []
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), flush=True)
    with Server() as server:
        for tool in args.tools:
            cells = Bench(tool, args, server).cells()
            print(f"| {tool} | " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
