"""One training loop for scripts 05 and 06, quickstart and the notebook.

Unsloth has to be imported before transformers, TRL and PEFT (it patches them), so everything here
imports inside functions, Unsloth first.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_json
from recipe_pipeline.models import base as base_model
from recipe_pipeline.training import data as training_data
from recipe_pipeline.training.settings import LORA_TARGETS, TrainingSettings
from recipe_pipeline.training.tracking import NullTracker, Tracker

RUN_FILE = "training_run.json"
FINGERPRINT_FILE = "fingerprint.json"
# What one more token in a batch adds to the peak memory of Gemma 3 270M on a CPU: measured 2.7 MB
# between batches of 2 x 1,018 and 2 x 2,040 tokens (8.4 and 13.9 GB).
ACTIVATION_BYTES_PER_TOKEN = 2_700_000
# What a checkpoint cannot change its mind about: optimiser and schedule go on with its own values.
FIXED_BY_CHECKPOINT = (
    *("model_name", "load_4bit", "load_8bit", "max_seq_length", "seed", "eval_split"),
    *("lora_rank", "lora_alpha", "lora_dropout", "use_rslora"),
    *("batch_size", "gradient_accumulation_steps", "decision_weight"),
    *("optimizer", "learning_rate", "weight_decay", "warmup_steps", "lr_scheduler_type"),
)
RUN_LENGTH = ("max_steps", "num_epochs")  # a resumed run may be made longer


@dataclass
class TrainingResult:
    """What came out of a run. Losses are cross entropies in nats.

    ``train_loss``: the mean over steps of a step's mean per answer token (with ``decision_weight``).
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
    examples_per_second: float = 0.0
    peak_memory_bytes: int = 0


def train(settings: TrainingSettings, tracker: Tracker | None = None) -> TrainingResult:
    """Finetune a LoRA adapter and save it with its tokenizer to ``settings.save_dir``.

    Raises PipelineError for a missing dataset or model, a dataset with nothing that fits
    ``max_seq_length``, or a checkpoint that does not belong to these settings.
    """
    tracker = tracker or NullTracker()
    dataset_path = Path(settings.dataset)
    chats = training_data.load_messages(dataset_path)
    dataset_hash = training_data.file_sha256(dataset_path)
    checkpoint = _checkpoint_to_resume(settings, dataset_hash)
    tracker.start(
        {**settings.to_dict(), "dataset_sha256": dataset_hash, "dataset_examples": len(chats)}
    )
    model, tokenizer = load_model(settings)
    train_set, eval_set = _datasets(settings, chats, tokenizer)
    model = add_lora(model, settings, train_set.longest)
    trainer = build_trainer(model, tokenizer, settings, train_set, eval_set, tracker.callbacks())
    if trainer.is_world_process_zero():
        if checkpoint is None:
            _set_aside(Path(settings.output_dir))
        _write_fingerprint(settings, dataset_hash)

    started = time.perf_counter()
    resumed_at = _step_of(checkpoint) if checkpoint else 0
    if checkpoint and 0 < settings.max_steps <= resumed_at:
        outcome = _finished(trainer, checkpoint)
    else:
        outcome = trainer.train(resume_from_checkpoint=checkpoint)
    seconds = time.perf_counter() - started
    eval_loss = trainer.evaluate()["eval_loss"] if eval_set else None

    if eval_loss is not None and not math.isfinite(eval_loss):
        print("the loss of the held-out examples is no number: lower --learning-rate")
    if resumed_at >= trainer.state.max_steps:
        print(
            f"{checkpoint} is at step {resumed_at} of {trainer.state.max_steps} already: "
            "--max-steps or --num-epochs makes the run longer"
        )
    result = _summarise(settings, trainer, outcome, train_set, seconds, eval_loss, resumed_at)
    if trainer.is_world_process_zero():
        system_prompt = training_data.system_prompt_of(chats)
        record = run_record(settings, result, dataset_hash, system_prompt)
        save_adapter(trainer.model, tokenizer, Path(settings.save_dir), record)
    tracker.log_metrics(
        {
            "train/tokens_per_second": result.tokens_per_second,
            "train/peak_memory_bytes": result.peak_memory_bytes,
            **({"eval/loss": eval_loss} if eval_loss is not None else {}),
        }
    )
    del trainer, model
    release_memory()
    return result


