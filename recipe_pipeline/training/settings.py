"""All settings of one training run (scripts 05 and 06, quickstart, notebook), checked when made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import check, flag

LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LR_SCHEDULERS = ("linear", "cosine", "constant", "constant_with_warmup")
OPTIMIZERS = ("adamw_8bit", "adamw_torch", "sgd", "adafactor")

PRESETS: dict[str, dict[str, Any]] = {
    # Real pages on two CPU cores; on a GPU raise --batch-size and train on more examples.
    "cpu-real-pages": {
        "model_name": "embedded",
        "max_seq_length": 2560,
        "lora_rank": 32,  # in 16 bits an adapter of 15 MB
        "batch_size": 1,
        "gradient_accumulation_steps": 1,
        "max_steps": -1,
        "num_epochs": 1,
        "learning_rate": 4.5e-4,
        "decision_weight": 6.0,
        "lr_scheduler_type": "cosine",
    },
}
"""Named sets of defaults (``--preset``); flags on the command line override them."""


@dataclass(frozen=True)
class TrainingSettings:
    """Lengths are in tokens, batch sizes in examples per device, steps are optimiser steps.

    Raises PipelineError naming the flag, the value and what is allowed.
    """

    dataset: str = flag("./finetuning_dataset.jsonl", "JSON Lines file written by script 04")
    model_name: str = flag("unsloth/gemma-3-270m-it", "hub name, local model folder, or 'embedded'")
    max_seq_length: int = flag(
        8192, "tokens; longer examples are dropped, never truncated", at_least=64
    )
    lora_rank: int = flag(128, "rank of the LoRA matrices", at_least=1)
    lora_alpha: int | None = flag(None, "LoRA alpha (None: same as the rank)", at_least=1)
    lora_dropout: float = flag(0.0, "dropout on the LoRA input", at_least=0, below=1)
    use_rslora: bool = flag(False, "scale LoRA by alpha / sqrt(rank) instead of alpha / rank")
    batch_size: int = flag(4, "examples per device and step", at_least=1)
    gradient_accumulation_steps: int = flag(4, "batches per optimiser step", at_least=1)
    max_steps: int = flag(50, "optimiser steps (-1: full epochs)", at_least=-1)
    num_epochs: int = flag(1, "epochs when --max-steps is -1", at_least=1)
    learning_rate: float = flag(2e-5, "peak learning rate", above=0, below=1)
    weight_decay: float = flag(0.001, "AdamW weight decay", at_least=0)
    warmup_steps: int = flag(5, "steps of linear warm-up", at_least=0)
    lr_scheduler_type: str = flag(
        "linear", "learning rate schedule after the warm-up", choices=LR_SCHEDULERS
    )
    optimizer: str = flag(
        "adamw_8bit", "optimiser (adamw_8bit becomes fused AdamW on a CPU)", choices=OPTIMIZERS
    )
    seed: int = flag(3407, "seed of LoRA initialisation, data order and held-out split")
    # The token weight (see token_weights) under the name that flags, checkpoints and sweeps know.
    decision_weight: float = flag(
        1.0,
        "token weight in the loss: how much more the tokens count that start or end an answer, end "
        "a list entry, or belong to name, yield and times (single process only)",
        at_least=1,
    )
    eval_split: float = flag(
        0.0, "fraction of the dataset held out for the eval loss (0: none)", at_least=0, below=1
    )
    eval_steps: int = flag(
        0,
        "steps between evaluations (0: only at the end in 05, about ten per run in 06)",
        at_least=0,
    )
    output_dir: str = flag("outputs", "folder for checkpoints")
    save_dir: str = flag("gemma-3", "folder for the adapter")
    save_steps: int = flag(50, "steps between checkpoints", at_least=1)
    resume: bool = flag(
        False, "continue from the last checkpoint in --output-dir instead of moving it aside"
    )
    load_4bit: bool = flag(False, "load the base model in 4 bits (QLoRA)")
    load_8bit: bool = flag(False, "load the base model in 8 bits")
    gradient_checkpointing: str = flag(
        "auto",
        "recompute activations to save memory (auto: on a GPU, or when memory is short)",
        choices=("auto", "on", "off"),
    )
    skip_inference_test: bool = flag(False, "skip answering one example after training")
    save_gguf: bool = flag(False, "also export GGUF and Modelfile to <save-dir>-gguf")
    gguf_quantization: str = flag(
        "Q8_0", "type of the GGUF weights", choices=("Q8_0", "BF16", "F16")
    )

    def __post_init__(self) -> None:
        check(self)
        if self.max_steps == 0:
            raise PipelineError("--max-steps is 0: it must be at least 1, or -1 for full epochs")
        if self.load_4bit and self.load_8bit:
            raise PipelineError("--load-4bit and --load-8bit exclude each other: drop one of them")

    @property
    def alpha(self) -> int:
        """LoRA alpha, by default the rank."""
        return self.lora_rank if self.lora_alpha is None else self.lora_alpha

    def to_dict(self) -> dict[str, Any]:
        """All settings by name, JSON-ready, with the effective LoRA alpha."""
        return {**asdict(self), "lora_alpha": self.alpha}
