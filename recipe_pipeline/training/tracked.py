"""One training run with experiment tracking: script 06 alone, or one trial of a sweep."""

from __future__ import annotations

import contextlib
import json
import os
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import post_of, strip_reasoning
from recipe_pipeline.training import data
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracking import (
    STOPPED_EXIT_CODE,
    Tracker,
    WandbOptions,
    WandbTracker,
    in_sweep,
    require_login,
)

# Early termination judges a run by its evaluations, so every run has about as many.
EVALUATIONS_PER_RUN = 10
TABLE_NAME = "samples/held_out_posts"
TABLE_COLUMNS = ["post", "answer", "expected", "valid", "ingredient_f1"]
# A model that does not stop produces answers this much longer than the longest expected one.
RUNAWAY_FACTOR = 1.5


def train_tracked(make_settings: Callable[[], TrainingSettings], options: WandbOptions) -> Any:
    """Train once in one W&B run; returns training's TrainingResult.

    Settings, dataset and login are checked before a model is loaded. In a sweep a failure there is
    reported to the server too, as a failed run. Raises PipelineError.
    """
    # Under torchrun every process trains and one of them reports.
    reports = int(os.environ.get("RANK", "0")) == 0
    tracker = WandbTracker(options) if reports else Tracker()
    try:
        settings = make_settings()
        data.load_split(settings)
        if reports:
            require_login()
    except PipelineError:
        if in_sweep():
            with contextlib.suppress(PipelineError):
                tracker.start({})
                tracker.finish(1)
        raise
    return run_training(settings, tracker, options)


def run_training(settings: TrainingSettings, tracker: Tracker, options: WandbOptions) -> Any:
    """Start the tracker's run, train, log samples, and finish the run with its outcome.

    In a sweep the agent's parameters replace those of ``settings``, and everything is written
    to a folder of the run's own. An exception marks the run failed and propagates.
    """
    try:
        run_id = tracker.start({})
        if in_sweep() and run_id:
            settings = with_parameters(settings, tracker.parameters)
            settings = in_own_folder(settings, run_id)
        settings = with_eval_steps(settings)
        seed_everything(settings.seed)
        tracker.start(settings.to_dict())
        from recipe_pipeline.training.loop import train

        result = train(settings, tracker)
        if run_id:
            log_samples(settings, tracker, options.table_rows)
    except BaseException as error:
        tracker.finish(STOPPED_EXIT_CODE if is_stop(error) else 1)
        raise
    tracker.finish(0)
    print(f"adapter: {result.save_dir}")
    return result


def is_stop(error: BaseException) -> bool:
    """Whether the run was ended on purpose: Ctrl-C, SIGTERM, or the agent on the server's order.

    wandb's agent stops a trial by raising a bare ``Exception()`` in its thread.
    """
    return isinstance(error, KeyboardInterrupt) or (type(error) is Exception and not error.args)


def seed_everything(seed: int) -> None:
    """The same random numbers in every trial, whatever ran before it in this process."""
    # Not transformers' set_seed: Unsloth has to be imported before transformers.
    import random

    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


# --- settings of a trial -------------------------------------------------------------------------


def with_parameters(settings: TrainingSettings, parameters: Mapping[str, Any]) -> TrainingSettings:
    """``settings`` with a sweep's parameters in their place, each with the type of its setting.

    Raises PipelineError for a parameter that is not a setting or has the wrong type.
    """
    types = typing.get_type_hints(TrainingSettings)
    unknown = sorted(set(parameters) - set(types))
    if unknown:
        raise PipelineError(
            f"the sweep has parameters that are not settings: {', '.join(unknown)}; remove them "
            "from sweep.yaml (settings are the flags of --help, with underscores)"
        )
    values = {name: _as_type(name, value, types[name]) for name, value in parameters.items()}
    return replace(settings, **values)


def _as_type(name: str, value: Any, kind: Any) -> Any:
    """``value`` as ``kind``: W&B sends 32.0 for 32, and YAML reads 3e-5 as text."""
    with contextlib.suppress(TypeError, ValueError):
        if isinstance(value, bool) == (kind is bool):
            if isinstance(value, kind):
                return value
            if kind is float:
                return float(value)
            if kind is not str and isinstance(value, float) and value.is_integer():
                return int(value)
    expected = getattr(kind, "__name__", str(kind))
    raise PipelineError(f"the sweep's parameter {name} is {value!r}: it must be of type {expected}")


def in_own_folder(settings: TrainingSettings, run_id: str) -> TrainingSettings:
    """Checkpoints and adapter of a trial in ``<output-dir>/<run id>``, apart from other trials."""
    folder = Path(settings.output_dir) / run_id
    return replace(settings, output_dir=str(folder), save_dir=str(folder / "adapter"))


def with_eval_steps(settings: TrainingSettings) -> TrainingSettings:
    """``eval_steps`` 0 becomes a value that gives about ten evaluations over the run."""
    if settings.eval_steps or not settings.eval_split:
        return settings
    steps = settings.max_steps
    if steps == -1:
        examples = len(data.load_chats(settings.dataset))
        batches = -(-int(examples * (1 - settings.eval_split)) // settings.batch_size)
        steps = -(-batches // settings.gradient_accumulation_steps) * settings.num_epochs
    return replace(settings, eval_steps=max(1, steps // EVALUATIONS_PER_RUN))


# --- samples at the end --------------------------------------------------------------------------


def log_samples(settings: TrainingSettings, tracker: Tracker, count: int) -> None:
    """Answer ``count`` held-out posts with the saved adapter; log a table and the mean scores."""
    _, held_out = data.load_split(settings)
    chats = held_out[:count]
    if not chats:
        return
    from recipe_pipeline.models.loading import load_generator

    posts = [post_of(chat) for chat in chats]
    expected = [strip_reasoning(chat[-1]["content"]) for chat in chats]
    generator = load_generator(settings.save_dir, system_prompt=data.system_prompt_of(chats))
    longest = max(generator.count_tokens(answer) for answer in expected)
    answers = generator.generate(posts, int(longest * RUNAWAY_FACTOR) + 16)
    rows = [sample_row(*sample) for sample in zip(posts, answers, expected, strict=True)]
    tracker.log_table(TABLE_NAME, TABLE_COLUMNS, rows)
    tracker.log_metrics(sample_means(rows))


def sample_row(post: str, answer: str, expected: str) -> list[Any]:
    """One row of the table; an expected answer that is not JSON counts as no recipe."""
    from recipe_pipeline.evaluation.scoring import score_document

    try:
        gold = json.loads(expected)
    except ValueError:
        gold = {}
    score = score_document(answer, gold if isinstance(gold, dict) else {}, post)
    valid = bool(score.value("schema_valid"))
    return [post, answer, expected, valid, score.value("ingredient_f1")]


def sample_means(rows: Sequence[Sequence[Any]]) -> dict[str, float]:
    """Mean scores over the table's rows."""
    f1 = [row[-1] for row in rows if row[-1] is not None]
    means = {"samples/schema_valid": sum(row[-2] for row in rows) / len(rows)}
    return means | ({"samples/ingredient_f1": sum(f1) / len(f1)} if f1 else {})
