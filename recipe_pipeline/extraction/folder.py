"""Script 08 for a folder: many documents, one output file each, resumable.

Output folders work like those of the other stages: the next run skips finished files, and failed
documents are listed in ``failures.jsonl``. Lines that the text does not support are listed in
``unsupported.jsonl``.
"""

from __future__ import annotations

import itertools
import traceback
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.jsonl import JsonlStore
from recipe_pipeline.common.stage_folder import stage_path
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.extraction.attempts import ask
from recipe_pipeline.extraction.extract import (
    Extraction,
    UnusableAnswer,
    model_input,
    page_answer,
)
from recipe_pipeline.extraction.models import ServerModel, load_model
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.reading import Reading
from recipe_pipeline.extraction.render import render
from recipe_pipeline.extraction.settings import SUFFIXES, ExtractionSettings
from recipe_pipeline.extraction.sources import SourceFile, list_folder, read_file
from recipe_pipeline.generation.run import WorkList, ask_server, update_folder
from recipe_pipeline.generation.settings import StageSettings
from recipe_pipeline.llm.client import ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.replies import ReplyError
from recipe_pipeline.llm.stage import StageRun, write_error
from recipe_pipeline.models.generator import Generator, PostFailed
from recipe_pipeline.models.llama_server import parallel_answers

UNSUPPORTED_NAME = "unsupported.jsonl"
_NO_RECIPE, _RECIPES = "no recipe", "recipes"


def extract_folder(settings: ExtractionSettings) -> tuple[int, bool]:
    """Bring the output folder up to date; the model is loaded only if it is needed.

    Returns the exit code of the run, and whether it found nothing but documents without a recipe.
    Raises PipelineError.
    """
    output = _output_folder(settings)
    files = list_folder(Path(settings.source))

    def pending(done: Container[str]) -> WorkList:
        items = (None if file.stem in done else file for file in files)
        return WorkList(items, len(files), {file.stem for file in files}.__contains__)

    suffix = SUFFIXES[settings.output_format]
    place = StageSettings(output, suffix, "recipes", settings.overwrite)
    job = FolderJob(settings, output)
    code = update_folder(pending, job.work, place, job.notes)
    return code, bool(job.found[_NO_RECIPE] and not job.found[_RECIPES])


@dataclass(frozen=True)
class Item:
    """A document for the model, and what comes of asking about it."""

    stem: str
    reading: Reading


