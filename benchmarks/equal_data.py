"""Training sets of equal count and tokens: a language model's examples, others like them, and both.

    python -m benchmarks.equal_data --llm llm_dataset.jsonl --template dataset.jsonl --output equal_data

Both are datasets of 04 with the .meta.jsonl beside them. Every example of --llm gets the example of
--template that comes closest to it in tokens, each at most once; ``mixed`` has every second pair's LLM
example and the other pairs' template example. Writes llm.jsonl, template.jsonl and mixed.jsonl, in the
same order of pairs, and prints count and tokens of each. Train on them with 05 and the same flags.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import NamedTuple

from recipe_pipeline.common.storage import write_atomic


class Example(NamedTuple):
    """A line of a dataset and its length in tokens, as 04 counts them."""

    tokens: int
    line: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--llm", type=Path, required=True, help="dataset of an LLM's examples")
    parser.add_argument("--template", type=Path, required=True, help="larger dataset to draw from")
    parser.add_argument("--output", type=Path, default=Path("equal_data"), help="folder")
    parser.add_argument("--longest", type=int, default=2450, help="leave out longer examples")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = Random(args.seed)
    llm, pool = (
        [example for example in read_examples(path) if example.tokens <= args.longest]
        for path in (args.llm, args.template)
    )
    rng.shuffle(llm)
    matches = closest(llm, pool)
    sets = {
        "llm": llm,
        "template": matches,
        "mixed": [pair[place % 2] for place, pair in enumerate(zip(llm, matches, strict=True))],
    }
    for name, examples in sets.items():
        write_atomic(args.output / f"{name}.jsonl", "".join(example.line for example in examples))
        print(f"{name}: {len(examples)} examples, {sum(each.tokens for each in examples):,} tokens")


def closest(wanted: list[Example], pool: list[Example]) -> list[Example]:
    """For each of ``wanted`` another example of ``pool`` of about its length; the longest, which have
    the fewest like them, choose first. Raises ValueError if the pool is smaller."""
    left = list(pool)
    found = {}
    for index in sorted(range(len(wanted)), key=lambda each: -wanted[each].tokens):
        best = min(left, key=lambda each: abs(each.tokens - wanted[index].tokens))
        left.remove(best)
        found[index] = best
    return [found[index] for index in range(len(wanted))]


def read_examples(dataset: Path) -> list[Example]:
    """The examples of a dataset of 04."""
    records = dataset.with_suffix(".meta.jsonl")
    with open(dataset, encoding="utf-8") as lines, open(records, encoding="utf-8") as metas:
        return [
            Example(json.loads(meta)["tokens"], line)
            for line, meta in zip(lines, metas, strict=True)
        ]


if __name__ == "__main__":
    main()
