"""``04 --report``: what is in a dataset, as one HTML page."""

from __future__ import annotations

import heapq
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.html import write_page
from recipe_pipeline.common.seeding import unit_interval
from recipe_pipeline.dataset.chat import (
    THINK_END,
    THINK_START,
    post_of,
    read_examples,
    split_reasoning,
)
from recipe_pipeline.dataset.files import meta_name
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import DatasetSummary
from recipe_pipeline.schema.cards import Card, recipe_cards
from recipe_pipeline.schema.recipe import recipes_in
from recipe_pipeline.schema.terms import CORE_PROPERTIES

MOST_ROWS = 20
"""Reasons and further fields shown."""
SHOWN = 10
"""Random examples that can be read in full."""

_Row = tuple[dict[str, Any], dict[str, Any]]
"""An example and its metadata."""


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
    """What one pass over a dataset finds. ``tokens`` as 05 trains (without think traces)."""

    examples: dict[str, int] = field(default_factory=dict)
    fields: Counter[str] = field(default_factory=Counter)
    recipes: int = 0
    tokens: list[int] = field(default_factory=list)
    shown: list[ExampleView] = field(default_factory=list)


def write_report(summary: DatasetSummary, settings: DatasetSettings) -> Path:
    """Report on what 04 has just built; returns the path, ``<output stem>.report.html``."""
    path = settings.output.with_name(f"{settings.output.stem}.report.html")
    facts = gather_facts(summary.data_files)
    limit = settings.max_seq_length
    context = {
        "title": "Finetuning dataset",
        "summary": summary,
        "facts": facts,
        "over": sum(tokens > limit for tokens in facts.tokens),
        "max_seq_length": limit,
        "dropped": summary.skipped.most_common(MOST_ROWS),
        "dropped_total": sum(summary.skipped.values()),
        "fields": _field_rows(facts),
        "lengths": _length_rows(facts.tokens, limit),
    }
    write_page(path, "dataset.html.j2", context)
    return path


def gather_facts(datasets: Sequence[Path], seed: int = 0, shown: int = SHOWN) -> DatasetFacts:
    """Count everything in one pass, and draw ``shown`` random examples, fixed by ``seed``."""
    facts = DatasetFacts(examples={dataset.name: 0 for dataset in datasets})

    def counted() -> Iterator[tuple[int, _Row]]:
        for dataset in datasets:
            for example, meta in _with_meta(dataset):
                facts.examples[dataset.name] += 1
                _count(facts, example, meta)
                yield sum(facts.examples.values()), (example, meta)

    drawn = heapq.nsmallest(shown, counted(), lambda row: unit_interval("report", seed, row[0]))
    facts.shown = [_view(*row) for _, row in sorted(drawn, key=lambda numbered: numbered[0])]
    return facts


def _with_meta(dataset: Path) -> Iterator[_Row]:
    with meta_name(dataset).open(encoding="utf-8") as file:
        for example, line in zip(read_examples(dataset), file, strict=True):
            yield example, json.loads(line)


def _count(facts: DatasetFacts, example: dict[str, Any], meta: dict[str, Any]) -> None:
    facts.tokens.append(meta["tokens"])
    _, answer = split_reasoning(example["messages"][-1]["content"])
    for recipe in recipes_in(json.loads(answer)):
        facts.recipes += 1
        facts.fields.update(key for key in recipe if not key.startswith("@"))


def _field_rows(facts: DatasetFacts) -> list[tuple[str, int]]:
    """The usual fields in their order, then the most frequent others."""
    others = [(key, n) for key, n in facts.fields.most_common() if key not in CORE_PROPERTIES]
    return [(key, facts.fields[key]) for key in CORE_PROPERTIES] + others[:MOST_ROWS]


def _length_rows(tokens: Sequence[int], limit: int) -> list[tuple[str, int]]:
    """How many examples have up to a 16th of ``limit``, an 8th, a quarter, half, all of it, more."""
    ends = [limit // part for part in (16, 8, 4, 2, 1)]
    counts = Counter(bisect_left(ends, length) for length in tokens)
    names = [*(f"up to {end:,}" for end in ends), f"more than {limit:,}"]
    return [(name, counts[number]) for number, name in enumerate(names)]


def _view(example: dict[str, Any], meta: dict[str, Any]) -> ExampleView:
    thoughts, answer = split_reasoning(example["messages"][-1]["content"])
    return ExampleView(
        id=str(meta["id"]),
        tags=tuple((key, str(meta[key])) for key in ("style", "kind", "tokens") if key in meta),
        post=post_of(example["messages"]),
        reasoning=thoughts.strip().removeprefix(THINK_START).removesuffix(THINK_END).strip(),
        cards=recipe_cards(json.loads(answer)),
        answer=answer,
    )