def _finished(trainer: Any, checkpoint: str) -> Any:
    """What ``trainer.train`` returns, for a run that has done all its steps: transformers looks at
    their number only after one more."""
    from peft import load_peft_weights, set_peft_model_state_dict
    from transformers import TrainerState
    from transformers.trainer_utils import TrainOutput

    set_peft_model_state_dict(trainer.model, load_peft_weights(checkpoint, device="cpu"))
    trainer.state = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json"))
    return TrainOutput(trainer.state.global_step, 0.0, {})


def load_model(settings: TrainingSettings) -> tuple[Any, Any]:
    """(model, tokenizer) through Unsloth, with the Gemma chat template set."""
    path = base_model.resolve(settings.model_name)
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    import unsloth  # noqa: F401  (patches what is imported after it)
    from unsloth import FastModel

    from recipe_pipeline.models.chat_template import GEMMA_CHAT_TEMPLATE

    try:
        model, tokenizer = FastModel.from_pretrained(
            model_name=path,
            max_seq_length=settings.max_seq_length,
            dtype=None,
            load_in_4bit=settings.load_4bit,
            load_in_8bit=settings.load_8bit,
            full_finetuning=False,
            use_gradient_checkpointing=False,
        )
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError) and "out of memory" in str(error).lower():
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PipelineError(
            f"cannot load the model {settings.model_name!r} ({reason}): check the name and the network"
            + base_model.or_embedded()
        ) from error
    tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # a processor wraps it for larger Gemmas
    tokenizer.chat_template = GEMMA_CHAT_TEMPLATE
    # Unsloth sets it to max_seq_length, which bounds training; answering may use the whole context.
    positions = getattr(model.config, "max_position_embeddings", settings.max_seq_length)
    tokenizer.model_max_length = max(positions, settings.max_seq_length)
    return model, tokenizer


def add_lora(model: Any, settings: TrainingSettings, longest: int) -> Any:
    """``model`` with LoRA adapters on the seven projections."""
    from unsloth import FastModel

    return FastModel.get_peft_model(
        model,
        r=settings.lora_rank,
        target_modules=list(LORA_TARGETS),
        lora_alpha=settings.alpha,
        lora_dropout=settings.lora_dropout,
        bias="none",
        use_gradient_checkpointing=_gradient_checkpointing(settings, longest),
        random_state=settings.seed,
        use_rslora=settings.use_rslora,
        max_seq_length=settings.max_seq_length,
    )


