"""Speed of script 04 in examples per second, and its memory by dataset size.

    python -m benchmarks.dataset_build

Writes posts and labels as 02 and 03 do (with the result of each label's check against its post) and
runs script 04 on a tenth of them, on all of them, with ``--split``, which also searches for
near-duplicates, and without the results, so that 04 has to run the check. The posts are a few hundred
from the offline teacher, each repeated many times with another name and story. MB is that of the
largest process, CPU the sum over all processes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.grounding import clean_cases
from benchmarks.harness import ROOT, can_measure, run
from recipe_pipeline.common.stage_folder import META_SUFFIX, POST_SUFFIX, RECIPE_SUFFIX, stage_path
from recipe_pipeline.common.storage import recipe_stem
from recipe_pipeline.grounding.record import LabelSupport, measure_support, record

SAMPLE = ROOT / "sample_data" / "recipes.csv"
SAMPLES = 200
LONGEST = 1800.0
REASONING = "The post names the dish first. I copy the ingredients as they stand, then the steps. "


@dataclass(frozen=True)
class Sample:
    """A post of the offline teacher with its label and the result of the check."""

    post: str
    label: dict[str, Any]
    source: dict[str, Any]
    judged: LabelSupport


def sample_posts(csv: Path) -> list[Sample]:
    """Posts that the check passes, each with one named recipe."""
    samples = []
    for case in clean_cases(csv, SAMPLES, seed=0):
        judged = measure_support(case.label, case.post, case.source, 0.6)
        if judged.support >= 0.6 and case.label.get("name"):
            samples.append(Sample(case.post, case.label, case.source, judged))
    return samples


def write_pairs(folder: Path, samples: list[Sample], recorded: bool, rows: range) -> None:
    """Post, sidecar and label of each row. ``recorded``: with the result of the check in 03."""
    words = sorted({word for one in samples for word in one.post.split() if word.isalpha()})
    for row in rows:
        one, rng = samples[row % len(samples)], random.Random(row)
        name = f"{one.label['name']} no. {row}"
        # As long as the post itself, so that the repeated posts are not near-duplicates.
        story = " ".join(rng.choices(words, k=len(one.post.split())))
        post = f"{one.post.replace(one.label['name'], name)}\n\n{story}.".strip()
        recipe = {**one.label, "name": name}
        meta: dict[str, Any] = {"model": "bench", "seed": row, "finish_reason": "stop"}
        if recorded:
            meta["grounding"] = record(one.judged, recipe, post)
        label = {"recipe": recipe, "reasoning": REASONING * 4, "meta": meta}
        source = {**one.source, "row": row, "name": name}
        sidecar = {"style": "fluffy_organized", "kind": "complete", "model": "bench"}
        stem = recipe_stem(row, name)
        for place, suffix, text in (
            ("posts", META_SUFFIX, json.dumps({**sidecar, "source": source})),
            ("posts", POST_SUFFIX, post + "\n"),
            ("labels", RECIPE_SUFFIX, json.dumps(label, ensure_ascii=False)),
        ):
            path = stage_path(folder / place, stem, suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def make_folder(folder: Path, samples: list[Sample], examples: int, recorded: bool = True) -> None:
    """Posts and labels of ``examples`` rows, written by all cores."""
    step = max(1, examples // 50)
    parts = [range(start, min(start + step, examples)) for start in range(0, examples, step)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(write_pairs, folder, samples, recorded), parts))


def measure(what: str, folder: Path, examples: int, *flags: str) -> None:
    """Run 04 over the folder and print a line of the table."""
    output = folder / "dataset.jsonl"
    command = [sys.executable, "04_generate_finetuning_dataset.py", "--blog-dir"]
    command += [str(folder / "posts"), "--llm-dir", str(folder / "labels")]
    outcome = run([*command, "--output", str(output), *flags], LONGEST)
    built = sum(_lines(file) for file in folder.glob("dataset*.jsonl") if ".meta" not in file.name)
    for file in folder.glob("dataset*"):
        file.unlink()
    cells = [what, f"{built:,} of {examples:,}", f"{built / outcome.wall:,.0f}"]
    cells += [f"{outcome.wall:.1f}", f"{outcome.cpu:.1f}", f"{outcome.memory_mb:.0f}"]
    print("| " + " | ".join(cells) + " |", flush=True)


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--csv", type=Path, default=SAMPLE, help="recipes to compose posts about")
    args = parser.parse_args()
    if not can_measure():
        return 1
    # In another process: on Linux, the memory of this one would count as that of its children.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        samples = pool.submit(sample_posts, args.csv).result()
    print("| 04 | examples | examples/s | process s | CPU s | MB |\n|" + "---|" * 6, flush=True)
    for examples in (args.examples // 10, args.examples):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            started = time.monotonic()
            make_folder(folder, samples, examples)
            if examples == args.examples:
                print(f"(folder made in {time.monotonic() - started:.0f} s)", file=sys.stderr)
            measure("default", folder, examples)
            if examples == args.examples:
                measure("--split 0.8", folder, examples, "--split", "0.8")
    with tempfile.TemporaryDirectory() as name:
        make_folder(Path(name), samples, args.examples // 10, recorded=False)
        measure("labels not checked by 03", Path(name), args.examples // 10)
    return 0


if __name__ == "__main__":
    sys.exit(main())
