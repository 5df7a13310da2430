"""Stage 6: a training as a run of Weights & Biases, alone or as a trial of a sweep.

transformers' own integration logs losses, learning rate and gradient norm while the trainer runs, and
W&B the use of the machine. Here are the login, the settings, and what is known only at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.flags import check, flag
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.dataset.chat import post_of, strip_reasoning
from recipe_pipeline.training import data
from recipe_pipeline.training.settings import TrainingSettings

# The server shows a run with this code as "killed" and not as "failed".
STOPPED_EXIT_CODE = 255
TABLE_COLUMNS = ["post", "answer", "expected", "valid", "ingredient_f1"]
# A model that does not stop produces answers this much longer than the longest expected one.
RUNAWAY_FACTOR = 1.5
# Carries the flags of `run_sweep` to its trials: the agent passes on its environment.
SWEEP_FLAGS = "RECIPE_PIPELINE_SWEEP_FLAGS"


@dataclass(frozen=True)
class WandbOptions:
    """Where runs go, what they keep beside their metrics, and which sweep to take part in."""

    project: str = flag("recipe-extractor-finetune", "project of the run", name="--wandb-project")
    entity: str | None = flag(None, "user or team (None: your default)", name="--wandb-entity")
    table_rows: int = flag(
        4, "number of held-out posts to answer and log at the end (0: none)", at_least=0
    )
    sweep_id: str | None = flag(None, "run trials of this sweep: entity/project/id, or its URL")
    sweep_count: int | None = flag(
        None, "number of trials with --sweep-id (None: until the sweep ends)", at_least=1
    )

    def __post_init__(self) -> None:
        check(self)
        if self.sweep_count is not None and self.sweep_id is None:
            raise PipelineError("--sweep-count needs --sweep-id: name the sweep")


def in_sweep() -> bool:
    """Whether a sweep agent has started this process."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


# --- one run -------------------------------------------------------------------------------------


def train_tracked(make_settings: Callable[[], TrainingSettings], options: WandbOptions) -> None:
    """Train once in one W&B run.

    Settings, dataset and login are checked before a model is loaded. In a sweep a failure there is
    reported to the server too, as a failed run. Raises PipelineError.
    """
    try:
        settings = make_settings()
        training, held_out = data.load_split(settings)
    except PipelineError:
        if in_sweep():
            with contextlib.suppress(PipelineError):
                start_run(options, {}).finish(1)
        raise
    if in_sweep():  # apart from other trials
        folder = Path(settings.output_dir) / os.environ["WANDB_RUN_ID"]
        settings = replace(settings, output_dir=str(folder), save_dir=str(folder / "adapter"))
    if int(os.environ.get("RANK", "0")):  # under torchrun one process reports
        _train(settings)
        return
    check_login()
    dataset = {"dataset_sha256": file_sha256(settings.dataset)}
    dataset |= {"dataset_examples": len(training) + len(held_out)}
    run = start_run(options, settings.to_dict() | dataset)
    try:
        result = _train(settings)
        for name in ("tokens_per_second", "peak_memory_bytes"):
            run.summary[f"train/{name}"] = getattr(result, name)
        log_samples(run, settings, held_out[: options.table_rows])
    except BaseException as error:
        run.finish(STOPPED_EXIT_CODE if isinstance(error, KeyboardInterrupt) else 1)
        raise
    run.finish()
    print(f"adapter: {result.save_dir}")


def _train(settings: TrainingSettings) -> Any:
    from recipe_pipeline.training.loop import train

    return train(settings, report_to="wandb")


def check_login() -> str:
    """W&B's mode: "online", "offline", "disabled".

    Verifies the key with W&B, so that a wrong one shows before any model is loaded. Raises
    PipelineError if runs should be sent and cannot be.
    """
    import wandb

    try:
        mode = wandb.setup().settings.mode
        if mode != "online" or wandb.login(prompt=False, verify=True):
            return mode
    except (wandb.errors.Error, ValueError) as error:
        raise PipelineError(
            f"W&B login failed ({_reason(error)}): check the network, run 'wandb login --relogin', "
            "or set WANDB_MODE to offline or disabled"
        ) from error
    raise PipelineError(
        "not logged in to Weights & Biases: run 'wandb login', or set WANDB_MODE=offline to "
        "keep the run on this machine"
    )


