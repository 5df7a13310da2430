"""Trials of a W&B sweep, one after the other in this process (``06 --sweep-id``).

Each trial gets its parameters from the sweep, a run, a folder and a model of its own. A trial that
fails is marked failed and the next one begins; its memory is given back first.
"""

from __future__ import annotations

import contextlib
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracked import check_dataset, is_stop, run_training
from recipe_pipeline.training.tracking import (
    WandbOptions,
    WandbTracker,
    require_login,
    tracking_mode,
    wandb_module,
)

# So many in a row, and it is not the parameters that are wrong.
MAX_FAILURES_IN_A_ROW = 5

_NAME = r"[A-Za-z0-9_.~-]+"
_SWEEP_PATH = re.compile(
    rf"(?:(?:(?P<entity>{_NAME})/)?(?P<project>{_NAME})/)?(?:sweeps/)?(?P<sweep>{_NAME})"
)


@dataclass(frozen=True)
class SweepPath:
    """Which sweep: its id and, where known, the entity (user or team) and project it is in."""

    sweep: str
    project: str | None = None
    entity: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in (self.entity, self.project, self.sweep) if part)


def parse_sweep_path(text: str, options: WandbOptions = WandbOptions()) -> SweepPath:  # noqa: B008
    """The sweep that ``text`` names, in any form that W&B prints or shows.

    ``abc12xyz``, ``project/abc12xyz``, ``entity/project/abc12xyz``, the page's address
    (``https://wandb.ai/entity/project/sweeps/abc12xyz?nw=...``) and the whole line
    ``wandb agent entity/project/abc12xyz``. What is not in it comes from ``options``.
    Raises PipelineError for anything else.
    """
    path = text.strip().removeprefix("wandb agent ").strip().strip("'\"")
    if "://" in path:
        path = re.sub(r"^[a-z]+://[^/]+/", "", path)
        path = re.split(r"[?#]", path)[0]
    match = _SWEEP_PATH.fullmatch(path.strip("/"))
    if not match:
        raise PipelineError(
            f"--sweep-id is {text!r}: give it as 'wandb sweep' prints it, entity/project/id"
        )
    return SweepPath(
        match["sweep"], match["project"] or options.project, match["entity"] or options.entity
    )


@dataclass
class SweepSummary:
    """How the trials of this process ended."""

    finished: int = 0
    failed: int = 0
    stopped: int = 0
    failed_in_a_row: int = 0

    def __str__(self) -> str:
        trials = self.finished + self.failed + self.stopped
        parts = [f"{self.finished} finished"]
        parts += [f"{self.stopped} stopped early"] if self.stopped else []
        parts += [f"{self.failed} failed"] if self.failed else []
        return f"{trials} trials: {', '.join(parts)}"


def run_sweep(
    sweep: SweepPath, count: int | None, settings: TrainingSettings, options: WandbOptions
) -> SweepSummary:
    """Run up to ``count`` trials (None: until the sweep ends) in this process.

    ``settings`` holds what the sweep does not set. Raises PipelineError when no trial can be run
    at all, or after five failures in a row.
    """
    check_dataset(settings)
    if tracking_mode() != "online":
        raise PipelineError(
            f"a sweep is steered by W&B's server and WANDB_MODE is {tracking_mode()}: unset it, or"
            " leave out --sweep-id"
        )
    require_login()
    wandb = wandb_module()
    summary = SweepSummary()
    given_up: list[str] = []

    def trial() -> None:
        reason = _run_trial(settings, options, summary)
        if summary.failed_in_a_row >= MAX_FAILURES_IN_A_ROW:
            given_up.append(reason)
            # The one exception that gets out of a trial, and it ends the agent.
            raise PipelineError(f"{MAX_FAILURES_IN_A_ROW} trials in a row failed")

    with _note_interrupt() as interrupted:
        _run_agent(wandb, sweep, trial, count)
    print(f"sweep {sweep}: {summary}")
    if given_up:
        raise PipelineError(
            f"{MAX_FAILURES_IN_A_ROW} trials of sweep {sweep} in a row failed, the last one because"
            f" {given_up[0]}: mend that and start the sweep again"
        )
    if interrupted:
        raise KeyboardInterrupt
    return summary


def _run_agent(wandb, sweep: SweepPath, trial, count: int | None) -> None:
    try:
        wandb.agent(
            sweep.sweep,
            function=trial,
            entity=sweep.entity,
            project=sweep.project,
            count=count,
            max_consecutive_failed_runs=1,
        )
    except Exception as error:
        # wandb raises its own and protocol errors alike for a sweep that is not there.
        if not type(error).__module__.startswith("wandb"):
            raise
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise PipelineError(
            f"cannot join sweep {sweep} ({reason[:200]}): check --sweep-id, --wandb-entity and"
            " --wandb-project"
        ) from error


def _run_trial(settings: TrainingSettings, options: WandbOptions, summary: SweepSummary) -> str:
    """One trial, started by the agent; returns why it failed ("" when it did not)."""
    reason = ""
    try:
        run_training(settings, WandbTracker(options), options)
        summary.finished += 1
        summary.failed_in_a_row = 0
    except KeyboardInterrupt:
        summary.stopped += 1
        raise
    except Exception as error:
        if is_stop(error):
            summary.stopped += 1
            print("trial stopped by W&B (early termination or Stop)")
        else:
            summary.failed += 1
            summary.failed_in_a_row += 1
            reason = _reason(error)
            print(f"trial failed: {reason}", file=sys.stderr)
        _forget_frames(error)
    _release_memory()
    return reason


def _reason(error: Exception) -> str:
    text = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return f"it ran out of memory ({text or type(error).__name__})"
    return text if isinstance(error, PipelineError) else f"{type(error).__name__}: {text}"


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


@contextlib.contextmanager
def _note_interrupt() -> Iterator[list[bool]]:
    """A list that is no longer empty after Ctrl-C or SIGTERM, which wandb's agent takes for a normal
    end."""
    seen: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def note(signum: int, frame: object) -> None:
        seen.append(True)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, note) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
