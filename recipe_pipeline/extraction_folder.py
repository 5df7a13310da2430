"""Script 08 for a folder: many documents, one output file each, resumable.

Output folders are laid out like those of the other stages (see ``stage_folder``): finished files
are skipped by the next run, failures stand in ``failures.jsonl``, lines that the text does not bear
out in ``unsupported.jsonl``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from recipe_pipeline.errors import PipelineError
from recipe_pipeline.extraction import (
    NOTHING_FOUND,
    AnswerInvalid,
    Extraction,
    ExtractionSettings,
    Prepared,
    first_valid,
    prepare,
    require_support,
)
from recipe_pipeline.extraction_models import LocalModel, ServerModel, answers
from recipe_pipeline.fetching import FetchLimits
from recipe_pipeline.generation import StageSettings, WorkList, run_stage
from recipe_pipeline.llm_client import ChatRequest, Reply
from recipe_pipeline.progress import Progress, format_seconds
from recipe_pipeline.recipe_window import estimate_tokens
from recipe_pipeline.render import SUFFIXES, render
from recipe_pipeline.replies import ReplyError
from recipe_pipeline.request_runner import ItemError, RunnerSettings, RunReport
from recipe_pipeline.sources import SourceFile, list_folder, read_file
from recipe_pipeline.stage_folder import FAILURES_NAME, FailureLog, done_stems, locked, stage_path
from recipe_pipeline.storage import write_atomic

UNSUPPORTED_NAME = "unsupported.jsonl"


@dataclass
class FolderItem:
    """A document on its way: read and prepared when its turn comes, or the reason why not."""

    stem: str
    prepared: Prepared | None = None
    problem: str = ""


@dataclass
class FolderJob:
    """Where results go and what came of them."""

    output: Path
    settings: ExtractionSettings
    results: Counter[str] = field(default_factory=Counter)

    @property
    def suffix(self) -> str:
        """Suffix of the output files."""
        return SUFFIXES[self.settings.output_format]

    def items(
        self,
        files: list[SourceFile],
        done: Container[str],
        limits: FetchLimits,
        count_tokens: Callable[[str], int],
    ) -> Iterator[FolderItem | None]:
        """The documents in order, None for what needs no answer: done before, or a page with a
        recipe of its own, which is written here."""
        for file in files:
            if file.stem in done:
                yield None
                continue
            try:
                document = read_file(file.path, limits)
                item = FolderItem(file.stem, prepare(document, self.settings, count_tokens))
            except PipelineError as error:
                item = FolderItem(file.stem, problem=str(error))
            if item.prepared and item.prepared.recipe:
                self.write(item.stem, Extraction(item.prepared.recipe))
                self.results["taken from the page's JSON-LD"] += 1
                yield None
            else:
                yield item

    def accept(self, item: FolderItem, answers: Iterable[str]) -> None:
        """Write the first of ``answers`` that is a recipe. Raises PipelineError, OSError."""
        assert item.prepared is not None
        extraction = first_valid(answers, item.prepared.post)
        if extraction.unsupported:
            self._log_unsupported(item.stem, extraction)
        if self.settings.strict:
            require_support(extraction)
        self.write(item.stem, extraction)

    def write(self, stem: str, extraction: Extraction) -> None:
        """The output file of one document."""
        path = stage_path(self.output, stem, self.suffix)
        write_atomic(path, render(extraction.document, self.settings.output_format))
        self.results["no recipe" if extraction.exit_code else "recipes"] += 1

    def notes(self) -> list[str]:
        """Lines for the summary."""
        counts = [f"{name} {count:,}" for name, count in sorted(self.results.items())]
        lines = ["found: " + ", ".join(counts)] if counts else []
        if self.results["with unsupported lines"]:
            lines.append(f"lines that the text does not support: {self.output / UNSUPPORTED_NAME}")
        return lines

    def exit_code(self, code: int) -> int:
        """``code`` of the run, or 3 when it went well and nothing held a recipe."""
        empty_only = self.results["no recipe"] and not self.results["recipes"]
        return NOTHING_FOUND if code == 0 and empty_only else code

    def _log_unsupported(self, stem: str, extraction: Extraction) -> None:
        record = {"id": stem, "unsupported": extraction.unsupported, "left_out": extraction.omitted}
        with open(self.output / UNSUPPORTED_NAME, "a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self.results["with unsupported lines"] += 1


def check_output(folder: Path, output: Path | None, settings: ExtractionSettings) -> Path:
    """The output folder; raises PipelineError when there is none or inputs would be overwritten."""
    if output is None:
        raise PipelineError(f"{folder} is a folder: name one for the recipes with --output")
    if output.is_file():
        raise PipelineError(f"{output} is a file: name a folder with --output")
    if output.resolve() == folder.resolve() and settings.output_format != "jsonld":
        raise PipelineError(f"--output is the folder of the posts: name another one than {output}")
    return output


def extract_folder_from_server(
    folder: Path,
    job: FolderJob,
    model: ServerModel,
    runner: RunnerSettings,
    limits: FetchLimits,
    overwrite: bool = False,
) -> int:
    """Ask a server about every document, several at once; returns the exit code."""
    files = list_folder(folder)

    def list_work(done: Container[str]) -> WorkList:
        return WorkList(job.items(files, done, limits, estimate_tokens), len(files))

    place = StageSettings(job.output, job.suffix, "recipes", overwrite)
    stage = _ServerStage(job, model)
    return job.exit_code(run_stage(stage, list_work, place, model.server, runner, job.notes))


@dataclass
class _ServerStage:
    """What the request runner asks for and does with replies; see ``request_runner.Stage``."""

    job: FolderJob
    model: ServerModel

    def request(self, item: FolderItem, repeat: int) -> ChatRequest:
        if item.prepared is None:
            raise ItemError("unreadable", item.problem)
        return self.model.request(item.prepared.post, self.job.settings, repeat)

    def accept(self, item: FolderItem, request: ChatRequest, reply: Reply) -> None:
        try:
            self.job.accept(item, [reply.text])
        except AnswerInvalid as error:
            raise ReplyError("invalid_answer", str(error)) from None
        except PipelineError as error:  # --strict; another try at another temperature may help
            raise ReplyError("unsupported", str(error)) from None


def extract_folder_locally(
    folder: Path,
    job: FolderJob,
    load_model: Callable[[], LocalModel],
    limits: FetchLimits,
    overwrite: bool = False,
) -> int:
    """Ask a model of this machine about every document; returns the exit code."""
    files = list_folder(folder)
    with locked(job.output):
        done = set() if overwrite else done_stems(job.output, job.suffix)
        progress = Progress("recipes", len(files))
        for file in files:
            if file.stem in done:
                progress.skip()
        files = [file for file in files if file.stem not in done]
        report = RunReport()
        failures = FailureLog(job.output)
        try:
            if files:
                _run_locally(files, job, load_model(), limits, failures, progress, report)
        finally:
            progress.close()
            finished = done_stems(job.output, job.suffix)
            failures.settle(finished.__contains__)
    lines = [
        f"recipes: {report.done:,} done, {progress.skipped:,} skipped, {report.failed:,} failed "
        f"in {format_seconds(report.seconds)}",
        *job.notes(),
    ]
    if report.failed:
        lines.append(f"failures: {job.output / FAILURES_NAME}")
    print("\n".join(lines), file=sys.stderr)
    return job.exit_code(1 if report.failed else 0)


def _run_locally(
    files: list[SourceFile],
    job: FolderJob,
    model: LocalModel,
    limits: FetchLimits,
    failures: FailureLog,
    progress: Progress,
    report: RunReport,
) -> None:
    import time

    started = time.monotonic()
    progress.start()
    before = getattr(model.generator, "answer_tokens", 0)
    items = (item for item in job.items(files, (), limits, model.count_tokens) if item)
    while batch := list(islice(items, model.batch_size)):
        ready = [item for item in batch if item.prepared is not None]
        posts = [item.prepared.post for item in ready if item.prepared is not None]
        greedy = model.generator.generate(posts, job.settings.max_new_tokens) if posts else []
        by_stem = dict(zip((item.stem for item in ready), greedy, strict=True))
        for item in batch:
            problem, reason = item.problem, "unreadable"
            if item.prepared is not None:
                post, first = item.prepared.post, by_stem[item.stem]
                try:
                    job.accept(item, answers(model, post, job.settings, first))
                except PipelineError as error:
                    problem = str(error)
                    reason = "invalid_answer" if isinstance(error, AnswerInvalid) else "unsupported"
            if problem:
                failures.add(item.stem, reason, problem, answer=by_stem.get(item.stem, ""))
                report.failed += 1
            else:
                report.done += 1
            report.completion_tokens = getattr(model.generator, "answer_tokens", 0) - before
            report.seconds = time.monotonic() - started
            progress.advance(report)
