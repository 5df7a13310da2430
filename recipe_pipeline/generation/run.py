"""A stage from start to end: lock, resume, preflight, run, failures, summary, exit code."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.cli import INTERRUPTED
from recipe_pipeline.common.progress import Progress, RunReport, format_seconds
from recipe_pipeline.common.signals import allow_open_files, stop_signals
from recipe_pipeline.common.stage_folder import FAILURES_NAME, FailureLog, done_stems, locked
from recipe_pipeline.common.wording import counted
from recipe_pipeline.generation.settings import StageSettings
from recipe_pipeline.llm.client import ChatClient
from recipe_pipeline.llm.errors import shortened
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.runner import Runner
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.llm.stage import Stage, StageRun


@dataclass(frozen=True)
class WorkList:
    """The items of a run in order, with None for each that was finished before: a stream, and its
    length if known. ``is_wanted`` says whether the input still has an item of that name, whether or
    not this run covers it; a failure whose input was deleted is dropped from the log."""

    items: Iterator[Any]
    total: int | None
    is_wanted: Callable[[str], bool]


def ask_server(
    stage: Stage,
    items: Iterator[Any],
    server: ServerSettings,
    settings: RunnerSettings,
    run: StageRun,
) -> None:
    """Send requests for all of ``items`` from this process. Raises PipelineError without a server."""

    async def ask() -> None:
        allow_open_files(server.concurrency)
        async with ChatClient(server) as client:
            await preflight(client, settings.server_wait)
            runner = Runner(stage, client, run, settings)
            loop = asyncio.get_running_loop()
            with stop_signals(lambda: loop.call_soon_threadsafe(runner.interrupt)):
                await runner.run(items)

    asyncio.run(ask())


def update_folder(
    list_work: Callable[[Container[str]], WorkList],
    work: Callable[[Iterator[Any], StageRun], None],
    place: StageSettings,
    notes: Callable[[], list[str]] = list,
) -> int:
    """Bring an output folder up to date and print a summary; returns the exit code.

    ``work`` writes an output or logs a failure for every item; it is called only if there are any.
    ``notes`` returns further lines for the summary. Raises PipelineError if nothing could be done
    (no server, folder in use) and, after the summary, if the run had to stop.
    """
    with locked(place.output):
        done = set() if place.overwrite else done_stems(place.output, place.suffix)
        listed = list_work(done)
        progress = Progress(place.noun, listed.total)
        run = StageRun(FailureLog(place.output), progress)
        report = run.report
        pending = _pending(listed.items, progress)
        started = time.monotonic()
        try:
            first = next(pending, None)
            if first is not None:
                work(itertools.chain([first], pending), run)
        finally:
            progress.close()
        report.seconds = report.seconds or time.monotonic() - started
        if run.failures.path.exists():
            finished = done_stems(place.output, place.suffix)
            run.failures.settle(lambda stem: stem not in finished and listed.is_wanted(stem))
    print(_summary(report, progress.skipped, place, notes()))
    if report.error is not None:
        raise report.error
    if report.interrupted:
        print("interrupted; run the same command again to continue", file=sys.stderr)
        return INTERRUPTED
    return 1 if report.failed else 0


def _pending(items: Iterator[Any], progress: Progress) -> Iterator[Any]:
    for item in items:
        if item is None:
            progress.skip()
        else:
            yield item


def _summary(report: RunReport, skipped: int, place: StageSettings, notes: list[str]) -> str:
    lines = [
        f"{place.noun}: {report.done:,} done, {skipped:,} skipped (already done), "
        f"{report.failed:,} failed, in {format_seconds(report.seconds)}; folder {place.output}"
    ]
    if report.requests:
        speed = report.completion_tokens / report.seconds if report.seconds else 0.0
        lines.append(
            f"requests: {report.requests:,}, including {counted(report.repeats, 'retry')}; tokens: "
            f"{report.prompt_tokens:,} in, {report.completion_tokens:,} out ({speed:,.0f}/s)"
        )
    lines += notes
    if report.failed:
        reasons = ", ".join(f"{name} {count:,}" for name, count in report.reasons.most_common())
        lines.append(
            f"failed: {reasons} (the same command retries them); details and replies in "
            f"{place.output / FAILURES_NAME}"
        )
        reason, _ = report.reasons.most_common(1)[0]
        detail = shortened(report.details.get(reason, ""))[:200]
        if detail:
            lines.append(f"first {reason}: {detail}")
    return "\n".join(lines)
