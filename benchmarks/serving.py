"""The server of 08 under load: pages of one folder, several at a time, and the same pages by 08 itself.

    python -m benchmarks.serving PAGES --model gemma-3-gguf
    python -m benchmarks.serving PAGES --through mealie --pages 20

Starts ``08_extract.py --serve``, sends every page (by default through ``POST /extract``) from several
clients, and then runs 08 over the same pages as a folder. Prints the seconds of a request (median,
95th percentile, longest), pages a minute for both, and the pages whose recipes differ. ``--through
mealie`` sends a page as Mealie does, in two requests and as bare text; its recipes are only counted.
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
from collections.abc import Callable, Iterator, Sequence
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


def through_extract(client: httpx.Client, page: str) -> Any:
    """The recipe that ``POST /extract`` returns for a page, or None without a valid answer."""
    answer = client.post("/extract", json={"html": page})
    return answer.json()["recipe"] if answer.status_code == 200 else None


def through_mealie(client: httpx.Client, page: str) -> Any:
    """The recipe of a page as Mealie asks for it: its text, line by line, in two requests."""
    import lxml.html

    texts = (text.strip() for text in lxml.html.fromstring(page.encode()).itertext())
    text = "\n".join(text for text in texts if text)[:100_000]
    source = _chat(client, "OpenAICompiledSource", f"{_WEBPAGE}\n{text}")
    if not source or not source["contains_recipe"]:
        return None
    recipe = _chat(client, "OpenAIRecipe", f"{_COMPILED}\n\n{source['content']}")
    return recipe if recipe and (recipe["ingredients"] or recipe["instructions"]) else None


_WEBPAGE = "The following content was extracted from a webpage."
_COMPILED = "Below is the transcribed recipe source."


def _chat(client: httpx.Client, form: str, text: str) -> Any:
    wanted = {"type": "json_schema", "json_schema": {"name": form}}
    messages = [{"role": "user", "content": [{"type": "text", "text": text}]}]
    body = {"model": "any", "messages": messages, "response_format": wanted}
    answer = client.post("/v1/chat/completions", json=body)
    if answer.status_code != 200:
        return None
    return json.loads(answer.json()["choices"][0]["message"]["content"])


WAYS = {"extract": through_extract, "mealie": through_mealie}


def ask(
    url: str, pages: Sequence[Path], clients: int, way: Callable[[httpx.Client, str], Any]
) -> tuple[list[Any], list[float], float]:
    """Answers and seconds of all pages, and the seconds in all."""
    with httpx.Client(base_url=url, timeout=600, trust_env=False) as client:

        def one(path: Path) -> tuple[Any, float]:
            began = time.monotonic()
            answer = way(client, path.read_text(encoding="utf-8", errors="replace"))
            return answer, time.monotonic() - began

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
    parser.add_argument("--through", choices=tuple(WAYS), default="extract")
    args, flags = parser.parse_known_args()
    pages = sorted(args.folder.glob("*.html"))[: args.pages]
    if not pages:
        sys.exit(f"error: no HTML files in {args.folder}: name a folder that has some")
    with served(flags) as url:
        answers, seconds, spent = ask(url, pages, args.clients, WAYS[args.through])
    good = sum(bool(answer) for answer in answers)
    print(f"{len(pages)} pages, {args.clients} at a time: {good} recipes")
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    print(
        f"seconds a page: median {statistics.median(seconds):.1f}, p95 {p95:.1f}, longest {max(seconds):.1f}"
    )
    print(f"served: {len(pages) / spent * 60:.1f} pages a minute")
    if args.through == "mealie":
        return 0
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
