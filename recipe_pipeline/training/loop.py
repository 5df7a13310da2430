"""The training loop of scripts 05 and 06, quickstart and the notebook."""

from __future__ import annotations

import contextlib
import gc
import math
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.models.adapter import write_run
from recipe_pipeline.training import checkpoints, data
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.trainer import add_lora, build_trainer, load_model


@dataclass
class TrainingResult:
    """The outcome of a run. Losses are cross entropies in nats.

    ``train_loss``: the mean over steps of a step's (weighted) mean per answer token.
    ``eval_loss``: the mean over held-out examples of an example's mean per answer token.
    """

    save_dir: Path
    steps: int
    examples: int
    dropped_too_long: int
    train_loss: float
    eval_loss: float | None
    loss_history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    peak_memory_bytes: int = 0


def train(settings: TrainingSettings, report_to: str = "none") -> TrainingResult:
    """Finetune a LoRA adapter and save it with its tokenizer to ``settings.save_dir``.

    ``report_to``: as in transformers, "wandb" for a run that has been started.
    Raises PipelineError for a missing dataset or model, a dataset with nothing that fits
    ``max_seq_length``, or a checkpoint that does not belong to these settings.
    """
    check_save_dir(Path(settings.save_dir))
    train_chats, eval_chats = data.load_split(settings)
    dataset_hash = file_sha256(settings.dataset)
    checkpoint = checkpoints.checkpoint_to_resume(settings, dataset_hash)

    model, tokenizer = load_model(settings)
    train_set = data.training_examples(train_chats, tokenizer, settings.max_seq_length)
    eval_set = data.tokenise(eval_chats, tokenizer, settings.max_seq_length)
    model = add_lora(model, settings, train_set.longest)
    trainer = build_trainer(model, tokenizer, settings, train_set, eval_set, report_to)
    if trainer.is_world_process_zero():
        checkpoints.claim_output_dir(settings, dataset_hash, resuming=checkpoint is not None)

    started = time.perf_counter()
    outcome = checkpoints.train_from(trainer, checkpoint)
    seconds = time.perf_counter() - started
    eval_loss = trainer.evaluate()["eval_loss"] if eval_set else None

    resumed_at = checkpoints.step_of(checkpoint) if checkpoint else 0
    result = _summarise(settings, trainer, outcome, train_set, seconds, eval_loss, resumed_at)
    if trainer.is_world_process_zero():
        record = run_record(settings, result, dataset_hash, data.system_prompt_of(train_chats))
        save_adapter(trainer.model, tokenizer, Path(settings.save_dir), record)
    del trainer, model
    gc.collect()  # what follows loads a model of its own
    return result


def _summarise(
    settings: TrainingSettings,
    trainer: Any,
    outcome: Any,
    train_set: data.TokenisedExamples,
    seconds: float,
    eval_loss: float | None,
    resumed_at: int,
) -> TrainingResult:
    history = [
        {"step": entry["step"], **{k: entry[k] for k in ("loss", "eval_loss") if k in entry}}
        for entry in trainer.state.log_history
        if "loss" in entry or "eval_loss" in entry
    ]
    seen = (
        outcome.global_step
        * settings.batch_size
        * settings.gradient_accumulation_steps
        * trainer.args.world_size
    )
    if settings.max_steps == -1:
        seen = len(train_set) * settings.num_epochs
    tokens = train_set.tokens / len(train_set) * seen
    if resumed_at >= trainer.state.max_steps:
        print(
            f"the checkpoint is already at step {resumed_at} of {trainer.state.max_steps}: raise "
            "--max-steps or --num-epochs to train longer"
        )
    if eval_loss is not None and not math.isfinite(eval_loss):
        print(f"eval loss is {eval_loss}: lower --learning-rate")
    # In a resumed run the clock covers the last steps only, and the trainer's own mean divides
    # their losses by the number of all steps.
    timed = (outcome.global_step - resumed_at) / max(outcome.global_step, 1)
    losses = [entry["loss"] for entry in history if "loss" in entry]
    return TrainingResult(
        save_dir=Path(settings.save_dir),
        steps=outcome.global_step,
        examples=seen,
        dropped_too_long=train_set.too_long,
        train_loss=sum(losses) / len(losses) if losses else outcome.training_loss,
        eval_loss=eval_loss,
        loss_history=history,
        seconds=seconds,
        tokens_per_second=tokens * timed / seconds,
        peak_memory_bytes=peak_memory_bytes(),
    )


def check_save_dir(target: Path) -> None:
    """Raises PipelineError, before anything is trained, if `save_adapter` could not write ``target``, or
    if it would replace what is not an adapter."""
    target = target.resolve()
    existing = next(path for path in (target, *target.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise PipelineError(f"cannot write to --save-dir {target}: name another folder")
    is_adapter = (target / "adapter_config.json").is_file()
    if existing == target and not is_adapter and any(target.iterdir()):
        raise PipelineError(
            f"--save-dir {target} holds other files, which the adapter would replace: name another "
            "folder"
        )


def save_adapter(model: Any, tokenizer: Any, target: Path, record: dict[str, Any]) -> None:
    """Adapter, tokenizer and ``training_run.json``; an old folder is replaced by a complete one."""
    target = target.resolve()
    work = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    model.save_pretrained(work)
    tokenizer.save_pretrained(work)
    write_run(work, record)
    if target.exists():
        shutil.rmtree(target)
    os.replace(work, target)


def run_record(
    settings: TrainingSettings,
    result: TrainingResult,
    dataset_hash: str,
    system_prompt: str | None,
) -> dict[str, Any]:
    """The content of ``training_run.json``: enough to repeat the run and to judge it."""
    import importlib.metadata
    import platform

    versions = {"python": platform.python_version()}
    for package in ("torch", "transformers", "trl", "peft", "unsloth", "unsloth_zoo", "datasets"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)

    def finite(values: dict[str, Any]) -> dict[str, Any]:
        # A run that diverged is recorded too, and JSON has no NaN.
        bad = {k for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)}
        return {k: None if k in bad else v for k, v in values.items()}

    figures = {k: v for k, v in vars(result).items() if k not in ("save_dir", "loss_history")}
    return {
        "settings": settings.to_dict(),
        "dataset_sha256": dataset_hash,
        "system_prompt": system_prompt,
        "result": finite(figures),
        "loss_history": [finite(entry) for entry in result.loss_history],
        "versions": versions,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def peak_memory_bytes() -> int:
    """Peak memory of this process: on the GPU if there is one, else resident memory."""
    import sys

    torch = sys.modules.get("torch")  # to import it for this would take memory
    if torch is not None and torch.cuda.is_available():
        return torch.cuda.max_memory_reserved()
    import psutil

    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):  # Windows
        return info.peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
