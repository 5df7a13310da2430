"""What a Ray worker does: the items of a block, by the stage and the `Runner` of this process.

Everything here is pickled or runs in the workers; `ray_engine` is the driver's side.
"""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.signals import allow_open_files
from recipe_pipeline.common.stage_folder import stage_path
from recipe_pipeline.generation.settings import StageSettings
from recipe_pipeline.llm.client import ChatClient, ChatRequest, Reply
from recipe_pipeline.llm.runner import Runner, RunReport, Stage
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings


class CountingStage(Stage, Protocol):
    """A stage whose counts can be brought together from many processes."""

    def counters(self) -> dict[str, Counter[str]]:
        """The live counters behind the summary, by name."""

    def recount(self, item: Any) -> tuple[int, int]:
        """Count an output that was written by a lost worker; its prompt and completion tokens."""


@dataclass(frozen=True)
class Job:
    """What a worker gets. Relative paths are meant from ``folder``, as they are on the driver."""

    stage: CountingStage
    place: StageSettings
    server: ServerSettings
    runner: RunnerSettings
    folder: str

    def has_output(self, item: Any) -> bool:
        """True when the item need not be asked about. With --overwrite every output is old or new,
        which cannot be told apart: then a lost worker's block is asked about as a whole."""
        if self.place.overwrite or getattr(item, "renew", False):
            return False
        return stage_path(self.place.output, item.stem, self.place.suffix).exists()


@dataclass
class BlockResult:
    """What happened to the items of one block; takes its failures as a `FailureLog` does."""

    stems: list[str]
    report: RunReport = field(default_factory=RunReport)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, stem: str, reason: str, detail: str, **extra: Any) -> None:
        """See `FailureLog.add`."""
        self.failures.append({"stem": stem, "reason": reason, "detail": detail, **extra})


class _BoundedClient(ChatClient):
    """Never more requests at once than the worker's share, whatever the number of open blocks."""

    def __init__(self, settings: ServerSettings) -> None:
        super().__init__(settings)
        self._slots = asyncio.Semaphore(settings.concurrency)

    async def complete(self, request: ChatRequest) -> Reply:
        async with self._slots:
            return await super().complete(request)


class _WorkerMessages:
    """A worker's observer: Ray carries what it prints to the driver's terminal."""

    def start(self) -> None: ...

    def advance(self, report: RunReport) -> None: ...

    def message(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class Worker:
    """Lives in a process of its own; Ray Data calls it with blocks, two at a time, all in one event
    loop."""

    def __init__(self, job: Job) -> None:
        try:
            os.chdir(job.folder)
        except OSError as error:
            raise PipelineError(
                f"a Ray worker has no folder {job.folder} ({error.strerror}); run in a folder that "
                "all machines of the cluster share"
            ) from None
        allow_open_files(job.server.concurrency)
        self._job = job
        self._client: _BoundedClient | None = None
        self._open_blocks = 0
        self._error: PipelineError | None = None

    async def __call__(self, block: Any) -> AsyncIterator[Any]:
        """A table with one pickled item a row -> a table with one pickled `BlockResult`."""
        import pyarrow

        items = [pickle.loads(data) for data in block["item"].to_pylist()]
        result = await self._ask_about(items)
        yield pyarrow.table({"result": pyarrow.array([pickle.dumps(result)], pyarrow.binary())})

    async def _ask_about(self, items: list[Any]) -> BlockResult:
        job = self._job
        stage = copy.deepcopy(job.stage)  # its counters then hold this block alone
        result = BlockResult([item.stem for item in items])
        if self._error is not None:  # Ray hands out blocks until the driver has read of the error
            result.report.error = self._error
            return result
        pending = _not_written(job, stage, items, result.report)
        observer, report = _WorkerMessages(), result.report
        self._client = self._client or _BoundedClient(job.server)
        runner = Runner(stage, self._client, result, observer, job.runner, report)
        self._open_blocks += 1
        try:
            await runner.run(pending)
        finally:
            self._open_blocks -= 1
            # Ray does not tell a worker that a block was its last one.
            if not self._open_blocks:
                await self._client.close()
                self._client = None
        self._error = self._error or report.error
        result.counts = stage.counters()
        return result


def _not_written(
    job: Job, stage: CountingStage, items: list[Any], report: RunReport
) -> Iterator[Any]:
    """Items to ask about, looked up just before each is; the others count as done."""
    for item in items:
        if job.has_output(item):
            count_written(stage, item, report)
        else:
            yield item


def count_written(stage: CountingStage, item: Any, report: RunReport) -> None:
    """An output that exists, though nobody could report it, is done in this run."""
    prompt_tokens, completion_tokens = stage.recount(item)
    report.done += 1
    report.requests += 1  # at least: the lost worker took its number of requests with it
    report.prompt_tokens += prompt_tokens
    report.completion_tokens += completion_tokens
