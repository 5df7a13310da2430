"""Experiment tracking: Weights & Biases or nothing, behind the same calls."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.flags import check, flag
from recipe_pipeline.training.log import STEP_METRIC, training_log

# What wandb itself reports for a run that was interrupted or stopped; the server shows "killed".
STOPPED_EXIT_CODE = 255

_WITHOUT_SERVER = ("offline", "dryrun", "disabled")


@dataclass(frozen=True)
class WandbOptions:
    """Where runs go and what they keep beside their metrics."""

    project: str = flag("recipe-extractor-finetune", "project of the run", name="--wandb-project")
    entity: str | None = flag(None, "user or team (None: your default)", name="--wandb-entity")
    table_rows: int = flag(
        4, "number of held-out posts to answer and log at the end (0: none)", at_least=0
    )

    def __post_init__(self) -> None:
        check(self)


class Tracker:
    """Tracks nothing; names the calls that the training makes, in this order."""

    parameters: dict[str, Any]

    def __init__(self) -> None:
        self.parameters = {}

    def start(self, settings: dict[str, Any]) -> str | None:
        """Start a run with its settings, or add settings to the run that has started.

        Returns the run's id, None if nothing is tracked. After it ``parameters`` holds what a
        sweep has set; start never overwrites those.
        """

    def callbacks(self) -> list[Any]:
        """transformers ``TrainerCallback`` objects that log while training."""
        return []

    def log_metrics(self, metrics: dict[str, float]) -> None:
        """Metrics of the whole run."""

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        """A table to look at, such as held-out posts with their answers."""

    def finish(self, exit_code: int = 0) -> None:
        """End the run; a non-zero code marks it failed."""


class WandbTracker(Tracker):
    """One W&B run; not to be used again after ``finish``.

    In a sweep the agent sets the run's id, project, entity and parameters.
    """

    def __init__(self, options: WandbOptions) -> None:
        super().__init__()
        self.options = options
        self._run: Any = None

    def start(self, settings: dict[str, Any]) -> str | None:
        """See `Tracker.start`. Raises PipelineError if W&B cannot start a run."""
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
        return [training_log(self._run)]

    def log_metrics(self, metrics: dict[str, float]) -> None:
        self._run.summary.update(metrics)

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        import wandb

        self._run.log({name: wandb.Table(columns=columns, data=rows)})

    def finish(self, exit_code: int = 0) -> None:
        if self._run is not None:
            self._run.finish(exit_code=exit_code)
            self._run = None


def in_sweep() -> bool:
    """Whether a sweep agent has started this process (or this trial)."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


def wandb_module() -> Any:
    """The ``wandb`` package. Raises PipelineError if it is not installed."""
    try:
        import wandb
    except ImportError as error:
        raise PipelineError(
            f"cannot import wandb ({error}): run 'python -m pip install -r "
            "requirements-finetune.txt', or train without tracking: 05_finetune.py"
        ) from error
    return wandb


def tracking_mode() -> str:
    """W&B's mode: "online", "offline", "disabled", ... (``WANDB_MODE`` or W&B's settings file).

    Raises PipelineError for a value that W&B does not accept.
    """
    wandb = wandb_module()
    try:
        return str(wandb.setup().settings.mode)
    except ValueError as error:
        raise PipelineError(
            f"W&B rejects its settings ({_reason(error)}): WANDB_MODE must be online, offline or "
            "disabled"
        ) from error


def require_login() -> None:
    """Raise PipelineError unless runs can be sent, or need not be (offline, disabled).

    Verifies the key with W&B, so that a wrong one shows before any model is loaded.
    """
    wandb = wandb_module()
    if tracking_mode() in _WITHOUT_SERVER:
        return
    try:
        logged_in = wandb.login(prompt=False, verify=True)
    except wandb.errors.Error as error:
        raise PipelineError(
            f"W&B login failed ({_reason(error)}): check the network, run 'wandb login "
            "--relogin', or set WANDB_MODE=offline"
        ) from error
    if not logged_in:
        raise PipelineError(
            "not logged in to Weights & Biases: run 'wandb login', or set WANDB_MODE=offline to "
            "keep the run on this machine"
        )


def _start_run(options: WandbOptions) -> Any:
    wandb = wandb_module()
    # An agent has fixed project and entity; wandb warns if they are set again.
    place = {} if in_sweep() else {"project": options.project, "entity": options.entity}
    try:
        return wandb.init(job_type="finetune", **place)
    except (wandb.errors.Error, ValueError) as error:
        raise PipelineError(
            f"W&B cannot start a run ({_reason(error)}): check the network, --wandb-project and "
            "--wandb-entity, or set WANDB_MODE=offline"
        ) from error


def _reason(error: BaseException) -> str:
    return first_line(error)[:200].rstrip(".")
