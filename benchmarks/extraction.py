"""Seconds per page of a local model: whole and small vocabulary, one page and several at a time.

    python -m benchmarks.extraction --model gemma-3 --export gemma-3-gguf/….gguf --pages 20

Each way runs in a process of its own. "whole" is one page at a time with the whole vocabulary, of
the merged export if there is one. "same" counts the answers that are those of "one page", character
for character. Pages are lines with "text", or with "file" and "html" as 07 reads them. For a folder of
HTML files, benchmarks.serving then asks the server of 08 for the same number of them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.new_process import in_new_process

PAGES = Path("../shared/real_pages_dev.jsonl")
WAYS: dict[str, dict[str, Any]] = {
    "whole": {"whole": True},
    "one page": {},
    "2 at a time": {"parallel": 2},
    "4 at a time": {"parallel": 4},
}


def posts_of(args: argparse.Namespace) -> list[str]:
    """The texts of the first pages, as far as 08 would read them."""
    from recipe_pipeline.evaluation.data import load_documents

    return [document.post[: args.characters] for document in load_documents(args.data, args.pages)]


def answer(way: str, args: argparse.Namespace) -> dict[str, Any]:
    """One way, in this process."""
    from recipe_pipeline.common.errors import PipelineError
    from recipe_pipeline.models import bundle, small_vocabulary
    from recipe_pipeline.models.adapter import trained_prompt
    from recipe_pipeline.models.base import embedded_parts
    from recipe_pipeline.models.gguf import GgufGenerator
    from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT
    from recipe_pipeline.training.loop import peak_memory_bytes

    options = dict(WAYS[way])
    folder = Path(bundle.resolve(args.model))
    prompt = trained_prompt(folder) or EXTRACTION_SYSTEM_PROMPT
    path, adapter = embedded_parts(), folder
    if options.pop("whole", False):
        small_vocabulary.COMMON = sys.maxsize
        if args.export:
            path, adapter = args.export, None
    posts = posts_of(args)
    started = time.perf_counter()
    model = GgufGenerator(path, adapter=adapter, system_prompt=prompt, **options)
    seconds, answers = [], [""] * len(posts)
    if options.get("parallel", 1) == 1:
        for number, post in enumerate(posts):
            begun = time.perf_counter()
            try:
                [answers[number]] = model.generate([post], args.max_new_tokens)
            except PipelineError as error:
                print(error, file=sys.stderr)
            seconds.append(time.perf_counter() - begun)
    else:
        answers = model.generate(posts, args.max_new_tokens)
    return {
        "seconds": seconds,
        "wall": time.perf_counter() - started,
        "tokens": model.answer_tokens,
        "bytes": peak_memory_bytes(),
        "answers": answers,
    }


def serve(args: argparse.Namespace) -> int:
    """benchmarks.serving with the same pages and model; returns its exit code."""
    print(flush=True)
    command = [sys.executable, "-m", "benchmarks.serving", str(args.data), "--model", args.model]
    return subprocess.run([*command, "--pages", str(args.pages)], check=False).returncode


def row(way: str, result: dict[str, Any], base: dict[str, Any], expected: list[str]) -> str:
    """A line of the table; ``base`` is the first way, ``expected`` the answers of "one page"."""
    pages, wall = len(result["answers"]), result["wall"]
    times = sorted(result["seconds"])
    middle = f"{statistics.median(times):.2f}" if times else ""
    slow = f"{times[int(0.95 * (pages - 1))]:.2f}" if times else ""
    same = sum(a == b for a, b in zip(result["answers"], expected, strict=True)) if expected else 0
    return (
        f"| {way} | {middle} | {slow} | {60 * pages / wall:.1f} | {base['wall'] / wall:.2f} x "
        f"| {result['tokens'] / wall:.0f} | {result['bytes'] / 1e6:.0f} MB | {same} of {pages} |"
    )


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--model", default="bundled", help="adapter for the embedded model")
    add("--export", type=Path, help="its merged GGUF, for the way 'whole'")
    add(
        "--data", type=Path, default=PAGES, help="JSON lines or a folder of pages, as 07 reads them"
    )
    add("--pages", type=int, default=20)
    add("--characters", type=int, default=12_000, help="longest page in characters")
    add("--max-new-tokens", type=int, default=1024)
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    return parser.parse_args()


def main() -> int:
    """Run all ways one after the other, then the server."""
    args = parse_args()
    if not args.data.exists():
        print(f"error: no pages at {args.data}: name a file with --data", file=sys.stderr)
        return 1
    results = {}
    for way in args.ways:
        result = in_new_process(answer, way, args)
        if "failed" in result:
            print(f"error: {way}: {result['failed']}", file=sys.stderr)
            return 1
        results[way] = result
    base = next(iter(results.values()))
    expected = results.get("one page", base)["answers"]
    print("| way | s per page, median | p95 | pages/min | speed | tokens/s | memory | same |")
    print("|---|---|---|---|---|---|---|---|")
    for way, result in results.items():
        print(row(way, result, base, expected))
    served = serve(args) if any(args.data.glob("*.html")) else 0
    return served


if __name__ == "__main__":
    sys.exit(main())
