"""The items of a block, requested by the stage and the `Runner` of a Ray worker process."""

from __future__ import annotations

import asyncio
import copy
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import MessagesOnly, RunReport
from recipe_pipeline.common.signals import allow_open_files
from recipe_pipeline.common.stage_folder import stage_path
from recipe_pipeline.generation.settings import StageSettings
from recipe_pipeline.llm.client import ChatClient, ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.runner import Runner
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.llm.stage import Stage, StageRun


class CountingStage(Stage, Protocol):
    """A stage whose counts can be added up over many processes."""

    counts: dict[str, Counter[str]]


@dataclass(frozen=True)
class Job:
    """What a worker gets; relative paths start at ``directory``, as they do on the driver."""

    stage: CountingStage
    place: StageSettings
    server: ServerSettings
    runner: RunnerSettings
    directory: str

    def has_output(self, item: Any) -> bool:
        """True if the item is finished. With --overwrite an output may be an old one, so that a
        lost worker's block is requested as a whole."""
        if self.place.overwrite or getattr(item, "renew", False):
            return False
        return stage_path(self.place.output, item.stem, self.place.suffix).exists()


@dataclass
class BlockResult:
    """What happened to the items of one block; collects its failures as a `FailureLog` does."""

    report: RunReport = field(default_factory=RunReport)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, stem: str, reason: str, detail: str, **extra: Any) -> None:
        """See `FailureLog.add`."""
        self.failures.append({"stem": stem, "reason": reason, "detail": detail, **extra})


class Worker:
    """A Ray actor: works on two blocks at a time, in one event loop."""

    def __init__(self, job: Job) -> None:
        try:
            os.chdir(job.directory)
        except OSError as error:
            raise PipelineError(
                f"a Ray worker has no folder {job.directory} ({error.strerror}); run in a folder "
                "that all machines of the cluster share"
            ) from None
        allow_open_files(job.server.concurrency)
        self._job = job
        self._error: PipelineError | None = None

    @cached_property
    def _client(self) -> _BoundedClient:
        return _BoundedClient(self._job.server)

    async def work(self, items: list[Any]) -> BlockResult:
        """Request the items of a block that have no output yet."""
        job = self._job
        stage = copy.deepcopy(job.stage)  # its counts are those of this block alone
        result = BlockResult(counts=stage.counts)
        if self._error is not None:  # the driver has sent this block before it knew
            result.report.error = self._error
            return result
        pending = _without_output(job, items, result.report)
        runner = Runner(
            stage, self._client, StageRun(result, MessagesOnly(), result.report), job.runner
        )
        await runner.run(pending)
        self._error = self._error or result.report.error
        return result


def _without_output(job: Job, items: list[Any], report: RunReport) -> Iterator[Any]:
    """The items that a lost worker has not finished, checked right before each request."""
    for item in items:
        if job.has_output(item):
            report.done += 1
        else:
            yield item


class _BoundedClient(ChatClient):
    """Keeps to the worker's share of requests in flight, however many blocks are open."""

    def __init__(self, settings: ServerSettings) -> None:
        super().__init__(settings)
        self._free = asyncio.Semaphore(settings.concurrency)

    async def complete(self, request: ChatRequest) -> Reply:
        async with self._free:
            return await super().complete(request)
