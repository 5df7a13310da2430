"""Trials of a W&B sweep, one after the other in this process (``06 --sweep-id``).

Each trial gets its parameters from the sweep, and a run, a folder and a model of its own. A trial
that fails is marked failed, its memory is freed, and the next one begins.
"""

from __future__ import annotations

import re
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.flags import check, flag
from recipe_pipeline.common.signals import stop_signals
from recipe_pipeline.training import data
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracked import is_stop, run_training
from recipe_pipeline.training.tracking import (
    WandbOptions,
    WandbTracker,
    require_login,
    tracking_mode,
    wandb_module,
)

# After this many failures in a row the parameters are not to blame.
MAX_FAILURES_IN_A_ROW = 5

_NAME = r"[A-Za-z0-9_.~-]+"
_SWEEP_PATH = re.compile(
    rf"(?:(?:(?P<entity>{_NAME})/)?(?P<project>{_NAME})/)?(?:sweeps/)?(?P<sweep>{_NAME})"
)


@dataclass(frozen=True)
class SweepOptions:
    """Which sweep to take part in, and for how many trials."""

    sweep_id: str | None = flag(None, "run trials of this sweep: entity/project/id, or its URL")
    sweep_count: int | None = flag(
        None, "number of trials with --sweep-id (None: until the sweep ends)", at_least=1
    )

    def __post_init__(self) -> None:
        check(self)


def sweep_path(text: str, options: WandbOptions) -> str:
    """``entity/project/id`` (or ``project/id``) of the sweep that ``text`` names.

    Accepts every form that W&B prints or shows: ``abc12xyz``, ``project/abc12xyz``,
    ``entity/project/abc12xyz``, the page's URL
    (``https://wandb.ai/entity/project/sweeps/abc12xyz?nw=...``) and the whole line
    ``wandb agent entity/project/abc12xyz``. Missing parts come from ``options``.
    Raises PipelineError for anything else.
    """
    path = text.strip().removeprefix("wandb agent ").strip().strip("'\"")
    if "://" in path:
        path = re.sub(r"^[a-z]+://[^/]+/", "", path)
        path = re.split(r"[?#]", path)[0]
    match = _SWEEP_PATH.fullmatch(path.strip("/"))
    if not match:
        raise PipelineError(
            f"--sweep-id is {text!r}: use the form that 'wandb sweep' prints, entity/project/id"
        )
    entity, project = match["entity"] or options.entity, match["project"] or options.project
    return "/".join(part for part in (entity, project, match["sweep"]) if part)


@dataclass
class SweepSummary:
    """How the trials of this process ended."""

    finished: int = 0
    stopped: int = 0
    failed: int = 0
    failures_in_a_row: list[str] = field(default_factory=list)  # the reasons

    def __str__(self) -> str:
        parts = [f"{self.finished} finished"]
        parts += [f"{self.stopped} stopped early"] if self.stopped else []
        parts += [f"{self.failed} failed"] if self.failed else []
        return f"{self.finished + self.stopped + self.failed} trials: {', '.join(parts)}"

    @property
    def hopeless(self) -> bool:
        return len(self.failures_in_a_row) >= MAX_FAILURES_IN_A_ROW


def run_sweep(
    sweep: str, count: int | None, settings: TrainingSettings, options: WandbOptions
) -> SweepSummary:
    """Run up to ``count`` trials (None: until the sweep ends) in this process.

    ``settings`` holds what the sweep does not set. Raises PipelineError if no trial can be run
    at all, or after five failures in a row.
    """
    data.load_split(settings)
    if tracking_mode() != "online":
        raise PipelineError(
            f"a sweep needs W&B's server, but WANDB_MODE is {tracking_mode()}: unset it, or leave "
            "out --sweep-id"
        )
    require_login()
    summary = SweepSummary()

    def trial() -> None:
        run_trial(settings, options, summary)
        if summary.hopeless:
            # The only exception that leaves a trial; it ends the agent.
            raise PipelineError(f"{MAX_FAILURES_IN_A_ROW} trials in a row failed")

    interrupted = threading.Event()

    def interrupt() -> None:
        interrupted.set()
        raise KeyboardInterrupt

    with stop_signals(interrupt):  # wandb's agent treats an interrupt as a normal end
        _run_agent(sweep, trial, count)
    print(f"sweep {sweep}: {summary}")
    if summary.hopeless:
        raise PipelineError(
            f"{MAX_FAILURES_IN_A_ROW} trials of sweep {sweep} failed in a row, the last one "
            f"because {summary.failures_in_a_row[-1]}: fix that and start the sweep again"
        )
    if interrupted.is_set():
        raise KeyboardInterrupt
    return summary


def run_trial(settings: TrainingSettings, options: WandbOptions, summary: SweepSummary) -> None:
    """Run one trial, started by the agent, and count how it ended in ``summary``."""
    try:
        run_training(settings, WandbTracker(options), options)
        summary.finished += 1
        summary.failures_in_a_row.clear()
    except KeyboardInterrupt:
        summary.stopped += 1
        raise
    except Exception as error:
        if is_stop(error):
            summary.stopped += 1
            print("trial stopped by W&B (early termination or Stop)")
        else:
            summary.failed += 1
            summary.failures_in_a_row.append(_reason(error))
            print(f"trial failed: {_reason(error)}", file=sys.stderr)
        _forget_frames(error)
    _release_memory()


def _run_agent(sweep: str, trial: Callable[[], None], count: int | None) -> None:
    try:
        wandb_module().agent(sweep, function=trial, count=count, max_consecutive_failed_runs=1)
    except Exception as error:
        # wandb raises errors of its own and of its protocol alike for a sweep that does not exist.
        if not type(error).__module__.startswith("wandb"):
            raise
        raise PipelineError(
            f"cannot join sweep {sweep} ({first_line(error)[:200]}): check --sweep-id, "
            "--wandb-entity and --wandb-project"
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return f"it ran out of memory ({first_line(error)})"
    if isinstance(error, PipelineError):
        return str(error)
    return f"{type(error).__name__}: {first_line(error)}"


def _forget_frames(error: BaseException | None) -> None:
    """Drop what the frames of ``error`` and its causes hold: the failed trial's model."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _release_memory() -> None:
    if "torch" in sys.modules:
        from recipe_pipeline.training.loop import release_memory

        release_memory()
