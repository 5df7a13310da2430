"""How soon 02 and 03 send their first request in a nearly finished folder, and their peak memory.

    python -m benchmarks.startup

Start: ``--recipes`` recipes of which 99 % have their output; seconds from launch to the first
request. Memory: script 02 over 1,000 and over ``--recipes`` recipes from an empty folder, against a
server that answers at once, and over the nearly finished folder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import Outcome, Server, can_measure, run, write_recipes
from benchmarks.slot_server import MODEL
from recipe_pipeline.common.stage_folder import POST_SUFFIX, RECIPE_SUFFIX, stage_path
from recipe_pipeline.common.storage import recipe_stem

OPEN_SHARE = 100  # one recipe in 100 is unfinished
FEW = 1000
LONGEST = 1800.0
POST = "This is benchmark dish number {row}: chop it, simmer it for an hour, and serve it hot. " * 2
HEAD = "| what | recipes | to do | first request after s | process s | MB | CPU s |"


class Folder:
    """A working folder with a CSV of ``recipes`` recipes."""

    def __init__(self, place: Path, recipes: int, url: str, in_flight: int) -> None:
        self.place, self.recipes = place, recipes
        self.posts, self.labels = place / "posts", place / "labels"
        self._server = ["--base-url", f"{url}/v1", "--model", MODEL]
        self._server += ["--concurrency", str(in_flight)]
        write_recipes(place / "recipes.csv", recipes)

    def stems(self) -> list[str]:
        """Stems of all recipes."""
        return [recipe_stem(row, f"benchmark dish number {row}") for row in range(self.recipes)]

    def command_02(self, limit: int = 0) -> list[str]:
        """Script 02 over the CSV."""
        command = [sys.executable, "02_generate_blogs.py", "--limit", str(limit), *self._server]
        return [*command, "--csv", f"{self.place}/recipes.csv", "--output-blog", str(self.posts)]

    def command_03(self) -> list[str]:
        """Script 03 over the posts, without the check that would send retries."""
        command = [sys.executable, "03_generate_recipe_json.py", "--verify", "0", *self._server]
        return [*command, "--input", str(self.posts), "--output", str(self.labels)]


def write_posts(folder: Folder, complete: bool) -> None:
    """Posts of all recipes, or of 99 in 100."""
    for row, stem in enumerate(folder.stems()):
        if row % OPEN_SHARE or complete:
            put(stage_path(folder.posts, stem, POST_SUFFIX), POST.format(row=row))


def write_labels(folder: Folder) -> None:
    """Labels of 99 in 100 posts."""
    for row, stem in enumerate(folder.stems()):
        if row % OPEN_SHARE:
            put(stage_path(folder.labels, stem, RECIPE_SUFFIX), '{"recipe": {}}\n')


def put(path: Path, text: str) -> None:
    """Write a file, creating its folder if needed."""
    try:
        path.write_text(text)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def remove_new(folder: Folder, where: Path, suffix: str) -> None:
    """Remove the files that a run has added to a nearly finished folder."""
    for stem in folder.stems()[::OPEN_SHARE]:
        stage_path(where, stem, suffix).unlink(missing_ok=True)


def line(what: str, recipes: int, outcomes: list[Outcome]) -> str:
    """A row of the table: medians. A failed run shows in the number of requests."""
    middle = statistics.median
    asked = {outcome.stats["requests"] for outcome in outcomes}
    cells = [what, f"{recipes:,}", " / ".join(f"{count:,}" for count in sorted(asked))]
    cells += [f"{middle(outcome.start for outcome in outcomes):.2f}"]
    cells += [f"{middle(outcome.wall for outcome in outcomes):.1f}"]
    cells += [f"{middle(outcome.memory_mb for outcome in outcomes):.0f}"]
    cells += [f"{middle(outcome.cpu for outcome in outcomes):.1f}"]
    return "| " + " | ".join(cells) + " |"


def measure_start(server: Server, args: argparse.Namespace) -> None:
    """Rows for the nearly finished folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name), args.recipes, server.url, args.in_flight)
        write_posts(folder, complete=False)

        def repeat(command: list[str], where: Path, suffix: str, answer: str) -> list[Outcome]:
            outcomes = []
            for _ in range(args.repeat):
                remove_new(folder, where, suffix)
                server.reset(slots=args.in_flight, service=0.05, answer=answer)
                outcomes.append(run(command, LONGEST, server, show=True))
            return outcomes

        done = (folder.posts, POST_SUFFIX, "post")
        print(line("02", args.recipes, repeat(folder.command_02(), *done)), flush=True)
        write_posts(folder, complete=True)
        write_labels(folder)
        done = (folder.labels, RECIPE_SUFFIX, "recipe")
        print(line("03", args.recipes, repeat(folder.command_03(), *done)), flush=True)


def measure_memory(server: Server, args: argparse.Namespace) -> None:
    """Rows for runs from an empty folder."""
    for recipes in (FEW, args.recipes):
        with tempfile.TemporaryDirectory() as name:
            folder = Folder(Path(name), recipes, server.url, args.in_flight)
            server.reset(slots=args.in_flight, service=0.01)
            outcome = run(folder.command_02(), LONGEST, server, show=True)
        print(line("02, from nothing", recipes, [outcome]), flush=True)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipes", type=int, default=100_000)
    parser.add_argument(
        "--in-flight", type=int, default=64, help="in-flight requests, and slots of the server"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="starts, of which the median is shown"
    )
    args = parser.parse_args()
    if not can_measure():
        return 1
    print(f"{HEAD}\n|" + "---|" * 7, flush=True)
    with Server() as server:
        measure_start(server, args)
        measure_memory(server, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
