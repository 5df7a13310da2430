"""A generation stage from start to end: lock, resume, preflight, run, failures, summary, exit code.

`run_stage` is what 02 and 03 have in common; what they differ in is a `request_runner.Stage`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.cli import INTERRUPTED
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.name_lists import NameSet
from recipe_pipeline.common.progress import Progress, format_seconds
from recipe_pipeline.common.stage_folder import FAILURES_NAME, FailureLog, done_stems, locked
from recipe_pipeline.generation.styles import derived_seed
from recipe_pipeline.llm.client import ChatClient, ServerSettings, preflight
from recipe_pipeline.llm.errors import shortened
from recipe_pipeline.llm.runner import Runner, RunnerSettings, RunReport, Stage


@dataclass(frozen=True)
class SamplingSettings:
    """What the server is asked for. None leaves a value to the server; ``extra`` is sent as it is.

    ``seed`` is mixed with the name of the item: the same item gets the same seed in every run.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    seed: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def options(self, stem: str, repeat: int) -> dict[str, Any]:
        """Fields of the request of one item; another ``repeat`` means another seed."""
        options: dict[str, Any] = {"seed": derived_seed(self.seed, stem, repeat)}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        if self.max_tokens is not None:
            options["max_tokens"] = self.max_tokens
        return {**options, **self.extra}


MADE = object()


@dataclass(frozen=True)
class WorkList:
    """The items of a run, in order, None in place of one that was done before and `MADE` of one
    whose output is written already in this run: ``items`` is a stream, ``total`` its length if
    known."""

    items: Iterator[Any]
    total: int | None


@dataclass(frozen=True)
class StageSettings:
    """Where a stage writes and what it calls its items ("posts")."""

    output: Path
    suffix: str
    noun: str
    overwrite: bool = False


ENGINES = ("asyncio", "ray")


@dataclass(frozen=True)
class EngineSettings:
    """What runs a stage: this process, or ``workers`` processes of the Ray cluster at
    ``ray_address`` (None: a Ray started on this machine for the run)."""

    name: str = ENGINES[0]
    ray_address: str | None = None
    workers: int = 2

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise PipelineError(f"--engine {self.name} is none of {', '.join(ENGINES)}")
        if self.ray_address is not None and self.name != "ray":
            raise PipelineError("--ray-address is of no use without --engine ray; add it")
        if self.workers < 1:
            raise PipelineError(f"--ray-workers {self.workers} is not at least 1")

    def check(self) -> None:
        """Raises PipelineError when the engine is not installed."""
        if self.name == "ray":
            from recipe_pipeline.generation.ray_session import require_ray

            require_ray()


def run_stage(
    stage: Stage,
    list_work: Callable[[Container[str]], WorkList],
    place: StageSettings,
    server: ServerSettings,
    runner: RunnerSettings,
    notes: Callable[[], list[str]] = list,
    engine: EngineSettings | None = None,
) -> int:
    """Bring the output folder up to date and print a summary; returns the exit code.

    ``notes`` gives further lines for the summary. Raises PipelineError when nothing could be done
    (no server, folder in use) and, after the summary, when the run had to stop. Ray needs a
    `ray_worker.CountingStage`.
    """
    engine = engine or EngineSettings()
    engine.check()
    with locked(place.output):
        done = NameSet() if place.overwrite else done_stems(place.output, place.suffix)
        work = list_work(done)
        progress = Progress(place.noun, work.total)
        report = RunReport()
        pending = _pending(work.items, progress, report)
        failures = FailureLog(place.output)
        try:
            first = next(pending, None)
            if first is not None:
                chain = itertools.chain([first], pending)
                run = _Run(stage, place, server, runner, engine, failures, progress, report)
                run.over(chain)
        finally:
            progress.close()
        if failures.path.exists():
            finished = done_stems(place.output, place.suffix)
            failures.settle(finished.__contains__)
    print(_summary(report, progress.skipped, place, notes()))
    if report.error is not None:
        raise report.error
    if report.interrupted:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return INTERRUPTED
    return 1 if report.failed else 0


@dataclass
class _Run:
    stage: Stage
    place: StageSettings
    server: ServerSettings
    settings: RunnerSettings
    engine: EngineSettings
    failures: FailureLog
    progress: Progress
    report: RunReport

    def over(self, items: Iterator[Any]) -> None:
        """Ask about all of ``items`` with the chosen engine."""
        if self.engine.name != "ray":
            return asyncio.run(self._here(items))
        from recipe_pipeline.generation.ray_engine import Job, run_on_ray

        job = Job(self.stage, self.place, self.server, self.settings, os.getcwd())
        run_on_ray(job, self.engine, items, self.failures, self.progress, self.report)

    async def _here(self, items: Iterator[Any]) -> None:
        allow_open_files(self.server.connections)
        client = ChatClient(self.server)
        try:
            await preflight(client)
            observers = self.failures, self.progress
            runner = Runner(self.stage, client, *observers, self.settings, self.report)
            loop = asyncio.get_running_loop()
            with stop_signals(lambda: loop.call_soon_threadsafe(runner.interrupt)):
                await runner.run(items)
        finally:
            await client.close()


def _pending(items: Iterator[Any], progress: Progress, report: RunReport) -> Iterator[Any]:
    for item in items:
        if item is None:
            progress.skip()
        elif item is MADE:
            report.done += 1
            progress.advance(report)
        else:
            yield item


@contextmanager
def stop_signals(on_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call ``on_stop`` in the main thread; a second one ends the process.

    In another thread than the main one, which cannot take signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def handle(number: int, _frame: Any) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_DFL)
        on_stop()

    for number in numbers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summary(report: RunReport, skipped: int, place: StageSettings, notes: list[str]) -> str:
    lines = [
        f"{place.noun}: {report.done:,} done, {skipped:,} skipped (were there already), "
        f"{report.failed:,} failed, in {format_seconds(report.seconds)}; folder {place.output}"
    ]
    if report.requests:
        speed = report.completion_tokens / report.seconds if report.seconds else 0.0
        lines.append(
            f"requests: {report.requests:,}, of them {report.repeats:,} repeated; tokens: "
            f"{report.prompt_tokens:,} read, {report.completion_tokens:,} written ({speed:,.0f}/s)"
        )
    lines += notes
    if report.failed:
        reasons = ", ".join(f"{name} {count:,}" for name, count in report.reasons.most_common())
        lines.append(f"failed: {reasons}; details and replies in {place.output / FAILURES_NAME}")
        reason, _ = report.reasons.most_common(1)[0]
        detail = shortened(report.details.get(reason, ""))[:200]
        if detail:
            lines.append(f"first {reason}: {detail}")
    return "\n".join(lines)


def allow_open_files(connections: int) -> None:
    """Raise the limit of open files (256 on macOS, 1,024 on Linux) when connections need more.

    Raises PipelineError when the system does not allow it. Windows has no such limit.
    """
    try:
        import resource
    except ImportError:
        return
    needed = connections + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise PipelineError(
            f"--concurrency {connections} needs {needed} open files, but the system allows {hard}; "
            "raise the limit (ulimit -n) or lower --concurrency"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def check_share(name: str, value: float) -> None:
    """Raises PipelineError unless ``value`` is within 0 and 1."""
    if not 0 <= value <= 1:
        raise PipelineError(f"{name} {value:g} is not between 0 and 1")
