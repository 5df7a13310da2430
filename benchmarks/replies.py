"""CPU time that 03 spends on one reply: parsing, validation, the check against the post.

    python -m benchmarks.replies

Labels of the offline teacher's posts in the forms that models reply with: plain JSON, after a
think block, in a code fence with chatter around it, indented, slightly broken (repaired by ``json-repair``).
Median and 99th percentile in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.grounding import Case, clean_cases
from benchmarks.harness import ROOT
from recipe_pipeline.grounding.record import measure_support
from recipe_pipeline.llm.replies import parse_recipe_reply

REASONING = "The post names the dish first. I copy the ingredients as they stand, then the steps. "
FORMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "plain JSON": json.dumps,
    "after a think block": lambda label: f"<think>\n{REASONING * 8}\n</think>\n\n{_json(label)}",
    "in a fence with chatter": lambda label: f"Here it is:\n```json\n{_json(label)}\n```\nEnjoy!",
    "indented": lambda label: json.dumps(label, indent=2, ensure_ascii=False),
    "broken: trailing comma": lambda label: _json(label)[:-1] + ",}",
}


def _json(label: dict[str, Any]) -> str:
    return json.dumps(label, ensure_ascii=False)


def milliseconds(calls: Iterator[Callable[[], object]]) -> str:
    """Median and 99th percentile of the CPU time of the calls, as table cells."""
    spent = []
    for call in calls:
        started = time.process_time_ns()
        call()
        spent.append((time.process_time_ns() - started) / 1e6)
    return f"{statistics.median(spent):.2f} | {statistics.quantiles(spent, n=100)[98]:.2f}"


def parsing(cases: list[Case], form: Callable[[dict[str, Any]], str]) -> Iterator[Callable]:
    """A call for each reply in this form."""
    for case in cases:
        reply = form(case.label)
        yield lambda reply=reply: parse_recipe_reply(reply)


def checking(cases: list[Case]) -> Iterator[Callable]:
    """A call for the check of each label."""
    for case in cases:
        yield lambda case=case: measure_support(case.label, case.post, case.source, 0.6)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--csv", type=Path, default=ROOT / "sample_data" / "recipes.csv")
    parser.add_argument("--replies", type=int, default=500)
    args = parser.parse_args()
    cases = list(clean_cases(args.csv, args.replies, seed=0))
    parse_recipe_reply(FORMS["broken: trailing comma"](cases[0].label))  # imports
    size = statistics.median(len(_json(case.label)) for case in cases)
    print(f"{len(cases)} replies, median {size:.0f} characters of JSON")
    print("| | median ms | 99th percentile ms |\n|---|---|---|")
    for name, form in FORMS.items():
        print(f"| parse and validate, {name} | {milliseconds(parsing(cases, form))} |")
    print(f"| check against the post (03 --verify) | {milliseconds(checking(cases))} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
