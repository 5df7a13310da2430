"""``--engine ray``: the requests of a stage are sent by Ray Data's workers, on one machine or many.

Ray gives out the work, watches the workers and starts lost ones again; what a worker does with an
item is the same code as in `generation`: the stage, its files, the `Runner` with repeats and outages.
So a run may be ended by one engine and finished by the other. The driver holds the folder's lock and
alone writes ``failures.jsonl``; workers write finished items and return what happened as rows.

Ray executes a block of items again when its worker dies; the worker then skips what is written, so
only requests that were in flight are sent twice.
"""

from __future__ import annotations

import asyncio
import copy
import math
import pickle
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from recipe_pipeline.common.progress import Progress
from recipe_pipeline.common.signals import stop_signals
from recipe_pipeline.common.stage_folder import FailureLog, done_stems, remove_remains
from recipe_pipeline.generation.ray_session import raise_interrupt, ray_session, workers_lost
from recipe_pipeline.generation.ray_worker import BlockResult, Job, Worker, count_written
from recipe_pipeline.generation.settings import EngineSettings
from recipe_pipeline.llm.client import ChatClient, preflight
from recipe_pipeline.llm.runner import RunReport, write_error
from recipe_pipeline.llm.settings import ServerSettings

BLOCK_ITEMS = 32
"""Items of a block, at least: Ray's bookkeeping costs some milliseconds for each block."""

BLOCKS_AT_ONCE = 2
"""Blocks that a worker has open: while one waits for its last replies the other fills the slots."""

CHUNK_ITEMS = 10_000
CHUNK_ROUNDS = 50
"""Items that Ray Data is given at once: this many, or this many for every slot when that is more."""


def run_on_ray(
    job: Job,
    engine: EngineSettings,
    items: Iterator[Any],
    failures: FailureLog,
    progress: Progress,
    report: RunReport,
) -> None:
    """Ask about every item; ``report`` says how it ended. Raises PipelineError when it cannot start.

    ``job.server.concurrency`` is that of all workers together.
    """
    asyncio.run(_check_server(job.server))
    engine = replace(engine, workers=min(engine.workers, job.server.concurrency))
    share = math.ceil(job.server.concurrency / engine.workers)
    job = replace(
        job,
        server=replace(job.server, concurrency=share),
    )
    driver = _Driver(job, engine, failures, progress, report)
    try:
        with ray_session(engine.ray_address, engine.workers), stop_signals(raise_interrupt):
            driver.run(items)
    except KeyboardInterrupt:
        report.interrupted = True
    driver.count_unreported()
    if not report.interrupted and report.error is None:
        # Every block is done, so a temporary file is that of a killed worker.
        remove_remains(job.place.output)


async def _check_server(settings: ServerSettings) -> None:
    client = ChatClient(settings)
    try:
        await preflight(client)
    finally:
        await client.close()


class _Driver:
    """Hands out items, takes in results."""

    def __init__(
        self,
        job: Job,
        engine: EngineSettings,
        failures: FailureLog,
        progress: Progress,
        report: RunReport,
    ) -> None:
        # Workers get the stage as it is now, before anything was counted.
        self._job, self._engine = replace(job, stage=copy.deepcopy(job.stage)), engine
        self._stage = job.stage
        self._failures, self._progress, self._report = failures, progress, report
        self._unreported: dict[str, bytes] = {}  # pickled items by stem

    def run(self, items: Iterator[Any]) -> None:
        """All of ``items``, chunk by chunk.

        Ray Data has no source that is fed while it runs: `from_items` wants a list. A custom
        datasource would have to read the CSV on the workers, for either stage in its own way. So
        the list is cut: memory stays with that of one chunk (about 3 kB an item, pickled, half of
        it in Ray's store), and the pause in which a chunk's last replies are awaited and actors
        start is paid once in `CHUNK_ROUNDS` rounds of slots.
        """
        import ray.exceptions

        slots = self._job.server.concurrency * self._engine.workers
        size = max(CHUNK_ITEMS, CHUNK_ROUNDS * slots)
        started = time.monotonic()
        self._progress.start()
        try:
            while self._report.error is None:
                chunk = islice(items, size)
                self._unreported = {item.stem: pickle.dumps(item) for item in chunk}
                if not self._unreported:
                    break
                self._run_chunk(list(self._unreported.values()))
        except ray.exceptions.RayError as error:
            self._report.error = workers_lost(error)
        finally:
            self._report.seconds = time.monotonic() - started

    def _run_chunk(self, chunk: list[bytes]) -> None:
        import ray.data

        workers, share = self._engine.workers, self._job.server.concurrency
        blocks = math.ceil(len(chunk) / max(BLOCK_ITEMS, share))
        # Few items: rather small blocks than idle workers.
        blocks = min(len(chunk), max(blocks, workers * BLOCKS_AT_ONCE))
        rows = [{"item": data} for data in chunk]
        dataset = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            Worker,
            fn_constructor_args=(self._job,),
            batch_size=None,
            batch_format="pyarrow",
            # Ray Data starts lost actors again and repeats their blocks, without being told to.
            compute=ray.data.ActorPoolStrategy(
                size=workers,
                max_tasks_in_flight_per_actor=BLOCKS_AT_ONCE,
                max_concurrent_calls_per_actor=BLOCKS_AT_ONCE,
            ),
            num_cpus=1,
        )
        for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
            for data in table["result"].to_pylist():
                self._take(pickle.loads(data))
            if self._report.error is not None:
                return

    def _take(self, result: BlockResult) -> None:
        part, total = result.report, self._report
        for name in ("done", "failed", "requests", "repeats", "prompt_tokens", "completion_tokens"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
        total.reasons.update(part.reasons)
        total.details = {**part.details, **total.details}
        total.error = part.error
        try:
            for failure in result.failures:
                self._failures.add(**failure)
        except OSError as error:
            total.error = write_error(error)
        counters = self._stage.counters()
        for name, counts in result.counts.items():
            counters[name].update(counts)
        for stem in result.stems:
            self._unreported.pop(stem, None)
        for _ in range(part.done + part.failed):
            self._progress.advance(total)

    def count_unreported(self) -> None:
        """After an early end: what the workers have written but could not report any more."""
        if not self._unreported or self._job.place.overwrite:
            return
        written = done_stems(self._job.place.output, self._job.place.suffix)
        for stem in filter(written.__contains__, self._unreported):
            item = pickle.loads(self._unreported[stem])
            if self._job.has_output(item):
                count_written(self._stage, item, self._report)
