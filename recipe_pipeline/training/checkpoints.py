"""The checkpoints of a run in ``--output-dir``: which run they belong to, where to resume.

``fingerprint.json`` beside them records the dataset and the settings they were made with.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.common.storage import write_json
from recipe_pipeline.training.settings import TrainingSettings

FINGERPRINT_FILE = "fingerprint.json"
# A resumed run continues with the optimiser and schedule of its checkpoint, so these must not change.
FIXED_BY_CHECKPOINT = (
    *("model_name", "load_4bit", "load_8bit", "max_seq_length", "seed", "eval_split"),
    *("lora_rank", "lora_alpha", "lora_dropout", "use_rslora"),
    *("batch_size", "gradient_accumulation_steps", "decision_weight"),
    *("optimizer", "learning_rate", "weight_decay", "warmup_steps", "lr_scheduler_type"),
)
RUN_LENGTH = ("max_steps", "num_epochs")  # a resumed run may be made longer
LAST_FILE = "trainer_state.json"  # the trainer writes it last: a checkpoint that has it is complete


def checkpoint_to_resume(settings: TrainingSettings, dataset_hash: str) -> str | None:
    """The last complete checkpoint of ``output_dir`` if ``--resume`` is set.

    Raises PipelineError if the checkpoints were made with other settings or another dataset.
    """
    if not settings.resume:
        return None
    folder = Path(settings.output_dir)
    complete = [path for path in _checkpoints(folder) if (path / LAST_FILE).exists()]
    if not complete:
        print(f"nothing to resume in {folder}: starting from the beginning")
        return None
    before, now = _recorded(folder), _fingerprint(settings, dataset_hash)
    changes = [
        "another dataset"
        if name == "dataset"
        else f"--{name.replace('_', '-')} {before[name]} (now {now[name]})"
        for name in now
        if name in before and before[name] != now[name] and name not in RUN_LENGTH
    ]
    if changes:
        raise PipelineError(
            f"the checkpoints in {folder} were made with {', '.join(changes)}: use the same "
            "settings, or start over without --resume, which moves these checkpoints aside"
        )
    last = max(complete, key=step_of)
    print(f"resuming from {last}")
    return str(last)


def checkpoints_fit(settings: TrainingSettings) -> bool:
    """Whether the checkpoints in ``output_dir`` belong to exactly the run of ``settings``."""
    fingerprint = _fingerprint(settings, file_sha256(settings.dataset))
    return _recorded(Path(settings.output_dir)) == fingerprint


def claim_output_dir(settings: TrainingSettings, dataset_hash: str, resuming: bool) -> None:
    """Record the run in ``output_dir``; a new run moves the checkpoints of another one aside."""
    folder = Path(settings.output_dir)
    if not resuming:
        _move_aside(folder)
    write_json(folder / FINGERPRINT_FILE, _fingerprint(settings, dataset_hash))


def train_from(trainer: Any, checkpoint: str | None) -> Any:
    """``trainer.train``, resumed from ``checkpoint`` if there is one.

    A checkpoint that has all its steps is only loaded: the trainer would take one more step before
    it compares their number with the maximum.
    """
    if checkpoint is None or not 0 < trainer.args.max_steps <= step_of(checkpoint):
        return trainer.train(resume_from_checkpoint=checkpoint)
    from peft import load_peft_weights, set_peft_model_state_dict
    from transformers import TrainerState
    from transformers.trainer_utils import TrainOutput

    set_peft_model_state_dict(trainer.model, load_peft_weights(checkpoint, device="cpu"))
    trainer.state = TrainerState.load_from_json(str(Path(checkpoint) / LAST_FILE))
    return TrainOutput(trainer.state.global_step, 0.0, {})


def step_of(checkpoint: str | Path) -> int:
    """The optimiser step at which a checkpoint was saved: 50 for ``outputs/checkpoint-50``."""
    return int(str(checkpoint).rsplit("-", 1)[-1])


def _checkpoints(folder: Path) -> list[Path]:
    return [path for path in folder.glob("checkpoint-*") if path.name.split("-")[-1].isdigit()]


def _move_aside(folder: Path) -> None:
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
        f"moved the checkpoints of an earlier run to {earlier} (to continue that run: 05 with "
        f"--output-dir {earlier} --resume); delete them if you do not need them"
    )


def _fingerprint(settings: TrainingSettings, dataset_hash: str) -> dict[str, Any]:
    values = settings.to_dict()
    names = (*FIXED_BY_CHECKPOINT, *RUN_LENGTH)
    return {"dataset": dataset_hash, **{name: values[name] for name in names}}


def _recorded(folder: Path) -> dict[str, Any]:
    """The fingerprint in ``folder``; empty if there is none."""
    path = folder / FINGERPRINT_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
