"""Mean and spread of 07's metrics over several runs, for example of one training with three seeds.

    python -m benchmarks.seeds a/summary.json b/summary.json c/summary.json

Prints a Markdown table for each model that all files have: a row per metric with its mean, its least
and greatest value, and the value of each run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.metrics import METRICS

Run = dict[str, dict[str, Any]]  # model -> its entry in summary.json


def read_run(path: Path) -> Run:
    """The models of a summary.json of 07. Raises PipelineError if it is none."""
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return {entry["model"]: entry for entry in models}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PipelineError(f"{path} is not a summary.json of 07_evaluate.py") from error


def table(model: str, runs: Sequence[Run]) -> str:
    """The metrics that ``model`` has in any of ``runs``; "-" where it applied to no document."""
    entries = [run[model] for run in runs]
    documents = ", ".join(f"{entry['documents']:,}" for entry in entries)
    lines = [f"{model}, {len(runs)} runs ({documents} documents):", ""]
    lines += ["| metric | mean | min to max | runs |", "|---|---|---|---|"]
    for key, metric in METRICS.items():
        found = [entry["metrics"].get(key, {}).get("value") for entry in entries]
        values = [value for value in found if value is not None]
        if values:
            title = metric.title + (" (lower is better)" if metric.better == "lower" else "")
            each = ", ".join("-" if value is None else f"{value:.3f}" for value in found)
            spread = f"{min(values):.3f} to {max(values):.3f}"
            lines.append(f"| {title} | {statistics.fmean(values):.3f} | {spread} | {each} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; returns the exit code. Raises PipelineError if no model is in all files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("summaries", nargs="+", type=Path, help="summary.json files of 07")
    runs = [read_run(path) for path in parser.parse_args(argv).summaries]
    models = [model for model in runs[0] if all(model in run for run in runs)]
    if not models:
        raise PipelineError(
            "no model is in all of these files: give them one --model NAME=... in 07"
        )
    print("\n\n".join(table(model, runs) for model in models))
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