class FolderJob:
    """What happens to the documents of one run, and what was found in them."""

    def __init__(self, settings: ExtractionSettings, output: Path) -> None:
        self.settings = settings
        self.found: Counter[str] = Counter()
        self._output = output
        self._unsupported = JsonlStore(output / UNSUPPORTED_NAME, "id")
        self._supported: set[str] = set()

    def work(self, files: Iterator[SourceFile], run: StageRun) -> None:
        """Take pages with a recipe of their own as they are; ask the model about all others."""
        try:
            pages = self._read(files, run)
            first = next(pages, None)
            if first is None:
                return
            model = load_model(self.settings, parallel_answers())
            items = self._items(itertools.chain([first], pages), model, run)
            if isinstance(model, ServerModel):
                ask_server(_Requests(self, model), items, model.server, self.settings.runner, run)
            else:
                self._ask(model, items, run)
        except OSError as error:  # the output cannot be written
            raise write_error(error) from None

    def finish(self, item: Item) -> None:
        """Write the recipe of an item that has one. Raises OSError."""
        extraction = item.reading.extraction
        if not item.reading.is_whole:
            self.found["possibly incomplete"] += 1
        # Before the recipe: a page whose recipe is there is not looked at by the next run.
        if extraction.unsupported:
            self._unsupported.append(
                {
                    "id": item.stem,
                    "unsupported": extraction.unsupported,
                    "left_out": extraction.omitted,
                }
            )
            self.found["with unsupported lines"] += 1
        else:
            self._supported.add(item.stem)
        self._write(item.stem, extraction)

    def notes(self) -> list[str]:
        """Lines for the summary; removes rows about earlier recipes of a page."""
        self._unsupported.compact(lambda row: row["id"] not in self._supported)
        counts = [f"{name} {count:,}" for name, count in sorted(self.found.items())]
        lines = ["found: " + ", ".join(counts)] if counts else []
        if self.found["with unsupported lines"]:
            lines.append(f"lines that the text does not support: {self._unsupported.path}")
        return lines

    def _read(self, files: Iterator[SourceFile], run: StageRun) -> Iterator[tuple[str, Page]]:
        """The pages that need a model. All others are settled here."""
        for file in files:
            try:
                page = read_file(file.path, self.settings.limits)
                extraction = page_answer(page, self.settings.ignore_page_data)
                if extraction is not None:
                    self._write(file.stem, extraction)
            except OSError:
                raise
            except Exception as error:
                run.fail(file.stem, _reason(error, "unreadable"), describe(error))
                continue
            if extraction is None:
                yield file.stem, page
            else:
                self.found["taken from the page's own data"] += 1
                run.done()

    def _items(
        self, pages: Iterator[tuple[str, Page]], model: Generator, run: StageRun
    ) -> Iterator[Item]:
        budget = self.settings.model.budget_for(model)
        for stem, page in pages:
            try:
                text = model_input(page, budget, model.count_tokens).text
                item = Item(stem, Reading(text, page.title, self.settings.strict))
            except Exception as error:
                run.fail(stem, _reason(error, "unreadable"), describe(error))
            else:
                yield item

    def _ask(self, model: Generator, items: Iterator[Item], run: StageRun) -> None:
        """Ask a local model, as many documents at once as it takes."""
        run.progress.start()
        while batch := list(itertools.islice(items, model.batch_size)):
            self._ask_batch(model, batch, run)

    def _ask_batch(self, model: Generator, batch: list[Item], run: StageRun) -> None:
        left = dict(enumerate(batch))

        def settled(position: int) -> None:
            run.report.completion_tokens = model.answer_tokens
            self.finish(left.pop(position))
            run.done()

        settings = self.settings.model
        readings = [item.reading for item in batch]
        try:
            ask(model, readings, settings.tries, settings.max_new_tokens, settled)
        except PostFailed as error:  # which one is not known
            if len(batch) == 1:
                run.fail(batch[0].stem, "no_answer", str(error))
                return
            for item in list(left.values()):
                self._ask_batch(model, [item], run)
            return
        for item in left.values():
            if error := item.reading.error:
                answer = item.reading.answers[0]
                run.fail(item.stem, _reason(error), describe(error), answer=answer)

    def _write(self, stem: str, extraction: Extraction) -> None:
        path = stage_path(self._output, stem, SUFFIXES[self.settings.output_format])
        write_atomic(path, render(extraction.document, self.settings.output_format))
        self.found[_NO_RECIPE if extraction.is_empty else _RECIPES] += 1


@dataclass(frozen=True)
class _Requests:
    """What the runner sends to a server and does with the replies; see `llm.runner.Stage`.

    Each page is asked about once: the large model behind a server finds several recipes by itself.
    """

    job: FolderJob
    model: ServerModel

    def request(self, item: Item, repeat: int) -> ChatRequest:
        return self.model.request(item.reading.text, self.job.settings.model.max_new_tokens, repeat)

    def accept(self, item: Item, request: ChatRequest, reply: Reply) -> None:
        try:
            item.reading.take(reply.text)
        except Exception as error:
            raise ReplyError(_reason(error), describe(error)) from None
        self.job.finish(item)


def describe(error: Exception) -> str:
    """One line for the failure log; for unexpected errors, also where they came from."""
    if isinstance(error, PipelineError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}"
    return f"unexpected {type(error).__name__}: {error} ({where})"


def _reason(error: Exception, known: str = "") -> str:
    """A slug for the failure log; ``known`` is that of a PipelineError."""
    if isinstance(error, UnusableAnswer):
        return error.reason
    return known if isinstance(error, PipelineError) else "unexpected"


def _output_folder(settings: ExtractionSettings) -> Path:
    """The output folder. Raises PipelineError if there is none or inputs would be overwritten."""
    folder, output = Path(settings.source), settings.output
    if output is None:
        raise PipelineError(f"{folder} is a folder: name one for the recipes with --output")
    if output.is_file():
        raise PipelineError(f"{output} is a file: name a folder with --output")
    is_json = SUFFIXES[settings.output_format].endswith(".json")
    if output.resolve() == folder.resolve() and not is_json:
        raise PipelineError(f"--output {output} is the folder of the posts: name another one")
    return output
