"""What stage 4 is asked for, and what it tells afterwards."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.near_duplicates import DEFAULT_SIMILARITY
from recipe_pipeline.dataset.token_counts import LengthSummary
from recipe_pipeline.grounding.record import DEFAULT_MIN_SUPPORT
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT
from recipe_pipeline.schema.key_order import ORDERS
from recipe_pipeline.schema.step_sections import FORMS


@dataclass(frozen=True)
class DatasetSettings:
    """What 04 was asked for. Raises PipelineError for values out of range.

    ``split``: share of the examples for training, above 0 and below 1, or None for one file.
    ``limit``: at most so many examples, in file name order; None or 0 for all. ``max_seq_length``:
    tokens, only reported against. ``tokenizer``: folder or file of a tokenizer.json, or None to
    estimate. ``include_empty``: keep posts whose label is ``{}``. ``reasoning``: "keep" or "strip".
    ``sections``: one of `recipe_pipeline.schema.step_sections.FORMS`; ``key_order``: one of
    `recipe_pipeline.schema.key_order.ORDERS`.
    ``workers``: processes, 0 for as many as there are CPU cores. ``min_support``: labels whose
    grounding (`recipe_pipeline.grounding.check`) is below this share, 0 to 1, are left out; 0 leaves the
    check out. ``near_duplicates``: posts at least this similar, 0 to 1, stay on one side of a
    split; 0 leaves the search out.
    """

    blog_dir: Path = Path("generated_recipes_blog")
    llm_dir: Path = Path("llm_output_reasoning")
    output: Path = Path("finetuning_dataset.jsonl")
    system_prompt: str = EXTRACTION_SYSTEM_PROMPT
    split: float | None = None
    limit: int | None = None
    seed: int = 42
    max_seq_length: int = 8192
    tokenizer: Path | None = None
    include_empty: bool = False
    reasoning: str = "keep"
    sections: str = "nested"
    key_order: str = "name-first"
    workers: int = 0
    min_support: float = DEFAULT_MIN_SUPPORT
    near_duplicates: float = DEFAULT_SIMILARITY

    @property
    def keeps_near_together(self) -> bool:
        """Whether near-duplicates are looked for: only a split has sides to keep them from."""
        return self.split is not None and self.near_duplicates > 0

    def __post_init__(self) -> None:
        if self.split is not None and not (math.isfinite(self.split) and 0 < self.split < 1):
            raise PipelineError(
                f"--split {self.split:g} is not between 0 and 1: give the share for training, "
                "e.g. 0.8, or leave it away for a single file"
            )
        if self.limit is not None and self.limit < 0:
            raise PipelineError(f"--limit {self.limit} is negative: give 0 for all examples")
        if self.max_seq_length < 1:
            raise PipelineError(f"--max-seq-length {self.max_seq_length} is not at least 1 token")
        if self.reasoning not in ("keep", "strip"):
            raise PipelineError(f"--reasoning {self.reasoning} is unknown: use keep or strip")
        if self.sections not in FORMS:
            raise PipelineError(f"--sections {self.sections} is unknown: use {', '.join(FORMS)}")
        if self.key_order not in ORDERS:
            raise PipelineError(f"--key-order {self.key_order} is unknown: use {', '.join(ORDERS)}")
        for flag, share in (
            ("--min-support", self.min_support),
            ("--near-duplicates", self.near_duplicates),
        ):
            if not 0 <= share <= 1:
                raise PipelineError(f"{flag} {share:g} is not between 0 and 1")
        if not self.system_prompt.strip():
            raise PipelineError("--system-prompt is empty: give a text or leave the flag away")


@dataclass
class DatasetReport:
    """What was built: counts, skips by reason slug, mixes, lengths, and the files written."""

    examples: int = 0
    train: int = 0
    test: int = 0
    recipes: int = 0
    models: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    labels_without_post: int = 0
    near_duplicates: int = 0
    reasoning_problems: Counter[str] = field(default_factory=Counter)
    styles: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    lengths: LengthSummary | None = None
    lengths_with_reasoning: LengthSummary | None = None
    lengths_how: str = ""
    files: list[Path] = field(default_factory=list)
    dropped_file: Path | None = None
    card: Path | None = None


def format_report(report: DatasetReport) -> str:
    """The closing summary of 04, as plain lines."""
    split = f" (train {report.train:,}, test {report.test:,})" if report.test else ""
    lines = [f"examples   {report.examples:,}{split} of {report.recipes:,} different recipes"]
    if report.skipped:
        total = sum(report.skipped.values())
        lines.append(f"skipped    {total:,}: {_mix(report.skipped)} (see {report.dropped_file})")
    if report.labels_without_post:
        lines.append(f"           {report.labels_without_post:,} labels have no post")
    if report.skipped.get("no-recipe"):
        lines.append("           posts labelled {} are left out; --include-empty keeps them")
    if report.skipped.get("unsupported"):
        lines.append(
            "           unsupported: the label says what its post does not, or lacks what it says"
        )
    if report.skipped.get("outdated-label"):
        lines.append(
            "           outdated-label: the post has changed since; 03_generate_recipe_json.py renews it"
            " (if it does not, delete the label first)"
        )
    if report.near_duplicates:
        lines.append(
            f"           {report.near_duplicates:,} posts are near-duplicates of another one"
        )
    lines.append(f"styles     {_mix(report.styles, share=True)}")
    if set(report.kinds) - {"complete"}:
        lines.append(f"kinds      {_mix(report.kinds, share=True)}")
    if report.reasoning_problems:
        lines.append(f"reasoning  {_mix(report.reasoning_problems)}")
    lines += _length_lines(report)
    lines += [f"wrote      {file}" for file in (*report.files, report.card) if file]
    return "\n".join(lines)


def _mix(counts: Counter[str], share: bool = False) -> str:
    total = sum(counts.values()) or 1
    if share:
        return ", ".join(f"{name} {count / total:.1%}" for name, count in counts.most_common())
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def _length_lines(report: DatasetReport) -> list[str]:
    bare, full = report.lengths, report.lengths_with_reasoning
    if bare is None or full is None:
        return []
    lines = [f"tokens     {_quantiles(bare)} (as 05 trains: without think traces)"]
    if full != bare:
        lines.append(f"           {_quantiles(full)} (with think traces)")
    lines.append(f"           {report.lengths_how}")
    return lines


def _quantiles(summary: LengthSummary) -> str:
    return (
        f"median {summary.median:,}, 90 % up to {summary.p90:,}, longest {summary.longest:,}; "
        f"{summary.over_share:.1%} exceed {summary.limit:,}"
    )
