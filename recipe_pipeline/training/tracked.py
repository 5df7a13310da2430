"""One training run with experiment tracking: script 06 alone, or one trial of a sweep."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.cli import sigterm_as_interrupt
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import data as training_data
from recipe_pipeline.training.samples import log_samples
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracking import (
    STOPPED_EXIT_CODE,
    NullTracker,
    WandbOptions,
    WandbTracker,
    in_sweep,
    require_login,
)

# Early termination judges a run by its evaluations, so every run has about as many.
EVALUATIONS_PER_RUN = 10


def train_tracked(make_settings: Callable[[], TrainingSettings], options: WandbOptions) -> Any:
    """Train once in one W&B run; returns training's TrainingResult.

    What can fail without a model (settings, dataset, login) is found out before one is loaded. In a
    sweep such a failure is reported to the server too, as a run that failed. Raises PipelineError.
    """
    # Under torchrun every process trains, one of them reports.
    reports = int(os.environ.get("RANK", "0")) == 0
    tracker = WandbTracker(options) if reports else NullTracker()
    try:
        settings = make_settings()
        check_dataset(settings)
        if reports:
            require_login()
    except PipelineError:
        if in_sweep():
            with contextlib.suppress(PipelineError):
                tracker.start({})
                tracker.finish(1)
        raise
    with sigterm_as_interrupt():  # with which ``wandb agent`` stops a trial
        return run_training(settings, tracker, options)


def check_dataset(settings: TrainingSettings) -> None:
    """Raise PipelineError when the dataset is missing, broken or too small to hold a part out."""
    chats = training_data.load_messages(Path(settings.dataset))
    if settings.eval_split:
        training_data.split_off(chats, settings.eval_split, settings.seed)


def run_training(settings: TrainingSettings, tracker: Any, options: WandbOptions) -> Any:
    """Start the tracker's run, train, show samples, finish the run as it went.

    In a sweep the agent's parameters replace those of ``settings``, and everything is written
    below a folder of the run's own. An exception marks the run failed and goes on up.
    """
    try:
        run_id = tracker.start({})
        if in_sweep() and run_id:
            settings = with_parameters(settings, getattr(tracker, "parameters", {}))
            settings = in_own_folder(settings, run_id)
        settings = with_eval_steps(settings)
        seed_everything(settings.seed)
        tracker.start(settings.to_dict())
        from recipe_pipeline.training.loop import train

        result = train(settings, tracker)
        if run_id:
            log_samples(settings, tracker, options.table_rows)
            if options.log_model:
                tracker.log_adapter(result.save_dir)
    except BaseException as error:
        tracker.finish(STOPPED_EXIT_CODE if is_stop(error) else 1)
        raise
    tracker.finish(0)
    print(f"adapter: {result.save_dir}")
    return result


def seed_everything(seed: int) -> None:
    """The same random numbers in every trial, wherever in the sweep and the process it comes."""
    # Not transformers' set_seed: Unsloth has to be imported before transformers.
    import random

    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def is_stop(error: BaseException) -> bool:
    """Whether somebody ended the run: Ctrl-C, SIGTERM, or the agent by order of the server.

    wandb's agent stops a trial by raising a bare ``Exception()`` in its thread.
    """
    return isinstance(error, KeyboardInterrupt) or (type(error) is Exception and not error.args)


def with_parameters(settings: TrainingSettings, parameters: Mapping[str, Any]) -> TrainingSettings:
    """``settings`` with a sweep's parameters in their place, each as the type the setting has.

    Raises PipelineError for a parameter that is no setting or has the wrong type.
    """
    types = {field.name: str(field.type) for field in fields(TrainingSettings)}
    unknown = sorted(set(parameters) - set(types))
    if unknown:
        raise PipelineError(
            f"the sweep has parameters that are no settings: {', '.join(unknown)}; take them out"
            " of sweep.yaml (the flags of --help are the settings, with underscores)"
        )
    values = {name: _as_type(name, value, types[name]) for name, value in parameters.items()}
    return replace(settings, **values)


def _as_type(name: str, value: Any, kind: str) -> Any:
    if value is None and "None" in kind:
        return None
    if isinstance(value, bool) != (kind == "bool"):
        raise PipelineError(
            f"the sweep's parameter {name} is {value!r}: it has to be of type {kind}"
        )
    try:
        converted = {"int": int, "float": float, "str": str, "bool": bool}[kind.split(" ")[0]](
            value
        )
    except (TypeError, ValueError):
        converted = None
    if converted is None or (kind.startswith("int") and converted != value):
        raise PipelineError(
            f"the sweep's parameter {name} is {value!r}: it has to be of type {kind}"
        )
    return converted


def in_own_folder(settings: TrainingSettings, run_id: str) -> TrainingSettings:
    """Checkpoints and adapter of a trial in ``<output-dir>/<run id>``, whatever else runs here."""
    folder = Path(settings.output_dir) / run_id
    return replace(settings, output_dir=str(folder), save_dir=str(folder / "adapter"))


def with_eval_steps(settings: TrainingSettings) -> TrainingSettings:
    """``eval_steps`` 0 becomes what gives about ten evaluations over the run."""
    if settings.eval_steps or not settings.eval_split:
        return settings
    steps = settings.max_steps
    if steps == -1:
        examples = len(training_data.load_messages(Path(settings.dataset)))
        batches = -(-int(examples * (1 - settings.eval_split)) // settings.batch_size)
        steps = -(-batches // settings.gradient_accumulation_steps) * settings.num_epochs
    return replace(settings, eval_steps=max(1, steps // EVALUATIONS_PER_RUN))
