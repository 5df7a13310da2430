"""``--engine ray``: the requests of a stage are sent by worker processes on one machine or many.

A worker runs the same stage and `Runner` as a run without Ray, so one engine can finish what the
other has begun. The driver holds the folder's lock and alone writes ``failures.jsonl``; workers
write finished items and return what happened, block by block.

Ray restarts a lost worker and repeats its blocks. The worker then skips what is written, so only
requests that were in flight are sent twice.
"""

from __future__ import annotations

import asyncio
import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from recipe_pipeline.common.signals import stop_signals
from recipe_pipeline.common.stage_folder import remove_remains
from recipe_pipeline.generation.ray_session import raise_interrupt, ray_session, workers_lost
from recipe_pipeline.generation.ray_worker import BlockResult, Job, Worker
from recipe_pipeline.generation.settings import EngineSettings
from recipe_pipeline.llm.client import ChatClient
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.stage import StageRun, write_error

BLOCK_ITEMS = 16
"""Smallest number of items that a worker gets at once; a block costs Ray about a millisecond."""

BLOCKS_PER_WORKER = 2
"""While one block waits for its last replies, the other fills the slots."""


def run_on_ray(job: Job, engine: EngineSettings, items: Iterator[Any], run: StageRun) -> None:
    """Request every item; ``run.report`` says how it ended. Raises PipelineError if it cannot start.

    ``job.server.concurrency`` is that of all workers together.
    """
    import ray.exceptions

    asyncio.run(_check_server(job))
    workers = min(engine.ray_workers, job.server.concurrency)
    share = math.ceil(job.server.concurrency / workers)
    job = replace(job, server=replace(job.server, concurrency=share))
    driver = _Driver(job, workers, items, run)
    report = run.report
    run.progress.start()
    started = time.monotonic()
    try:
        with ray_session(engine.ray_address, workers), stop_signals(raise_interrupt):
            driver.run()
    except KeyboardInterrupt:
        report.interrupted = True
    except ray.exceptions.RayError as error:
        report.error = workers_lost(error)
    report.seconds = time.monotonic() - started
    if report.interrupted or report.error:
        driver.count_unreported()
    else:
        # All blocks are done, so a temporary file is that of a lost worker.
        remove_remains(job.place.output)


async def _check_server(job: Job) -> None:
    async with ChatClient(job.server) as client:
        await preflight(client, job.runner.server_wait)


@dataclass
class _Driver:
    """Hands out blocks of items and collects the results."""

    job: Job
    workers: int
    items: Iterator[Any]
    stage_run: StageRun
    open: dict[Any, tuple[Any, list[Any]]] = field(default_factory=dict)
    """Worker and items of each block that is being worked on."""

    def run(self) -> None:
        """All items, as long as there is no error."""
        import ray

        # Workers get a stage without counts.
        job = replace(self.job, stage=copy.deepcopy(self.job.stage))
        remote = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(Worker)
        actors = [remote.remote(job) for _ in range(self.workers)]
        for actor in actors * BLOCKS_PER_WORKER:
            self._send(actor)
        while self.open and self.stage_run.report.error is None:
            [block], _ = ray.wait(list(self.open), num_returns=1)
            result = ray.get(block)
            actor, _ = self.open.pop(block)
            self._take(result)
            self._send(actor)

    def _send(self, actor: Any) -> None:
        size = max(BLOCK_ITEMS, self.job.server.concurrency)
        if items := list(islice(self.items, size)):
            self.open[actor.work.remote(items)] = actor, items

    def _take(self, result: BlockResult) -> None:
        part, total = result.report, self.stage_run.report
        for name in ("done", "failed", "requests", "repeats", "prompt_tokens", "completion_tokens"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
        total.reasons.update(part.reasons)
        total.details = {**part.details, **total.details}
        total.error = part.error
        try:
            for failure in result.failures:
                self.stage_run.failures.add(**failure)
        except OSError as error:
            total.error = write_error(error)
        for name, counts in result.counts.items():
            self.job.stage.counts[name].update(counts)
        for _ in range(part.done + part.failed):
            self.stage_run.progress.advance(total)

    def count_unreported(self) -> None:
        """After an early end: what was written but could not be reported any more."""
        for _, items in self.open.values():
            self.stage_run.report.done += sum(map(self.job.has_output, items))
