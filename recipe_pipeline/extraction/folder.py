"""Script 08 for a folder: many documents, one output file each, resumable.

Output folders are laid out like those of the other stages (see ``stage_folder``): finished files
are skipped by the next run, failures stand in ``failures.jsonl``, lines that the text does not bear
out in ``unsupported.jsonl``.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import Progress, format_seconds
from recipe_pipeline.common.stage_folder import (
    FAILURES_NAME,
    FailureLog,
    done_stems,
    locked,
    stage_path,
)
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.extraction.extract import (
    NOTHING_FOUND,
    AnswerInvalid,
    Extraction,
    ExtractionSettings,
    first_valid,
    has_own_answer,
    prepare,
    require_support,
)
from recipe_pipeline.extraction.fetch import FetchLimits
from recipe_pipeline.extraction.models import LocalModel, ServerModel, answers
from recipe_pipeline.extraction.page import Document
from recipe_pipeline.extraction.render import SUFFIXES, render
from recipe_pipeline.extraction.sources import SourceFile, list_folder, read_file
from recipe_pipeline.extraction.window import estimate_tokens
from recipe_pipeline.generation.engine import run_stage
from recipe_pipeline.generation.run import MADE, WorkList
from recipe_pipeline.generation.settings import GenerationSettings, StageSettings
from recipe_pipeline.llm.client import ChatRequest, Reply
from recipe_pipeline.llm.replies import ReplyError
from recipe_pipeline.llm.runner import ItemError, RunReport
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings

UNSUPPORTED_NAME = "unsupported.jsonl"
FROM_PAGE = "taken from the page's JSON-LD"


@dataclass
class FolderItem:
    """A document on its way, read when its turn comes.

    Without a ``document`` there is nothing to ask: ``problem`` says why, or is "" for a page whose
    own recipe is written already. ``post`` is what the model reads of it, once that is chosen.
    """

    stem: str
    document: Document | None = None
    problem: str = ""
    post: str = ""


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

    def read(self, file: SourceFile, limits: FetchLimits) -> FolderItem:
        """The document in ``file``; a recipe that the page carries itself is written here."""
        try:
            document = read_file(file.path, limits)
            if not has_own_answer(document, self.settings):
                return FolderItem(file.stem, document)
            self.write(file.stem, Extraction(document.recipe))
        except OSError:  # the output cannot be written, which concerns all documents
            raise
        except Exception as error:
            return FolderItem(file.stem, problem=_sentence(error))
        self.results[FROM_PAGE] += 1
        return FolderItem(file.stem)

    def post_of(self, item: FolderItem, count_tokens: Callable[[str], int]) -> str:
        """What the model reads of ``item``. Raises PipelineError."""
        assert item.document is not None
        if not item.post:
            item.post = prepare(item.document, self.settings, count_tokens).post
        return item.post

    def accept(self, item: FolderItem, answers: Iterable[str]) -> None:
        """Write the first of ``answers`` that is a recipe. Raises PipelineError, OSError."""
        extraction = first_valid(answers, item.post)
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
    server: ServerSettings,
    connect: Callable[[], ServerModel],
    runner: RunnerSettings,
    limits: FetchLimits,
    overwrite: bool = False,
) -> int:
    """Ask a server about every document, several at once; returns the exit code.

    ``connect`` is called only if there is something to ask.
    """
    files = list_folder(folder)
    with locked(job.output):
        done = set() if overwrite else done_stems(job.output, job.suffix)
        items = _to_ask(files, done, job, limits)
        begin: list[Any] = []
        model = None
        for item in items:
            begin.append(item)
            if isinstance(item, FolderItem):
                model = connect()
                break

    def list_work(_: Container[str]) -> WorkList:
        return WorkList(chain(begin, items), len(files))

    place = StageSettings(job.output, job.suffix, "recipes", overwrite)
    server = model.server if model else server
    stage = _ServerStage(job, model)
    return job.exit_code(
        run_stage(stage, list_work, place, GenerationSettings(server, runner=runner), job.notes)
    )


def _to_ask(
    files: list[SourceFile], done: Container[str], job: FolderJob, limits: FetchLimits
) -> Iterator[Any]:
    """The documents in order: None for one that was done before, `MADE` for a page with its own
    recipe."""
    for file in files:
        if file.stem in done:
            yield None
            continue
        item = job.read(file, limits)
        yield item if item.document or item.problem else MADE


@dataclass
class _ServerStage:
    """What the request runner asks for and does with replies; see ``request_runner.Stage``.
    ``model`` is None only if there is nothing to ask."""

    job: FolderJob
    model: ServerModel | None

    def request(self, item: FolderItem, repeat: int) -> ChatRequest:
        assert self.model is not None
        if item.problem:
            raise ItemError("unreadable", item.problem)
        try:
            post = self.job.post_of(item, estimate_tokens)
        except Exception as error:
            raise ItemError("unreadable", _sentence(error)) from None
        return self.model.request(post, self.job.settings, repeat)

    def accept(self, item: FolderItem, request: ChatRequest, reply: Reply) -> None:
        try:
            self.job.accept(item, [reply.text])
        except OSError:
            raise
        except Exception as error:
            # Another try at another temperature may help an invalid answer, and with --strict.
            again = isinstance(error, PipelineError)
            raise ReplyError(_reason(error), _sentence(error), repeatable=again) from None


def extract_folder_locally(
    folder: Path,
    job: FolderJob,
    load_model: Callable[[], LocalModel],
    limits: FetchLimits,
    overwrite: bool = False,
) -> int:
    """Ask a model of this machine about every document; returns the exit code.

    ``load_model`` is called only if there is something to ask.
    """
    files = list_folder(folder)
    with locked(job.output):
        done = set() if overwrite else done_stems(job.output, job.suffix)
        progress = Progress("recipes", len(files))
        for file in files:
            if file.stem in done:
                progress.skip()
        report = RunReport()
        failures = FailureLog(job.output)
        run = _LocalRun(job, load_model, failures, progress, report)
        try:
            if progress.skipped < len(files):
                run.over(job.read(file, limits) for file in files if file.stem not in done)
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


@dataclass
class _LocalRun:
    """A run of a model of this machine, loaded when the first document needs it."""

    job: FolderJob
    load_model: Callable[[], LocalModel]
    failures: FailureLog
    progress: Progress
    report: RunReport
    started: float = field(default_factory=time.monotonic)

    @cached_property
    def model(self) -> LocalModel:
        return self.load_model()

    def over(self, items: Iterator[FolderItem]) -> None:
        """Ask about all of ``items``, as many at once as the model takes."""
        self.progress.start()
        batch: list[FolderItem] = []
        for item in items:
            if item.document is None:
                self._settle(item, "unreadable")
                continue
            batch.append(item)
            if len(batch) >= self.model.batch_size:
                self._ask(batch)
                batch = []
        if batch:
            self._ask(batch)

    def _ask(self, batch: list[FolderItem]) -> None:
        for item in batch:
            try:
                self.job.post_of(item, self.model.count_tokens)
            except Exception as error:
                item.problem = _sentence(error)
        generator, settings = self.model.generator, self.job.settings
        before = getattr(generator, "answer_tokens", 0)
        ready = [item for item in batch if not item.problem]
        posts = [item.post for item in ready]
        greedy = generator.generate(posts, settings.max_new_tokens) if posts else []
        by_stem = dict(zip((item.stem for item in ready), greedy, strict=True))
        for item in batch:
            reason, first = "unreadable", by_stem.get(item.stem, "")
            if not item.problem:
                try:
                    self.job.accept(item, answers(self.model, item.post, settings, first))
                except OSError:
                    raise
                except Exception as error:
                    item.problem, reason = _sentence(error), _reason(error)
            self.report.completion_tokens += getattr(generator, "answer_tokens", 0) - before
            before = getattr(generator, "answer_tokens", 0)
            self._settle(item, reason, first)

    def _settle(self, item: FolderItem, reason: str, answer: str = "") -> None:
        if item.problem:
            self.failures.add(item.stem, reason, item.problem, answer=answer)
            self.report.failed += 1
        else:
            self.report.done += 1
        self.report.seconds = time.monotonic() - self.started
        self.progress.advance(self.report)


def _reason(error: Exception) -> str:
    if isinstance(error, AnswerInvalid):
        return "invalid_answer"
    return "unsupported" if isinstance(error, PipelineError) else "unexpected"


def _sentence(error: Exception) -> str:
    """What the failure log says; of an unexpected error also where it came from."""
    if isinstance(error, PipelineError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return f"unexpected {type(error).__name__}: {error} ({where})"
