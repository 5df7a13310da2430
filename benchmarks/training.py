"""Examples per second of four ways to finetune, on the same data and machine, in one run.

    python -m benchmarks.training          # make bench-train, 5 minutes on two quiet cores

* ours: script 05's training loop with its defaults for LoRA rank and batch size;
* before: the same loop without what speeds it up on a CPU;
* plain: transformers + TRL + PEFT as in their documentation, without Unsloth (on a CPU
  transformers + PEFT, since TRL's loss needs a GPU), a batch as four examples one after another:
  at once they need 20 GB and more;
* notebook: Unsloth with the settings of its public Gemma 3 270M notebook (rank 128, batch 4, its
  gradient checkpointing, loss on responses only).

Each way runs in a process of its own, on the same examples in the same number of optimiser steps,
for the lengths of quickstart's examples and of those for real pages (half as many of these). All are
judged by the loss on the same held-out examples (full vocabulary, answer tokens only). A way that
fails or is killed has its reason in the table.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.new_process import in_new_process
from benchmarks.training_ways import BATCH, LEAST_TOKENS, WAYS, dataset_in


def run_way(way: str, lengths: str, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run one way in a new process; returns its row of the table."""
    examples = args.examples
    if lengths == "real-pages":
        examples = max(examples // 2 // BATCH, 1) * BATCH
    more = {"work": folder, "dataset": dataset_in(folder, args.dataset), "examples": examples}
    own = argparse.Namespace(**{**vars(args), **more, "lengths": lengths})
    return {"way": way, **in_new_process(WAYS[way], own)}


def table(results: list[dict[str, Any]]) -> str:
    """The results as a Markdown table; ratios are relative to ours."""
    lines = ["| way | examples/s | ours is faster by | peak memory | held-out loss |"]
    lines.append("|---|---|---|---|---|")
    fastest = next((r for r in results if r["way"] == "ours" and "failed" not in r), None)
    for result in results:
        if "failed" in result:
            lines.append(f"| {result['way']} | failed ({result['failed']}) | | | |")
            continue
        speed = result["examples_per_second"]
        ratio = f"{fastest['examples_per_second'] / speed:.2f} x" if fastest else ""
        lines.append(
            f"| {result['way']} | {speed:.3f} | {ratio} | {result['peak_bytes'] / 1e9:.1f} GB "
            f"| {result['held_out_loss']:.4f} |"
        )
    return "\n".join(lines)


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--dataset", type=Path, help="of 04 (default: quickstart's, else the bundled recipes)")
    add("--examples", type=int, default=16, help=f"training examples, a multiple of {BATCH}")
    add("--model-name", default="embedded")
    add("--rank", type=int, default=128)
    add("--rate", type=float, default=2e-4, help="learning rate of every way")
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    add("--lengths", nargs="+", choices=LEAST_TOKENS, default=list(LEAST_TOKENS))
    return parser.parse_args()


def main() -> int:
    """Run all ways one after the other."""
    args = parse_args()
    if args.dataset and not args.dataset.is_file():
        print(f"error: no dataset at {args.dataset}: make one with 04", file=sys.stderr)
        return 1
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for lengths in args.lengths:
            results = [run_way(way, lengths, args, Path(folder)) for way in args.ways]
            print(f"\n{lengths}:\n\n{table(results)}", flush=True)
            failed = failed or any("failed" in result for result in results)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
