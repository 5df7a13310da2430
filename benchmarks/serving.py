"""The server of 08 under load: pages of one folder, several at a time, and the same pages by 08 itself.

    python -m benchmarks.serving PAGES --model gemma-3-gguf

Starts ``08_extract.py --serve``, sends every page through ``POST /extract`` from several clients, and
then runs 08 over the same pages as a folder. Prints the seconds of a request (median, 95th percentile,
longest), pages a minute for both, and the pages whose recipes differ.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.harness import ROOT

SCRIPT = str(ROOT / "08_extract.py")


@contextmanager
def served(flags: Sequence[str]) -> Iterator[str]:
    """URL of a server of 08 with these flags."""
    command = [sys.executable, SCRIPT, "--serve", "--port", "0", *flags]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://[\d.:]+(?=/$)", line.strip()):
                break
        else:
            sys.exit("the server did not start: run 08_extract.py --serve to see why")
        with ThreadPoolExecutor(1) as drain:  # its log, which would fill the pipe
            drain.submit(process.stderr.read)
            yield found[0]
            process.terminate()
    finally:
        process.terminate()
        process.wait()


def ask(url: str, pages: Sequence[Path], clients: int) -> tuple[list[Any], list[float], float]:
    """The recipe of each page (None without a valid answer), its seconds, and the seconds in all."""
    with httpx.Client(base_url=url, timeout=600, trust_env=False) as client:

        def one(path: Path) -> tuple[Any, float]:
            began = time.monotonic()
            page = path.read_text(encoding="utf-8", errors="replace")
            answer = client.post("/extract", json={"html": page})
            recipe = answer.json()["recipe"] if answer.status_code == 200 else None
            return recipe, time.monotonic() - began

        began = time.monotonic()
        with ThreadPoolExecutor(clients) as pool:
            found = list(pool.map(one, pages))
    return [answer for answer, _ in found], [s for _, s in found], time.monotonic() - began


def by_folder(pages: Sequence[Path], flags: Sequence[str]) -> tuple[list[Any], float]:
    """The recipes of the pages by 08 with a folder (None where there is none), and its seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name) / "pages", Path(name) / "recipes"
        folder.mkdir()
        for path in pages:
            shutil.copy(path, folder)
        began = time.monotonic()
        command = [sys.executable, SCRIPT, str(folder), "--output", str(output), *flags]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        spent = time.monotonic() - began
        files = [output / f"{path.stem}.json" for path in pages]
        return [json.loads(f.read_text("utf-8")) if f.exists() else None for f in files], spent


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of HTML pages")
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--clients", type=int, default=4)
    args, flags = parser.parse_known_args()
    pages = sorted(args.folder.glob("*.html"))[: args.pages]
    if not pages:
        sys.exit(f"error: no HTML files in {args.folder}: name a folder that has some")
    with served(flags) as url:
        answers, seconds, spent = ask(url, pages, args.clients)
    good = sum(bool(answer) for answer in answers)
    print(f"{len(pages)} pages, {args.clients} at a time: {good} recipes")
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    print(
        f"seconds a page: median {statistics.median(seconds):.1f}, p95 {p95:.1f}, longest {max(seconds):.1f}"
    )
    print(f"served: {len(pages) / spent * 60:.1f} pages a minute")
    expected, spent = by_folder(pages, flags)
    print(f"08 with a folder: {len(pages) / spent * 60:.1f} pages a minute")
    other = [
        p.name
        for p, a, b in zip(pages, answers, expected, strict=True)
        if (a or None) != (b or None)
    ]
    print(f"recipes that differ: {len(other)}" + "".join(f"\n  {name}" for name in other))
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
