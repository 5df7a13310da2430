"""Stage 4: posts and labels -> the chat dataset that 05 and 06 train on.

Reads two folders, writes JSON lines. Beyond some 80 bytes of keys and lengths per example, memory
does not grow with the dataset.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.name_lists import NameSet
from recipe_pipeline.common.stage_folder import (
    POST_SUFFIX,
    RECIPE_SUFFIX,
    iter_stage_files,
    list_stage,
)
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.dataset.card import card_name, write_card_text
from recipe_pipeline.dataset.chat import build_example, read_examples, strip_reasoning
from recipe_pipeline.dataset.files import Spill, meta_name, split_names
from recipe_pipeline.dataset.near_duplicates import near_pairs
from recipe_pipeline.dataset.records import Record, Traits, iter_records
from recipe_pipeline.dataset.settings import DatasetReport, DatasetSettings, format_report
from recipe_pipeline.dataset.split import TEST, IdentityIndex
from recipe_pipeline.dataset.token_counts import TokenCounter, summarise

__all__ = [
    "DatasetReport",
    "DatasetSettings",
    "build_dataset",
    "build_example",
    "format_report",
    "read_examples",
    "strip_reasoning",
]

DROPPED_NAME = "dropped.jsonl"


def build_dataset(settings: DatasetSettings, show_progress: bool = True) -> DatasetReport:
    """Build the dataset files of ``settings`` and tell what went into them.

    All data files appear complete or none does, then the dataset card; posts that give no example are listed with their reason
    in ``dropped.jsonl`` beside the output.

    Raises:
        PipelineError: a folder is missing, nothing usable is in them, the disk is full.
    """
    stems = list_stage(settings.blog_dir, POST_SUFFIX)
    if not stems:
        raise PipelineError(f"no .txt posts in {settings.blog_dir}: run 02_generate_blogs.py first")
    how = TokenCounter(settings.tokenizer).how
    orphans = _count_orphans(settings, NameSet(stems))
    try:
        with Spill(settings.output) as spill:
            builder = _Builder(settings, spill)
            total = min(len(stems), settings.limit or len(stems))
            for record in _with_progress(iter_records(settings, stems), total, show_progress):
                builder.add(record)
                if settings.limit and len(builder.identities) >= settings.limit:
                    break
            report = builder.publish(orphans)
        report.lengths_how = how
        report.card = card_name(settings.output)
        write_atomic(report.card, write_card_text(report, settings, report.models))
    except OSError as error:
        place = error.filename or settings.output
        raise PipelineError(f"could not build the dataset: {place}: {error.strerror}") from error
    return report


class _Builder:
    """Collects records: their lines go to the spill, only keys and lengths stay in memory."""

    def __init__(self, settings: DatasetSettings, spill: Spill) -> None:
        self.settings = settings
        self.spill = spill
        self.identities = IdentityIndex()
        self.report = DatasetReport()
        self._lengths = (array("I"), array("I"))
        self._traits: Counter[Traits] = Counter()

    def add(self, record: Record) -> None:
        if record.reason:
            self.report.skipped[record.reason] += 1
            row = {"id": record.stem, "reason": record.reason, "details": record.details}
            self.spill.drop(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
            return
        self.spill.add(record.order, record.line, record.meta, record.signature)
        self.identities.add(record.order, record.identities)
        for lengths, tokens in zip(self._lengths, record.tokens, strict=True):
            lengths.append(tokens)
        self._traits[record.traits] += 1

    def _count_traits(self) -> None:
        """Examples differ in few traits, so these are counted together and taken apart once."""
        for traits, count in self._traits.items():
            self.report.styles[traits.style or "unknown"] += count
            self.report.kinds[traits.kind] += count
            if traits.blog_model:
                self.report.models[f"{traits.blog_model}, blog"] += count
            if traits.label_model:
                self.report.models[f"{traits.label_model}, label"] += count
            if traits.reasoning_problem:
                self.report.reasoning_problems[traits.reasoning_problem] += count

    def publish(self, orphans: int) -> DatasetReport:
        """Write all files and finish the report. Raises PipelineError when there is no example."""
        settings, report = self.settings, self.report
        self._count_traits()
        dropped = settings.output.with_name(DROPPED_NAME)
        report.dropped_file = dropped if self.spill.publish_dropped(dropped) else None
        report.labels_without_post = orphans
        report.examples = len(self.identities)
        if not report.examples:
            raise PipelineError(_nothing_usable(report, settings))
        near: list[tuple[int, int]] = []
        if settings.keeps_near_together:
            near = list(near_pairs(self.spill.signatures(), settings.near_duplicates))
        report.near_duplicates = len({max(pair) for pair in near})
        groups = self.identities.groups(near)
        report.recipes = sum(group == member for member, group in enumerate(groups))
        sides = None
        targets = [settings.output]
        if settings.split is not None:
            sides = self.identities.assign(settings.split, settings.seed, groups)
            report.test = sides.count(TEST)
            targets = list(split_names(settings.output))
        report.train = report.examples - report.test
        self.spill.publish(targets, sides)
        report.files = [file for target in targets for file in (target, meta_name(target))]
        limit = settings.max_seq_length
        report.lengths, report.lengths_with_reasoning = (
            summarise(lengths, limit) for lengths in self._lengths
        )
        return report


def _with_progress(records: Iterable[Record], total: int, show: bool) -> Iterator[Record]:
    from tqdm import tqdm

    # mininterval keeps a log file readable when the output is no terminal.
    yield from tqdm(
        records, total=total, desc="examples", unit="post", disable=not show, mininterval=0.5
    )


def _count_orphans(settings: DatasetSettings, stems: NameSet) -> int:
    labels = iter_stage_files(settings.llm_dir, RECIPE_SUFFIX)
    return sum(stem not in stems for stem, _ in labels)


def _nothing_usable(report: DatasetReport, settings: DatasetSettings) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in report.skipped.most_common())
    return (
        f"no example could be built from {settings.blog_dir} and {settings.llm_dir} ({reasons}): "
        f"look into {report.dropped_file} and check the two folders"
    )
