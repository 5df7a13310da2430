"""Stage 4: posts and labels -> the chat dataset that 05 and 06 train on.

Reads two folders, writes JSON lines. The examples themselves are not held in memory, only their keys
and lengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import Progress, RunReport
from recipe_pipeline.common.stage_folder import (
    POST_SUFFIX,
    RECIPE_SUFFIX,
    iter_stage_files,
    list_stage,
)
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.dataset.card import card_name, card_text
from recipe_pipeline.dataset.files import ShuffledExamples, split_names, work_folder
from recipe_pipeline.dataset.pairs import Skipped
from recipe_pipeline.dataset.records import make_record, to_json
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.split import TEST, TRAIN, RecipeGroups, assign_sides
from recipe_pipeline.dataset.summary import DatasetSummary
from recipe_pipeline.dataset.token_counts import described

DROPPED_NAME = "dropped.jsonl"


def build_dataset(settings: DatasetSettings) -> DatasetSummary:
    """Build the dataset files of ``settings``; the summary says what is in them.

    All data files appear complete or none does, then the dataset card. Posts that give no example
    are listed with the reason in ``dropped.jsonl`` beside the output.

    Raises:
        PipelineError: a folder is missing, nothing usable is in them, the disk is full.
    """
    if settings.output.is_dir():
        raise PipelineError(
            f"--output {settings.output} is a folder: name a file, such as "
            f"{settings.output / 'finetuning_dataset.jsonl'}"
        )
    stems = list_stage(settings.blog_dir, POST_SUFFIX)
    if not stems:
        raise PipelineError(f"no .txt posts in {settings.blog_dir}: run 02_generate_blogs.py first")
    summary = DatasetSummary()
    summary.labels_without_post = _count_orphans(settings.llm_dir, set(stems))
    try:
        with (
            work_folder(settings.output) as folder,
            closing(ShuffledExamples(folder)) as examples,
        ):
            builder = _Builder(settings, examples, summary)
            total = min(len(stems), settings.limit or len(stems))
            for stem in _with_progress(stems, total):
                builder.add(stem)
                if settings.limit and summary.examples >= settings.limit:
                    break
            builder.publish()
        summary.card = card_name(settings.output)
        write_atomic(summary.card, card_text(summary, settings))
    except OSError as error:
        where = error.filename or settings.output
        raise PipelineError(
            f"could not build the dataset: {where}: {error.strerror}; check --output and the free space"
        ) from error
    return summary


class _Builder:
    """Collects examples and counts them in ``summary``."""

    def __init__(
        self, settings: DatasetSettings, examples: ShuffledExamples, summary: DatasetSummary
    ) -> None:
        self.settings = settings
        self.examples = examples
        self.summary = summary
        self.groups = RecipeGroups()
        self._lengths: list[int] = []
        self._lengths_with_reasoning: list[int] = []
        self._dropped: list[str] = []

    def add(self, stem: str) -> None:
        try:
            record = make_record(self.settings, stem)
        except Skipped as skipped:
            self.summary.skipped[skipped.reason] += 1
            row = {"id": stem, "reason": skipped.reason, "details": skipped.details}
            self._dropped.append(to_json(row) + "\n")
            return
        meta = to_json(record.meta).encode("utf-8", "replace")
        self.examples.add(record.order, record.line, meta)
        self.groups.add(record.identities)
        self._lengths.append(record.meta["tokens"])
        self._lengths_with_reasoning.append(record.meta["tokens_with_reasoning"])
        self.summary.examples += 1
        self.summary.count(record.meta)

    def publish(self) -> None:
        """Write all files and finish the summary. Raises PipelineError if there is no example."""
        settings, summary = self.settings, self.summary
        self._write_dropped()
        if not summary.examples:
            raise PipelineError(_nothing_usable(summary, settings))
        groups = self.groups.first_members()
        summary.recipes = len(set(groups))
        if settings.split is None:
            sides, targets = bytearray(summary.examples), (settings.output,)
        else:
            sides = assign_sides(groups, self.examples.orders, settings.split, settings.seed)
            targets = split_names(settings.output)
        self.examples.publish(targets, sides)
        summary.data_files = list(targets)
        summary.train, summary.test = sides.count(TRAIN), sides.count(TEST)
        limit = settings.max_seq_length
        summary.lengths = described(self._lengths, limit)
        summary.lengths_with_reasoning = described(self._lengths_with_reasoning, limit)

    def _write_dropped(self) -> None:
        path = self.settings.output.with_name(DROPPED_NAME)
        if self._dropped:
            write_atomic(path, "".join(self._dropped))
            self.summary.dropped_file = path
        else:
            path.unlink(missing_ok=True)


def _with_progress(stems: Iterable[str], total: int) -> Iterator[str]:
    progress, report = Progress("posts", total), RunReport()
    progress.start()
    try:
        for stem in stems:
            yield stem
            progress.advance(report)
    finally:
        progress.close()


def _count_orphans(llm_dir: Path, stems: set[str]) -> int:
    return sum(stem not in stems for stem, _ in iter_stage_files(llm_dir, RECIPE_SUFFIX))


def _nothing_usable(summary: DatasetSummary, settings: DatasetSettings) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in summary.skipped.most_common())
    return (
        f"no example could be built from {settings.blog_dir} and {settings.llm_dir} ({reasons}): "
        f"see {summary.dropped_file} and check the two folders"
    )
