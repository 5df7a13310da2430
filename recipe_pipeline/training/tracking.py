"""Experiment tracking: Weights & Biases or nothing, behind the same calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training.log import STEP_METRIC, TrainingLog

DEFAULT_PROJECT = "recipe-extractor-finetune"
# What wandb itself reports for a run that was interrupted or stopped; the server shows "killed".
STOPPED_EXIT_CODE = 255

_WITHOUT_SERVER = ("offline", "dryrun", "disabled")


class Tracker(Protocol):
    """What the training loop tells a tracker, in this order."""

    def start(self, settings: dict[str, Any]) -> str | None:
        """Begin a run with its settings, or add settings to the run that has begun.

        Returns the run's id, None when nothing is tracked.
        """

    def callbacks(self) -> list[Any]:
        """transformers ``TrainerCallback`` objects that log while training."""

    def log_metrics(self, metrics: dict[str, float]) -> None:
        """Numbers of the whole run."""

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        """A table a person looks at, such as held-out posts with their answers."""

    def log_adapter(self, path: Path) -> None:
        """Keep the trained adapter as an artifact."""

    def finish(self, exit_code: int = 0) -> None:
        """End the run; a non-zero code marks it failed."""


class NullTracker:
    """Tracks nothing."""

    def start(self, settings: dict[str, Any]) -> str | None:
        return None

    def callbacks(self) -> list[Any]:
        return []

    def log_metrics(self, metrics: dict[str, float]) -> None:
        return None

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        return None

    def log_adapter(self, path: Path) -> None:
        return None

    def finish(self, exit_code: int = 0) -> None:
        return None


@dataclass(frozen=True)
class WandbOptions:
    """Where runs go and what is kept of them beside their numbers.

    ``table_rows`` is how many held-out posts are answered and shown at the end (0: none).
    """

    project: str = DEFAULT_PROJECT
    entity: str | None = None
    run_name: str | None = None
    tags: tuple[str, ...] = ()
    log_model: bool = False
    table_rows: int = 4


class WandbTracker:
    """One W&B run. Not to be used again after ``finish``.

    In a sweep the run's id, project and entity are the agent's, and its parameters are there as
    soon as the run has started (``parameters``); they are never overwritten.
    """

    def __init__(self, options: WandbOptions) -> None:
        self.options = options
        self.parameters: dict[str, Any] = {}
        self._run: Any = None

    def start(self, settings: dict[str, Any]) -> str | None:
        """See ``Tracker.start``. Raises PipelineError when W&B cannot start a run."""
        if self._run is None:
            self._run = _start_run(self.options)
            self.parameters = dict(self._run.config) if in_sweep() else {}
            self._run.define_metric(STEP_METRIC)
            for group in ("train/*", "eval/*"):
                self._run.define_metric(group, step_metric=STEP_METRIC)
        new = {key: value for key, value in settings.items() if key not in self.parameters}
        self._run.config.update(new, allow_val_change=True)
        return self._run.id

    def callbacks(self) -> list[Any]:
        return [TrainingLog(self._run).as_callback()]

    def log_metrics(self, metrics: dict[str, float]) -> None:
        self._run.summary.update(metrics)

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        import wandb

        self._run.log({name: wandb.Table(columns=columns, data=rows)})

    def log_adapter(self, path: Path) -> None:
        import wandb

        artifact = wandb.Artifact(f"recipe-adapter-{self._run.id}", type="model")
        artifact.add_dir(str(path))
        self._run.log_artifact(artifact)

    def finish(self, exit_code: int = 0) -> None:
        if self._run is not None:
            self._run.finish(exit_code=exit_code)
            self._run = None


def in_sweep(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process (or this trial) was started by a sweep agent."""
    return bool(environ.get("WANDB_SWEEP_ID"))


def wandb_module() -> Any:
    """The ``wandb`` package. Raises PipelineError when it is not installed."""
    try:
        import wandb
    except ImportError as error:
        raise PipelineError(
            f"Weights & Biases cannot be loaded ({error}): run"
            " 'python -m pip install -r requirements-finetune.txt', or train without it:"
            " 05_finetune.py"
        ) from error
    return wandb


def tracking_mode() -> str:
    """W&B's mode: "online", "offline", "disabled", ... (``WANDB_MODE`` or W&B's settings file).

    Raises PipelineError for a value that W&B does not know.
    """
    wandb = wandb_module()
    try:
        return str(wandb.setup().settings.mode)
    except ValueError as error:
        raise PipelineError(
            f"W&B does not accept its settings ({_first_line(error)}): WANDB_MODE has to be"
            " online, offline or disabled"
        ) from error


def require_login() -> None:
    """Raise PipelineError unless runs can be sent, or need not be (offline, disabled).

    Asks W&B whether the key is good, so that a wrong one shows before any model is loaded.
    """
    wandb = wandb_module()
    if tracking_mode() in _WITHOUT_SERVER:
        return
    try:
        logged_in = wandb.login(prompt=False, verify=True)
    except wandb.errors.Error as error:
        raise PipelineError(
            f"W&B does not let this machine in ({_first_line(error)}): check the network, run"
            " 'wandb login --relogin', or set WANDB_MODE=offline"
        ) from error
    if not logged_in:
        raise PipelineError(
            "not logged in to Weights & Biases: run 'wandb login', or set WANDB_MODE=offline to"
            " keep the run on this machine"
        )


def _start_run(options: WandbOptions) -> Any:
    wandb = wandb_module()
    # An agent has fixed project, entity and id; giving them again only makes W&B complain.
    place = {} if in_sweep() else {"project": options.project, "entity": options.entity}
    try:
        return wandb.init(
            name=options.run_name, tags=list(options.tags) or None, job_type="finetune", **place
        )
    except (wandb.errors.Error, ValueError) as error:
        raise PipelineError(
            f"W&B cannot start a run ({_first_line(error)}): check the network, --wandb-project"
            " and --wandb-entity, or set WANDB_MODE=offline"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
