"""``04 --report``: what is in a dataset, as one HTML page."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from recipe_pipeline.common.html import write_page
from recipe_pipeline.common.plots import histogram
from recipe_pipeline.common.seeding import unit_interval
from recipe_pipeline.dataset.chat import THINK_END, THINK_START, read_examples, strip_reasoning
from recipe_pipeline.dataset.files import meta_name
from recipe_pipeline.dataset.settings import DatasetReport
from recipe_pipeline.models.prompts import USER_TEMPLATE
from recipe_pipeline.schema.cards import Card, recipe_cards

FIELDS = (
    "name",
    "description",
    "recipeIngredient",
    "recipeInstructions",
    "prepTime",
    "cookTime",
    "totalTime",
    "recipeYield",
    "recipeCategory",
    "recipeCuisine",
    "keywords",
)
MOST_ROWS = 20
"""Drops and further fields shown; the rest is summed up."""


@dataclass(frozen=True)
class ExampleView:
    """One example to look at."""

    id: str
    tags: tuple[tuple[str, str], ...]
    post: str
    reasoning: str
    cards: tuple[Card, ...]
    answer: str


@dataclass
class DatasetFacts:
    """What one pass over a dataset counts. ``tokens`` as 05 trains (without think traces)."""

    examples: dict[str, int] = field(default_factory=dict)
    styles: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    recipes: int = 0
    tokens: list[int] = field(default_factory=list)
    shown: list[ExampleView] = field(default_factory=list)


def report_on(built: DatasetReport, output: Path, max_seq_length: int) -> Path:
    """Report on what 04 has just built; returns the path, ``<output stem>.report.html``."""
    path = output.with_name(f"{output.stem}.report.html")
    datasets = [file for file in built.files if not file.name.endswith(".meta.jsonl")]
    write_dataset_report(datasets, path, max_seq_length=max_seq_length, drops=built.skipped)
    return path


def write_dataset_report(
    datasets: Sequence[Path],
    path: Path,
    *,
    max_seq_length: int,
    drops: Mapping[str, int] | None = None,
    seed: int = 0,
    shown: int = 10,
) -> None:
    """Report on the dataset files (all sides of a split) to ``path``, one HTML file.

    Style, kind and token length come from each file's ``.meta.jsonl``; ``drops`` counts the posts
    that gave no example by reason. ``shown`` random examples, fixed by ``seed``, can be read in
    full. One pass; memory holds one number per example.

    Raises:
        PipelineError: a dataset file is not in the format, or a library is missing.
    """
    facts = gather_facts(datasets, seed, shown)
    total = sum(facts.examples.values())
    dropped = Counter(drops or {})
    over = sum(tokens > max_seq_length for tokens in facts.tokens)
    context = {
        "title": "Finetuning dataset",
        "facts": facts,
        "total": total,
        "over": over,
        "max_seq_length": max_seq_length,
        "dropped": dropped.most_common(MOST_ROWS),
        "dropped_total": sum(dropped.values()),
        "fields": _field_rows(facts),
        "lengths": histogram("Length in training", facts.tokens, "tokens", max_seq_length),
    }
    write_page(path, "dataset.html.j2", context)


def gather_facts(datasets: Sequence[Path], seed: int, shown: int) -> DatasetFacts:
    """Count everything in one pass, and draw ``shown`` examples by a hash of their place."""
    facts = DatasetFacts()
    drawn: list[tuple[float, int, tuple[dict[str, Any], dict[str, Any]]]] = []
    number = 0
    for dataset in datasets:
        facts.examples[dataset.name] = 0
        for example, meta in _with_meta(dataset):
            number += 1
            facts.examples[dataset.name] += 1
            _count(facts, example, meta)
            # The largest of the negated numbers, so that the heap drops the right one.
            entry = (-unit_interval("report", seed, number), number, (example, meta))
            if len(drawn) < shown:
                heapq.heappush(drawn, entry)
            elif shown:
                heapq.heappushpop(drawn, entry)
    facts.shown = [_view(*pair) for _, _, pair in sorted(drawn, key=lambda entry: entry[1])]
    return facts


def _with_meta(dataset: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    file = meta_name(dataset)
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for example, line in zip_longest(read_examples(dataset), lines):
        if example is None:
            return
        try:
            meta = json.loads(line) if line else {}
        except ValueError:
            meta = {}
        yield example, meta if isinstance(meta, dict) else {}


def _recipe_of(example: dict[str, Any]) -> Any:
    try:
        return json.loads(strip_reasoning(example["messages"][-1]["content"]))
    except (ValueError, RecursionError):
        return None


def _count(facts: DatasetFacts, example: dict[str, Any], meta: dict[str, Any]) -> None:
    facts.styles[str(meta.get("style") or "unknown")] += 1
    facts.kinds[str(meta.get("kind") or "unknown")] += 1
    if isinstance(meta.get("tokens"), int):
        facts.tokens.append(meta["tokens"])
    data = _recipe_of(example)
    if not isinstance(data, dict) or not data:
        return
    for node in data["@graph"] if isinstance(data.get("@graph"), list) else [data]:
        if isinstance(node, dict):
            facts.recipes += 1
            facts.fields.update(key for key in node if not key.startswith("@"))


def _field_rows(facts: DatasetFacts) -> list[tuple[str, int]]:
    """The usual fields in their order, then the most frequent others."""
    others = [(key, n) for key, n in facts.fields.most_common() if key not in FIELDS]
    return [(key, facts.fields[key]) for key in FIELDS] + others[:MOST_ROWS]


def _view(example: dict[str, Any], meta: dict[str, Any]) -> ExampleView:
    messages = example["messages"]
    content = messages[-1]["content"]
    answer = strip_reasoning(content)
    thoughts = content[: len(content) - len(answer)].strip()
    user = next(m["content"] for m in messages if m["role"] == "user")
    tags = tuple((key, str(meta[key])) for key in ("style", "kind", "tokens") if key in meta)
    return ExampleView(
        id=str(meta.get("id", "")),
        tags=tags,
        post=user.removeprefix(USER_TEMPLATE.format(post="")),
        reasoning=thoughts.removeprefix(THINK_START).removesuffix(THINK_END).strip(),
        cards=recipe_cards(_recipe_of(example)),
        answer=answer,
    )
