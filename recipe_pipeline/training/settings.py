"""All settings of one training run, checked when made (scripts 05 and 06, quickstart, notebook)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError

LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LR_SCHEDULER_CHOICES = ("linear", "cosine", "constant", "constant_with_warmup")
OPTIMIZER_CHOICES = ("adamw_8bit", "adamw_torch", "sgd", "adafactor")
QUANTIZATIONS = ("Q8_0", "BF16", "F16")
CHECKPOINTING = ("auto", "on", "off")

PRESETS: dict[str, dict[str, Any]] = {
    # Real pages on two CPU cores; on a GPU raise --batch-size and give it more examples.
    "cpu-real-pages": {
        "model_name": "embedded",
        "max_seq_length": 2560,
        "lora_rank": 64,
        "batch_size": 1,
        "gradient_accumulation_steps": 1,
        "max_steps": -1,
        "num_epochs": 1,
        "learning_rate": 3.5e-4,
        "decision_weight": 6.0,
        "lr_scheduler_type": "cosine",
    },
}
"""Named settings (``--preset``); what is given by flag goes before them."""


@dataclass(frozen=True)
class TrainingSettings:
    """Lengths are in tokens, batch sizes in examples per device, steps are optimiser steps.

    ``max_steps`` -1 trains ``num_epochs`` full epochs; ``lora_alpha`` None means the rank;
    ``eval_split`` is the share of ``dataset`` held out for the evaluation loss (0: none);
    ``gradient_checkpointing`` "auto" chooses by hardware and memory.
    Raises PipelineError naming the flag, the value and what is allowed.
    """

    dataset: str = "./finetuning_dataset.jsonl"
    model_name: str = "unsloth/gemma-3-270m-it"
    max_seq_length: int = 8192
    lora_rank: int = 128
    lora_alpha: int | None = None
    lora_dropout: float = 0.0
    use_rslora: bool = False
    batch_size: int = 4
    gradient_accumulation_steps: int = 4
    max_steps: int = 50
    num_epochs: int = 1
    learning_rate: float = 2e-5
    weight_decay: float = 0.001
    warmup_steps: int = 5
    lr_scheduler_type: str = "linear"
    optimizer: str = "adamw_8bit"
    seed: int = 3407
    decision_weight: float = 1.0
    eval_split: float = 0.0
    eval_steps: int = 0
    output_dir: str = "outputs"
    save_dir: str = "gemma-3"
    save_steps: int = 50
    resume: bool = False
    load_4bit: bool = False
    load_8bit: bool = False
    gradient_checkpointing: str = "auto"
    skip_inference_test: bool = False
    save_gguf: bool = False
    gguf_quantization: str = "Q8_0"

    def __post_init__(self) -> None:
        at_least = {
            "max_seq_length": 64,
            "lora_rank": 1,
            "batch_size": 1,
            "gradient_accumulation_steps": 1,
            "num_epochs": 1,
            "warmup_steps": 0,
            "decision_weight": 1,
            "eval_steps": 0,
            "save_steps": 1,
        }
        for name, lowest in at_least.items():
            if getattr(self, name) < lowest:
                self._refuse(name, f"{lowest} or more")
        if self.max_steps < 1 and self.max_steps != -1:
            self._refuse("max_steps", "1 or more, or -1 for full epochs")
        if self.lora_alpha is not None and self.lora_alpha < 1:
            self._refuse("lora_alpha", "1 or more")
        if not 0 <= self.lora_dropout < 1:
            self._refuse("lora_dropout", "from 0 up to, not including, 1")
        if not 0 < self.learning_rate < 1:
            self._refuse("learning_rate", "between 0 and 1")
        if self.weight_decay < 0:
            self._refuse("weight_decay", "0 or more")
        if not 0 <= self.eval_split < 1:
            self._refuse("eval_split", "from 0 up to, not including, 1")
        choices = {
            "lr_scheduler_type": LR_SCHEDULER_CHOICES,
            "optimizer": OPTIMIZER_CHOICES,
            "gguf_quantization": QUANTIZATIONS,
            "gradient_checkpointing": CHECKPOINTING,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                self._refuse(name, "one of " + ", ".join(allowed))
        if self.load_4bit and self.load_8bit:
            raise PipelineError("--load-4bit and --load-8bit exclude each other: give one of them")

    def _refuse(self, name: str, allowed: str) -> None:
        flag = "--" + name.replace("_", "-")
        raise PipelineError(f"{flag} is {getattr(self, name)!r}: it has to be {allowed}")

    @property
    def alpha(self) -> int:
        """LoRA alpha, the rank unless given."""
        return self.lora_rank if self.lora_alpha is None else self.lora_alpha

    def to_dict(self) -> dict[str, Any]:
        """All settings by name, JSON-ready, with the effective LoRA alpha."""
        return {**asdict(self), "lora_alpha": self.alpha}