def start_run(options: WandbOptions, config: dict[str, Any]) -> Any:
    """A W&B run with ``config``. Raises PipelineError if there cannot be one."""
    import wandb

    # An agent has fixed project and entity; wandb warns if they are set again.
    place = {} if in_sweep() else {"project": options.project, "entity": options.entity}
    try:
        return wandb.init(config=config, **place)
    except (wandb.errors.Error, ValueError) as error:
        raise PipelineError(
            f"W&B cannot start a run ({_reason(error)}): check the network, --wandb-project and "
            "--wandb-entity, or set WANDB_MODE=offline"
        ) from error


def log_samples(run: Any, settings: TrainingSettings, chats: Sequence[data.Chat]) -> None:
    """Answer the posts of ``chats`` with the saved adapter and log them as a table."""
    if not chats:
        return
    import wandb

    from recipe_pipeline.evaluation.comparison import compare
    from recipe_pipeline.llm.replies import parse_answer
    from recipe_pipeline.models.loading import load_generator

    posts = [post_of(chat) for chat in chats]
    expected = [strip_reasoning(chat[-1]["content"]) for chat in chats]
    generator = load_generator(settings.save_dir, system_prompt=data.system_prompt_of(chats))
    longest = max(generator.count_tokens(answer) for answer in expected)
    answers = generator.generate(posts, int(longest * RUNAWAY_FACTOR) + 16)
    table = wandb.Table(columns=TABLE_COLUMNS)
    for post, answer, wanted in zip(posts, answers, expected, strict=True):
        scores = compare(answer, parse_answer(wanted).data or {}).scores
        f1, applies = scores.get("ingredient_f1", (0.0, 0.0))
        table.add_data(
            post, answer, wanted, bool(scores["schema_valid"][0]), f1 if applies else None
        )
    run.log({"samples/held_out_posts": table})


def _reason(error: BaseException) -> str:
    return first_line(error)[:200].rstrip(".")


# --- sweeps --------------------------------------------------------------------------------------


def run_sweep(options: WandbOptions, flags: Sequence[str]) -> None:
    """Run trials of a sweep as ``wandb agent`` does, each in a process of its own.

    They get ``flags`` for what the sweep does not set. Raises PipelineError if they cannot be run.
    """
    import wandb

    sweep = sweep_path(options)
    if (mode := check_login()) != "online":
        raise PipelineError(
            f"a sweep needs W&B's server, but WANDB_MODE is {mode}: unset it, or leave out "
            "--sweep-id"
        )
    os.environ[SWEEP_FLAGS] = json.dumps(list(flags))
    # The agent starts "python".
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        wandb.agent(sweep, count=options.sweep_count)
    except Exception as error:
        # wandb raises errors of its own and of its protocol alike for a sweep that does not exist.
        if not type(error).__module__.startswith("wandb"):
            raise
        raise PipelineError(
            f"cannot join sweep {sweep} ({_reason(error)}): check --sweep-id, --wandb-entity and "
            "--wandb-project"
        ) from error


def sweep_path(options: WandbOptions) -> str:
    """``entity/project/id`` of ``sweep_id``, which may be the id alone or the address of its page.

    Missing parts come from ``options``. Raises PipelineError for anything else.
    """
    text = str(options.sweep_id).strip()
    names = re.sub(r"^\w+://[^/]+/|/sweeps(?=/)|[?#].*", "", text).strip("/").split("/")
    if len(names) > 3 or not all(re.fullmatch(r"[\w.~-]+", name) for name in names):
        raise PipelineError(
            f"--sweep-id is {text!r}: use the form that 'wandb sweep' prints, entity/project/id"
        )
    place = [options.entity, options.project][: 3 - len(names)]
    return "/".join(filter(None, [*place, *names]))


def with_sweep_flags(arguments: Sequence[str]) -> list[str]:
    """The flags of `run_sweep` in one of its trials, and then ``arguments``, which override them."""
    return [*json.loads(os.environ.get(SWEEP_FLAGS, "[]")), *arguments]