def build_trainer(
    model: Any,
    tokenizer: Any,
    settings: TrainingSettings,
    train_set: training_data.TokenisedExamples,
    eval_set: training_data.TokenisedExamples | None,
    callbacks: list[Any],
) -> Any:
    """TRL's SFTTrainer over rows that are tokenised already."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    on_cpu = model.device.type == "cpu"
    takes_apart = on_cpu and _single_process()
    pads = settings.batch_size > 1 and not takes_apart
    checkpointing = _gradient_checkpointing(settings, train_set.longest)
    arguments = SFTConfig(
        output_dir=settings.output_dir,
        per_device_train_batch_size=settings.batch_size,
        # The trainer averages the losses of batches: of larger ones their size and order would count.
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        max_steps=settings.max_steps,
        num_train_epochs=settings.num_epochs,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_steps,
        lr_scheduler_type=settings.lr_scheduler_type,
        optim=settings.optimizer,
        seed=settings.seed,
        logging_steps=1,
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        eval_strategy="steps" if eval_set and settings.eval_steps else "no",
        eval_steps=settings.eval_steps or None,
        # A batch is padded to its longest example; like with like keeps padding low. Where nothing is
        # padded it only does harm: examples come from long to short, all answers of {} in a row.
        train_sampling_strategy="group_by_length" if pads else "random",
        length_column_name="length",
        max_length=settings.max_seq_length,
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        # TRL's default is on; get_peft_model has set up what is wanted.
        gradient_checkpointing=bool(checkpointing),
        dataloader_pin_memory=not on_cpu,
        report_to="none",
    )
    return trainer_class(SFTTrainer, settings.decision_weight, on_cpu)(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(train_set.rows),
        eval_dataset=Dataset.from_list(eval_set.rows) if eval_set else None,
        processing_class=tokenizer,
        callbacks=callbacks,
    )


def trainer_class(stock: type, decision_weight: float, on_cpu: bool) -> type:
    """``stock`` (TRL's SFTTrainer) with what this machine and ``decision_weight`` ask for."""
    from recipe_pipeline.training.answer_trainer import with_answer_loss
    from recipe_pipeline.training.cpu_trainer import for_cpu

    if not _single_process():
        if decision_weight > 1:
            # Its loss calls the model inside the wrapper that brings the gradients together.
            print("--decision-weight counts in one process only: all tokens count the same")
        return stock
    if on_cpu:
        return for_cpu(stock, decision_weight)
    return with_answer_loss(stock, decision_weight) if decision_weight > 1 else stock


def save_adapter(model: Any, tokenizer: Any, target: Path, record: dict[str, Any]) -> None:
    """Adapter, tokenizer and ``training_run.json``; the old folder is replaced only by a whole one."""
    work = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    model.save_pretrained(work)
    tokenizer.save_pretrained(work)
    write_json(work / RUN_FILE, record)
    if target.exists():
        shutil.rmtree(target)
    os.replace(work, target)


def run_record(
    settings: TrainingSettings,
    result: TrainingResult,
    dataset_hash: str,
    system_prompt: str | None,
) -> dict[str, Any]:
    """What ``training_run.json`` holds: enough to repeat the run and to judge it."""
    import importlib.metadata
    import platform

    versions = {}
    for package in ("torch", "transformers", "trl", "peft", "unsloth", "unsloth_zoo", "datasets"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)

    def finite(values: dict[str, Any]) -> dict[str, Any]:
        # A run that diverged is recorded, too, and JSON has no NaN.
        return {k: None if v != v or v in (math.inf, -math.inf) else v for k, v in values.items()}

    figures = {k: v for k, v in vars(result).items() if k not in ("save_dir", "loss_history")}
    return {
        "settings": settings.to_dict(),
        "dataset_sha256": dataset_hash,
        "system_prompt": system_prompt,
        "result": finite(figures),
        "loss_history": [finite(entry) for entry in result.loss_history],
        "versions": {"python": platform.python_version(), **versions},
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def release_memory() -> None:
    """Give memory back between runs in one process (sweeps)."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _single_process() -> bool:
    return int(os.environ.get("WORLD_SIZE", "1")) == 1


def _datasets(
    settings: TrainingSettings, chats: list[list[dict[str, str]]], tokenizer: Any
) -> tuple[training_data.TokenisedExamples, training_data.TokenisedExamples | None]:
    held_out: list[list[dict[str, str]]] = []
    if settings.eval_split:
        chats, held_out = training_data.split_off(chats, settings.eval_split, settings.seed)
    train_set = training_data.tokenise(chats, tokenizer, settings.max_seq_length)
    if not train_set.rows:
        raise PipelineError(
            f"all {train_set.too_long} examples are longer than --max-seq-length "
            f"{settings.max_seq_length} tokens: raise it"
        )
    if train_set.too_long:
        print(
            f"{train_set.too_long} examples dropped: longer than {settings.max_seq_length} tokens"
        )
    print(
        f"{len(train_set.rows)} training examples, {train_set.tokens:,} tokens "
        f"({train_set.answer_tokens:,} in answers), longest {train_set.longest:,}"
    )
    eval_set = training_data.tokenise(held_out, tokenizer, settings.max_seq_length)
    return train_set, eval_set if eval_set.rows else None


def _gradient_checkpointing(settings: TrainingSettings, longest: int) -> bool | str:
    """Unsloth's own on a GPU; on a CPU only if a batch's activations would not fit in memory."""
    import torch

    if settings.gradient_checkpointing != "auto":
        return "unsloth" if settings.gradient_checkpointing == "on" else False
    if torch.cuda.is_available():
        return "unsloth"
    import psutil

    # In one process the trainer takes the examples of a batch one after another.
    examples = 1 if _single_process() else settings.batch_size
    needed = examples * longest * ACTIVATION_BYTES_PER_TOKEN
    return "unsloth" if needed > psutil.virtual_memory().available * 0.6 else False


def checkpoints_fit(settings: TrainingSettings) -> bool:
    """Whether the checkpoints in ``output_dir`` are of the very run that ``settings`` describe."""
    dataset_hash = training_data.file_sha256(Path(settings.dataset))
    return _written_fingerprint(settings) == _fingerprint(settings, dataset_hash)


def _checkpoint_to_resume(settings: TrainingSettings, dataset_hash: str) -> str | None:
    """The last whole checkpoint of ``output_dir``, if ``--resume`` asks for one."""
    if not settings.resume:
        return None
    folder = Path(settings.output_dir)
    # The trainer writes its state last, but Google Drive keeps no order. Without its optimiser a
    # checkpoint would go on with a new one, and not say so.
    parts = ("adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "trainer_state.json")
    whole = [path for path in _checkpoints(folder) if all((path / part).exists() for part in parts)]
    if not whole:
        print(f"nothing to resume in {folder}: starting from the beginning")
        return None
    before, now = _written_fingerprint(settings), _fingerprint(settings, dataset_hash)
    others = [
        "another dataset"
        if name == "dataset"
        else f"--{name.replace('_', '-')} {before[name]} (now {now[name]})"
        for name in now
        if name in before and before[name] != now[name] and name not in RUN_LENGTH
    ]
    if others:
        raise PipelineError(
            f"the checkpoints in {folder} were made with {', '.join(others)}: go on with what "
            "they were made with, or switch --resume off to begin anew, which moves them aside"
        )
    last = max(whole, key=_step_of)
    print(f"resuming from {last}")
    return str(last)


def _checkpoints(folder: Path) -> list[Path]:
    return [path for path in folder.glob("checkpoint-*") if path.name.split("-")[-1].isdigit()]


def _step_of(checkpoint: str | Path) -> int:
    return int(str(checkpoint).rsplit("-", 1)[-1])


def _set_aside(folder: Path) -> None:
    """Move the checkpoints of another run away, which ``--resume`` would take for this one's."""
    old = _checkpoints(folder)
    if not old:
        return
    number = 1
    while (earlier := folder / f"earlier-{number}").exists():
        number += 1
    earlier.mkdir()
    for path in (*old, folder / FINGERPRINT_FILE):
        if path.exists():
            os.replace(path, earlier / path.name)
    print(
        f"the checkpoints of an earlier run are in {earlier} now (05 with --output-dir {earlier} "
        "--resume goes on from them): delete them when they are of no use"
    )


def _fingerprint(settings: TrainingSettings, dataset_hash: str) -> dict[str, Any]:
    """What tells the run of a checkpoint from others."""
    values = settings.to_dict()
    names = (*FIXED_BY_CHECKPOINT, *RUN_LENGTH)
    return {"dataset": dataset_hash, **{name: values[name] for name in names}}


def _write_fingerprint(settings: TrainingSettings, dataset_hash: str) -> None:
    write_json(Path(settings.output_dir) / FINGERPRINT_FILE, _fingerprint(settings, dataset_hash))


def _written_fingerprint(settings: TrainingSettings) -> dict[str, Any]:
    """The fingerprint in ``output_dir``; empty if there is none."""
    path = Path(settings.output_dir) / FINGERPRINT_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _summarise(
    settings: TrainingSettings,
    trainer: Any,
    outcome: Any,
    train_set: training_data.TokenisedExamples,
    seconds: float,
    eval_loss: float | None,
    resumed_at: int = 0,
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
        seen = len(train_set.rows) * settings.num_epochs
    tokens = train_set.tokens / len(train_set.rows) * seen
    # Of a resumed run the clock has seen the last steps only, and the trainer's own mean divides
    # their losses by all steps.
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
        examples_per_second=seen * timed / seconds,
        peak_memory_bytes=peak_memory_bytes(),
    )


def peak_memory_bytes() -> int:
    """Peak memory of this process: GPU memory if there is a GPU, else resident memory."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_reserved()
    import psutil

    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):  # Windows
        return info.peak_wset
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
